"""The terms of the additive model: numbers for settings and arms, and the patients' ramps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistml.features.expected import deviations
from resistml.features.matrix import Records, Words, arm_codes, centred, model_matrix
from resistml.features.ramps import SEGMENTS, ramps, segment_shares
from resistml.features.spec import FeatureSpec, SettingSpec
from resistml.features.terms import Terms, bent_markers, engaged, panel_values
from tests.features.test_matrix import SMALL, records

Floats = npt.NDArray[np.float64]
Drawn = tuple[Records, Words]
NAN = np.nan


class TestOf:
    def test_by_hand(self) -> None:
        """SMALL has markers X, M, N, the panels X, M and N, and three strategies in both."""
        terms = Terms.of(SMALL)
        assert terms.setting.tolist() == [0, 0, 0, 1, 1, 1]
        assert terms.strategy.tolist() == [0, 1, 2, 0, 1, 2]
        assert terms.marker.tolist() == [[0, 1], [2, -1]]
        assert terms.exposure.tolist() == [[1, 0.5], [-0.5, 0], [0, 0], [2, 0], [0, 0], [0, 0]]
        assert terms.bends.tolist() == [True, False, True]
        assert (terms.places, terms.strategies) == (2, 3)

    def test_of_the_catalog(self, spec: FeatureSpec) -> None:
        terms, markers = Terms.of(spec), list(spec.markers)
        for i, (setting, arm) in enumerate(spec.arms):
            assert list(spec.settings)[terms.setting[i]] == setting
            assert list(spec.strategies)[terms.strategy[i]] == arm
            panel = [markers[m] for m in terms.marker[terms.setting[i]] if m >= 0]
            assert tuple(panel) == spec.settings[setting].panel
            expected = [spec.strategies[arm].exposure.get(m, 0.0) for m in panel]
            assert terms.exposure[i, : len(panel)].tolist() == expected
            assert not terms.exposure[i, len(panel) :].any()
        assert not terms.bends[markers.index("KRAS_mut")]
        assert terms.bends[markers.index("ABCB1")]

    def test_none_is_one_arm_and_no_marker(self) -> None:
        terms = Terms.none()
        assert (len(terms.setting), terms.places, terms.strategies, len(terms.bends)) == (
            1,
            0,
            1,
            0,
        )
        assert terms.weights(np.zeros((0, SEGMENTS)), np.zeros((1, 0))).shape == (1, 0, SEGMENTS)


def test_weights_are_exposure_times_the_line_and_what_is_the_strategys_own() -> None:
    rng, terms = np.random.default_rng(0), Terms.of(SMALL)
    slopes, own = rng.normal(size=(3, SEGMENTS)), rng.normal(size=(3, 3))
    found = terms.weights(slopes, own)
    assert found.shape == (6, 2, SEGMENTS)
    for arm, (s, a) in enumerate(SMALL.arms):
        panel = SMALL.settings[s].panel
        for place, name in enumerate(panel):
            j, strategy = list(SMALL.markers).index(name), SMALL.strategies[a]
            expected = strategy.exposure.get(name, 0.0) * slopes[j]
            expected = expected + own[list(SMALL.strategies).index(a), j]
            np.testing.assert_allclose(found[arm, place], expected)
        assert not found[arm, len(panel) :].any()


def known(setting: SettingSpec, seed: int = 0) -> SettingSpec:
    """The setting with correlated markers, and ramps of patients of its own."""
    rng, p = np.random.default_rng(seed), len(setting.panel)
    root = rng.normal(size=(p, p))
    f = rng.normal(size=(50, p))
    return replace(
        setting,
        covariance=tuple(tuple(row) for row in (root @ root.T + np.eye(p)).tolist()),
        ramp_means={m: tuple(ramps(f[:, j]).mean(axis=0)) for j, m in enumerate(setting.panel)},
        segment_shares={m: tuple(segment_shares(f[:, j])) for j, m in enumerate(setting.panel)},
    )


KNOWN = replace(SMALL, settings={name: known(s) for name, s in SMALL.settings.items()})
S = KNOWN.settings["s"]


class TestBentMarkers:
    def test_measured_markers_are_ramps_less_their_means(self) -> None:
        seen = records(2, X=[2.0, 7.0], M=[0, 1])
        found = bent_markers(KNOWN, seen)
        assert found.shape == (2, 2, SEGMENTS)
        f = panel_values(KNOWN, S, seen)
        np.testing.assert_allclose(found[:, 0], ramps(f[:, 0]) - S.ramp_means["X"], atol=1e-12)

    def test_a_mutation_is_straight(self) -> None:
        """All of it stands in the first segment, which is the slope of its line."""
        found = bent_markers(KNOWN, records(3, X=[2.0, 2.0, NAN], M=[0, 1, NAN]))[:, 1]
        assert not found[:, 1:].any()
        np.testing.assert_allclose(found[:2, 0], np.array([0, 1]) - S.means["M"])
        assert found[2, 0] == 0.0

    def test_unmeasured_markers_are_at_their_expectation(self) -> None:
        """Their ramps' shares of it add up to it."""
        seen = records(2, X=[NAN, 5.0], M=[1, NAN])
        f, found = panel_values(KNOWN, S, seen), bent_markers(KNOWN, seen)
        mean = np.array([S.means[m] for m in S.panel])
        shift = deviations(mean, np.array(S.covariance), f)
        assert abs(shift[0, 0]) > 0.01
        np.testing.assert_allclose(found[0, 0], shift[0, 0] * np.array(S.segment_shares["X"]))
        assert found[0, 0].sum() == pytest.approx(shift[0, 0])
        assert found[1, 1, 0] == pytest.approx(shift[1, 1])

    def test_beyond_the_panel_and_without_patients_there_is_nothing(self) -> None:
        found = bent_markers(KNOWN, records(2, "t", N=[4, 9], X=[5, 5]))
        assert not found[:, 1].any()
        assert found[:, 0].any()
        assert bent_markers(KNOWN, records(0)).shape == (0, 2, SEGMENTS)
        assert panel_values(KNOWN, replace(S, panel=()), records(3)).shape == (3, 0)

    @settings(max_examples=30, deadline=None)
    @given(st.lists(st.integers(0, 39), min_size=1, max_size=60))
    def test_a_row_does_not_hang_on_its_neighbours(self, order: list[int]) -> None:
        rng = np.random.default_rng(3)
        seen = Records(
            np.arange(40).astype(str).astype(object),
            np.array(["s", "t"] * 20, dtype=object),
            {
                "X": np.where(rng.random(40) < 0.4, NAN, rng.lognormal(size=40)),
                "M": np.where(rng.random(40) < 0.4, NAN, rng.integers(0, 2, 40)),
                "N": np.where(rng.random(40) < 0.4, NAN, rng.poisson(4, 40)),
            },
        )
        rows = np.array(order)
        whole = bent_markers(KNOWN, seen)
        np.testing.assert_array_equal(bent_markers(KNOWN, seen.take(rows)), whole[rows])

    def test_training_patients_are_about_0(self, spec: FeatureSpec, drawn: Drawn) -> None:
        """Of those measured, every ramp's mean is 0 but for the digits that a spec keeps."""
        seen, bent = drawn[0], bent_markers(spec, drawn[0])
        checked = 0
        for name, setting in spec.settings.items():
            for place, marker in enumerate(setting.panel):
                if spec.markers[marker].kind != "mutation":
                    rows = (seen.setting == name) & ~np.isnan(seen.column(marker))
                    assert np.abs(bent[rows, place].mean(axis=0)).max() < 1e-9
                    checked += 1
        assert checked > 50

    def test_expected_ramps_rise_as_those_of_normal_markers_do(self) -> None:
        """Of jointly normal f and x the slope of ramp(f) on x is a share of that of f on x.

        The standard error of a slope is below 1 / sqrt(n); four of them are allowed.
        """
        rng, n = np.random.default_rng(7), 200_000
        x = rng.normal(size=n)
        f = 0.4 + 0.6 * x + 0.8 * rng.normal(size=n)
        slopes = (ramps(f) * x[:, None]).mean(axis=0)
        np.testing.assert_allclose(slopes, 0.6 * segment_shares(f), atol=4 / np.sqrt(n))


class TestEngaged:
    def test_is_the_matrix_less_the_settings_mean_where_all_is_measured(
        self, spec: FeatureSpec, drawn: Drawn
    ) -> None:
        """The same f by another way. Ramps are about the mean of those measured, the matrix about
        the mean that all are estimated to have."""
        seen, given = drawn
        matrix, terms = model_matrix(spec, seen, given), Terms.of(spec)
        arms = arm_codes(spec, seen.setting, given)
        clinical = np.nan_to_num(matrix[:, len(spec.markers) :])
        found = engaged(terms, bent_markers(spec, seen), clinical, arms)
        whole = centred(spec, matrix, seen.setting, given)
        np.testing.assert_array_equal(found[:, len(spec.markers) :], clinical)
        for i in range(0, len(seen), 40):
            setting, arm = spec.settings[seen.setting[i]], spec.strategies[given[i]]
            for j, name in enumerate(spec.markers):
                if np.isnan(matrix[i, j]):
                    continue
                shift = 0.0
                if name in setting.panel and spec.markers[name].kind != "mutation":
                    about = setting.means[name] - sum(setting.ramp_means[name])
                    shift = arm.exposure.get(name, 0.0) * about
                assert found[i, j] == pytest.approx(whole[i, j] + shift, abs=1e-9)
        assert not np.isnan(found).any()

    def test_by_hand(self) -> None:
        terms, bent = Terms.of(SMALL), np.zeros((2, 2, SEGMENTS))
        bent[0, 0, :2], bent[0, 1, 0], bent[1, 0, 3] = (1.0, 2.0), 4.0, 5.0
        found = engaged(terms, bent, np.array([[7.0], [8.0]]), np.array([1, 3]))
        assert found.tolist() == [[-1.5, 0.0, 0.0, 7.0], [0.0, 0.0, 10.0, 8.0]]
