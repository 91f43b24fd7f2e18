"""The traps of real tables: each met in the table itself, and in a made-up one like it.

The real ones are read where they lie (`RESISTML_COHORTS`, or beside the checkout); where they are
not at hand their tests are skipped, and the made-up ones hold the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resistml.config import load_config
from resistml.config_data import DataConfig
from resistml.errors import TableError
from resistml.evidence import Evidence
from resistml.tables.own import OwnCohort, read_external, read_own
from tests.tables.own.made import columns, config, real_cohorts, write


@pytest.fixture
def cohorts(monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = real_cohorts()
    if folder is None:
        pytest.skip("the real cohorts are not at hand: RESISTML_COHORTS names their folder")
    monkeypatch.setenv("RESISTML_COHORTS", str(folder))
    return folder


def real(name: str, *changes: str) -> DataConfig:
    data = load_config(name, changes).data
    assert data is not None
    return data


def notes(cohort: OwnCohort) -> dict[str, dict[str, float]]:
    """The columns that each kind of note names."""
    found: dict[str, dict[str, float]] = {}
    for note in cohort.notes:
        found.setdefault(note.code, {}).update(note.names)
    return found


class TestCheckpointInhibitors:
    def test_as_published(self, cohorts: Path, evidence: Evidence) -> None:
        data = real("ici_pancancer")
        train = read_own(data, evidence)
        later = read_external(data, evidence, train)["year_2018"]
        assert (len(train), len(later)) == (964, 515)
        assert (len(train) - train.resistant.sum(), len(later) - later.resistant.sum()) == (
            282,
            127,
        )
        assert not train.treatments
        assert set(train.times) == {"pfs_months", "pfs_event", "os_months", "os_event"}

    def test_pd_l1_is_missing_in_most(self, cohorts: Path, evidence: Evidence) -> None:
        cd274 = read_own(real("ici_pancancer"), evidence).records.column("CD274")
        assert int(np.isnan(cd274).sum()) == 747
        assert np.nanmax(cd274) <= 100

    def test_ids_that_both_files_count_from_1_are_no_duplicates(
        self, cohorts: Path, evidence: Evidence
    ) -> None:
        data = real("ici_pancancer")
        train = read_own(data, evidence)
        later = read_external(data, evidence, train)["year_2018"]
        assert set(later.records.patient_id) <= set(train.records.patient_id)
        assert "duplicates" not in {*notes(train), *notes(later)}

    def test_drift_to_the_later_year_is_told(self, cohorts: Path, evidence: Evidence) -> None:
        data = real("ici_pancancer")
        later = read_external(data, evidence, read_own(data, evidence))["year_2018"]
        assert {"regimen=1", "cancer_type=Melanoma"} <= set(notes(later)["drift"])

    def test_training_patients_among_those_to_validate_on(
        self, cohorts: Path, evidence: Evidence
    ) -> None:
        """The training file itself as external: each patient is found again, though ids differ."""
        itself = "data.external={same: '${RESISTML_COHORTS}/ici_pancancer_train.csv'}"
        data = real("ici_pancancer", itself, "data.duplicates=keep")
        train = read_own(data, evidence)
        same = read_external(data, evidence, train)["same"]
        message = next(n.message for n in same.notes if n.code == "duplicates")
        assert message.startswith("964 row(s) of 'same'")

    @pytest.mark.parametrize(
        "column", ["Response", "PFS_Months", "PFS_Event", "OS_Months", "OS_Event"]
    )
    def test_outcomes_are_refused_as_features(
        self, column: str, cohorts: Path, evidence: Evidence
    ) -> None:
        with pytest.raises(TableError, match="speak of what comes after treatment"):
            read_own(real("ici_pancancer", f"data.features.x.column={column}"), evidence)


class TestISpy2:
    def test_as_published(self, cohorts: Path, evidence: Evidence) -> None:
        cohort = read_own(real("ispy2"), evidence)
        assert len(cohort) == 987
        assert cohort.resistant.sum() == 670
        assert len(set(cohort.strategy)) == 10
        assert cohort.treatments
        assert "not concurrent" in next(n.message for n in cohort.notes if n.code == "caveat")
        assert (cohort.label, cohort.responded) == ("non-pCR", "pCR")

    @pytest.mark.parametrize("column", ["response", "response.other.info", "recist", "pCR"])
    def test_leaks_are_refused_by_name(
        self, column: str, cohorts: Path, evidence: Evidence
    ) -> None:
        changes = f"data.features.x={{column: {column}, kind: category}}"
        with pytest.raises(TableError, match="after treatment") as caught:
            read_own(real("ispy2", changes), evidence)
        assert column in caught.value.message

    @pytest.mark.parametrize("column", ["response", "response.other.info"])
    def test_and_by_value_whatever_is_said_of_them(
        self, column: str, cohorts: Path, evidence: Evidence
    ) -> None:
        changes = f"data.features.x={{column: {column}, kind: category, baseline: true}}"
        with pytest.raises(TableError, match="give the outcome away") as caught:
            read_own(real("ispy2", changes), evidence)
        assert caught.value.column == column
        assert "AUC 1.000" in caught.value.message
        assert "'NR': 100% non-pCR, 'R': 0% non-pCR" in caught.value.message

    def test_an_empty_column_is_told(self, cohorts: Path, evidence: Evidence) -> None:
        found = read_own(real("ispy2", "data.features.histology={column: histo}"), evidence)
        assert notes(found)["unmeasured"] == {"histology": 987.0}


class TestBeatAml2:
    def test_initial_diagnosis_alone(self, cohorts: Path, evidence: Evidence) -> None:
        cohort = read_own(real("beataml2"), evidence)
        counts = (len(cohort), int(cohort.resistant.sum()))
        mixed = read_own(real("beataml2", "data.where={dx: AML}"), evidence)
        assert counts[0] < len(mixed)
        assert mixed.resistant.mean() > cohort.resistant.mean()
        assert set(notes(cohort)["left_out"]) == {"missing", "CR (indeterminate)"}

    def test_survival_is_in_days(self, cohorts: Path, evidence: Evidence) -> None:
        months = read_own(real("beataml2"), evidence).times["os_months"]
        assert 6 < np.nanmedian(months) < 36
        with pytest.raises(TableError, match=r"months are .* years at the most") as caught:
            read_own(real("beataml2", "data.times.os.unit=months"), evidence)
        assert "data.times.os.unit: days" in str(caught.value.hint)

    def test_blank_is_not_sequenced(self, cohorts: Path, evidence: Evidence) -> None:
        cohort = read_own(real("beataml2"), evidence)
        flags = [f.name for f in cohort.features if f.name.startswith("mut_")]
        assert len(flags) == 58
        blank = np.isnan(np.column_stack([cohort.records.column(f) for f in flags]))
        assert blank.any()
        assert (blank.all(axis=1) == blank.any(axis=1)).all()  # sequenced in all genes, or in none

    @pytest.mark.parametrize("column", ["vital", "causeOfDeath", "os"])
    def test_outcomes_are_refused_as_features(
        self, column: str, cohorts: Path, evidence: Evidence
    ) -> None:
        changes = f"data.features.x={{column: {column}, kind: category, baseline: false}}"
        with pytest.raises(TableError, match="after treatment"):
            read_own(real("beataml2", changes), evidence)

    def test_markers_of_the_catalog_are_found(self, cohorts: Path, evidence: Evidence) -> None:
        cohort = read_own(real("beataml2"), evidence)
        shared = {f.catalog: f.source for f in cohort.features if f.catalog}
        assert shared == {"NRAS_mut": "mut_NRAS", "KRAS_mut": "mut_KRAS"}


#: A table with the traps of the three: copies of the outcome, an empty column, days for months,
#: stages mixed, unsequenced patients, a marker that few have.
def trapped() -> dict[str, list[Any]]:
    rng = np.random.default_rng(11)
    table = columns(n=400, seed=4)
    resistant = [x == "no" for x in table["best"]]
    sequenced = rng.random(400) < 0.9
    return {
        **table,
        "pCR": [0 if r else 1 for r in resistant],
        "response": ["NR" if r else "R" for r in resistant],
        "recist": [""] * 400,
        "vital": rng.choice(["Dead", "Alive", "Unknown"], 400, p=[0.6, 0.35, 0.05]).tolist(),
        "causeOfDeath": rng.choice(["Alive", "Dead-Disease", ""], 400).tolist(),
        "os": np.round(rng.exponential(500, 400)).tolist(),
        "stage": rng.choice(["Initial Diagnosis", "Relapse", "Residual"], 400).tolist(),
        "PDL1_TPS(%)": [rng.integers(0, 101) if rng.random() < 0.2 else "" for _ in range(400)],
        "mut_A": [int(rng.random() < 0.1) if s else "" for s in sequenced],
        "mut_B": [int(rng.random() < 0.1) if s else "" for s in sequenced],
    }


TRAPPED: dict[str, Any] = {
    "outcome": {"column": "pCR", "response": 1, "resistant": 0, "name": "non-pCR", "other": "pCR"},
    "missing": "Unknown",
    "where": {"stage": "Initial Diagnosis"},
    "times": {
        "os": {"time": "os", "event": "vital", "unit": "days", "seen": "Dead", "censored": "Alive"}
    },
    "markers": {"CD274": {"column": "PDL1_TPS(%)"}},
    "features": {"score": {}, "mut_*": {"kind": "flag"}},
}


class TestTrapped:
    @pytest.fixture
    def table(self, tmp_path: Path) -> Path:
        return write(tmp_path / "trapped.csv", trapped())

    def test_read_with_care(self, table: Path, evidence: Evidence) -> None:
        cohort = read_own(config(table, **TRAPPED), evidence)
        raw = trapped()
        kept = [i for i, s in enumerate(raw["stage"]) if s == "Initial Diagnosis"]
        assert cohort.records.patient_id.tolist() == [raw["patient"][i] for i in kept]
        assert cohort.resistant.tolist() == [1.0 - raw["pCR"][i] for i in kept]
        assert np.nanmedian(cohort.times["os_months"]) == pytest.approx(11, abs=5)
        assert np.isnan(cohort.records.column("CD274")).mean() > 0.6
        blank = [raw["mut_A"][i] == "" for i in kept]
        assert np.isnan(cohort.records.column("mut_A")).tolist() == blank

    @pytest.mark.parametrize("column", ["response", "recist", "vital", "causeOfDeath", "os", "pCR"])
    def test_outcomes_as_features(self, column: str, table: Path, evidence: Evidence) -> None:
        features = {"score": {}, "x": {"column": column, "kind": "category"}}
        with pytest.raises(TableError, match="after treatment") as caught:
            read_own(config(table, **{**TRAPPED, "features": features}), evidence)
        assert column in caught.value.message

    def test_a_copy_that_is_said_to_be_known_before(self, table: Path, evidence: Evidence) -> None:
        features = {"x": {"column": "response", "kind": "category", "baseline": True}}
        with pytest.raises(TableError, match="give the outcome away"):
            read_own(config(table, **{**TRAPPED, "features": features}), evidence)

    def test_an_empty_column(self, table: Path, evidence: Evidence) -> None:
        features = {"score": {}, "x": {"column": "recist", "baseline": True}}
        cohort = read_own(config(table, **{**TRAPPED, "features": features}), evidence)
        assert set(notes(cohort)["unmeasured"]) == {"x"}

    def test_days_said_to_be_months(self, table: Path, evidence: Evidence) -> None:
        times = {"os": {**TRAPPED["times"]["os"], "unit": "months"}}
        with pytest.raises(TableError, match="years at the most"):
            read_own(config(table, **{**TRAPPED, "times": times}), evidence)
