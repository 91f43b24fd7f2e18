"""A spec whose parts do not belong together is refused when it is loaded, not in mid-scoring."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from resistml.errors import ModelError
from resistml.features.spec import spec_from_json
from resistml.predict.model import load_bundle
from resistml.predict.references import check_references
from tests.predict.test_bundle import edit
from tests.predict.tiny import tiny_spec

SPEC = Path("model/spec.json")
Raw = dict[str, Any]


def changed(change: Callable[[Raw], object]) -> Raw:
    """The tiny spec as plain data, with a change."""
    raw: Raw = copy.deepcopy(json.loads(json.dumps(tiny_spec().to_json())))
    change(raw)
    return raw


def put(value: Any, *path: str | int) -> Callable[[Raw], object]:
    """A change that puts a value at a place."""

    def change(raw: Raw) -> None:
        at: Any = raw
        for part in path[:-1]:
            at = at[part]
        at[path[-1]] = value

    return change


def test_a_whole_spec_is_let_through() -> None:
    check_references(tiny_spec(), SPEC)


def test_claims_may_speak_of_settings_that_the_model_has_not() -> None:
    spec = spec_from_json(changed(put(["elsewhere"], "claims", "about_A", "settings")))
    check_references(spec, SPEC)


FAULTS: dict[str, tuple[Callable[[Raw], object], str, str]] = {
    "no claims": (put({}, "claims"), "markers.A.claims", "names 'about_A'"),
    "no groups": (put({}, "groups"), "markers.A.mechanism", "names 'accumulation'"),
    "no markers": (put({}, "markers"), "markers", "is empty"),
    "no settings": (put({}, "settings"), "settings", "is empty"),
    "no strategies": (put({}, "strategies"), "strategies", "is empty"),
    "a strategy gone": (
        lambda raw: raw["strategies"].pop("immune"),
        "settings.one.strategies",
        "names 'immune'",
    ),
    "a claim gone": (
        lambda raw: raw["claims"].pop("about_chemo"),
        "strategies.chemo.claims",
        "names 'about_chemo'",
    ),
    "a marker gone": (
        lambda raw: raw["markers"].pop("P"),
        "settings.one.panel",
        "names 'P'",
    ),
    "an exposure to nothing": (
        put(1.0, "strategies", "chemo", "exposure", "B"),
        "strategies.chemo.exposure",
        "names 'B'",
    ),
    "a usual strategy from elsewhere": (
        put("immune", "settings", "two", "usual"),
        "settings.two.usual",
        "names 'immune'",
    ),
    "a mean of what is not in the panel": (
        put(0.0, "settings", "two", "means", "T"),
        "settings.two.means",
        "names 'T'",
    ),
    "no strategy in a setting": (
        put([], "settings", "two", "strategies"),
        "settings.two.usual",
        "names 'chemo'",
    ),
    "a strategy twice": (
        put(["chemo", "chemo"], "settings", "two", "strategies"),
        "settings.two.strategies",
        "names a strategy twice",
    ),
    "a condition on nothing": (
        put([[["B", "==", 1.0]]], "strategies", "targeted", "eligibility"),
        "strategies.targeted.eligibility",
        "names 'B'",
    ),
    "a comparison that is none": (
        put([[["T", "=", 1.0]]], "strategies", "targeted", "eligibility"),
        "strategies.targeted.eligibility",
        "names '='",
    ),
    "a caution on nothing": (
        put(
            [{"text": "mind", "section": "4", "when": [["B", ">", 1.0]]}],
            "strategies",
            "chemo",
            "cautions",
        ),
        "strategies.chemo.cautions",
        "names 'B'",
    ),
    "an id that is another's": (put("B", "markers", "A", "id"), "markers.A.id", "names 'B'"),
    "a panel that is a word": (
        put("AB", "settings", "two", "panel"),
        "settings.two.panel",
        "names 'B'",
    ),
    "text for a mean": (put("x", "settings", "two", "means", "A"), "settings.two.means.A", "'x'"),
    "an infinite exposure": (
        put(float("inf"), "strategies", "chemo", "exposure", "A"),
        "strategies.chemo.exposure.A",
        "inf is no number",
    ),
    "no scale": (put(None, "markers", "A", "scale"), "markers.A.scale", "None is no number"),
    "a scale of 0": (put(0, "markers", "A", "scale"), "markers.A.scale", "0 is no positive number"),
    "a mean that is not there": (
        lambda raw: raw["settings"]["one"]["means"].pop("T"),
        "settings.one.means",
        "says nothing of 'T'",
    ),
    "ramps of what is not in the panel": (
        put([0.0] * 6, "settings", "two", "ramp_means", "T"),
        "settings.two.ramp_means",
        "names 'T'",
    ),
    "ramps that are not there": (
        lambda raw: raw["settings"]["one"]["ramp_means"].pop("P"),
        "settings.one.ramp_means",
        "says nothing of 'P'",
    ),
    "a ramp too few": (
        lambda raw: raw["settings"]["one"]["ramp_means"]["A"].pop(),
        "settings.one.ramp_means.A",
        "has 5 numbers",
    ),
    "text for a ramp": (
        put(["x"] * 6, "settings", "two", "ramp_means", "A"),
        "settings.two.ramp_means.A",
        "'x' is no number",
    ),
    "shares of what is not in the panel": (
        put([0.0] * 6, "settings", "three", "segment_shares", "A"),
        "settings.three.segment_shares",
        "names 'A'",
    ),
    "shares that are not there": (
        put({}, "settings", "three", "segment_shares"),
        "settings.three.segment_shares",
        "says nothing of 'T'",
    ),
    "a share too many": (
        lambda raw: raw["settings"]["one"]["segment_shares"]["T"].append(0.0),
        "settings.one.segment_shares.T",
        "has 7 numbers",
    ),
    "a share without end": (
        put(float("nan"), "settings", "one", "segment_shares", "P", 0),
        "settings.one.segment_shares.P",
        "nan is no number",
    ),
    "no covariance": (
        put([], "settings", "one", "covariance"),
        "settings.one.covariance",
        "does not fit the panel",
    ),
    "a covariance of fewer markers": (
        put([[1.0, 0.0], [0.0, 1.0]], "settings", "one", "covariance"),
        "settings.one.covariance",
        "does not fit the panel",
    ),
    "a ragged covariance": (
        lambda raw: raw["settings"]["one"]["covariance"][1].pop(),
        "settings.one.covariance",
        "does not fit the panel",
    ),
    "text for a covariance": (
        put([["x"]], "settings", "two", "covariance"),
        "settings.two.covariance",
        "'x' is no number",
    ),
    "an infinite covariance": (
        put([[float("inf")]], "settings", "two", "covariance"),
        "settings.two.covariance",
        "inf is no number",
    ),
    "a lopsided covariance": (
        put(0.5, "settings", "one", "covariance", 0, 1),
        "settings.one.covariance",
        "is not symmetric",
    ),
    "a covariance beyond what there can be": (
        put([[1.0, 1.5, 0.0], [1.5, 1.0, 0.0], [0.0, 0.0, 1.0]], "settings", "one", "covariance"),
        "settings.one.covariance",
        "is not positive definite",
    ),
    "a variance of 0": (
        put([[0.0]], "settings", "two", "covariance"),
        "settings.two.covariance",
        "is not positive definite",
    ),
    "text for a limit": (put("low", "markers", "A", "limit"), "markers.A.limit", "no number"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_names_the_file_and_the_key(name: str) -> None:
    change, key, said = FAULTS[name]
    with pytest.raises(ModelError) as caught:
        check_references(spec_from_json(changed(change)), SPEC)
    error = caught.value
    assert (error.exit_code, error.file, error.key) == (2, str(SPEC), key)
    assert said in error.message
    assert error.hint


def test_what_is_allowed_is_told() -> None:
    raw = changed(put([[1.0]], "settings", "one", "covariance"))
    with pytest.raises(ModelError) as caught:
        check_references(spec_from_json(raw), SPEC)
    assert caught.value.allowed == "3 rows of 3 numbers, one per marker of the panel"
    raw = changed(put([0.0], "settings", "one", "ramp_means", "A"))
    with pytest.raises(ModelError) as caught:
        check_references(spec_from_json(raw), SPEC)
    assert caught.value.allowed == "6, one per segment"


@pytest.mark.parametrize("part", ["covariance", "ramp_means", "segment_shares"])
def test_a_setting_without_a_part_is_no_spec(part: str) -> None:
    with pytest.raises(KeyError, match=part):
        spec_from_json(changed(lambda raw: raw["settings"]["two"].pop(part)))


def test_a_setting_may_have_no_markers() -> None:
    none = {"panel": [], "means": {}, "covariance": [], "ramp_means": {}, "segment_shares": {}}
    check_references(spec_from_json(changed(lambda raw: raw["settings"]["two"].update(none))), SPEC)


def test_the_nearest_name_is_given() -> None:
    raw = changed(put("chemoo", "settings", "two", "usual"))
    with pytest.raises(ModelError) as caught:
        check_references(spec_from_json(raw), SPEC)
    assert caught.value.hint == "did you mean 'chemo'?"


@pytest.mark.parametrize("part", ["claims", "groups", "strategies"])
def test_a_bundle_that_was_emptied_and_sealed_again_is_not_loaded(
    small_bundle: Path, tmp_path: Path, part: str
) -> None:
    bundle = Path(shutil.copytree(small_bundle, tmp_path / "model"))
    edit(bundle, "spec.json", lambda raw: raw[part].clear())
    with pytest.raises(ModelError, match=r"spec\.json, key '"):
        load_bundle(bundle)
