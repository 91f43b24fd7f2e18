"""Rankings: order, eligibility, what is said of each strategy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.special import expit

from resistml.errors import ModelError, UsageError
from resistml.features.conditions import eligible
from resistml.predict.model import Model
from resistml.predict.parts import Parts
from resistml.predict.rank import COLUMNS, rank
from tests.patients import Patients
from tests.predict.test_support import support
from tests.predict.tiny import tiny_margins, tiny_model, tiny_profiles

#: The arm one/immune among the five.
IMMUNE = np.array([0, 0, 1, 0, 0])


def lines(answer: dict[str, Any]) -> list[dict[str, Any]]:
    assert tuple(answer) == COLUMNS
    return [dict(zip(answer, row, strict=True)) for row in zip(*answer.values(), strict=True)]


def asked(*rows: dict[str, Any], everything: bool = False) -> list[dict[str, Any]]:
    return lines(rank(tiny_model(), tiny_profiles(*rows), everything=everything))


def test_closed_form() -> None:
    """All three open: targeted's log-odds fall by its target, immune's by its marker."""
    found = asked({"A": 1, "T": 1, "P": 50, "ecog": 0})
    margins = {"chemo": tiny_margins(0), "targeted": tiny_margins(1, t=-1.0)}
    margins["immune"] = tiny_margins(2)
    expected = {name: expit(-2 * m.mean()) for name, m in margins.items()}
    best_first = sorted(expected, key=lambda name: -expected[name])
    assert [line["strategy"] for line in found] == best_first
    assert [line["rank"] for line in found] == [1, 2, 3]
    for line in found:
        assert line["p_response"] == line["value"] == pytest.approx(expected[line["strategy"]])
        assert line["lower"] < line["value"] < line["upper"]
        assert (line["patient_id"], line["setting"], line["status"]) == ("p0", "one", "ok")
    assert sum(line["p_best"] for line in found) == pytest.approx(1)
    assert found[0]["p_best"] == max(line["p_best"] for line in found) > 0.9
    assert not any(line["tied"] for line in found[:1])


@pytest.mark.parametrize(
    ("row", "open_to"),
    [
        ({"A": 1, "T": 0, "P": 5, "ecog": 0}, {"chemo"}),
        ({"A": 1, "T": 1, "P": 5, "ecog": 2}, {"chemo", "targeted"}),
        ({"A": 1, "T": 1, "P": 5, "ecog": 1}, {"chemo", "targeted", "immune"}),
        ({"A": 1, "T": 1, "P": 5}, {"chemo", "targeted"}),  # ecog decides, and is not known
        ({"A": 1, "P": 60}, {"chemo", "immune"}),  # T decides about targeted, and is not known
        ({"A": 1, "T": 0}, {"chemo"}),
        ({"T": 1, "P": 5}, {"chemo", "targeted"}),
        ({"setting": "two", "A": 1, "T": 1, "P": 60}, {"chemo"}),
        ({"setting": "three", "T": 1}, {"targeted"}),
    ],
)
def test_only_what_a_record_makes_eligible_for_is_ranked(
    row: dict[str, Any], open_to: set[str]
) -> None:
    found = asked({"A": 1, "T": 1, "P": 60, "ecog": 0}, row)[3:]
    assert {line["strategy"] for line in found} == open_to
    assert [line["rank"] for line in found] == list(range(1, len(open_to) + 1))
    assert all(line["patient_id"] == "p1" for line in found)


def test_all_adds_the_ineligible_with_reasons() -> None:
    found = asked({"A": 1, "T": 0}, everything=True)
    assert [line["strategy"] for line in found] == ["chemo", "targeted", "immune"]
    assert [line["status"] for line in found] == ["ok", "ineligible", "ineligible"]
    assert [line["rank"] for line in found] == [1, None, None]
    assert found[1]["message"] == "targeted needs T == 1; T is 0"
    assert found[2]["message"].endswith("; P not measured")
    for line in found[1:]:
        assert np.isnan(
            [line[k] for k in ("value", "p_response", "lower", "upper", "p_best")]
        ).all()
        assert (line["tied"], line["cautions"], line["claims"]) == (False, [], [])


def test_nothing_open_is_abstained() -> None:
    row = {"setting": "three", "T": 0}
    (line,) = asked(row)
    assert (line["status"], line["rank"], line["strategy"]) == ("abstained", None, "")
    assert line["message"] == "no strategy of the setting is open"
    both = asked(row, everything=True)
    assert [x["status"] for x in both] == ["abstained", "ineligible"]
    assert both[1]["strategy"] == "targeted"


def test_nothing_measured_is_abstained() -> None:
    for everything in (False, True):
        (line,) = asked({"age": 50}, everything=everything)
        assert line["status"] == "abstained"
        assert line["message"] == "none of the setting's markers was measured: not ranked"
        assert np.isnan(line["value"])


def doubting(**changed: Any) -> Model:
    return replace(tiny_model(), parts=Parts(support=support(**changed)))


def test_profiles_that_are_doubted_have_no_rank() -> None:
    full = {"A": 1, "T": 1, "P": 60, "ecog": 0}
    model = doubting(counts=np.full(5, 40))
    profiles = tiny_profiles(full, {**full, "A": 60}, {"A": 1}, full)
    for everything in (False, True):
        found = lines(rank(model, profiles, everything=everything))
        per = [[x for x in found if x["patient_id"] == f"p{i}"] for i in range(4)]
        assert [len(x) for x in per] == [3, 1, 1, 3]
        (odd,), (scant,) = per[1:3]
        for line in (odd, scant):
            assert (line["status"], line["rank"], line["strategy"]) == ("abstained", None, "")
            assert line["message"].endswith(": not ranked")
            assert np.isnan([line["value"], line["p_response"], line["p_best"]]).all()
        assert "A is 60" in odd["message"]
        assert "2 of the setting's 3 markers" in scant["message"]


def test_strategies_that_too_few_had_come_last_without_a_rank() -> None:
    """Of ten and more training patients chemo alone had; the best is not among them."""
    row = {"A": 1, "T": 1, "P": 60, "ecog": 1}
    assert asked(row)[0]["strategy"] == "targeted"
    found = lines(rank(doubting(), tiny_profiles(row, {**row, "T": 0}), everything=True))
    assert [(x["rank"], x["strategy"], x["status"]) for x in found] == [
        (1, "chemo", "ok"),
        (None, "targeted", "unsupported"),
        (None, "immune", "unsupported"),
        (1, "chemo", "ok"),
        (None, "immune", "unsupported"),
        (None, "targeted", "ineligible"),
    ]
    few = "targeted: 3 training patient(s) had it in this setting, fewer than 10: not ranked"
    assert found[1]["message"] == few
    assert np.isnan([found[1]["value"], found[1]["p_response"], found[1]["p_best"]]).all()
    assert found[0]["p_best"] > 0.95
    assert not found[0]["tied"]


def test_all_that_is_open_too_few_had() -> None:
    model = doubting(counts=np.zeros(5, dtype=np.int64))
    found = lines(rank(model, tiny_profiles({"A": 1, "T": 0})))
    assert [x["status"] for x in found] == ["abstained", "unsupported"]
    assert found[0]["message"] == "too few training patients had the strategies that are open"


def test_by_utility_value_and_order_are_the_stated() -> None:
    """Chemo has a caution and immune none: a high enough price turns the order."""
    row = {"A": 1, "T": 0, "P": 50}
    plain = asked(row)
    assert [x["strategy"] for x in plain] == ["chemo", "immune"]
    for price, order in ((0.0, ["chemo", "immune"]), (0.5, ["immune", "chemo"])):
        stated = {"response": 2.0, "pfs_months": 0.0, "os_months": 0.0, "caution": price}
        model = replace(tiny_model(), about={"ranking": stated})
        found = lines(rank(model, tiny_profiles(row), by="utility"))
        assert [x["strategy"] for x in found] == order
        assert [x["rank"] for x in found] == [1, 2]
        for x in found:
            assert x["value"] == pytest.approx(2 * x["p_response"] - price * len(x["cautions"]))
        by_response = {x["strategy"]: x for x in plain}
        for x in found:  # all but order, value and ties is of response
            same = by_response[x["strategy"]]
            assert (x["p_response"], x["p_best"]) == (same["p_response"], same["p_best"])


def test_what_cannot_be_ranked_by_is_refused_also_without_profiles() -> None:
    for by, fault in (("pfs", ModelError), ("luck", UsageError)):
        with pytest.raises(fault):
            rank(tiny_model(), tiny_profiles(), by=by)


def test_rejected_rows_keep_their_place() -> None:
    found = asked({"A": 1, "T": 0}, {"setting": "four"}, {"A": 1, "setting": "two"})
    assert [line["patient_id"] for line in found] == ["p0", "p1", "p2"]
    assert [line["status"] for line in found] == ["ok", "rejected", "ok"]
    assert "'four' is not a known setting" in found[1]["message"]
    assert np.isnan(found[1]["value"])
    assert found[1]["rank"] is None


@pytest.mark.parametrize(
    ("row", "cautions"),
    [
        ({"age": 71, "ecog": 1}, ["mind the marrow", "mind the frail"]),
        ({"age": 71, "ecog": 0}, ["mind the marrow"]),
        ({"age": 70, "ecog": 1}, ["mind the marrow"]),
        ({"age": 71}, ["mind the marrow"]),
    ],
)
def test_cautions_are_those_the_record_calls_for(row: dict[str, Any], cautions: list[str]) -> None:
    found = asked({"A": 1, "age": 80, "ecog": 2}, {"A": 1, "T": 0, "P": 0, **row})
    assert found[1]["cautions"] == cautions
    assert found[1]["claims"] == ["about_chemo"]


def test_unmeasured_markers_are_said_where_they_bear() -> None:
    found = [asked({"T": 1, "ecog": 0, **row}) for row in ({"P": 60}, {"A": 1})]
    without_a, without_p = ({x["strategy"]: x["message"] for x in lines} for lines in found)
    bearing = "unmeasured, with a bearing here"
    assert without_a == {"chemo": f"{bearing}: A", "targeted": f"{bearing}: A", "immune": ""}
    assert without_p == {"chemo": "", "targeted": "", "immune": f"{bearing}: P"}


def test_ties_are_marked_on_both() -> None:
    """A setting where two strategies come within a hundredth: T's mutation makes up 0.4."""
    model = tiny_model()
    level = -np.array([0.0, 0.2])  # chemo's margins less those of immune at P = 50
    members = tuple(
        replace(m, base=replace(m.base, intercepts=m.base.intercepts - gap * IMMUNE))
        for m, gap in zip(model.members, np.array([0.5, 0.1]) + level, strict=True)
    )
    equal = replace(model, members=members)
    profile = tiny_profiles({"A": 1, "P": 50, "T": 0})
    found = lines(rank(equal, profile))
    assert [line["strategy"] for line in found] == ["chemo", "immune"]
    assert [line["tied"] for line in found] == [True, True]
    assert [line["p_best"] for line in found] == pytest.approx([0.5, 0.5])


def test_none_at_all() -> None:
    assert asked() == []
    (line,) = asked({"setting": "four"})
    assert line["status"] == "rejected"


def test_drawn_patients(model: Model, patients: Patients) -> None:
    """For every patient: each strategy once, those of whom he is eligible ranked, best first."""
    profiles = patients.profiles(model.spec)
    by_patient: dict[str, list[dict[str, Any]]] = {}
    for line in lines(rank(model, profiles, everything=True)):
        by_patient.setdefault(line["patient_id"], []).append(line)
    assert list(by_patient) == patients.records.patient_id.tolist()
    for i, found in enumerate(by_patient.values()):
        setting = model.spec.settings[patients.records.setting[i]]
        if found[0]["status"] == "abstained":
            assert len(found) == 1
            continue
        assert sorted(line["strategy"] for line in found) == sorted(setting.strategies)
        own = {k: v[i : i + 1] for k, v in patients.records.columns.items()}
        ranked = [line for line in found if line["rank"] is not None]
        for line in found:
            alternatives = model.spec.strategies[line["strategy"]].eligibility
            assert (line in ranked) == bool(eligible(own, alternatives, 1)[0])
        assert [line["rank"] for line in found] == [
            *range(1, len(ranked) + 1),
            *[None] * (len(found) - len(ranked)),
        ]
        values = [line["value"] for line in ranked]
        assert values == sorted(values, reverse=True)
        assert sum(line["p_best"] for line in ranked) == pytest.approx(1)
        assert sum(line["tied"] for line in ranked) != 1


def test_ranked_response_is_the_scored_risk(model: Model, patients: Patients) -> None:
    from resistml.predict.score import score

    answer = rank(model, patients.profiles(model.spec))
    at = {k: i for i, k in enumerate(zip(answer["patient_id"], answer["strategy"], strict=True))}
    scored = score(model, patients.profiles(model.spec))
    checked = 0
    for i, key in enumerate(zip(scored["patient_id"], scored["strategy"], strict=True)):
        if scored["status"][i] == "ok":
            line = at[key]
            assert answer["p_response"][line] == pytest.approx(1 - scored["p_resistance"][i])
            assert answer["lower"][line] == pytest.approx(1 - scored["upper"][i])
            checked += 1
    assert checked > 1_000


@pytest.mark.slow
def test_ten_thousand_patients_are_ranked_in_a_few_seconds(model: Model, world: Any) -> None:
    """0.25 s on two idle cores; twenty times as long is let pass, for a loaded machine."""
    import time

    from tests.patients import draw

    profiles = draw(world, seed=7, n=10_000).profiles(model.spec)
    start = time.perf_counter()
    rank(model, profiles)
    assert time.perf_counter() - start < 5
