"""The whole audit: every target and parameter, each with its label."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from resistml.evidence import Evidence
from resistml.world.audit import AuditRow, audit
from resistml.world.audit_all import ASSUMED, CLAIMED, audit_all, label_of
from resistml.world.audit_parameters import audit_parameters
from resistml.world.laws import World

PATIENTS = 5_000


@pytest.fixture(scope="module")
def rows(evidence: Evidence, world: World) -> dict[str, AuditRow]:
    return {row.claim: row for row in audit_all(evidence, world, PATIENTS)}


def test_it_lists_targets_and_then_parameters(
    evidence: Evidence, rows: dict[str, AuditRow]
) -> None:
    """Every claim with a number but mere context, each once."""
    by_role = {
        role: [c.id for c in evidence.claims.values() if c.role == role]
        for role in ("target", "parameter")
    }
    assert list(rows) == [*by_role["target"], *by_role["parameter"]]
    quantitative = {c.id for c in evidence.claims.values() if c.quantitative}
    context = {c.id for c in evidence.claims.values() if c.role == "context"}
    assert set(rows) == quantitative - context


def test_rows_are_those_of_the_two_audits(
    evidence: Evidence, world: World, rows: dict[str, AuditRow]
) -> None:
    for name, audited in (("target", audit), ("parameter", audit_parameters)):
        for row in audited(evidence, world, PATIENTS):
            bare = replace(rows[row.claim], label="")
            assert row.role == name
            assert repr(bare) == repr(row)  # by their text, in which NaN equals NaN


def test_seed_and_number_of_patients_reach_both(
    evidence: Evidence, world: World, rows: dict[str, AuditRow]
) -> None:
    """With a tenth of the patients the standard error is sqrt(10), 3.2 times, as large."""
    one, other = ({r.claim: r for r in audit_all(evidence, world, 500, seed=s)} for s in (1, 2))
    for name in ("s3_osimertinib_orr", "s2_t790m_incidence"):
        assert one[name].obtained != other[name].obtained
        assert 2.5 < one[name].se / rows[name].se < 4


def test_every_row_has_a_label(rows: dict[str, AuditRow]) -> None:
    found = Counter(row.label for row in rows.values())
    assert set(found) == {CLAIMED, ASSUMED}
    assert all(row.label == ASSUMED for row in rows.values() if row.status == "due")


LABELS = [
    ("s4_ac_orr", CLAIMED),
    ("s4_ac_median_pfs", CLAIMED),
    ("s4_ac_survival_rate", CLAIMED),
    ("s3_venetoclax_cr", CLAIMED),
    ("s2_csc_high_cutoff", CLAIMED),
    ("s2_t790m_incidence", CLAIMED),
    ("s2_bcl2_lymphoma_fold_change", CLAIMED),
    ("s2_abcb1_resistant_cells_fold_change", ASSUMED),
    ("s2_cyp3a4_paclitaxel_degradation", ASSUMED),
    ("s3_elacridar_doxorubicin_fold_change", ASSUMED),
    ("s3_csc_after_lgk974_fraction_level", ASSUMED),
]


@pytest.mark.parametrize(("claim", "label"), LABELS)
def test_label_of_a_claim(rows: dict[str, AuditRow], claim: str, label: str) -> None:
    assert rows[claim].label == label


#: A claim, one of the world's parameters that it bears on, and one of another kind.
BEARS_ON = [
    ("s4_ac_orr", "alpha.breast_ac.ac", "pfs_scale.breast_ac.ac"),
    ("s4_ac_median_pfs", "pfs_scale.breast_ac.ac", "alpha.breast_ac.ac"),
    ("s4_ac_survival_rate", "os_scale.breast_ac.ac", "pfs_scale.breast_ac.ac"),
    ("s3_venetoclax_cr", "kappa.cll_relapsed.venetoclax", "os_scale.cll_relapsed.venetoclax"),
    ("s3_venetoclax_orr", "alpha.cll_relapsed.venetoclax", "kappa.cll_relapsed.venetoclax"),
    ("s2_abcb1_positive_orr", "alpha.crc_advanced.folfiri", "alpha.crc_advanced.folfox_cetuximab"),
    (
        "s1_her2_targeted_survival_rate",  # a ratio: both arms
        "os_scale.breast_her2.paclitaxel",
        "os_scale.breast_ac.ac",
    ),
    ("s2_bcl2_lymphoma_fold_change", "location.dlbcl_relapsed.BCL2", "location.cll_relapsed.BCL2"),
]


@pytest.mark.parametrize(("claim", "mine", "other"), BEARS_ON)
def test_label_follows_the_parameters_that_a_claim_bears_on(
    evidence: Evidence, world: World, rows: dict[str, AuditRow], claim: str, mine: str, other: str
) -> None:
    row = rows[claim]
    known = dict.fromkeys(world.labels, CLAIMED)
    for name, expected in ((other, CLAIMED), (mine, ASSUMED)):
        assumed = replace(world, labels={**known, name: ASSUMED})
        assert label_of(evidence, assumed, row) == expected
