"""Columns of profiles: chosen, passed over, or mistyped."""

from __future__ import annotations

import pytest

from resistml.columns import OUTCOMES
from resistml.errors import TableError
from resistml.features.spec import FeatureSpec
from resistml.tables.header import Header, mistyped

KNOWN = (
    "patient_id",
    "age",
    "sex",
    "line",
    "ABCB1",
    "IL6",
    "CD44",
    "KRAS_mut",
    "BRCA_mut",
    "drug_penetration",
)


@pytest.mark.parametrize(
    ("name", "present", "meant"),
    [
        ("ABCBI", (), "ABCB1"),
        ("abcb1", (), "ABCB1"),
        ("Age ", (), "age"),
        ("AGE", ("age",), "age"),  # equal but for case: a slip even beside the right one
        ("IL-6", (), "IL6"),
        ("Patient ID", (), "patient_id"),
        ("patientid", (), "patient_id"),
        ("patient", (), "patient_id"),
        ("KRAS", (), "KRAS_mut"),
        ("kras-mut", (), "KRAS_mut"),
        ("BRCA", (), "BRCA_mut"),
        ("KRASmutt", (), "KRAS_mut"),
        ("KRAS", ("KRAS_mut",), None),
        ("ABCBI", ("ABCB1",), None),
        ("ABCB4", (), None),  # another gene
        ("CD4", (), None),
        ("CD24", (), None),
        ("IL8", (), None),
        ("stage", (), None),
        ("drug", (), None),
        ("weight", (), None),
        ("comment", (), None),
    ],
)
def test_slips_are_told_from_other_columns(
    name: str, present: tuple[str, ...], meant: str | None
) -> None:
    assert mistyped(name, KNOWN, {*present, name}) == meant


def test_columns_are_chosen_in_the_order_of_the_table(spec: FeatureSpec) -> None:
    header = Header(spec, "f.csv")
    names = ("CSC", "setting", "weight", "patient_id", *OUTCOMES, "ABCB1", "weight2")
    assert header.choose(names) == ("CSC", "setting", "patient_id", "ABCB1")
    assert header.ignored == ("weight", "weight2")


@pytest.mark.parametrize("missing", ["patient_id", "setting"])
def test_a_required_column_that_is_missing_is_named(spec: FeatureSpec, missing: str) -> None:
    names = [name for name in ("patient_id", "setting", "age") if name != missing]
    with pytest.raises(TableError, match=f"has no column '{missing}'") as caught:
        Header(spec, "f.csv").choose(names)
    assert caught.value.file == "f.csv"
    assert "the columns are" in str(caught.value)


def test_a_slip_is_named_with_what_was_meant(spec: FeatureSpec) -> None:
    with pytest.raises(TableError, match=r"f.csv, column 'ABCBI'(.|\n)*mean 'ABCB1'"):
        Header(spec, "f.csv").choose(("patient_id", "setting", "ABCBI"))


def test_hostile_names_are_made_printable(spec: FeatureSpec) -> None:
    with pytest.raises(TableError) as caught:
        Header(spec, "f.csv").choose(("patient_id", "setting", "A\x1bge"))
    assert "\x1b" not in str(caught.value)


def test_later_batches_may_lack_and_add_columns(spec: FeatureSpec) -> None:
    header = Header(spec, "f.jsonl")
    header.choose(("patient_id", "setting", "one"))
    assert header.choose(("setting", "two", "ABCB1")) == ("setting", "ABCB1")
    assert header.ignored == ("one", "two")
    with pytest.raises(TableError, match="ABCBI"):
        header.choose(("patient_id", "ABCBI"))
