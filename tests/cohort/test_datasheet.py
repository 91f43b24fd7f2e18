"""The datasheet says how a cohort was made, and what it is not for."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from typing import get_args

import pytest

from resistml.cohort.assignment import Assignment
from resistml.cohort.datasheet import datasheet
from resistml.cohort.papers import columns, documents_of
from resistml.cohort.plan import Plan
from resistml.evidence import Evidence
from resistml.notice import NOTICE
from resistml.world.laws import World
from resistml.world.missing import Missing
from tests.world.tiny import tiny_world

PLAN = Plan(seed=12, n=4000)
TINY = tiny_world()


@pytest.fixture(scope="module")
def sheet(world: World, evidence: Evidence) -> str:
    return datasheet(world, PLAN, evidence)


def test_it_answers_in_the_order_of_its_questions(sheet: str) -> None:
    assert re.findall(r"^## (.*)$", sheet, re.MULTILINE) == [
        "Motivation", "Composition", "How it was made", "Labels and preprocessing", "Uses",
        "Distribution and maintenance",
    ]  # fmt: skip
    assert f"> {NOTICE}" in sheet


def test_claims_and_assumptions_are_counted(sheet: str, world: World, evidence: Evidence) -> None:
    roles = Counter(claim.role for claim in evidence.claims.values())
    assert f"{len(evidence.claims)} claims" in sheet
    assert f"{roles['target']} are targets" in sheet
    assert f"{roles['context']} are recorded only" in sheet
    assert f"{len(evidence.all_assumptions()):,} assumptions" in sheet
    labels = Counter(world.labels.values())
    assert f"claims identify {labels['claim-identified']}" in sheet


def test_every_tension_is_named_with_its_caveats(
    sheet: str, world: World, evidence: Evidence
) -> None:
    assert world.conflicts
    for conflict in world.conflicts:
        assert conflict.reason in sheet
        for name in conflict.claims:
            assert name in sheet
            assert evidence.claims[name].caveat in sheet


def test_settings_are_listed_with_their_share_and_strategies(sheet: str, world: World) -> None:
    total = sum(law.share for law in world.settings.values())
    for name, law in world.settings.items():
        assert f"| {name} | {law.line} | {law.share / total:.1%} |" in sheet
        assert ", ".join(law.arms) in sheet


@pytest.mark.parametrize(
    "words",
    ["decision about a patient", "how frequent", "Comparing drugs", "Judging doctors",
     "real cohorts", "groups of people", "review's figures"],
)  # fmt: skip
def test_what_it_must_not_be_used_for(sheet: str, words: str) -> None:
    _, _, uses = sheet.partition("It must not be used for:")
    assert words in uses


@pytest.mark.parametrize("how", get_args(Assignment))
def test_each_way_of_giving_treatment_is_told_apart(how: Assignment) -> None:
    text = datasheet(TINY, replace(PLAN, assignment=how))
    (said,) = re.findall(r"^- Treatment: (.*)$", text, re.MULTILINE)
    assert len(said) > 50
    assert ("by lot" in said) == (how == "randomised")
    assert ("was partly not recorded" in said or "partly not recorded" in said) == (
        how == "hidden_confounding"
    )


@pytest.mark.parametrize("how", get_args(Missing))
def test_each_kind_of_missing_values_is_told_apart(how: Missing) -> None:
    text = datasheet(TINY, replace(PLAN, missing=how))
    (said,) = re.findall(r"^- Missing values: (.*)$", text, re.MULTILINE)
    assert ("not at random" in said) == (how == "catalogued")
    assert ("completely at random" in said) == (how == "completely_at_random")
    assert ("measured in all" in said) == (how == "none")


def test_follow_up_is_that_of_the_plan() -> None:
    assert "between 12 and 60 months" in datasheet(TINY, PLAN)
    assert "10% a year are lost" in datasheet(TINY, PLAN)
    other = datasheet(TINY, replace(PLAN, followup_months_max=30.0, dropout_per_year=0.02))
    assert "between 12 and 30 months" in other
    assert "2% a year are lost" in other
    complete = datasheet(TINY, replace(PLAN, complete_followup=True))
    assert "Follow-up: everybody, until death." in complete


def test_a_world_that_departs_says_so() -> None:
    assert "departs on purpose" not in datasheet(TINY, PLAN)
    assert "departs on purpose" in datasheet(replace(TINY, variant="knowledge"), PLAN)


def test_without_conflicts_none_are_made_up() -> None:
    assert "None: no claims are known" in datasheet(TINY, PLAN)


def test_seed_plan_and_hashes_are_facts(sheet: str, world: World) -> None:
    for fact in ("| seed | 12 |", "| patients | 4,000 |", "| assignment | confounded |",
                 f"| catalog | {world.catalog_hash} |", f"| world | {world.hash} |"):  # fmt: skip
        assert fact in sheet
    assert "`oracle.parquet` holds, per patient" in sheet
    assert "`oracle.parquet` holds, per patient" not in datasheet(
        world, replace(PLAN, oracle=False)
    )


def test_papers_hang_on_world_and_plan_alone(world: World, evidence: Evidence) -> None:
    papers = documents_of(world, PLAN, evidence)
    assert list(papers) == ["datasheet.md", "dictionary.json"]
    assert papers == documents_of(world, PLAN, evidence)
    document = json.loads(papers["dictionary.json"])
    assert document["notice"] == NOTICE
    assert document["columns"] == json.loads(json.dumps(columns(world, PLAN, evidence)))
    for text in papers.values():
        assert not re.search(r"\b20\d\d-\d\d-\d\d\b|/tmp|/home|/work|/root", text)


def test_a_foreign_catalog_is_not_looked_at(evidence: Evidence) -> None:
    assert documents_of(TINY, PLAN, evidence) == documents_of(TINY, PLAN)
    assert "claims" in documents_of(TINY, PLAN)["datasheet.md"]


def test_the_catalog_adds_counts_and_names(world: World, evidence: Evidence) -> None:
    bare, told = documents_of(world, PLAN), documents_of(world, PLAN, evidence)
    assert "are targets that the world is solved to" not in bare["datasheet.md"]
    assert bare["dictionary.json"] != told["dictionary.json"]
    assert evidence.markers["CTC"].name in told["dictionary.json"]
