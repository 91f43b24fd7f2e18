"""The one list of column names against the tables that are in fact read and written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from resistml import columns
from resistml.cohort.draw import Drawer
from resistml.cohort.plan import Plan
from resistml.evidence import Evidence
from resistml.evidence.base import CLINICAL as CONDITIONS
from resistml.explain import mechanisms
from resistml.features import spec
from resistml.predict import rank, score
from resistml.tables import cohort, header
from resistml.world.draft import draft_world


def test_answers() -> None:
    assert score.COLUMNS == columns.SCORE
    assert rank.COLUMNS == columns.RANK
    assert mechanisms.COLUMNS == columns.EXPLAIN


@pytest.mark.parametrize("names", [columns.SCORE, columns.RANK])
def test_columns_of_the_evidence_stand_beside_the_other_interval(names: tuple[str, ...]) -> None:
    found = columns.with_evidence(names)
    at = found.index("lower")
    assert found[at : at + 4] == ("lower", "upper", "evidence_lower", "evidence_upper")
    assert tuple(name for name in found if name not in columns.EVIDENCE) == names


def test_profiles_and_cohorts() -> None:
    assert header.REQUIRED == columns.REQUIRED
    assert header.OPTIONAL == columns.OPTIONAL
    assert header.OUTCOMES == columns.OUTCOMES
    assert set(cohort.NEEDED) <= {*columns.REQUIRED, *columns.OPTIONAL, *columns.OUTCOMES}
    assert set(CONDITIONS) <= set(columns.OPTIONAL)


def test_model_matrix() -> None:
    assert spec.CLINICAL == columns.CLINICAL


def test_drawn_tables_have_no_other_column_beside_the_markers(evidence: Evidence) -> None:
    """Drawn from a world that is not solved: its columns are those of any."""
    world = draft_world(evidence)
    one = {name: law for name, law in world.settings.items() if name == "crc_advanced"}
    drawn = Drawer(replace(world, settings=one), Plan(seed=1, n=20)).block(0)
    fixed = {*columns.REQUIRED, *columns.OPTIONAL, *columns.OUTCOMES}
    assert set(drawn.cohort) == {*fixed, *world.markers}
    assert set(drawn.markers_true) == {"patient_id", *world.markers}
    others = [c for c in drawn.oracle if not c.startswith(columns.ORACLE_PREFIXES)]
    assert set(others) == set(columns.ORACLE)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("pfs_months", "pfs_months"),
        ("Age", "age"),
        ("P_RESISTANCE", "p_resistance"),
        ("evidence_lower", "evidence_lower"),
        ("truth_target", "truth_*"),
        ("Fair_truth_x", "fair_truth_*"),
        ("ABCB1", None),
        ("ages", None),
        ("untruth_", None),
    ],
)
def test_taken(name: str, column: str | None) -> None:
    assert columns.taken(name) == column


def test_no_shipped_marker_is_taken_for_a_column(evidence: Evidence) -> None:
    assert [name for name in evidence.markers if columns.taken(name)] == []
