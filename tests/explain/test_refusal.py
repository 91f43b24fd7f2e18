"""A model that is no better than a constant is not explained, and says why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from resistml.checks import h01_no_better_than_constant as h01
from resistml.errors import ModelError
from resistml.explain.mechanisms import explain, explain_profiles
from resistml.explain.moved import what_if
from resistml.explain.refusal import check_explainable, refused
from resistml.explain.smallest import smallest_change
from resistml.predict.model import Model
from tests.predict.tiny import tiny_model, tiny_profiles

ROW = {"A": 1, "strategy": "chemo"}


def found(code: str) -> dict[str, Any]:
    return {"code": code, "title": "t", "severity": "error", "message": "log-loss 0.7 of 0.6"}


def judged(*codes: str) -> Model:
    return replace(tiny_model(), about={"checks": [found(code) for code in codes]})


def test_the_code_is_that_of_the_check() -> None:
    assert refused(judged(h01.CHECK.code)) == "H01: log-loss 0.7 of 0.6"


def test_other_findings_refuse_nothing() -> None:
    assert refused(judged("H03", "H11")) == ""
    check_explainable(judged("H03"))
    assert explain_profiles(judged(), tiny_profiles(ROW))["mechanism"]


def test_a_bundle_that_was_not_judged_is_explained() -> None:
    assert refused(tiny_model()) == ""


def test_every_explanation_is_refused_with_code_and_figures() -> None:
    profiles, model = tiny_profiles(ROW), judged("H03", "H01")
    asks = (
        lambda: explain(model, profiles.records, profiles.strategy),
        lambda: explain_profiles(model, profiles, full=True),
        lambda: what_if(model, profiles, {"A": 2}),
        lambda: smallest_change(
            replace(model, about={**model.about, "trained_on": {"kind": "virtual"}}),
            profiles.records,
            0.5,
        ),
    )
    for ask in asks:
        with pytest.raises(ModelError, match=r"H01: log-loss 0\.7 of 0\.6") as caught:
            ask()
        assert caught.value.exit_code == 2
        assert caught.value.allowed
