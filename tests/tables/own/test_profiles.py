"""Profiles for a model of an own cohort give the table's own columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resistml.errors import TableError
from resistml.evidence import Evidence
from resistml.features.spec import FeatureSpec
from resistml.learn.own_spec import own_spec
from resistml.tables import profiles_from_rows, read_profiles
from resistml.tables.categories import categories_of, template_columns
from resistml.tables.own import read_own
from tests.tables.own.made import columns, config, write

FEATURES: dict[str, Any] = {
    "score": {},
    "mutated": {"kind": "flag"},
    "cancer": {"column": "tumour", "kind": "category"},
}


def spec_of(folder: Path, evidence: Evidence, **changes: Any) -> FeatureSpec:
    table = columns()
    if changes.pop("rare", False):
        table["tumour"][:3] = ["bone"] * 3
    path = write(folder / "own.csv", table)
    return own_spec(evidence, read_own(config(path, features=FEATURES, **changes), evidence))


@pytest.fixture
def spec(tmp_path: Path, evidence: Evidence) -> FeatureSpec:
    return spec_of(tmp_path, evidence)


ROW = {"patient_id": "P", "score": 0.4, "mutated": 1}


def flags(spec: FeatureSpec, row: dict[str, Any]) -> dict[str, float]:
    found = profiles_from_rows([{**ROW, **row}], spec)
    assert found.rejected == {}
    return {
        name: float(values[0])
        for name, values in found.records.columns.items()
        if name.startswith("cancer=")
    }


class TestCategories:
    @pytest.mark.parametrize("column", ["cancer", "tumour"])
    def test_by_the_features_name_or_the_tables(self, column: str, spec: FeatureSpec) -> None:
        assert flags(spec, {column: "lung"}) == {
            "cancer=bladder": 0.0,
            "cancer=lung": 1.0,
            "cancer=skin": 0.0,
        }

    def test_or_by_a_flag(self, spec: FeatureSpec) -> None:
        assert flags(spec, {"cancer=lung": 1}) == {"cancer=lung": 1.0}

    @pytest.mark.parametrize("cell", ["", None, "NA"])
    def test_missing(self, cell: str | None, spec: FeatureSpec) -> None:
        assert np.isnan(list(flags(spec, {"cancer": cell}).values())).all()

    def test_a_level_that_nobody_had_is_a_fault(self, spec: FeatureSpec) -> None:
        found = profiles_from_rows([{**ROW, "cancer": "lungs"}], spec)
        assert list(found.rejected) == [0]
        assert "'lungs' is not a known cancer" in found.rejected[0]
        assert "did you mean 'lung'?" in found.rejected[0]

    def test_unless_some_levels_were_rare(self, tmp_path: Path, evidence: Evidence) -> None:
        spec = spec_of(tmp_path, evidence, rare=True)
        found = profiles_from_rows([{**ROW, "cancer": "kidney"}], spec)
        assert found.rejected == {}
        assert found.notes == {0: ("rare_level:cancer",)}
        assert found.records.column("cancer=other")[0] == 1
        assert found.records.column("cancer=lung")[0] == 0

    @pytest.mark.parametrize("other", ["tumour", "cancer=lung"])
    def test_twice_is_refused(self, other: str, spec: FeatureSpec) -> None:
        with pytest.raises(TableError, match=f"says the same as '{other}'"):
            profiles_from_rows([{**ROW, "cancer": "lung", other: 1}], spec)

    def test_virtual_patients_have_none(self, small_bundle: Path) -> None:
        from resistml.predict.model import load_bundle

        spec = load_bundle(small_bundle).spec
        assert categories_of(spec) == ()
        panel = next(iter(spec.settings.values())).panel
        assert template_columns(spec, panel) == panel


class TestColumns:
    def test_the_only_setting_need_not_be_said(self, spec: FeatureSpec) -> None:
        found = profiles_from_rows([ROW], spec)
        assert found.records.setting.tolist() == ["cohort"]
        assert found.strategy.tolist() == [""]

    def test_but_one_of_several_must(self, tmp_path: Path, evidence: Evidence) -> None:
        spec = spec_of(tmp_path, evidence, setting="site")
        with pytest.raises(TableError, match="no column 'setting'"):
            profiles_from_rows([ROW], spec)
        found = profiles_from_rows([{**ROW, "setting": "north"}], spec)
        assert found.records.setting.tolist() == ["north"]

    def test_measures_and_flags(self, spec: FeatureSpec) -> None:
        found = profiles_from_rows([{**ROW, "score": -1.5, "mutated": "yes"}], spec)
        assert "column 'mutated': 'yes'" in found.rejected[0]
        found = profiles_from_rows([{**ROW, "score": -1.5}], spec)
        assert found.records.column("score")[0] == -1.5

    def test_a_mistyped_column(self, spec: FeatureSpec) -> None:
        with pytest.raises(TableError) as caught:
            profiles_from_rows([{"patient_id": "P", "Score": 1.0}], spec)
        assert "did you mean 'score'?" in str(caught.value.hint)

    def test_the_table_itself_is_a_table_of_profiles(
        self, tmp_path: Path, evidence: Evidence
    ) -> None:
        spec = spec_of(tmp_path, evidence)
        table = columns()
        kept = {
            "patient_id": table["patient"],
            **{k: table[k] for k in ("score", "mutated", "tumour")},
        }
        found = read_profiles(write(tmp_path / "profiles.csv", kept), spec)
        cohort = read_own(config(tmp_path / "own.csv", features=FEATURES), evidence)
        assert found.rejected == {}
        for feature in cohort.features:
            expected = cohort.records.column(feature.name)
            assert np.array_equal(found.records.column(feature.name), expected, equal_nan=True)

    def test_template(self, spec: FeatureSpec) -> None:
        assert template_columns(spec, spec.settings["cohort"].panel) == (
            "score",
            "mutated",
            "cancer",
        )
