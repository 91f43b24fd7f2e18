"""Every item of TRIPOD+AI is answered, from the run and not by heart."""

from __future__ import annotations

import dataclasses
import json

import pytest

from resistml.documents import dump_json
from resistml.evaluate.fidelity import Fidelity
from resistml.report import tripod
from resistml.report.context import ReportContext
from resistml.report.sections import SECTIONS, SUMMARY
from resistml.report.tripod.answer import ANSWERED, NOT_APPLICABLE
from resistml.report.tripod.checklist import ANSWERS
from tests.report import samples

#: The numbering of the published checklist: 27 items, and how many parts each has.
PARTS = {3: 3, 5: 2, 6: 3, 8: 3, 9: 3, 12: 7, 18: 6, 20: 3, 23: 2, 27: 3}
#: Parts that are asked of development alone, and of evaluation alone.
DEVELOPMENT = {"9a", "12a", "12b", "12c", "15", "22", "27a", "27b"}
EVALUATION = {"12f", "12g", "20c", "24"}


def answers(context: ReportContext) -> dict[str, str]:
    return {row.item.id: row.answer.text for row in tripod.answered(context)}


def bare() -> ReportContext:
    """A run of which little is known."""
    evaluation = dataclasses.replace(
        samples.evaluation(),
        subgroups={},
        importance={},
        fidelity=Fidelity(),
        policy=None,
        survival={},
        doubt=None,
        decision=None,
        calibrations=None,
    )
    nothing = {"model": None, "characteristics": None, "checks": None, "learning": None}
    more = {"audit": [], "claims": {}, "facts": {}, "config": {}, "swarm": None}
    return samples.context(evaluation=evaluation, **nothing, **more)


def test_items_are_numbered_as_published() -> None:
    expected = []
    for number in range(1, 28):
        letters = "abcdefg"[: PARTS.get(number, 0)]
        expected += [f"{number}{letter}" for letter in letters] or [f"{number}"]
    assert [item.id for item in tripod.items()] == expected
    assert len(expected) == 52


def test_items_say_whether_they_are_of_development_or_of_evaluation() -> None:
    of = {item.id: item.of for item in tripod.items()}
    assert {name for name, what in of.items() if what == "D"} == DEVELOPMENT
    assert {name for name, what in of.items() if what == "E"} == EVALUATION
    assert set(of.values()) == {"D", "E", "DE"}


def test_each_item_has_an_answer_and_no_answer_is_without_an_item() -> None:
    assert set(ANSWERS) == {item.id for item in tripod.items()}


@pytest.mark.parametrize("context", [samples.context(), bare()], ids=["whole", "bare"])
def test_all_are_answered_or_do_not_apply_for_a_reason(context: ReportContext) -> None:
    for row in tripod.answered(context):
        text = row.answer.text
        assert row.answer.status in (ANSWERED, NOT_APPLICABLE)
        assert len(text) > 20, row.item.id
        assert text.endswith((".", ")")), row.item.id
        assert "nan" not in text.replace(",", " ").lower().split(), row.item.id
        assert "  " not in text, row.item.id
        assert "{" not in text, row.item.id


def test_answers_point_to_sections_that_there_are() -> None:
    for row in tripod.answered(samples.context()):
        assert set(row.answer.sections) <= {*SECTIONS, SUMMARY}, row.item.id
        if not row.answer.applies:
            assert not row.answer.sections


#: What of a run changes, and which answers must change with it.
CHANGES = {
    "title": ({"title": "Another"}, {"1"}),
    "patients": (
        {"evaluation": dataclasses.replace(samples.evaluation(), n_train=777, n_judge=888)},
        {"2", "4", "5a", "10", "12a", "20a", "21"},
    ),
    "figures": (
        {
            "evaluation": dataclasses.replace(
                samples.evaluation(),
                learners={"xgboost": samples.figures(0.71, 0.5, -0.4, mae=0.09)},
            )
        },
        {"2", "3a", "12e", "23a", "25"},
    ),
    "groups": (
        {
            "evaluation": dataclasses.replace(
                samples.evaluation(),
                subgroups={"setting": {"crc_advanced": samples.group(999, 0.7, 0.72)}},
            )
        },
        {"1", "3c", "6a", "12d", "14", "23b", "25"},
    ),
    "config": (
        {"config": {"name": "new", "cohort": {"assignment": "randomised", "variant": "form"}}},
        {"5a", "6c", "18c"},
    ),
    "family": ({"config": {"model": {"family": "additive"}}}, {"12c"}),
    "facts": (
        {"facts": {"resistml": "9.9", "model": "f" * 64, "seed": "42"}},
        {"12g", "18e", "18f"},
    ),
    "limits": ({"limits": ["Only this."]}, {"26"}),
    "audit": ({"audit": samples.audit_rows()[:1]}, {"5a", "27c"}),
    "claims": ({"claims": {}}, {"3a"}),
    "model": (
        {"model": dataclasses.replace(samples.model_facts(), markers={"X": ""}, members=3, arms=1)},
        {"6b", "9a", "9b", "12a", "22"},
    ),
    "worlds": (
        {"model": dataclasses.replace(samples.model_facts(), evidence_worlds=0, rounds=0)},
        {"12c", "15", "22"},
    ),
    "training": (
        {"characteristics": dataclasses.replace(samples.characteristics(), resistant=5, n=10)},
        {"20a", "20b", "20c", "21"},
    ),
    "gaps": (
        {
            "characteristics": dataclasses.replace(
                samples.characteristics(), unmeasured={"CD19": 0.5}, follow_up=99.0
            )
        },
        {"5b", "11", "20a", "20b"},
    ),
    "doubt": (
        {"evaluation": dataclasses.replace(samples.evaluation(), doubt=None)},
        {"12e", "27a"},
    ),
    "decision": (
        {"evaluation": dataclasses.replace(samples.evaluation(), decision=None)},
        {"12e", "13", "20a", "20c", "21"},
    ),
    "times": (
        {"evaluation": dataclasses.replace(samples.evaluation(), survival={})},
        {"8a", "12e", "21"},
    ),
    "learning": ({"learning": None}, {"10"}),
    "notice": ({"notice": "Another notice."}, {"3b", "22", "27b"}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_answers_change_with_the_run(change: str) -> None:
    changes, expected = CHANGES[change]
    before, after = answers(samples.context()), answers(samples.context(**changes))
    changed = {name for name in before if before[name] != after[name]}
    assert expected <= changed, expected - changed


def test_what_is_the_same_for_every_run_is_known() -> None:
    """All others come from the run; these say what virtual patients, or this software, make so."""
    moved: set[str] = set()
    before = answers(samples.context())
    for changes, _ in CHANGES.values():
        after = answers(samples.context(**changes))
        moved |= {name for name in before if before[name] != after[name]}
    fixed = {"7", "8b", "8c", "9c", "12b", "12f", "16", "17", "18a", "18b", "18d", "19", "24"}
    assert set(before) - moved == fixed


def test_document_is_plain_and_says_who_asks() -> None:
    context = samples.context()
    found = json.loads(dump_json(tripod.document(context)))
    assert found["notice"] == samples.NOTICE
    assert found["checklist"] == "TRIPOD+AI"
    assert "e078378" in found["reference"]
    assert len(found["items"]) == 52
    first = found["items"][0]
    assert first["item"] == "1"
    assert "Trial <b>one</b>" in first["answer"]  # JSON needs no escaping of HTML
    statuses = {item["status"] for item in found["items"]}
    assert statuses == {ANSWERED, NOT_APPLICABLE}
