"""The data dictionary says what the drawn tables hold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resistml.cohort.dictionary import Column, dictionary
from resistml.cohort.files import generate
from resistml.cohort.plan import Plan
from resistml.evidence import Evidence
from resistml.world.laws import World

PLAN = Plan(seed=12, n=4000)
TABLES = ("cohort", "oracle", "markers_true")
TYPES = {"string": "text", "int64": "int", "double": "float"}


@pytest.fixture(scope="module")
def tables(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pa.Table]:
    out: Path = tmp_path_factory.mktemp("dictionary") / "c"
    generate(world, PLAN, out)
    return {name: pq.read_table(out / f"{name}.parquet") for name in TABLES}


@pytest.fixture(scope="module")
def columns(world: World, evidence: Evidence) -> list[Column]:
    return dictionary(world, PLAN, evidence)


def values(tables: dict[str, pa.Table], column: Column) -> Any:
    return tables[column.table][column.name].drop_null().to_numpy(zero_copy_only=False)


def test_every_column_stands_there_in_the_order_and_type_of_the_file(
    tables: dict[str, pa.Table], columns: list[Column]
) -> None:
    for name, table in tables.items():
        mine = [column for column in columns if column.table == name]
        assert [column.name for column in mine] == table.schema.names
        assert [column.type for column in mine] == [TYPES[str(f.type)] for f in table.schema]
        assert all(column.meaning.endswith(".") for column in mine)


def test_ranges_hold_all_that_was_drawn(tables: dict[str, pa.Table], columns: list[Column]) -> None:
    ranged = [c for c in columns if c.low is not None or c.high is not None]
    assert len(ranged) > 80
    for column in ranged:
        found = values(tables, column)
        assert column.low is None or found.min() >= column.low, column.name
        assert column.high is None or found.max() <= column.high, column.name


def test_where_values_are_few_each_is_explained(
    tables: dict[str, pa.Table], columns: list[Column]
) -> None:
    few = [column for column in columns if column.values]
    kinds = next(column for column in few if column.name == "resistance_kind")
    assert set(values(tables, kinds)) == set(kinds.values) == {"primary", "acquired", "none"}
    names = {column.name for column in few}
    assert {"setting", "sex", "ecog", "response", "resistant", "pfs_event", "KRAS_mut"} <= names
    for column in few:
        found = {f"{x:g}" if not isinstance(x, str) else x for x in values(tables, column)}
        assert found <= set(column.values), column.name


def test_zero_and_one_are_said_of_every_flag(columns: list[Column]) -> None:
    for column in columns:
        flag = (column.low, column.high) == (0, 1) and column.unit.startswith("1 = ")
        if flag:
            assert set(column.values) == {"0", "1"}
    by_name = {column.name: column for column in columns if column.table == "cohort"}
    assert by_name["resistant"].values["1"].startswith("no objective response")
    assert by_name["os_event"].values == {"0": "still free of it when last seen",
                                          "1": "death was seen"}  # fmt: skip


def test_missing_shares_are_those_drawn(tables: dict[str, pa.Table], columns: list[Column]) -> None:
    cohort = tables["cohort"]
    setting = np.array(cohort["setting"].to_pylist())
    for column in columns:
        table = tables[column.table]
        share = table[column.name].null_count / table.num_rows
        assert column.missing == pytest.approx(share, abs=0.035), column.name
        if column.table == "cohort" and column.panel:
            inside = np.isin(setting, column.panel)
            null = np.asarray(table[column.name].is_null().to_numpy(zero_copy_only=False))
            assert null[~inside].all()
            few = 4 * (0.25 / inside.sum()) ** 0.5
            assert column.missing_in_panel == pytest.approx(null[inside].mean(), abs=few)


def test_complete_records_miss_nothing_in_the_panel(world: World) -> None:
    complete = dictionary(world, replace(PLAN, missing="none"))
    markers = [c for c in complete if c.table == "cohort" and c.panel]
    assert markers
    assert all(column.missing_in_panel == 0 for column in markers)
    assert any(column.missing > 0.2 for column in markers)  # outside the panel


def test_sources_are_entries_of_the_catalog(evidence: Evidence, columns: list[Column]) -> None:
    known = {*evidence.claims, *evidence.all_assumptions()}
    settings = {
        f"settings.*.{name}" for name in type(next(iter(evidence.settings.values()))).model_fields
    }
    for column in columns:
        assert set(column.source) <= known | settings, column.name
    by_name = {column.name: column for column in columns if column.table == "cohort"}
    assert "s2_csc_high_cutoff" in by_name["CSC"].source
    assert "s2_t790m_incidence" in by_name["EGFR_T790M"].source
    assert "markers.EGFR_T790M.prevalence" in by_name["EGFR_T790M"].source


def test_units_and_names_come_from_the_catalog_if_it_is_at_hand(
    world: World, evidence: Evidence, columns: list[Column]
) -> None:
    told = {column.name: column for column in columns if column.table == "cohort"}
    bare = {c.name: c for c in dictionary(world, PLAN) if c.table == "cohort"}
    assert told["CTC"].unit == evidence.markers["CTC"].unit
    assert told["CTC"].meaning.startswith(evidence.markers["CTC"].name)
    assert bare["CTC"].unit == "count"
    assert set(bare) == set(told)
    assert bare["CTC"].panel == told["CTC"].panel


def test_what_was_not_drawn_is_not_listed(world: World) -> None:
    found = dictionary(world, replace(PLAN, oracle=False, complete_followup=True))
    assert {column.table for column in found} == {"cohort", "markers_true"}
    months = next(column for column in found if column.name == "pfs_months")
    assert months.meaning.endswith("or until death.")


def test_plain_data_leaves_out_what_does_not_apply(columns: list[Column]) -> None:
    plain = {(c.table, c.name): c.plain() for c in columns}
    assert set(plain["cohort", "patient_id"]) == {"table", "name", "type", "meaning", "missing"}
    csc = plain["cohort", "CSC"]
    assert csc["range"] == [0.0, 1.0]
    assert csc["missing_in_panel"] > 0
    assert "unit" in csc
    assert plain["cohort", "os_months"]["range"] == [0, None]
