"""Outcomes of own tables: 1 is resistance, whatever the column calls it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from resistml.errors import TableError
from resistml.evidence import Evidence
from resistml.tables.own import read_own
from tests.tables.own.made import columns, config, write


@pytest.mark.parametrize(
    ("cells", "response", "resistant"),
    [
        (("1", "0"), 1, 0),  # 1 = response
        (("0", "1"), 0, 1),  # 1 = resistant
        (("1.0", "0.0"), "1", "0"),
        (("True", "FALSE"), True, False),
        (("pCR", "RD"), "pcr", "rd"),
    ],
)
def test_either_class_may_be_the_one(
    tmp_path: Path, evidence: Evidence, cells: tuple[str, str], response: Any, resistant: Any
) -> None:
    raw = columns()
    expected = [float(x == "no") for x in raw["best"]]
    raw["best"] = [cells[x == "no"] for x in raw["best"]]
    outcome = {"column": "best", "response": response, "resistant": resistant, "name": "non-pCR"}
    cohort = read_own(config(write(tmp_path / "own.csv", raw), outcome=outcome), evidence)
    assert cohort.resistant.tolist() == expected
    assert (cohort.label, cohort.responded) == ("non-pCR", "response")


def test_a_value_of_both_kinds(tmp_path: Path, evidence: Evidence) -> None:
    outcome = {"column": "best", "response": [1, "yes"], "resistant": ["no", "1.0"]}
    with pytest.raises(TableError, match=r"`data.outcome` gives one value both meanings"):
        read_own(config(write(tmp_path / "own.csv", columns()), outcome=outcome), evidence)


class TestRecist:
    CATEGORIES = ("CR", "PR", "SD", "PD", "NE")

    def table(self, tmp_path: Path) -> tuple[Path, list[str]]:
        rng = np.random.default_rng(5)
        said = rng.choice(self.CATEGORIES, 200).tolist()
        return write(tmp_path / "own.csv", {**columns(), "best": said}), said

    def test_usual_classes(self, tmp_path: Path, evidence: Evidence) -> None:
        path, said = self.table(tmp_path)
        outcome = {"kind": "recist", "column": "best", "leave_out": "NE"}
        cohort = read_own(config(path, outcome=outcome), evidence)
        known = [c for c in said if c != "NE"]
        assert cohort.resistant.tolist() == [float(c in ("SD", "PD")) for c in known]

    def test_disease_control(self, tmp_path: Path, evidence: Evidence) -> None:
        path, said = self.table(tmp_path)
        outcome = {"kind": "recist", "column": "best", "leave_out": "NE"}
        outcome |= {"response": ["CR", "PR", "SD"], "resistant": ["PD"]}
        cohort = read_own(config(path, outcome=outcome), evidence)
        assert cohort.resistant.sum() == said.count("PD")

    def test_a_category_that_nobody_speaks_of(self, tmp_path: Path, evidence: Evidence) -> None:
        path, _ = self.table(tmp_path)
        with pytest.raises(TableError, match="'NE' is no outcome") as caught:
            read_own(config(path, outcome={"kind": "recist", "column": "best"}), evidence)
        assert "leave_out" in str(caught.value.hint)


class TestTime:
    TIMES: ClassVar[dict[str, Any]] = {"pfs": {"time": "pfs", "event": "pfs_seen"}}

    def test_event_free_at_a_horizon(self, tmp_path: Path, evidence: Evidence) -> None:
        path = write(tmp_path / "own.csv", columns())
        outcome = {"kind": "time", "time": "pfs", "horizon": 6}
        cohort = read_own(config(path, times=self.TIMES, outcome=outcome), evidence)
        raw = columns()
        months, seen = np.array(raw["pfs"]), np.array(raw["pfs_seen"])
        known = (months > 6) | (seen == 1)
        assert cohort.resistant.tolist() == (months <= 6)[known].astype(float).tolist()
        note = cohort.notes[0]
        assert (note.code, note.names) == ("left_out", {"censored": float((~known).sum())})
        assert "tilts the rates" in note.message
        assert cohort.times["pfs_months"].tolist() == months[known].tolist()

    @pytest.mark.parametrize(
        ("unit", "per_month"), [("days", 365.25 / 12), ("weeks", 365.25 / 84), ("years", 1 / 12)]
    )
    def test_units(self, tmp_path: Path, evidence: Evidence, unit: str, per_month: float) -> None:
        raw = columns()
        raw["pfs"] = [x * per_month for x in raw["pfs"]]
        times = {"pfs": {**self.TIMES["pfs"], "unit": unit}}
        cohort = read_own(config(write(tmp_path / "own.csv", raw), times=times), evidence)
        assert cohort.times["pfs_months"] == pytest.approx(columns()["pfs"])

    def test_days_that_are_said_to_be_months_are_refused(
        self, tmp_path: Path, evidence: Evidence
    ) -> None:
        raw = columns()
        raw["pfs"] = [x * 30.4 for x in raw["pfs"]]
        with pytest.raises(TableError, match="years at the most") as caught:
            read_own(config(write(tmp_path / "own.csv", raw), times=self.TIMES), evidence)
        assert "data.times.pfs.unit: days" in str(caught.value.hint)

    def test_words_for_the_event(self, tmp_path: Path, evidence: Evidence) -> None:
        raw = columns()
        raw["pfs_seen"] = ["Dead" if e else "Alive" for e in raw["pfs_seen"]]
        raw["pfs_seen"][0] = "Unknown"
        path = write(tmp_path / "own.csv", raw)
        times = {"os": {"time": "pfs", "event": "pfs_seen", "seen": "Dead", "censored": "Alive"}}
        cohort = read_own(config(path, times=times, missing="Unknown"), evidence)
        assert np.isnan(cohort.times["os_months"][0])  # a time without its event says nothing
        assert cohort.times["os_event"][1:].tolist() == columns()["pfs_seen"][1:]
        with pytest.raises(TableError, match="'Unknown' is no value that tells of the event"):
            read_own(config(path, times=times), evidence)

    def test_a_negative_time(self, tmp_path: Path, evidence: Evidence) -> None:
        raw = columns()
        raw["pfs"][2] = -3
        with pytest.raises(TableError, match="is below 0"):
            read_own(config(write(tmp_path / "own.csv", raw), times=self.TIMES), evidence)
