"""The spec of a table of one's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from resistml.evidence import Evidence
from resistml.features.matrix import standardised
from resistml.features.spec import FeatureSpec
from resistml.learn.own_patients import OwnPatients
from resistml.learn.own_spec import own_spec, prior_slopes, shared_exposures, skewed
from resistml.predict.references import check_references
from resistml.world.draft import draft_world
from resistml.world.laws import World
from tests.own import Feature, made, simple, words

NAN = np.nan


def marked(strategy: str, catalog: tuple[str, ...] = ("ABCB1", "CD274")) -> OwnPatients:
    """Forty patients with markers of the catalog, all under one strategy."""
    rng = np.random.default_rng(3)
    columns = {"ABCB1": rng.lognormal(size=40), "CD274": rng.uniform(0, 100, 40)}
    kinds = {"ABCB1": "expression", "CD274": "percent"}
    return made(
        {name: columns[name] for name in catalog},
        tuple(Feature(name, kinds[name], catalog=name, source=name) for name in catalog),
        np.arange(40) % 2.0,
        strategy=words([strategy] * 40),
    )


class TestFeatures:
    def test_a_spec_of_own_features_holds_together(self, evidence: Evidence) -> None:
        spec = own_spec(evidence, simple(200))
        check_references(spec, Path("spec.json"))
        assert list(spec.markers) == ["a", "b", "flag"]
        assert spec.arms == (("cohort", "as_given"),)
        assert spec.outcome is not None
        assert (spec.outcome.label, spec.outcome.treatments) == ("non-pCR", False)
        assert spec.markers["a"].source == "A"

    def test_measures_have_mean_0_and_spread_1(self, evidence: Evidence) -> None:
        patients = simple(2_000)
        spec = own_spec(evidence, patients)
        f = standardised(spec.markers["a"], patients.records.column("a"))
        assert abs(f.mean()) < 0.05
        assert f.std() == pytest.approx(1, abs=0.05)

    @pytest.mark.parametrize(
        ("stated", "direction", "exposure"), [(1, 1, 1), (-1, 1, -1), (0, 0, 1)]
    )
    def test_a_direction_becomes_the_sign_of_an_exposure(
        self, evidence: Evidence, stated: int, direction: int, exposure: float
    ) -> None:
        patients = simple(50)
        told = (replace(patients.features[0], direction=stated), *patients.features[1:])
        spec = own_spec(evidence, replace(patients, features=told))
        assert abs(spec.markers["a"].direction) == direction
        assert spec.strategies["as_given"].exposure["a"] == exposure

    def test_a_feature_that_nobody_has_is_left_out(self, evidence: Evidence) -> None:
        patients = simple(50)
        patients.records.columns["b"][:] = NAN  # type: ignore[index]
        assert list(own_spec(evidence, patients).markers) == ["a", "flag"]

    def test_skewed_numbers_are_taken_by_their_logarithm(self, evidence: Evidence) -> None:
        rng = np.random.default_rng(0)
        values = rng.lognormal(sigma=1.0, size=300)
        values[:30] = 0
        patients = made({"x": values}, (Feature("x"),), np.arange(300) % 2.0)
        marker = own_spec(evidence, patients).markers["x"]
        assert marker.kind == "log_measure"
        assert marker.limit == pytest.approx(values[values > 0].min())
        assert np.isfinite(standardised(marker, values)).all()
        assert skewed(values)
        assert not skewed(rng.normal(size=300) + 10)
        assert not skewed(-values)
        assert not skewed(np.ones(5))

    def test_order_of_rows_changes_nothing(self, evidence: Evidence) -> None:
        patients = simple(100, arms=2)
        shuffled = patients.take(np.random.default_rng(1).permutation(100))
        assert own_spec(evidence, OwnPatients.of(shuffled, ("flag",))) == own_spec(
            evidence, patients
        )


class TestArms:
    def test_an_arm_is_open_to_groups_of_whom_five_had_it(self, evidence: Evidence) -> None:
        flag = np.array([0.0] * 14 + [1.0] * 14)
        given = words(["x"] * 10 + ["y"] * 4 + ["x"] * 9 + ["y"] * 5)
        patients = made(
            {"flag": flag, "a": np.arange(28.0)},
            (Feature("flag", "mutation"), Feature("a")),
            np.arange(28) % 2.0,
            strategy=given,
            groups=("flag",),
        )
        spec = own_spec(evidence, patients)
        assert spec.strategies["x"].eligibility == ((("flag", "==", 0.0),), (("flag", "==", 1.0),))
        assert spec.strategies["y"].eligibility == ((("flag", "==", 1.0),),)

    def test_part_of_a_table_keeps_all_of_its_arms(self, evidence: Evidence) -> None:
        patients = simple(60, arms=3)
        some = patients.take(np.flatnonzero(patients.strategy != "arm2"))
        assert own_spec(evidence, some).arms == own_spec(evidence, patients).arms


class TestShared:
    def test_without_a_prior_a_shared_marker_is_free(self, evidence: Evidence) -> None:
        marker = own_spec(evidence, marked("paclitaxel")).markers["ABCB1"]
        assert marker.direction == 0
        assert (marker.kind, marker.claims) == (
            "expression",
            tuple(evidence.claims_on(marker="ABCB1")),
        )

    def test_with_one_it_has_the_catalogs_exposure(self, evidence: Evidence) -> None:
        spec = own_spec(evidence, marked("paclitaxel"), "directions")
        known = draft_world(evidence).strategies["paclitaxel"].exposure
        assert spec.markers["ABCB1"].direction == 1
        assert spec.strategies["paclitaxel"].exposure["ABCB1"] == known["ABCB1"]
        # The catalog says nothing of CD274 under paclitaxel: there its slope stays free.
        assert "CD274" not in known
        assert spec.markers["CD274"].direction == 0

    def test_under_an_unknown_strategy_one_sign_for_all_will_do(self, evidence: Evidence) -> None:
        world, patients = draft_world(evidence), marked("as_given")
        signs = {
            m: {np.sign(s.exposure[m]) for s in world.strategies.values() if m in s.exposure}
            for m in ("ABCB1", "CD274")
        }
        assert signs == {"ABCB1": {1}, "CD274": {-1, 1}}
        assert list(shared_exposures(world, patients)) == ["ABCB1"]

    def test_the_worlds_slopes_are_of_what_has_a_direction(
        self, evidence: Evidence, world: World
    ) -> None:
        patients = marked("as_given")
        spec = own_spec(evidence, patients, "directions")
        found = dict(zip(spec.markers, prior_slopes(world, spec, patients), strict=True))
        assert found == {"ABCB1": world.markers["ABCB1"].effect, "CD274": 0.0}

    def test_a_table_that_shares_nothing_is_told_nothing(
        self, evidence: Evidence, world: World
    ) -> None:
        patients = simple(40)
        assert shared_exposures(world, patients) == {}
        spec: FeatureSpec = own_spec(evidence, patients, "world")
        assert spec == own_spec(evidence, patients)
        assert not prior_slopes(world, spec, patients).any()
