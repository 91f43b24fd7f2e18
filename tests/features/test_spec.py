"""The spec as plain data: it goes through JSON unchanged, and damage is noticed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from resistml.documents import dump_json, parse_json
from resistml.features.spec import CLINICAL, FeatureSpec, spec_from_json


def test_reads_back_from_json(spec: FeatureSpec) -> None:
    assert spec_from_json(parse_json(dump_json(spec.to_json()))) == spec


def test_columns_and_arms(spec: FeatureSpec) -> None:
    assert spec.columns == (*spec.markers, *CLINICAL)
    assert len(set(spec.columns)) == len(spec.columns)
    assert len(set(spec.arms)) == len(spec.arms)
    assert spec.arms[0] == ("nsclc_advanced", spec.settings["nsclc_advanced"].strategies[0])
    assert len(spec.arms) == sum(len(s.strategies) for s in spec.settings.values())


def test_every_column_has_a_group(spec: FeatureSpec) -> None:
    assert spec.group_of("ABCB1") == "accumulation"
    assert spec.group_of("CTC") == "clinical"
    assert {spec.group_of(c) for c in CLINICAL} == {"clinical"}
    assert {spec.group_of(c) for c in spec.columns} <= set(spec.groups)


def _without(*path: str) -> Callable[[dict[str, Any]], None]:
    def edit(raw: dict[str, Any]) -> None:
        at = raw
        for part in path[:-1]:
            at = at[part]
        del at[path[-1]]

    return edit


def _with(value: Any, *path: str) -> Callable[[dict[str, Any]], None]:
    def edit(raw: dict[str, Any]) -> None:
        at = raw
        for part in path[:-1]:
            at = at[part]
        at[path[-1]] = value

    return edit


@pytest.mark.parametrize(
    "edit",
    [
        _without("markers"),
        _without("frailty_age"),
        _without("markers", "ABCB1", "kind"),
        _with(1, "markers", "ABCB1", "surprise"),
        _with("old", "frailty_age"),
        _with([1], "settings", "breast_ac", "ages"),
        _with([[["ABCB1", ">"]]], "strategies", "folfox", "eligibility"),
        _with([[["ABCB1", ">", "high"]]], "strategies", "folfox", "eligibility"),
        _with(3, "settings", "breast_ac", "panel"),
        _without("settings", "breast_ac", "covariance"),
        _without("settings", "breast_ac", "ramp_means"),
        _without("settings", "breast_ac", "segment_shares"),
        _with([1.0], "settings", "breast_ac", "covariance"),
        _with([0.0], "settings", "breast_ac", "ramp_means"),
        _with(3, "settings", "breast_ac", "segment_shares"),
        _without("claims", "s2_abcb1_positive_orr", "caveat"),
    ],
)
def test_damage_is_noticed(spec: FeatureSpec, edit: Callable[[dict[str, Any]], None]) -> None:
    raw = copy.deepcopy(parse_json(dump_json(spec.to_json())))
    edit(raw)
    with pytest.raises((AttributeError, KeyError, TypeError, ValueError, IndexError)):
        spec_from_json(raw)


def test_claims_about_the_setting_come_first(spec: FeatureSpec) -> None:
    claims = spec.strategies["platinum_taxane"].claims
    for setting in ("nsclc_advanced", "ovarian_advanced"):
        found = spec.claims_in(claims, setting)
        assert sorted(found) == sorted(claims)
        own = [setting in spec.claims[name].settings for name in found]
        assert own == sorted(own, reverse=True)
        assert own[0]
