"""Laws of log time, held against SciPy's, and medians of mixtures of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from resistml.predict.time_laws import LAWS, mixture_median

Z = np.linspace(-9, 9, 721)
PEERS = {"extreme": stats.gumbel_l, "logistic": stats.logistic, "normal": stats.norm}


@pytest.mark.parametrize("name", list(LAWS))
def test_laws_are_those_of_scipy(name: str) -> None:
    law, peer = LAWS[name], PEERS[name]
    np.testing.assert_allclose(law.survival(Z), peer.sf(Z), atol=1.5e-7)
    np.testing.assert_allclose(law.density(Z), peer.pdf(Z), atol=1e-12)
    assert law.median == pytest.approx(peer.median(), abs=1e-12)


@pytest.mark.parametrize("name", list(LAWS))
def test_far_values_are_finite(name: str) -> None:
    z = np.array([-1e6, -1e3, 1e3, 1e6])
    np.testing.assert_allclose(LAWS[name].survival(z), [1, 1, 0, 0], atol=1e-15)
    np.testing.assert_allclose(LAWS[name].density(z), 0, atol=1e-15)


def test_words_are_of_the_time_itself() -> None:
    """exp of the logistic law is log-logistic; of the extreme value law, Weibull's."""
    t = np.array([0.5, 2.0, 7.0])
    z = (np.log(t) - np.log(3.0)) / 0.4
    assert [law.word for law in LAWS.values()] == ["Weibull", "log-logistic", "log-normal"]
    weibull = stats.weibull_min(1 / 0.4, scale=3.0).sf(t)
    np.testing.assert_allclose(LAWS["extreme"].survival(z), weibull, rtol=1e-12)
    fisk = stats.fisk(1 / 0.4, scale=3.0).sf(t)
    np.testing.assert_allclose(LAWS["logistic"].survival(z), fisk, rtol=1e-12)
    lognorm = stats.lognorm(0.4, scale=3.0).sf(t)
    np.testing.assert_allclose(LAWS["normal"].survival(z), lognorm, atol=1.5e-7)


@pytest.mark.parametrize("name", list(LAWS))
def test_median_of_one_kind_is_its_own(name: str) -> None:
    law = LAWS[name]
    share, centre, scale = np.ones((3, 1)), np.array([[0.0], [2.0], [-1.0]]), np.full((3, 1), 0.7)
    expected = centre[:, 0] + 0.7 * law.median
    np.testing.assert_allclose(mixture_median(law, share, centre, scale), expected, atol=1e-9)


def test_median_of_two_alike_is_in_the_middle() -> None:
    """Of symmetric laws in equal shares, about 1 and 3, it is 2, however far they are apart."""
    for scale in (0.01, 0.5, 3.0):
        found = mixture_median(
            LAWS["logistic"],
            np.array([[0.5, 0.5]]),
            np.array([[1.0, 3.0]]),
            np.full((1, 2), scale),
        )
        assert found[0] == pytest.approx(2.0, abs=1e-6)


@pytest.mark.parametrize("name", list(LAWS))
def test_half_outlast_the_median(name: str) -> None:
    rng = np.random.default_rng(3)
    share = rng.dirichlet(np.ones(6), 500)
    centre, scale = rng.normal(0, 3, (500, 6)), rng.uniform(0.05, 2, (500, 6))
    median = mixture_median(LAWS[name], share, centre, scale)
    left = (share * LAWS[name].survival((median[:, None] - centre) / scale)).sum(axis=1)
    np.testing.assert_allclose(left, 0.5, atol=1e-6)


def test_no_rows() -> None:
    nothing = np.zeros((0, 2))
    assert mixture_median(LAWS["extreme"], nothing, nothing, nothing).shape == (0,)
