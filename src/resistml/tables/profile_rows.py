"""Checks the cells of profiles, a column at a time; faults and notes are kept by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from resistml.errors import TableError, did_you_mean, listed
from resistml.features.spec import FeatureSpec, MarkerSpec
from resistml.tables.categories import OTHER, Category
from resistml.tables.cells import numbers, texts
from resistml.tables.rows import Rows
from resistml.tables.scalars import SEX, is_missing, level_of
from resistml.tables.seen import Seen
from resistml.tables.words import label, shown

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Words = npt.NDArray[np.object_]

_MOST_LINES = 20
#: Unknown names per column that a near one is looked for.
_MOST_HINTS = 200
#: Faults of one row that its message tells in full.
_TOLD = 3


class RowChecks:
    """The checks of one batch. Each method reads a column and keeps what is wrong with it.

    Parameters
    ----------
    rows : Rows
    spec : FeatureSpec
    """

    def __init__(self, rows: Rows, spec: FeatureSpec) -> None:
        self._rows = rows
        self._spec = spec
        self._faults: dict[int, list[str]] = {}
        self._notes: dict[int, list[str]] = {}
        self._setting = np.full(len(rows), -1)
        self._names: Words = np.full(len(rows), "", dtype=object)

    def rejected(self) -> dict[int, str]:
        """What is wrong with each row at fault, in the order of the rows."""
        out = {}
        for row, found in sorted(self._faults.items()):
            more = f"; and {len(found) - _TOLD} more" if len(found) > _TOLD else ""
            out[row] = f"row {self._rows.place(row)}, " + "; ".join(found[:_TOLD]) + more
        return out

    def notes(self) -> dict[int, tuple[str, ...]]:
        """Flags on the rows that have any, in the order of the rows."""
        return {row: tuple(found) for row, found in sorted(self._notes.items())}

    def ids(self, seen: Seen) -> Words:
        """Patients' ids, exactly as they stand."""
        ids = self._texts("patient_id", "text")
        empty = np.array([not value.strip() for value in ids], dtype=np.bool_)
        unsaid = empty.copy()
        unsaid[list(self._faults)] = False
        self._reject("patient_id", unsaid, "is empty", "an id of its own for each row")
        again = np.zeros(len(ids), dtype=np.bool_)
        again[~empty] = seen.again(ids[~empty])
        self._reject(
            "patient_id", again, "stood in an earlier row", "an id of its own for each row"
        )
        return ids

    def settings(self) -> Words:
        """Settings, which later checks refer to."""
        known = self._spec.settings
        if len(known) == 1 and "setting" not in self._rows.columns:
            self._setting = np.zeros(len(self._rows), dtype=np.int64)
            self._names = np.full(len(self._rows), next(iter(known)), dtype=object)
            return self._names
        self._names, self._setting = self._words("setting", list(known))
        self._unknown("setting", self._setting < 0, self._names, known)
        return self._names

    def strategies(self) -> Words:
        """Strategies, "" where none is named; one not open in the setting is a fault."""
        known = list(self._spec.strategies)
        names, codes = self._words("strategy", known)
        named = np.array([not is_missing(name) for name in names], dtype=np.bool_)
        self._unknown("strategy", named & (codes < 0), names, known)
        may = np.array(
            [[a in s.strategies for a in known] for s in self._spec.settings.values()], dtype=bool
        ).reshape(len(self._spec.settings), len(known))
        both = (codes >= 0) & (self._setting >= 0)
        closed = np.zeros(len(names), dtype=np.bool_)
        closed[both] = ~may[self._setting[both], codes[both]]
        for row in np.flatnonzero(closed).tolist():
            setting = str(self._names[row])
            self._fault(
                row,
                "strategy",
                f"is not open in setting {setting}",
                listed(self._spec.settings[setting].strategies),
            )
        return np.where(named, names, "").astype(object)

    def line(self) -> Floats:
        """Lines of treatment; one that is not the setting's is noted."""
        allowed = f"a whole number from 1 to {_MOST_LINES}"
        values = self._numbers("line", allowed)
        wrong = (values < 1) | (values > _MOST_LINES) | (values != np.floor(values))
        self._reject("line", wrong & ~np.isnan(values), "is no line of treatment", allowed)
        own = self._of_setting([s.line for s in self._spec.settings.values()])
        for row in np.flatnonzero(~np.isnan(own) & ~np.isnan(values) & (values != own)).tolist():
            self._note(row, f"other_line:{values[row]:g}")
        return values

    def age(self) -> Floats:
        """Ages in years, within the range of the setting."""
        ranges = [s.ages for s in self._spec.settings.values()]
        values = self._numbers("age", "a number of years")
        low = self._of_setting([r[0] for r in ranges])
        high = self._of_setting([r[1] for r in ranges])
        for row in np.flatnonzero((values < low) | (values > high)).tolist():
            allowed = f"{low[row]:g} to {high[row]:g} years in setting {self._names[row]}"
            self._fault(row, "age", "is out of range", allowed)
        return values

    def sex(self) -> Floats:
        """1 = female, 0 = male."""
        words = self._texts("sex", "female or male")
        values = np.full(len(words), np.nan)
        for word in set(words):
            at = words == word
            if word.strip().lower() in SEX:
                values[at] = SEX[word.strip().lower()]
            elif not is_missing(word):
                self._reject("sex", at, "is not known", "female, male (f, m) or empty")
        return values

    def ecog(self) -> Floats:
        """Performance status; 3 and 4 are read as 2, and noted."""
        allowed = "0, 1, 2, 3, 4 or empty"
        values = self._numbers("ecog", allowed)
        wrong = ~np.isin(values, (0, 1, 2, 3, 4)) & ~np.isnan(values)
        self._reject("ecog", wrong, "is no performance status", allowed)
        for row in np.flatnonzero((values > 2) & ~wrong).tolist():
            self._note(row, f"ecog_as_2:{values[row]:g}")
        return np.minimum(values, 2.0)

    def marker(self, name: str) -> Floats:
        """A marker's values, in its unit and within its range."""
        marker = self._spec.markers[name]
        allowed = _allowed(marker)
        values = self._numbers(name, allowed, truth=marker.kind == "mutation")
        for wrong, problem in _out_of_range(marker, values):
            self._reject(name, wrong, problem, allowed)
        self._note_marker(name, marker, values)
        return values

    def category(self, category: Category, column: str) -> dict[str, Floats]:
        """The flags of a category's levels.

        A level that is not known counts as a rare one, and is noted; where the training patients
        had no rare ones it is a fault.
        """
        words, codes = self._words(column, list(category.flags), level_of)
        named = np.array([not is_missing(word) for word in words], dtype=np.bool_)
        strange = named & (codes < 0)
        if OTHER in category.flags:
            for row in np.flatnonzero(strange).tolist():
                self._note(row, f"rare_level:{category.name}")
            codes[strange] = list(category.flags).index(OTHER)
        else:
            self._unknown(column, strange, words, category.flags)
        return {
            flag: np.where(codes >= 0, (codes == k).astype(np.float64), np.nan)
            for k, flag in enumerate(category.flags.values())
        }

    def _note_marker(self, name: str, marker: MarkerSpec, values: Floats) -> None:
        panels = self._of_setting([name in s.panel for s in self._spec.settings.values()])
        for row in np.flatnonzero(~np.isnan(values) & (panels == 0)).tolist():
            self._note(row, f"outside_panel:{name}")
        if marker.kind == "percent":
            for row in np.flatnonzero((values > 0) & (values < 1)).tolist():
                self._note(row, f"looks_like_fraction:{name}")

    def _of_setting(self, values: Iterable[float]) -> Floats:
        """(n,) what each row's setting has; NaN where it is unknown."""
        return np.asarray(np.array([*values, np.nan])[self._setting], dtype=np.float64)

    def _texts(self, column: str, allowed: str) -> Words:
        if column not in self._rows.columns:
            return np.full(len(self._rows), "", dtype=object)
        try:
            values, faults = texts(self._rows.columns[column])
        except TypeError as exc:
            raise self._wrong_type(column, exc, allowed) from None
        for row, problem in faults.items():
            self._fault(row, column, problem, allowed)
        return values

    def _words(
        self, column: str, known: list[str], plain: Callable[[str], str] = str.strip
    ) -> tuple[Words, npt.NDArray[np.int64]]:
        """Names without spaces around them, and the index of each in ``known`` or -1."""
        raw = self._texts(column, listed(known))
        names = np.array([plain(value) for value in raw], dtype=object).reshape(len(raw))
        index = {name: i for i, name in enumerate(known)}
        return names, np.fromiter((index.get(name, -1) for name in names), np.int64, len(names))

    def _numbers(self, column: str, allowed: str, *, truth: bool = False) -> Floats:
        if column not in self._rows.columns:
            return np.full(len(self._rows), np.nan)
        try:
            values, faults = numbers(self._rows.columns[column], truth=truth)
        except TypeError as exc:
            raise self._wrong_type(column, exc, allowed) from None
        for row, problem in faults.items():
            self._fault(row, column, problem, allowed)
        return np.array(values)

    def _wrong_type(self, column: str, exc: TypeError, allowed: str) -> TableError:
        return TableError(str(exc), file=self._rows.name, column=label(column), allowed=allowed)

    def _unknown(self, column: str, at: Bools, names: Words, known: Iterable[str]) -> None:
        known = list(known)
        hints: dict[str, str | None] = {}
        for row in np.flatnonzero(at).tolist():
            if row in self._faults and column in self._rows.columns and not names[row]:
                continue  # already said: not text
            name = str(names[row])
            if name not in hints and len(hints) < _MOST_HINTS:
                hints[name] = did_you_mean(label(name), known) if name else None
            problem = f"is not a known {column}" if name else "is empty"
            self._fault(row, column, problem, listed(known), hints.get(name))

    def _reject(self, column: str, at: Bools, problem: str, allowed: str) -> None:
        for row in np.flatnonzero(at).tolist():
            self._fault(row, column, problem, allowed)

    def _fault(
        self, row: int, column: str, problem: str, allowed: str, hint: str | None = None
    ) -> None:
        value = self._rows.cell(column, row) if column in self._rows.columns else None
        said = f"column '{column}': {shown(value)} {problem}; allowed: {allowed}"
        self._faults.setdefault(row, []).append(f"{said}; {hint}" if hint else said)

    def _note(self, row: int, flag: str) -> None:
        self._notes.setdefault(row, []).append(flag)


def _allowed(marker: MarkerSpec) -> str:
    """The values of a marker that are taken, in words."""
    if marker.kind == "mutation":
        return "0 or 1 (false, true), or empty"
    whole = "whole numbers " if marker.kind == "count" else ""
    below = f", 0 if below the detection limit of {marker.limit:g}" if marker.limit else ""
    return f"{whole}{marker.low:g} to {marker.high:g} {marker.unit}{below}, or empty"


def _out_of_range(marker: MarkerSpec, values: Floats) -> list[tuple[Bools, str]]:
    """Where a marker's values are wrong, with what to say; each row at most once."""
    outside = (values < marker.low) | (values > marker.high)
    if marker.limit is not None:
        outside &= values != 0
    if marker.kind == "mutation":
        return [(~np.isnan(values) & (values != 0) & (values != 1), "is not 0 or 1")]
    if marker.kind == "count":
        parts = ~np.isnan(values) & (values != np.floor(values))
        return [(parts, "is not a whole number"), (outside & ~parts, "is out of range")]
    if marker.kind == "fraction":
        share = outside & (values > marker.high) & (values > 1) & (values <= 100)
        said = "looks like a per cent (divide it by 100)"
        return [(share, said), (outside & ~share, "is out of range")]
    return [(outside, "is out of range")]
