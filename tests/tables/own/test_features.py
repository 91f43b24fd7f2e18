"""Own columns as features, and columns that are the catalog's markers in other units."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resistml.errors import ConfigError, TableError
from resistml.evidence import Evidence
from resistml.tables.own import read_own
from tests.tables.own.made import columns, config, write


class TestMeasures:
    def test_factor_and_unit(self, tmp_path: Path, evidence: Evidence) -> None:
        path = write(tmp_path / "own.csv", columns())
        stated = {"lab": {"column": "albumin", "unit": "g/L", "factor": 10, "low": 5, "high": 80}}
        found = read_own(config(path, features=stated), evidence)
        assert found.records.column("lab") == pytest.approx(10 * np.array(columns()["albumin"]))

    def test_log_is_a_kind(self, tmp_path: Path, evidence: Evidence) -> None:
        path = write(tmp_path / "own.csv", columns())
        stated = {"pfs_like": {"column": "pfs", "log": True, "baseline": True}}
        assert read_own(config(path, features=stated), evidence).features[0].kind == "log_measure"


class TestCategories:
    def test_a_flag_for_each_level(self, tmp_path: Path, evidence: Evidence) -> None:
        raw = columns()
        raw["tumour"][0] = ""
        path = write(tmp_path / "own.csv", raw)
        found = read_own(config(path, features={"tumour": {"kind": "category"}}), evidence)
        assert [(f.name, f.level, f.source, f.kind) for f in found.features] == [
            (f"tumour={level}", level, "tumour", "mutation")
            for level in ("bladder", "lung", "skin")
        ]
        flags = np.column_stack([found.records.column(f.name) for f in found.features])
        assert np.isnan(flags[0]).all()
        assert (flags[1:].sum(axis=1) == 1).all()
        assert found.records.column("tumour=skin")[1:].sum() == raw["tumour"].count("skin")

    def test_least(self, tmp_path: Path, evidence: Evidence) -> None:
        path = write(tmp_path / "own.csv", columns())
        stated = {"tumour": {"kind": "category", "least": 150}}
        found = read_own(config(path, features=stated), evidence)
        assert [f.level for f in found.features] == ["other"]
        assert found.notes[0].code == "rare_levels"


def marked(values: list[Any], tmp_path: Path) -> Path:
    return write(tmp_path / "own.csv", {**columns(n=len(values)), "m": values})


class TestMarkers:
    """CD274 is in per cent, CD19 a fraction, ABCB1 a fold of reference, CTC a count per 7.5 mL."""

    @pytest.mark.parametrize(
        ("marker", "stated", "given", "expected"),
        [
            ("CD274", {}, [1.0, 50.0], [1.0, 50.0]),
            ("CD274", {"unit": "fraction"}, [0.01, 0.5], [1.0, 50.0]),
            ("CD19", {"unit": "percent"}, [10.0, 90.0], [0.1, 0.9]),
            ("ABCB1", {"unit": "log2"}, [-1.0, 3.0], [0.5, 8.0]),
            ("ABCB1", {"unit": "log10"}, [-1.0, 2.0], [0.1, 100.0]),
            ("ABCB1", {"unit": "ln"}, [0.0, 1.0], [1.0, np.e]),
            ("ABCB1", {"factor": 0.5}, [1.0, 4.0], [0.5, 2.0]),
            ("CTC", {"factor": 7.5}, [0.0, 2.0], [0.0, 15.0]),
            ("KRAS_mut", {"present": "mut", "absent": "wt"}, ["mut", "wt"], [1.0, 0.0]),
        ],
    )
    def test_brought_to_the_catalogs_unit(
        self,
        marker: str,
        stated: dict[str, Any],
        given: list[Any],
        expected: list[float],
        tmp_path: Path,
        evidence: Evidence,
    ) -> None:
        path = marked(given * 50, tmp_path)
        cohort = read_own(config(path, markers={marker: {"column": "m", **stated}}), evidence)
        assert cohort.records.column(marker)[:2] == pytest.approx(expected)
        feature = cohort.features[0]
        entry = evidence.markers[marker]
        assert (feature.name, feature.catalog, feature.source) == (marker, marker, "m")
        assert (feature.kind, feature.unit, feature.mechanism) == (
            entry.kind,
            entry.unit,
            entry.mechanism,
        )

    @pytest.mark.parametrize(
        ("marker", "stated", "given", "message", "hint"),
        [
            ("CD274", {}, [0.01, 0.5], "look like fractions", "unit: fraction"),
            ("CD274", {}, [1, 101], "out of range", ""),
            ("CD274", {"unit": "fraction"}, [0.5, 50], "out of range as fraction", ""),
            ("CD19", {}, [10, 90], "is no fraction", "unit: percent"),
            ("CD19", {"unit": "percent"}, [0.1, 0.9], "fractions already", "unit: fraction"),
            ("ABCB1", {}, [-1, 3], "looks like a logarithm", "unit: log2"),
            ("ABCB1", {"unit": "log2"}, [1, 900], "out of range as log2", ""),
            ("CTC", {}, [0.5, 2], "is no whole number", "factor"),
            ("KRAS_mut", {}, ["yes", "no"], "neither yes nor no", "present"),
        ],
    )
    def test_another_unit_than_stated(
        self,
        marker: str,
        stated: dict[str, Any],
        given: list[Any],
        message: str,
        hint: str,
        tmp_path: Path,
        evidence: Evidence,
    ) -> None:
        path = marked(given * 50, tmp_path)
        with pytest.raises(TableError, match=message) as caught:
            read_own(config(path, markers={marker: {"column": "m", **stated}}), evidence)
        assert caught.value.column == "m"
        assert caught.value.row is not None
        assert hint in (caught.value.hint or "")

    @pytest.mark.parametrize(
        ("marker", "unit"), [("ABCB1", "percent"), ("CD274", "log2"), ("CTC", "fraction")]
    )
    def test_units_that_a_kind_has_not(
        self, marker: str, unit: str, tmp_path: Path, evidence: Evidence
    ) -> None:
        stated = {marker: {"column": "m", "unit": unit}}
        with pytest.raises(ConfigError, match=f"cannot be given as '{unit}'") as caught:
            read_own(config(marked([1, 2] * 50, tmp_path), markers=stated), evidence)
        assert caught.value.key == f"data.markers.{marker}.unit"
