"""Made-up hospital tables, and configs that read them."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from resistml.config import validated
from resistml.config_data import DataConfig

#: What most tests read: an outcome, two numbers, a flag, a category.
PLAIN: dict[str, Any] = {
    "id": "patient",
    "outcome": {"column": "best", "response": "yes", "resistant": "no"},
    "features": {"albumin": {}, "score": {}, "mutated": {"kind": "flag"}},
}


def columns(n: int = 200, seed: int = 1) -> dict[str, list[Any]]:
    """A table of n patients: the score bears on the outcome, nothing gives it away."""
    rng = np.random.default_rng(seed)
    score = rng.normal(size=n)
    resistant = rng.random(n) < 1 / (1 + np.exp(-score))
    return {
        "patient": [f"P{i}" for i in range(n)],
        "best": ["no" if r else "yes" for r in resistant],
        "albumin": np.round(rng.normal(3.9, 0.4, n), 3).tolist(),
        "score": np.round(score, 4).tolist(),
        "mutated": rng.integers(0, 2, n).tolist(),
        "tumour": rng.choice(["lung", "skin", "bladder"], n).tolist(),
        "arm": rng.choice(["A", "B"], n).tolist(),
        "age": np.round(rng.normal(62, 9, n), 1).tolist(),
        "sex": rng.choice(["F", "M"], n).tolist(),
        "ecog": rng.integers(0, 4, n).tolist(),
        "site": rng.choice(["north", "south", "west"], n).tolist(),
        "year": rng.integers(2015, 2020, n).tolist(),
        "pfs": np.round(rng.exponential(6, n) + 0.1, 2).tolist(),
        "pfs_seen": rng.integers(0, 2, n).tolist(),
    }


def write(path: Path, table: Mapping[str, Sequence[Any]]) -> Path:
    """A table as CSV; None is an empty cell."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(table)
        writer.writerows(zip(*table.values(), strict=True))
    return path


def config(train: Path | str, **changes: Any) -> DataConfig:
    """:data:`PLAIN` with some keys replaced, as a config reads it; None takes a key out."""
    raw = {**PLAIN, **changes, "train": str(train)}
    data = validated({"data": {k: v for k, v in raw.items() if v is not None}}).data
    assert data is not None
    return data


def real_cohorts() -> Path | None:
    """The folder of the real tables; None where they are not at hand."""
    beside = Path(__file__).resolve().parents[4] / "shared" / "cohorts"
    folder = Path(os.environ.get("RESISTML_COHORTS", beside))
    return folder if (folder / "ispy2.csv").is_file() else None
