"""Which audit a cohort gets: that of its world, or of a world that an ensemble drew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from resistml.cohort import audited
from resistml.cohort.audited import REMARK, audit_cohort, audit_member
from resistml.cohort.files import generate
from resistml.cohort.plan import Plan
from resistml.errors import WorldError
from resistml.evidence import Evidence
from resistml.world.audit import AuditRow, audit
from resistml.world.laws import World

PLAN = Plan(seed=3, n=600, assignment="randomised", oracle=False)
POINT = "s4_ac_orr"


def shifted(evidence: Evidence, by: float) -> Evidence:
    """The catalog with one claim alone, a point moved away from what the world gives."""
    claim = evidence.claims[POINT]
    assert claim.low == claim.high
    assert claim.low is not None
    moved = claim.model_copy(update={"low": claim.low + by, "high": claim.low + by})
    return replace(evidence, claims={POINT: moved})


def test_a_world_of_an_ensemble_may_be_off_by_the_declared_uncertainty(
    evidence: Evidence, world: World
) -> None:
    near, far = shifted(evidence, 0.05), shifted(evidence, 0.2)  # 95% of 100 patients: 0.098
    (plain,) = audit(near, world, 20_000)
    assert plain.status == "out"
    (row,) = audit_member(near, world, 20_000)
    assert row.status == "within"
    assert (row.low, row.high) == (plain.low, plain.high)  # as reported, not as widened
    assert row.obtained == plain.obtained
    assert row.label
    assert audit_member(far, world, 20_000)[0].status == "out"


@pytest.fixture
def folder(world: World, tmp_path: Path) -> Path:
    generate(world, PLAN, tmp_path / "c")
    return tmp_path / "c"


@pytest.fixture
def told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two audits that take no time and can be told apart."""

    def rows(name: str) -> list[AuditRow]:
        words = (name, "target", "orr", "breast_ac", "ac", "")
        return [AuditRow(*words, 0.5, 0.5, 0.5, 0.001, "within")]

    monkeypatch.setattr(audited, "audit_all", lambda *_: rows("all"))
    monkeypatch.setattr(audited, "audit_member", lambda *_: tuple(rows("member")))


@pytest.mark.usefixtures("told_apart")
def test_without_a_cohort_there_are_rows_alone(evidence: Evidence, world: World) -> None:
    found = audit_cohort(evidence, world)
    assert [row.claim for row in found.rows] == ["all"]
    assert (found.observed, found.estimates, found.remarks) == (None, None, ())


@pytest.mark.usefixtures("told_apart")
def test_a_cohort_adds_what_it_shows(evidence: Evidence, world: World, folder: Path) -> None:
    found = audit_cohort(evidence, world, folder)
    assert [row.claim for row in found.rows] == ["all"]
    assert found.observed is not None
    assert len(found.observed) == 600
    assert found.estimates is not None
    assert POINT in found.estimates
    assert found.remarks == ()


@pytest.mark.usefixtures("told_apart")
def test_a_world_of_an_ensemble_is_known_by_its_audit(
    evidence: Evidence, world: World, folder: Path
) -> None:
    (folder / "audit.json").write_text("{}")
    found = audit_cohort(evidence, world, folder)
    assert [row.claim for row in found.rows] == ["member"]
    assert found.remarks == (REMARK,)


@pytest.mark.usefixtures("told_apart")
def test_a_damaged_cohort_is_told_of_before_the_audit(
    evidence: Evidence, world: World, folder: Path
) -> None:
    (folder / "manifest.json").unlink()
    with pytest.raises(WorldError, match="no such file"):
        audit_cohort(evidence, world, folder)
