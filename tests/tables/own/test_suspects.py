"""Slips that leave each cell allowed: other units, filled-in values, numbers for missing ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resistml.evidence import Evidence
from resistml.tables.own import read_own
from resistml.tables.own.suspects import sentinels
from resistml.tables.own.units import mixed_shares, mixed_units
from tests.tables.own.made import columns, config, write

RNG = np.random.default_rng
#: Honest columns, as laboratories and clinics give them.
HONEST: dict[str, Any] = {
    "albumin": lambda rng, n: rng.normal(3.9, 0.4, n),
    "haemoglobin": lambda rng, n: rng.normal(12, 1.8, n),
    "platelets": lambda rng, n: rng.lognormal(5.5, 0.4, n),
    "ldh": lambda rng, n: rng.lognormal(5.7, 0.7, n),
    "leukocytes": lambda rng, n: rng.lognormal(2.5, 1.4, n),
    "ratio": lambda rng, n: rng.lognormal(1.5, 0.7, n),
    "age": lambda rng, n: np.clip(rng.normal(60, 15, n), 1, 95),
    "months": lambda rng, n: rng.exponential(9, n),
    "score": lambda rng, n: rng.normal(size=n),
    "burden": lambda rng, n: np.round(rng.lognormal(1.5, 1, n), 1),
}


@pytest.mark.parametrize("name", HONEST)
@pytest.mark.parametrize("seed", range(10))
def test_honest_columns_are_not_suspected(name: str, seed: int) -> None:
    values = HONEST[name](RNG(seed), 600)
    assert list(mixed_units(name, values)) == []
    assert sentinels(values) == {}


class TestUnits:
    @pytest.mark.parametrize(
        ("name", "factor", "said"),
        [
            ("albumin", 10.0, "g/L among g/dL"),
            ("haemoglobin", 10.0, "g/L among g/dL"),
            ("albumin", 0.1, "g/L among g/dL"),
            ("platelets", 1000.0, "a thousand-fold"),
            ("platelets", 0.001, "a thousand-fold"),
            ("age", 12.0, "months among years"),
            ("age", 365.25, "days among years"),
        ],
    )
    @pytest.mark.parametrize("share", [0.02, 0.3])
    def test_some_values_in_another(
        self, name: str, factor: float, said: str, share: float
    ) -> None:
        rng = RNG(3)
        values = HONEST[name](rng, 600) if name != "age" else rng.normal(60, 7, 600)
        values[: int(share * 600)] *= factor
        notes = list(mixed_units(name, values))
        assert [note.code for note in notes] == ["mixed_units"]
        assert said in notes[0].message
        assert notes[0].names[name] == pytest.approx(share * 600, rel=0.1)

    def test_days_among_months(self) -> None:
        """Where times do not themselves span days to years: those of a visit every few months."""
        rng = RNG(1)
        values = rng.lognormal(2.2, 0.3, 400)
        values[:20] *= 30.4
        assert "days among months" in next(mixed_units("months", values)).message

    def test_a_single_slip(self) -> None:
        values = RNG(2).normal(3.9, 0.4, 300)
        values[0] = 39
        assert next(mixed_units("albumin", values)).names == {"albumin": 1.0}

    def test_too_few_values_tell_nothing(self) -> None:
        assert list(mixed_units("x", np.array([3.9, 4.0, 4.1, 39]))) == []


class TestShares:
    def test_fractions_among_per_cents(self) -> None:
        values = RNG(1).uniform(5, 100, 200)
        values[:20] /= 100
        assert (
            "fractions among per cents" in next(mixed_shares("CD274", values, percent=True)).message
        )

    def test_small_per_cents_are_honest(self) -> None:
        values = np.concatenate([RNG(1).uniform(5, 100, 200), [0.5, 0.5, 0.8, *range(1, 9)]])
        assert list(mixed_shares("CD274", values, percent=True)) == []

    def test_per_cents_among_fractions(self) -> None:
        values = RNG(1).uniform(0, 1, 200)
        values[:8] *= 100
        values[:8] += 3
        assert (
            "per cents among fractions"
            in next(mixed_shares("purity", values, percent=False)).message
        )

    def test_fractions_alone(self) -> None:
        assert list(mixed_shares("purity", RNG(1).uniform(0, 1, 200), percent=False)) == []


class TestSentinels:
    @pytest.mark.parametrize("value", [999.0, -9.0, 9999.0, -99.0])
    def test_far_from_all_else(self, value: float) -> None:
        values = RNG(1).normal(3.9, 0.4, 300)
        values[:7] = value
        assert sentinels(values) == {value: 7.0}

    def test_not_within_what_is_usual(self) -> None:
        assert sentinels(np.concatenate([RNG(1).uniform(50, 150, 300), [99.0]])) == {}


def notes_of(table: dict[str, list[Any]], tmp_path: Path, evidence: Evidence, **stated: Any) -> Any:
    cohort = read_own(config(write(tmp_path / "own.csv", table), **stated), evidence)
    return {note.code: note for note in cohort.notes}


class TestWhole:
    def test_mean_filled_in(self, tmp_path: Path, evidence: Evidence) -> None:
        table = columns()
        table["albumin"][:30] = [round(float(np.mean(table["albumin"][30:])), 3)] * 30
        note = notes_of(table, tmp_path, evidence)["filled"]
        assert list(note.names) == ["albumin"]
        assert note.names["albumin"] >= 30
        assert "were missing values filled in?" in note.message

    def test_a_floor(self, tmp_path: Path, evidence: Evidence) -> None:
        table = columns()
        table["albumin"][:30] = [0.0] * 30
        assert "limit of the assay" in notes_of(table, tmp_path, evidence)["filled"].message

    def test_constant_and_empty(self, tmp_path: Path, evidence: Evidence) -> None:
        table = {**columns(), "same": [7] * 200, "none": [""] * 200, "no": [0] * 199 + [""]}
        features = {"same": {}, "none": {}, "no": {"kind": "flag"}, "score": {}}
        cohort = read_own(config(write(tmp_path / "own.csv", table), features=features), evidence)
        told = [(note.code, *note.names) for note in cohort.notes]
        assert told == [("constant", "same"), ("unmeasured", "none"), ("constant", "no")]

    def test_sentinel_in_a_table(self, tmp_path: Path, evidence: Evidence) -> None:
        table = columns()
        table["albumin"][:3] = [999.0] * 3
        found = notes_of(table, tmp_path, evidence)
        assert set(found) == {"sentinel"}  # and not another unit, or filled in, as well
        assert found["sentinel"].names == {"albumin=999": 3.0}
        assert "data.missing" in found["sentinel"].message
        assert notes_of(table, tmp_path, evidence, missing=999) == {}

    def test_progression_after_death(self, tmp_path: Path, evidence: Evidence) -> None:
        table = columns()
        table["os"] = [x + 1 for x in table["pfs"]]
        table["os"][3] = table["pfs"][3] - 0.05  # rounding
        table["os"][4] = table["pfs"][4] / 30 if table["pfs"][4] > 1 else 0.0
        times = {
            "pfs": {"time": "pfs", "event": "pfs_seen"},
            "os": {"time": "os", "event": "pfs_seen"},
        }
        note = notes_of(table, tmp_path, evidence, times=times)["pfs_after_os"]
        assert note.names == {"pfs_months": 1.0}
        assert "P4" in note.message
