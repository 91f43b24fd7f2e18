"""Rows of one patient are found, exact or nearly so; chance likeness is not taken for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resistml.errors import TableError
from resistml.evidence import Evidence
from resistml.tables.own import read_external, read_own
from resistml.tables.own.duplicates import Pair, alike
from tests.tables.own.made import columns, config, write

Floats = Any
LABS = [f"lab{i}" for i in range(8)]


def labs(n: int, seed: int) -> dict[str, Floats]:
    """Eight numbers with two decimals, correlated, and twelve flags of a tenth each."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(n, 1))
    numbers = np.round(10 + common + rng.normal(size=(n, len(LABS))), 2)
    out = {name: numbers[:, j] for j, name in enumerate(LABS)}
    out |= {f"flag{j}": (rng.random(n) < 0.1).astype(float) for j in range(12)}
    return out


class TestAlike:
    @pytest.mark.parametrize("seed", range(5))
    def test_nobody_is_alike_by_chance(self, seed: int) -> None:
        assert alike(labs(1_500, seed)) == []

    @pytest.mark.parametrize("seed", range(3))
    def test_flags_alone_tell_nobody_apart(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        flags = {f"f{j}": (rng.random(600) < 0.05).astype(float) for j in range(40)}
        assert alike(flags) == []

    def test_exact(self) -> None:
        table = {k: np.append(v, v[17]) for k, v in labs(500, 1).items()}
        assert alike(table) == [Pair(17, 500, 20, 20)]

    @pytest.mark.parametrize("changed", [1, 2])
    def test_nearly(self, changed: int) -> None:
        table = {k: np.append(v, v[17]) for k, v in labs(500, 1).items()}
        for name in LABS[:changed]:
            table[name][-1] += 3
        assert alike(table) == [Pair(17, 500, 20 - changed, 20)]

    def test_not_if_a_fifth_differs(self) -> None:
        table = {k: np.append(v, v[17]) for k, v in labs(500, 1).items()}
        for name in LABS[:4]:
            table[name][-1] += 3
        assert alike(table) == []

    def test_digits_lost_on_the_way(self) -> None:
        """Each number off by up to half a hundredth of its standard deviation, either side."""
        rng = np.random.default_rng(4)
        table = {k: np.append(v, v[17]) for k, v in labs(500, 1).items()}
        for name in LABS:
            table[name][-1] += rng.choice([-1, 1]) * 0.003 * table[name].std()
        assert [(p.first, p.second) for p in alike(table)] == [(17, 500)]

    def test_values_that_one_row_lacks(self) -> None:
        table = {k: np.append(v, v[17]) for k, v in labs(500, 1).items()}
        table["lab2"][-1] = np.nan
        table["lab5"][17] = np.nan
        assert alike(table) == [Pair(17, 500, 18, 18)]

    @pytest.mark.parametrize("table", [{}, {"a": np.zeros(1)}, {"a": np.full(5, np.nan)}])
    def test_nothing_to_compare(self, table: dict[str, Floats]) -> None:
        assert alike(table) == []

    def test_agrees_with_looking_at_every_pair(self) -> None:
        """Against the definition, on a table of which a tenth stands twice with up to 3 changes."""
        rng = np.random.default_rng(9)
        table = {**labs(300, 2), **{f"more{j}": rng.normal(size=300) for j in range(14)}}
        twice = rng.choice(300, 30, replace=False)
        table = {k: np.concatenate([v, v[twice]]) for k, v in table.items()}
        for row in range(300, 330):
            for name in rng.choice(list(table), rng.integers(0, 4), replace=False):
                table[name][row] += 5
        values = np.column_stack(list(table.values()))
        near = np.array([0.01 * v.std() if len(np.unique(v)) > 20 else 0 for v in values.T])
        expected = set()
        for a in range(330):
            differ = (np.abs(values - values[a]) > near).sum(axis=1)
            expected |= {(a, int(b)) for b in np.flatnonzero(differ <= 3) if b > a}
        assert {(p.first, p.second) for p in alike(table)} == expected
        assert len(expected) == 30


STATED: dict[str, Any] = {"features": {"lab*": {}, "flag*": {"kind": "flag"}}}


def whole(n: int, seed: int) -> dict[str, list[Any]]:
    extra = {
        k: [int(x) if k.startswith("flag") else x for x in v.tolist()]
        for k, v in labs(n, seed).items()
    }
    return {**columns(n, seed), **extra}


def again(table: dict[str, list[Any]], row: int, name: str) -> None:
    """Put a row in once more, under another name and with one number changed."""
    for column in table.values():
        column.append(column[row])
    table["patient"][-1] = name
    table["lab3"][-1] += 2.5


class TestWithin:
    @pytest.mark.parametrize(("policy", "left"), [("drop", 200), ("keep", 201)])
    def test_what_is_done_is_said(
        self, policy: str, left: int, tmp_path: Path, evidence: Evidence
    ) -> None:
        table = whole(200, 1)
        again(table, 5, "Q1")
        path = write(tmp_path / "own.csv", table)
        cohort = read_own(config(path, duplicates=policy, **STATED), evidence)
        assert len(cohort) == left
        assert ("Q1" in cohort.records.patient_id) == (policy == "keep")
        note = cohort.notes[0]
        assert note.code == "duplicates"
        assert "'P5' and 'Q1' (alike in 19 of 20 columns)" in note.message

    def test_refused_if_asked_for(self, tmp_path: Path, evidence: Evidence) -> None:
        table = whole(200, 1)
        again(table, 5, "Q1")
        path = write(tmp_path / "own.csv", table)
        with pytest.raises(TableError, match="'P5' and 'Q1'"):
            read_own(config(path, duplicates="refuse", **STATED), evidence)


def test_across_train_and_test(tmp_path: Path, evidence: Evidence) -> None:
    train, other = whole(200, 1), whole(150, 2)
    other["patient"] = [f"E{i}" for i in range(150)]
    for name, cells in other.items():
        if name != "patient":
            cells[40] = train[name][7]
    other["lab0"][40] += 2
    stated = {**STATED, "external": {"later": str(write(tmp_path / "later.csv", other))}}
    data = config(write(tmp_path / "own.csv", train), **stated)
    later = read_external(data, evidence, read_own(data, evidence))["later"]
    assert len(later) == 149
    assert "E40" not in later.records.patient_id
    assert any("'P7' and 'E40'" in note.message for note in later.notes)
    assert "who are trained on" in later.notes[0].message
