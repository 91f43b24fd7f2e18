"""Cohorts: profiles with a treatment and its outcome, and the oracle beside a drawn one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.columns import OUTCOMES
from resistml.errors import TableError, did_you_mean, listed
from resistml.features.matrix import Records
from resistml.tables.cells import as_numbers, as_text
from resistml.tables.header import mistyped
from resistml.tables.read import iter_rows, read_rows
from resistml.tables.rows import Rows
from resistml.tables.scalars import SEX, is_missing
from resistml.tables.seen import Seen
from resistml.tables.words import label, shown

Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.object_]

#: Columns that training cannot do without.
NEEDED = ("patient_id", "setting", "strategy", "resistant")
RESPONSES = ("CR", "PR", "SD", "PD")
#: Resistance from the start, after a response, or not seen in the time of follow-up.
RESISTANCE_KINDS = ("primary", "acquired", "none")
_WORDS = {"response": RESPONSES, "resistance_kind": RESISTANCE_KINDS}
_TEXT = ("patient_id", "setting", "strategy", "sex", *_WORDS)
_CLINICAL = ("line", "age", "sex", "ecog")
_TIMES = ("pfs_months", "os_months")
_EVENTS = ("pfs_event", "os_event")


@dataclass(frozen=True)
class Cohort:
    """Patients, what was given to each, and what came of it.

    Attributes
    ----------
    records : Records
        The n patients in the order of the file.
    strategy : (n,) array of str
    resistant : (n,) array
        1 = no objective response, 0 = response.
    columns : mapping of str to (n,) array
        Those present of ``line``, ``response`` and ``resistance_kind`` (text), ``pfs_months``,
        ``pfs_event``, ``os_months``, ``os_event``.
    """

    records: Records
    strategy: Words
    resistant: Floats
    columns: Mapping[str, npt.NDArray[Any]]

    def __len__(self) -> int:
        return len(self.records)


def read_cohort(
    path: str | Path,
    *,
    markers: Collection[str] | None = None,
    arms: Mapping[str, Collection[str]] | None = None,
) -> Cohort:
    """Read a cohort for training; any fault in it is an error.

    Parameters
    ----------
    path : str or Path
        A table, or a folder that holds ``cohort.parquet``.
    markers : collection of str, optional
        Names of the markers; other columns are left out. By default every column that is not
        one of the fixed ones is a marker.
    arms : mapping of str to collection of str, optional
        The strategies of each setting, to which the patients must belong.

    Raises
    ------
    TableError
        If a needed column is missing or a cell is wrong, with its row and column.
    """
    file = Path(path) / "cohort.parquet" if Path(path).is_dir() else Path(path)
    columns = _Columns(str(file), markers)
    parts = list(_parts(file, columns, arms))
    names = dict.fromkeys(name for part in parts for name in part)
    whole = {name: np.concatenate([_or_missing(part, name) for part in parts]) for name in names}
    outcome = ("line", *(name for name in OUTCOMES if name != "resistant"))
    apart = {"patient_id", "setting", "strategy", "resistant", *outcome}
    recorded = {name: values for name, values in whole.items() if name not in apart}
    return Cohort(
        records=Records(whole["patient_id"], whole["setting"], recorded),
        strategy=whole["strategy"],
        resistant=whole["resistant"],
        columns={name: whole[name] for name in outcome if name in whole},
    )


def read_oracle(folder: str | Path) -> dict[str, npt.NDArray[Any]]:
    """The columns of the ``oracle.parquet`` in a drawn cohort's folder.

    Returns
    -------
    dict of str to (n,) array
        A row per patient and eligible strategy, in the order of the file: float64, or object
        arrays of text.

    Raises
    ------
    TableError
        If it is missing or unreadable.
    """
    columns = read_rows(Path(folder) / "oracle.parquet")
    for name in ("patient_id", "strategy", "p_response"):
        if name not in columns:
            raise TableError(f"has no column '{name}'", file=Path(folder) / "oracle.parquet")
    return dict(columns)


class _Columns:
    """Chooses the columns of a cohort."""

    def __init__(self, file: str, markers: Collection[str] | None) -> None:
        self._file = file
        self._markers = markers
        self.fixed = dict.fromkeys((*NEEDED, *_CLINICAL, *OUTCOMES))

    def choose(self, names: tuple[str, ...]) -> list[str]:
        for name in NEEDED:
            if name not in names:
                raise TableError(
                    f"has no column '{name}'",
                    file=self._file,
                    allowed=f"columns {', '.join(NEEDED)}, and markers",
                    hint=f"the columns are {label(listed(names), 300)}",
                )
        known = (*self.fixed, *(self._markers or ()))
        for name in names:
            meant = None if name in known else mistyped(name, known, set(names))
            if meant is not None:
                raise TableError(
                    "is not a known column",
                    file=self._file,
                    column=label(name),
                    hint=f"did you mean '{meant}'? If not, drop or rename the column",
                )
        return [name for name in names if self._markers is None or name in known]


def _parts(
    file: Path, columns: _Columns, arms: Mapping[str, Collection[str]] | None
) -> Iterator[dict[str, npt.NDArray[Any]]]:
    seen = Seen()
    for rows in iter_rows(file, columns.choose):
        checks = _Checks(rows)
        part: dict[str, npt.NDArray[Any]] = {}
        for name in rows.columns:
            part[name] = as_text(rows, name) if name in _TEXT else as_numbers(rows, name)
        checks.words(part, seen)
        if arms is not None:
            checks.arms(part, arms)
        checks.numbers(part)
        yield part


def _or_missing(part: Mapping[str, npt.NDArray[Any]], name: str) -> npt.NDArray[Any]:
    if name in part:
        return part[name]
    size = len(part["patient_id"])
    return np.full(size, "", dtype=object) if name in _TEXT[:3] else np.full(size, np.nan)


class _Checks:
    """Raises TableError at the first cell that training cannot use."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def words(self, part: dict[str, npt.NDArray[Any]], seen: Seen) -> None:
        """Check the columns of text; ``sex`` becomes 1 = female, 0 = male."""
        for name in ("patient_id", "setting", "strategy"):
            empty = np.array([not value.strip() for value in part[name]], dtype=bool)
            self._refuse(name, empty, "is empty", "a value in every row")
        again = seen.again(part["patient_id"])
        self._refuse("patient_id", again, "stood in an earlier row", "an id for each patient")
        if "sex" in part:
            words = [str(value).strip().lower() for value in part["sex"]]
            wrong = np.array([w not in SEX and not is_missing(w) for w in words], dtype=bool)
            self._refuse("sex", wrong, "is not known", "female, male or empty")
            part["sex"] = np.array([SEX.get(w, np.nan) for w in words], dtype=np.float64)
        for name in _WORDS.keys() & part.keys():
            known = _WORDS[name]
            wrong = np.array([v not in ("", *known) for v in part[name]], dtype=bool)
            self._refuse(name, wrong, "is not known", f"{', '.join(known)} or empty")

    def arms(
        self, part: Mapping[str, npt.NDArray[Any]], arms: Mapping[str, Collection[str]]
    ) -> None:
        """Check that each setting is known and each strategy open in it."""
        for row, setting in enumerate(part["setting"]):
            if setting not in arms:
                hint = did_you_mean(label(setting), arms)
                self._raise("setting", row, "is not a known setting", listed(arms), hint)
            strategy = part["strategy"][row]
            if strategy not in arms[setting]:
                hint = did_you_mean(label(strategy), arms[setting])
                problem = f"is not open in setting {setting}"
                self._raise("strategy", row, problem, listed(arms[setting]), hint)

    def numbers(self, part: dict[str, npt.NDArray[Any]]) -> None:
        """Check the columns of numbers; status 3 and 4 become 2."""
        resistant = part["resistant"]
        self._refuse("resistant", ~np.isin(resistant, (0, 1)), "is not 0 or 1", "0 or 1")
        if "response" in part:
            responded = np.isin(part["response"], RESPONSES[:2])
            named = np.array([value != "" for value in part["response"]], dtype=bool)
            against = named & (responded != (resistant == 0))
            self._refuse(
                "response", against, "contradicts 'resistant'", "CR and PR with 0, SD and PD with 1"
            )
        if "resistance_kind" in part:
            said = part["resistance_kind"] == "primary"
            named = np.array([value != "" for value in part["resistance_kind"]], dtype=bool)
            against = named & (said != (resistant == 1))
            allowed = "primary with 1, acquired and none with 0"
            self._refuse("resistance_kind", against, "contradicts 'resistant'", allowed)
        for name in _EVENTS:
            self._check(part, name, lambda x: ~np.isin(x, (0, 1)), "0, 1 or empty")
        for name in _TIMES:
            self._check(part, name, lambda x: x < 0, "months, 0 or more, or empty")
        self._check(part, "age", lambda x: (x < 0) | (x > 130), "0 to 130 years or empty")
        self._check(part, "ecog", lambda x: ~np.isin(x, range(5)), "0, 1, 2, 3, 4 or empty")
        if "ecog" in part:
            part["ecog"] = np.minimum(part["ecog"], 2.0)

    def _check(
        self, part: Mapping[str, npt.NDArray[Any]], name: str, wrong: Any, allowed: str
    ) -> None:
        if name in part:
            values = part[name]
            self._refuse(name, wrong(values) & ~np.isnan(values), "is out of range", allowed)

    def _refuse(self, column: str, at: npt.NDArray[np.bool_], problem: str, allowed: str) -> None:
        for row in np.flatnonzero(at)[:1].tolist():
            self._raise(column, row, problem, allowed)

    def _raise(
        self, column: str, row: int, problem: str, allowed: str, hint: str | None = None
    ) -> None:
        raise TableError(
            f"{shown(self._rows.cell(column, row))} {problem}",
            file=self._rows.name,
            row=self._rows.place(row),
            column=column,
            allowed=allowed,
            hint=hint,
        )
