"""The training patients of a setting: distances and rarities against closed forms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2, norm

from resistml.predict.population import Population

NAN = float("nan")
CORRELATION = np.array([[1.0, 0.6, 0.0], [0.6, 1.0, 0.2], [0.0, 0.2, 1.0]])


def population(**changed: Any) -> Population:
    fields: dict[str, Any] = {
        "names": ("A", "B", "age"),
        "mean": np.array([1.0, -2.0, 60.0]),
        "scale": np.array([2.0, 0.5, 10.0]),
        "low": np.array([-4.0, -3.0, 35.0]),
        "high": np.array([6.0, -1.0, 85.0]),
        "correlation": CORRELATION,
        "mutations": ("K", "M"),
        "shares": np.array([0.5, 0.04]),
        "rarest": 3.0,
    }
    return Population(**{**fields, **changed})


def drawn(n: int, seed: int = 0) -> np.ndarray:
    one = population()
    z = np.random.default_rng(seed).multivariate_normal(np.zeros(3), CORRELATION, size=n)
    return one.mean + one.scale * z


def test_deviations_are_conditional_residuals() -> None:
    """Against the regression of each column on the others that were measured."""
    one = population()
    row = np.array([5.0, -1.0, 50.0])
    z = (row - one.mean) / one.scale
    _, each = one.distance(row[None])
    for j in range(3):
        others = [k for k in range(3) if k != j]
        inner = np.linalg.inv(CORRELATION[np.ix_(others, others)])
        weights = CORRELATION[j, others] @ inner
        variance = 1 - weights @ CORRELATION[others, j]
        assert each[0, j] == pytest.approx((z[j] - weights @ z[others]) / np.sqrt(variance))


def test_what_is_unmeasured_is_marginalised_over() -> None:
    one = population()
    pair = population(
        names=("A", "age"),
        mean=one.mean[[0, 2]],
        scale=one.scale[[0, 2]],
        correlation=CORRELATION[np.ix_([0, 2], [0, 2])],
    )
    whole, each = one.distance(np.array([[5.0, NAN, 50.0], [5.0, -1.0, 50.0]]))
    other, apart = pair.distance(np.array([[5.0, 50.0]]))
    assert whole[0] == pytest.approx(other[0])
    np.testing.assert_allclose(each[0], [apart[0, 0], 0.0, apart[0, 1]])
    assert whole[1] != pytest.approx(other[0])


@pytest.mark.parametrize("missing", [(), (0,), (0, 2)])
def test_distance_is_nearly_standard_normal_however_many_were_measured(
    missing: tuple[int, ...],
) -> None:
    """The upper tail, where limits lie: share above the normal's 1% point. The cube root of
    chi-square is not quite normal: 0.0113 are above it with one degree of freedom, 0.0104 with
    two, 0.0102 with three; four standard errors of a share of 40,000 are 0.002."""
    values = drawn(40_000)
    values[:, list(missing)] = NAN
    whole, each = population().distance(values)
    k = 3 - len(missing)
    spread = 2 / (9 * k)
    exact = chi2.sf(k * (1 - spread + norm.isf(0.01) * np.sqrt(spread)) ** 3, k)
    assert (whole > norm.isf(0.01)).mean() == pytest.approx(exact, abs=0.002)
    assert exact == pytest.approx(0.01, abs=0.002)
    kept = [j for j in range(3) if j not in missing]
    np.testing.assert_allclose(each[:, kept].std(axis=0), 1.0, atol=4 / np.sqrt(2 * 40_000))


def test_nothing_measured_is_no_distance() -> None:
    whole, each = population().distance(np.full((2, 3), NAN))
    assert whole.tolist() == [0.0, 0.0]
    assert not each.any()
    none = population(names=(), mean=np.zeros(0), scale=np.zeros(0), correlation=np.zeros((0, 0)))
    assert none.distance(np.zeros((3, 0)))[0].tolist() == [0.0] * 3


def test_rows_do_not_see_each_other() -> None:
    values = drawn(300, seed=2)
    values[np.random.default_rng(1).random(values.shape) < 0.3] = NAN
    whole, each = population().distance(values)
    for row in (0, 7, 299):
        alone = population().distance(values[row : row + 1])
        assert alone[0][0] == whole[row]
        assert (alone[1][0] == each[row]).all()


def test_rarity_in_closed_form() -> None:
    """K is in half of the patients, so tells nothing; M is rare."""
    p = 0.04
    mean = -(p * np.log(p) + (1 - p) * np.log(1 - p))
    spread = np.sqrt(p * (1 - p)) * abs(np.log(p / (1 - p)))
    whole, each = population().rarity(np.array([[1, 1], [0, 1], [1, 0], [NAN, 1], [1, NAN]]))
    present, absent = -np.log(p) - mean, -np.log(1 - p) - mean
    np.testing.assert_allclose(whole[[0, 1, 3]], present / spread)
    assert whole[2] == pytest.approx(absent / spread)
    assert whole[4] == pytest.approx(0.0)
    np.testing.assert_allclose(each[:, 1], [present, present, absent, present, 0.0])
    np.testing.assert_allclose(each[:, 0], 0.0, atol=1e-12)


def test_rarity_has_mean_0_and_deviation_1() -> None:
    one = population(mutations=("K", "M", "N"), shares=np.array([0.3, 0.1, 0.8]))
    n = 40_000
    values = (np.random.default_rng(3).random((n, 3)) < one.shares).astype(float)
    whole, _ = one.rarity(values)
    assert whole.mean() == pytest.approx(0.0, abs=4 / np.sqrt(n))
    # The fourth moment of so skewed a sum is below 10.
    assert whole.std() == pytest.approx(1.0, abs=4 * np.sqrt(9 / (4 * n)))


def test_json_gives_the_same_back() -> None:
    one = population()
    again = Population.from_json(one.to_json())
    assert again.to_json() == one.to_json()
    values = drawn(5)
    np.testing.assert_array_equal(again.distance(values)[0], one.distance(values)[0])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mean", [0.0]),
        ("scale", [1.0, 0.0, 1.0]),
        ("low", [NAN, 0.0, 0.0]),
        ("correlation", [[1.0, 2.0, 0.0], [2.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        ("correlation", [[1.0]]),
        ("shares", [0.5, 1.0]),
        ("shares", [0.5]),
        ("rarest", NAN),
    ],
)
def test_what_does_not_hold_together_is_refused(field: str, value: Any) -> None:
    with pytest.raises(ValueError):
        Population.from_json({**population().to_json(), field: value})
