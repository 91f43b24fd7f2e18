"""Own cohorts: what the config says of a table is what is read, and what is wrong is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from resistml.errors import ConfigError, TableError
from resistml.evidence import Evidence
from resistml.tables.own import AS_GIVEN, ONE_SETTING, OwnCohort, read_external, read_own
from tests.tables.own.made import columns, config, write


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return write(tmp_path / "own.csv", columns())


def codes(cohort: OwnCohort) -> list[str]:
    return [note.code for note in cohort.notes]


class TestPlain:
    def test_patients_come_in_the_order_of_the_file(self, table: Path, evidence: Evidence) -> None:
        cohort = read_own(config(table), evidence)
        raw = columns()
        assert cohort.records.patient_id.tolist() == raw["patient"]
        assert cohort.resistant.tolist() == [float(x == "no") for x in raw["best"]]
        assert cohort.records.column("score").tolist() == raw["score"]
        assert set(cohort.records.setting) == {ONE_SETTING}
        assert set(cohort.strategy) == {AS_GIVEN}
        assert not cohort.treatments
        assert cohort.notes == ()

    def test_features_are_described(self, table: Path, evidence: Evidence) -> None:
        stated = {
            "lab": {"column": "albumin", "unit": "g/dL", "direction": -1},
            "score": {"log": False, "mechanism": "stemness"},
            "mutated": {"kind": "flag", "direction": 1, "mechanism": "target"},
        }
        found = {f.name: f for f in read_own(config(table, features=stated), evidence).features}
        assert [(f.kind, f.direction, f.mechanism, f.source) for f in found.values()] == [
            ("measure", -1, "clinical", "albumin"),
            ("measure", 0, "stemness", "score"),
            ("mutation", 1, "target", "mutated"),
        ]
        assert found["lab"].unit == "g/dL"
        assert all(f.catalog is None and f.level is None for f in found.values())

    def test_treatments_and_settings(self, table: Path, evidence: Evidence) -> None:
        cohort = read_own(config(table, treatment="arm", setting="tumour"), evidence)
        assert cohort.treatments
        assert cohort.strategy.tolist() == columns()["arm"]
        assert cohort.records.setting.tolist() == columns()["tumour"]

    def test_clinical_columns(self, table: Path, evidence: Evidence) -> None:
        stated = {"age": {"column": "age"}, "sex": {"column": "sex"}, "ecog": {"column": "ecog"}}
        found = read_own(config(table, **stated), evidence).records.columns
        raw = columns()
        assert found["age"].tolist() == raw["age"]
        assert found["sex"].tolist() == [float(s == "F") for s in raw["sex"]]
        assert found["ecog"].tolist() == [min(e, 2) for e in raw["ecog"]]

    @pytest.mark.parametrize(("unit", "factor"), [("months", 12), ("days", 365.25)])
    def test_ages_in_other_units(
        self, tmp_path: Path, evidence: Evidence, unit: str, factor: float
    ) -> None:
        raw = columns()
        raw["age"] = [x * factor for x in raw["age"]]
        path = write(tmp_path / "own.csv", raw)
        found = read_own(config(path, age={"column": "age", "unit": unit}), evidence)
        assert found.records.columns["age"] == pytest.approx(columns()["age"])
        with pytest.raises(TableError, match="is no age"):
            read_own(config(path, age={"column": "age"}), evidence)


class TestFiles:
    def test_parquet_and_folders_are_read_alike(self, tmp_path: Path, evidence: Evidence) -> None:
        raw = columns()
        halves = [{k: v[a:b] for k, v in raw.items()} for a, b in ((0, 90), (90, 200))]
        folder = tmp_path / "both"
        folder.mkdir()
        write(folder / "a.csv", halves[0])
        parquet.write_table(pa.table(halves[1]), folder / "b.parquet")
        (folder / "notes.txt").write_text("not a table")
        stated = {
            "features": {"score": {}, "tumour": {"kind": "category"}, "site": {"kind": "category"}}
        }
        one = read_own(config(write(tmp_path / "one.csv", raw), **stated), evidence)
        two = read_own(config(folder, **stated), evidence)
        assert two.features == one.features
        assert two.resistant.tolist() == one.resistant.tolist()
        for name, values in one.records.columns.items():
            assert two.records.columns[name].tolist() == values.tolist()

    def test_numbers_of_parquet_are_the_words_of_csv(
        self, tmp_path: Path, evidence: Evidence
    ) -> None:
        raw = {**columns(), "grade": [1.0, 2.0] * 100, "smoker": [True, False] * 100}
        parquet.write_table(pa.table(raw), tmp_path / "own.parquet")
        stated = {"grade": {"kind": "category"}, "smoker": {"kind": "flag"}}
        cohort = read_own(config(tmp_path / "own.parquet", features=stated), evidence)
        assert [f.name for f in cohort.features] == ["grade=1", "grade=2", "smoker"]
        assert cohort.records.column("smoker").tolist() == [1.0, 0.0] * 100

    def test_row_and_file_of_a_fault(self, tmp_path: Path, evidence: Evidence) -> None:
        raw = columns()
        write(tmp_path / "a.csv", {k: v[:90] for k, v in raw.items()})
        raw["score"][93] = "2,5"
        write(tmp_path / "b.csv", {k: v[90:] for k, v in raw.items()})
        with pytest.raises(TableError, match="decimal comma") as caught:
            read_own(config(tmp_path), evidence)
        error = caught.value
        assert (Path(str(error.file)).name, error.row, error.column) == ("b.csv", 4, "score")

    def test_tables_of_a_folder_need_the_same_columns(
        self, tmp_path: Path, evidence: Evidence
    ) -> None:
        raw = columns()
        write(tmp_path / "a.csv", raw)
        write(tmp_path / "b.csv", {**raw, "extra": raw["score"]})
        with pytest.raises(TableError, match=r"differs from a\.csv in 1 column\(s\): extra"):
            read_own(config(tmp_path), evidence)

    def test_a_folder_without_tables(self, tmp_path: Path, evidence: Evidence) -> None:
        with pytest.raises(TableError, match="folder without tables"):
            read_own(config(tmp_path), evidence)

    def test_a_path_with_a_variable(
        self, table: Path, evidence: Evidence, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MY_TABLES", str(table.parent))
        assert len(read_own(config("${MY_TABLES}/own.csv"), evidence)) == 200


class TestMissing:
    def test_declared_words(self, tmp_path: Path, evidence: Evidence) -> None:
        raw = columns()
        raw["albumin"][:3] = [None, "NA", "-9.0"]
        raw["score"][3] = "not done"
        path = write(tmp_path / "own.csv", raw)
        cohort = read_own(config(path, missing=[-9, "Not done"]), evidence)
        assert np.flatnonzero(np.isnan(cohort.records.column("albumin"))).tolist() == [0, 1, 2]
        assert np.flatnonzero(np.isnan(cohort.records.column("score"))).tolist() == [3]
        with pytest.raises(TableError, match="'not done'"):
            read_own(config(path), evidence)

    def test_a_blank_flag_is_not_a_no(self, tmp_path: Path, evidence: Evidence) -> None:
        raw = columns()
        raw["mutated"][:2] = [None, 1]
        values = read_own(config(write(tmp_path / "own.csv", raw)), evidence).records.column(
            "mutated"
        )
        assert np.isnan(values[0])
        assert values[1] == 1

    def test_patients_without_outcome_or_treatment_are_left_out(
        self, tmp_path: Path, evidence: Evidence
    ) -> None:
        raw = columns()
        raw["best"][:4] = ["", "unsure", "unsure", "yes"]
        raw["arm"][4] = ""
        path = write(tmp_path / "own.csv", raw)
        outcome = {"column": "best", "response": "yes", "resistant": "no", "leave_out": "unsure"}
        cohort = read_own(config(path, outcome=outcome, treatment="arm"), evidence)
        assert cohort.records.patient_id.tolist() == [raw["patient"][3], *raw["patient"][5:]]
        notes = {note.code: note for note in cohort.notes}
        assert notes["left_out"].names == {"missing": 1.0, "unsure": 2.0}
        assert "3 of 200 patients are left out" in notes["left_out"].message
        assert notes["no_treatment"].names == {"arm": 1.0}


class TestWhere:
    def test_rows_to_keep(self, table: Path, evidence: Evidence) -> None:
        where = {"tumour": ["lung", "skin"], "site": "north"}
        cohort = read_own(config(table, where=where), evidence)
        raw = columns()
        kept = [
            p
            for p, t, s in zip(raw["patient"], raw["tumour"], raw["site"], strict=True)
            if t in ("lung", "skin") and s == "north"
        ]
        assert cohort.records.patient_id.tolist() == kept
        assert 20 < len(kept) < 100

    def test_a_value_that_no_row_has(self, table: Path, evidence: Evidence) -> None:
        with pytest.raises(TableError, match="no row with 'lungs'") as caught:
            read_own(config(table, where={"tumour": "lungs"}), evidence)
        assert caught.value.allowed == "bladder, lung, skin"

    def test_no_row_has_all(self, tmp_path: Path, evidence: Evidence) -> None:
        raw = columns()
        raw["site"] = ["north" if t == "lung" else "south" for t in raw["tumour"]]
        path = write(tmp_path / "own.csv", raw)
        with pytest.raises(TableError, match="no row that meets"):
            read_own(config(path, where={"tumour": "skin", "site": "north"}), evidence)

    def test_chosen_by_what_came_after(self, tmp_path: Path, evidence: Evidence) -> None:
        raw = {**columns(), "vital": ["Dead", "Alive"] * 100}
        path = write(tmp_path / "own.csv", raw)
        cohort = read_own(config(path, where={"vital": "Dead"}), evidence)
        assert codes(cohort) == ["chosen_by_outcome"]
        assert "'vital' (vital)" in cohort.notes[0].message


class TestFaults:
    @pytest.mark.parametrize(
        ("changes", "message", "hint"),
        [
            ({"id": "pateint"}, "no column 'pateint'.*`data.id`", "'patient'"),
            ({"treatment": "arms"}, "no column 'arms'.*`data.treatment`", "'arm'"),
            ({"features": {"scor": {}}}, "no column 'scor'.*`data.features.scor`", "'score'"),
            ({"features": {"gene_*": {"kind": "flag"}}}, r"no column like 'gene_\*'", ""),
            ({"where": {"stage": "I"}}, "no column 'stage'.*`data.where`", ""),
            ({"split": {"by": "site", "column": "sites"}}, "no column 'sites'", "'site'"),
        ],
    )
    def test_columns_that_are_not_there(
        self, table: Path, evidence: Evidence, changes: dict[str, Any], message: str, hint: str
    ) -> None:
        with pytest.raises(TableError, match=message) as caught:
            read_own(config(table, **changes), evidence)
        assert caught.value.exit_code == 2
        assert hint in (caught.value.hint or "")

    @pytest.mark.parametrize(
        ("changes", "key", "hint"),
        [
            ({"markers": {"CD247": {}}}, "data.markers.CD247", "did you mean 'CD274'?"),
            ({"markers": {"zzz": {}}}, "data.markers.zzz", "give it under `data.features`"),
            ({"features": {"CD274": {}}}, "data.features.CD274", "give it under `data.markers`"),
            (
                {"features": {"score": {"mechanism": "stemnes"}}},
                "data.features.score.mechanism",
                "did you mean 'stemness'?",
            ),
        ],
    )
    def test_words_that_the_catalog_lacks(
        self, table: Path, evidence: Evidence, changes: dict[str, Any], key: str, hint: str
    ) -> None:
        with pytest.raises(ConfigError) as caught:
            read_own(config(table, **changes), evidence)
        assert caught.value.key == key
        assert hint in str(caught.value.hint)

    @pytest.mark.parametrize(
        ("column", "value", "message", "stated"),
        [
            ("patient", "P7", "stood in an earlier row", {}),
            ("patient", "", "is empty", {}),
            ("best", "maybe", "no outcome that the config tells of", {}),
            ("mutated", "2", "neither yes nor no", {}),
            ("albumin", "4 g/dL", "has a unit in the cell", {}),
            ("albumin", "-1", "out of range", {"features": {"albumin": {"low": 0}}}),
            ("albumin", "99", "out of range", {"features": {"albumin": {"high": 9}}}),
            ("albumin", "-1", "out of range", {"features": {"albumin": {"log": True}}}),
            ("sex", "x", "is not known", {"sex": {"column": "sex"}}),
            ("ecog", "5", "no performance status", {"ecog": {"column": "ecog"}}),
            ("tumour", "", "is empty", {"setting": "tumour"}),
        ],
    )
    def test_cells(
        self,
        tmp_path: Path,
        evidence: Evidence,
        column: str,
        value: str,
        message: str,
        stated: dict[str, Any],
    ) -> None:
        raw = columns()
        raw[column][11] = value
        with pytest.raises(TableError, match=message) as caught:
            read_own(config(write(tmp_path / "own.csv", raw), **stated), evidence)
        assert (caught.value.row, caught.value.column) == (12, column)

    @pytest.mark.parametrize("best", [["yes"] * 200, ["no"] * 197 + ["yes"] * 3])
    def test_one_class_or_hardly_another(
        self, tmp_path: Path, evidence: Evidence, best: list[str]
    ) -> None:
        path = write(tmp_path / "own.csv", {**columns(), "best": best})
        with pytest.raises(TableError, match="too few patients with one outcome"):
            read_own(config(path), evidence)

    def test_a_flag_that_means_both(self, table: Path, evidence: Evidence) -> None:
        stated = {"mutated": {"kind": "flag", "present": [1, 2], "absent": [0, "2.0"]}}
        with pytest.raises(TableError, match="gives one value both meanings"):
            read_own(config(table, features=stated), evidence)


class TestPatterns:
    def test_columns_that_nothing_else_names(self, tmp_path: Path, evidence: Evidence) -> None:
        rng = np.random.default_rng(3)
        genes = {f"mut_{g}": rng.integers(0, 2, 200).tolist() for g in ("A", "B", "NRAS")}
        path = write(tmp_path / "own.csv", {**columns(), **genes})
        stated = {
            "markers": {"NRAS_mut": {"column": "mut_NRAS"}},
            "features": {"mut_*": {"kind": "flag"}, "b": {"column": "mut_B", "kind": "flag"}},
        }
        features = read_own(config(path, **stated), evidence).features
        assert [(f.name, f.catalog) for f in features] == [
            ("NRAS_mut", "NRAS_mut"),
            ("mut_A", None),
            ("b", None),
        ]


class TestFew:
    def test_tiny_arms_and_sites_are_told(self, tmp_path: Path, evidence: Evidence) -> None:
        raw = columns()
        raw["arm"][:4] = ["C"] * 4
        raw["site"][:2] = ["east"] * 2
        stated = {"treatment": "arm", "split": {"by": "site", "column": "site"}}
        cohort = read_own(config(write(tmp_path / "own.csv", raw), **stated), evidence)
        told = [note.names for note in cohort.notes if note.code == "few_patients"]
        assert told == [{"cohort/C": 4.0}, {"east": 2.0}]

    def test_families_are_no_strata(self, tmp_path: Path, evidence: Evidence) -> None:
        raw = {**columns(), "family": [f"F{i // 2}" for i in range(200)]}
        stated = {"split": {"by": "group", "column": "family"}}
        cohort = read_own(config(write(tmp_path / "own.csv", raw), **stated), evidence)
        assert cohort.notes == ()
        assert cohort.split["family"].tolist() == raw["family"]


class TestCaveats:
    def test_are_said_first(self, table: Path, evidence: Evidence) -> None:
        cohort = read_own(config(table, caveats=["Arms were not concurrent."]), evidence)
        assert [(n.code, n.message) for n in cohort.notes] == [
            ("caveat", "Arms were not concurrent.")
        ]


class TestExternal:
    def test_features_are_those_of_training(self, tmp_path: Path, evidence: Evidence) -> None:
        train = columns()
        other = columns(n=120, seed=2)
        other["tumour"][:2] = ["bone", ""]
        del other["site"]
        stated = {
            "external": {"later": str(write(tmp_path / "later.csv", other))},
            "features": {"score": {}, "tumour": {"kind": "category"}},
            "split": {"by": "site", "column": "site"},
        }
        data = config(write(tmp_path / "own.csv", train), **stated)
        cohort = read_own(data, evidence)
        later = read_external(data, evidence, cohort)["later"]
        assert [f.name for f in later.features] == [f.name for f in cohort.features]
        for level in ("lung", "skin", "bladder"):  # a level that nobody had is not known to be one
            assert np.isnan(later.records.column(f"tumour={level}")[:2]).all()
        assert {n.code for n in later.notes} >= {"new_level"}
        assert later.split == {}

    def test_rare_levels_of_training_take_the_new(self, tmp_path: Path, evidence: Evidence) -> None:
        train, other = columns(), columns(n=120, seed=2)
        train["tumour"][:3] = ["bone", "bone", "brain"]
        other["tumour"][0] = "liver"
        stated = {
            "external": {"later": str(write(tmp_path / "later.csv", other))},
            "features": {"tumour": {"kind": "category"}},
        }
        data = config(write(tmp_path / "own.csv", train), **stated)
        cohort = read_own(data, evidence)
        assert [f.level for f in cohort.features] == ["bladder", "lung", "skin", "other"]
        assert cohort.records.column("tumour=other").sum() == 3
        assert [n.names for n in cohort.notes] == [{"tumour=bone": 2.0, "tumour=brain": 1.0}]
        later = read_external(data, evidence, cohort)["later"]
        assert later.records.column("tumour=other")[0] == 1
        assert later.records.column("tumour=other").sum() == 1
