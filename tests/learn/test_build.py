"""The spec that a model is given: knowledge from the catalog, never the world's truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resistml.evidence import Evidence
from resistml.features.matrix import Records, Words, standardised
from resistml.features.ramps import SEGMENTS, ramps, segment_shares
from resistml.features.spec import FeatureSpec
from resistml.features.terms import panel_values
from resistml.learn.gaussian import mean_and_covariance
from resistml.learn.spec import build_spec
from resistml.world.draft import draft_world
from resistml.world.laws import World, rounded_world

Drawn = tuple[Records, Words]


def test_solved_truth_is_not_read(
    evidence: Evidence, world: World, spec: FeatureSpec, drawn: Drawn
) -> None:
    """Other effects and intercepts, a draft that is not solved at all: the same spec."""
    other = replace(
        world,
        markers={m: replace(law, effect=law.effect + 1) for m, law in world.markers.items()},
        settings={
            s: replace(
                law,
                arms={
                    a: replace(arm, alpha=arm.alpha + 1, kappa=9.0, pfs_scale=1, os_scale=1)
                    for a, arm in law.arms.items()
                },
            )
            for s, law in world.settings.items()
        },
    )
    assert build_spec(evidence, other, drawn[0]) == spec
    unsolved = rounded_world(draft_world(evidence))
    assert build_spec(evidence, unsolved, drawn[0]) == spec


def test_moments_are_those_of_the_settings_training_patients(
    spec: FeatureSpec, drawn: Drawn
) -> None:
    records, setting = drawn[0], spec.settings["crc_advanced"]
    rows = np.flatnonzero(records.setting == "crc_advanced")
    f = panel_values(spec, setting, records.take(rows))
    mean, covariance = mean_and_covariance(f)
    assert np.isnan(f).any()
    np.testing.assert_allclose([setting.means[m] for m in setting.panel], mean, rtol=1e-10)
    np.testing.assert_allclose(setting.covariance, covariance, rtol=1e-10, atol=1e-12)
    # Near what those measured have, of which the standard error is 0.1 at some 200 patients.
    np.testing.assert_allclose(mean, np.nanmean(f, axis=0), atol=0.1)


def test_ramps_are_those_of_the_settings_measured_patients(spec: FeatureSpec, drawn: Drawn) -> None:
    records, setting = drawn[0], spec.settings["crc_advanced"]
    values = records.column("CSC")[records.setting == "crc_advanced"]
    f = standardised(spec.markers["CSC"], values[~np.isnan(values)])
    np.testing.assert_allclose(setting.ramp_means["CSC"], ramps(f).mean(axis=0), atol=1e-10)
    np.testing.assert_allclose(setting.segment_shares["CSC"], segment_shares(f), atol=1e-10)
    for name, s in spec.settings.items():
        assert list(s.ramp_means) == list(s.segment_shares) == list(s.panel), name


def test_setting_without_training_patients_knows_nothing(
    evidence: Evidence, world: World, drawn: Drawn
) -> None:
    records = drawn[0]
    without = records.take(np.flatnonzero(records.setting != "crc_advanced"))
    setting = build_spec(evidence, world, without).settings["crc_advanced"]
    assert set(setting.means.values()) == {0.0}
    np.testing.assert_array_equal(setting.covariance, np.eye(len(setting.panel)))
    assert set(setting.ramp_means.values()) == {(0.0,) * SEGMENTS}
    for shares in setting.segment_shares.values():
        assert shares == pytest.approx([1 / SEGMENTS] * SEGMENTS)


def test_claims_behind_markers_and_strategies_come_along(
    evidence: Evidence, spec: FeatureSpec
) -> None:
    cited = {c for x in spec.markers.values() for c in x.claims}
    cited |= {c for x in spec.strategies.values() for c in x.claims}
    assert set(spec.claims) == cited
    for name, claim in spec.claims.items():
        source = evidence.claims[name]
        assert (claim.summary, claim.caveat) == (source.summary, source.caveat)
        assert (claim.low, claim.high) == (source.low, source.high)
    assert "s3_paclitaxel_zosuquidar_orr" in spec.strategies["paclitaxel_zosuquidar"].claims
    assert "s2_abcb1_positive_orr" in spec.strategies["folfox"].claims  # by its class
    assert "s2_abcb1_positive_orr" in spec.markers["ABCB1"].claims


def test_words_in_conditions_are_resolved(spec: FeatureSpec) -> None:
    assert spec.strategies["paclitaxel_zosuquidar"].eligibility == ((("ABCB1", ">", 2.0),),)
    cautions = spec.strategies["dose_dense_ac"].cautions
    assert ("age", ">", 70.0) in [test for c in cautions for test in c.when]


def test_settings_say_what_is_open_and_measured(evidence: Evidence, spec: FeatureSpec) -> None:
    assert set(spec.settings) == set(evidence.modelled_settings)
    for name, setting in spec.settings.items():
        assert setting.panel == evidence.panel_of(name)
        assert setting.strategies == tuple(evidence.arms_of(name))
        assert setting.usual in setting.strategies
        assert set(setting.means) == set(setting.panel)


def test_what_is_only_recorded_is_left_out(spec: FeatureSpec) -> None:
    assert not {"ABL1_T315I", "FASN", "HAVCR2"} & set(spec.markers)
    assert not {"bosutinib", "monitoring_adjustment"} & set(spec.strategies)
    assert "cml_t315i" not in spec.settings
