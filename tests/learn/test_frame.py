"""Profiles in a DataFrame: read as columns, faults said with row and column."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resistml.errors import TableError
from resistml.learn.frame import is_profile_table, known_words, records_from

ARMS = {"crc_advanced": ("folfox", "folfiri"), "sclc_extensive": ("etoposide_cisplatin",)}


def frame(**columns: object) -> pd.DataFrame:
    first = {"setting": ["crc_advanced"] * 3, "strategy": ["folfox", "folfiri", "folfox"]}
    return pd.DataFrame({**first, **columns})


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (frame(), True),
        (frame().drop(columns="strategy"), False),
        (pd.DataFrame({0: [1.0]}), False),
        (np.zeros((2, 2)), False),
        ([[1.0]], False),
    ],
)
def test_what_a_table_of_profiles_is(table: object, expected: bool) -> None:
    assert is_profile_table(table) is expected


def test_columns_are_read() -> None:
    table = frame(
        A=pd.array([1, None, 3], dtype="Int64"),
        B=[0.5, np.nan, 2.0],
        unknown=["x", "y", "z"],
        age=[60, 61, 62],
        sex=["female", None, "male"],
    )
    records, strategy = records_from(table, ("A", "B", "C"))
    assert records.patient_id.tolist() == ["000000000000", "000000000001", "000000000002"]
    assert strategy.tolist() == ["folfox", "folfiri", "folfox"]
    np.testing.assert_array_equal(records.column("A"), [1, np.nan, 3])
    np.testing.assert_array_equal(records.column("sex"), [1, np.nan, 0])
    assert np.isnan(records.column("C")).all()
    assert set(records.columns) == {"A", "B", "age", "sex"}


def test_ids_are_kept() -> None:
    records, _ = records_from(frame(patient_id=["c", "a", "b"]), ())
    assert records.patient_id.tolist() == ["c", "a", "b"]


@pytest.mark.parametrize(
    ("table", "parts"),
    [
        (
            frame(sex=["male", "femal", "male"]),
            ("row 2", "column 'sex'", "'femal'", "allowed: female, male", "did you mean 'female'?"),
        ),
        (frame(A=["1", "high", "2"]), ("column 'A'", "high", "allowed: numbers")),
    ],
)
def test_values_that_are_none(table: pd.DataFrame, parts: tuple[str, ...]) -> None:
    with pytest.raises(TableError) as fault:
        records_from(table, ("A",))
    for part in parts:
        assert part in str(fault.value)


@pytest.mark.parametrize(
    ("row", "parts"),
    [
        (("crc_advance", "folfox"), ("column 'setting'", "did you mean 'crc_advanced'?")),
        (
            ("crc_advanced", "folfix"),
            ("column 'strategy'", "did you mean 'folfox'?", "folfiri, folfox"),
        ),
        (("sclc_extensive", "folfox"), ("column 'strategy'", "allowed: etoposide_cisplatin")),
        ((None, "folfox"), ("column 'setting'", "is empty, or no text")),
    ],
)
def test_unknown_words(row: tuple[str, str], parts: tuple[str, ...]) -> None:
    table = frame()
    table.loc[1, ["setting", "strategy"]] = row
    with pytest.raises(TableError) as fault:
        known_words(table, ARMS)
    for part in ("row 2", *parts):
        assert part in str(fault.value)
    known_words(frame(), ARMS)
