"""Tests and sizes, against those of scipy where it has them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from resistml.drift import statistics as st
from resistml.learn.marginals import column

Floats = np.ndarray


def stratum(values: Floats, known: Floats) -> st.Stratum:
    return st.Stratum(values, column(known))


def normal(seed: int, n: int, mean: float = 0.0) -> Floats:
    return np.random.default_rng(seed).normal(mean, size=n)


class TestShift:
    def test_is_in_the_training_patients_standard_deviations(self) -> None:
        """2,000 and 4,000 values: its error is 0.027, and values beyond 98% are drawn in."""
        size, low, high = st.shift(
            [stratum(5 + 3 * normal(1, 2_000, 0.5), 5 + 3 * normal(2, 4_000))]
        )
        assert size == pytest.approx(0.5, abs=4 * 0.027)
        assert low < size < high
        assert high - low == pytest.approx(2 * 1.96 * 0.027, rel=0.1)

    def test_another_mix_of_strata_is_no_shift(self) -> None:
        strata = [
            stratum(normal(1, 900, 0.0), normal(2, 200, 0.0)),
            stratum(normal(3, 100, 9.0), normal(4, 4_000, 9.0)),
        ]
        size, low, high = st.shift(strata)
        assert low < 0 < high
        assert abs(size) < 0.3
        assert st.smirnov(strata)[1] > 0.01

    def test_intervals_hold_the_truth(self) -> None:
        """95% of 400: between 92% and 98% with probability 0.995."""
        held = 0
        for seed in range(400):
            strata = [
                stratum(normal(4 * seed, 40, 0.3), normal(4 * seed + 1, 60)),
                stratum(normal(4 * seed + 2, 20, 0.3), normal(4 * seed + 3, 200)),
            ]
            _, low, high = st.shift(strata)
            held += low < 0.3 < high
        assert 0.92 <= held / 400 <= 0.98

    def test_a_column_of_one_value_has_none(self) -> None:
        assert st.shift([stratum(np.ones(30), np.ones(50))])[0] == 0.0


class TestSmirnov:
    def test_is_near_that_of_all_values(self) -> None:
        """At 19 edges it can only be less, by what lies between two: 5 points at most."""
        for seed in range(10):
            values, known = normal(seed, 300, 0.2), normal(100 + seed, 500)
            distance, p = st.smirnov([stratum(values, known)])
            whole = stats.ks_2samp(values, known)
            assert whole.statistic - 0.05 <= distance <= whole.statistic + 1e-12
            assert p >= whole.pvalue * 0.8

    def test_false_words_are_no_more_than_they_may_be(self) -> None:
        """600 tables of three strata; of 5%, 600 show at most 7.8% but once in a thousand."""
        false = 0
        for seed in range(600):
            rng = np.random.default_rng(seed)
            strata = [
                stratum(rng.normal(size=n), rng.normal(size=m))
                for n, m in ((30, 50), (60, 400), (10, 25))
            ]
            false += st.smirnov(strata)[1] < 0.05
        assert false <= stats.binom.isf(1e-3, 600, 0.05)
        assert false >= 3, "a test that never speaks tests nothing"

    def test_ties_make_no_false_word(self) -> None:
        rng = np.random.default_rng(5)
        values, known = rng.poisson(1.0, 400).astype(float), rng.poisson(1.0, 900).astype(float)
        assert st.smirnov([stratum(values, known)])[1] > 0.05

    def test_finds_another_shape_of_the_same_mean(self) -> None:
        strata = [stratum(2.5 * normal(1, 400), normal(2, 800))]
        assert st.smirnov(strata)[1] < 1e-4
        assert st.psi(*st.tenths(strata), 400, st.known_size(strata)) > 0.25


class TestPsi:
    def test_of_equal_patients_is_nothing_on_average(self) -> None:
        """Less what chance adds it is 0 within its error; cut at 0, a little above."""
        found = []
        for seed in range(200):
            rng = np.random.default_rng(seed)
            strata = [stratum(rng.normal(size=200), rng.normal(size=1_000))]
            found.append(st.psi(*st.tenths(strata), 200, st.known_size(strata)))
        assert np.mean(found) < 0.02
        assert np.quantile(found, 0.99) < 0.1

    def test_is_the_usual_sum(self) -> None:
        here, there = np.array([0.5, 0.5]), np.array([0.2, 0.8])
        told = 0.3 * np.log(2.5) - 0.3 * np.log(0.625)
        assert st.psi(here, there, 1e9, 1e9) == pytest.approx(told, rel=1e-6)

    def test_tenths_add_up(self) -> None:
        strata = [stratum(normal(k, 50), normal(9 + k, 500)) for k in range(3)]
        for shares in st.tenths(strata):
            assert shares.sum() == pytest.approx(1.0)
            assert len(shares) == 10


class TestCounts:
    @pytest.mark.parametrize(("events", "known"), [(0, 3), (1, 0), (4, 2), (9, 30), (0, 0)])
    def test_of_one_stratum_is_fishers(self, events: int, known: int) -> None:
        """Twice the smaller tail of the hypergeometric law."""
        law = stats.hypergeom(50 + 400, events + known, 50)
        told = min(1.0, 2 * min(law.cdf(events), law.sf(events - 1)))
        assert st.counts_p([st.Count(events, 50, known, 400)]) == pytest.approx(told)

    def test_of_many_events_is_the_chi_square(self) -> None:
        found = st.counts_p([st.Count(300, 1_000, 800, 3_000)])
        table = [[300, 700], [800, 2_200]]
        told = stats.chi2_contingency(table, correction=True).pvalue
        assert found == pytest.approx(told, rel=0.05)

    def test_another_mix_is_no_difference(self) -> None:
        """Events in 10% and in 60% of two strata, now mostly of the second."""
        counts = [st.Count(10, 100, 200, 2_000), st.Count(600, 1_000, 60, 100)]
        assert st.counts_p(counts) > 0.9

    def test_exact_and_normal_meet(self) -> None:
        counts = [st.Count(60, 150, 100, 300), st.Count(20, 60, 30, 90)]
        exact = st.counts_p(counts)
        st_normal, st._NORMAL = st._NORMAL, 0.0
        try:
            assert st.counts_p(counts) == pytest.approx(exact, rel=0.1)
        finally:
            st._NORMAL = st_normal


class TestMix:
    def test_is_near_the_chi_square_of_many(self) -> None:
        here, training = np.array([130, 170, 200]), np.array([1_000, 1_000, 1_300])
        p = st.mix_p([(here, training)], np.random.default_rng(1))
        told = stats.chi2_contingency([here, training]).pvalue
        assert p == pytest.approx(told, abs=4 * np.sqrt(told / st.DRAWS) + 0.002)

    def test_goes_far_below_one_in_the_draws(self) -> None:
        here, training = np.array([300, 0, 0]), np.array([500, 500, 500])
        p = st.mix_p([(here, training)], np.random.default_rng(1))
        assert 0 < p < 1e-10

    def test_one_category_is_no_mix(self) -> None:
        p = st.mix_p([(np.array([9]), np.array([20]))], np.random.default_rng(1))
        assert p == 1.0

    @pytest.mark.slow
    def test_false_words(self) -> None:
        """200 tables with rare categories; of 5%, at most 20 but once in a thousand."""
        rng, false = np.random.default_rng(3), 0
        share = np.array([0.5, 0.3, 0.15, 0.04, 0.01])
        for _ in range(200):
            table = (rng.multinomial(40, share), rng.multinomial(300, share))
            false += st.mix_p([table], rng) < 0.05
        assert 1 <= false <= stats.binom.isf(1e-3, 200, 0.05)


def test_holm() -> None:
    assert st.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert st.holm([0.9, 0.8]) == [1.0, 1.0]
    assert st.holm([]) == []
