"""Which columns of a table are profiles', which are not, and which are mistyped."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterable, Sequence

from resistml.columns import OPTIONAL, OUTCOMES, REQUIRED
from resistml.errors import TableError, listed
from resistml.features.spec import FeatureSpec
from resistml.tables.categories import categories_of
from resistml.tables.words import label

_CUTOFF = 0.8


class Header:
    """Chooses the columns of profiles and remembers those it passed over.

    Parameters
    ----------
    spec : FeatureSpec
        Names the markers.
    file : str
        For messages.
    """

    def __init__(self, spec: FeatureSpec, file: str) -> None:
        self._file = file
        self._categories = categories_of(spec)
        whole = (name for c in self._categories for name in (c.name, c.source))
        self._known = (*REQUIRED, *OPTIONAL, *spec.markers, *whole)
        # Where there is one setting alone, a profile need not say it.
        self._required = REQUIRED[:1] if len(spec.settings) == 1 else REQUIRED
        self._checked: set[str] = set()
        self._ignored: dict[str, None] = {}

    @property
    def ignored(self) -> tuple[str, ...]:
        """Columns that are not used, outcomes apart."""
        return tuple(self._ignored)

    def choose(self, names: Sequence[str]) -> tuple[str, ...]:
        """The columns to read.

        Raises
        ------
        TableError
            If a required column is missing, or another has nearly the name of a known one.
        """
        present = set(names)
        for name in names:
            if name not in self._checked and name not in self._known and name not in OUTCOMES:
                self._check(name, present)
                self._ignored[name] = None
            self._checked.add(name)
        self._check_twice()
        for name in self._required:
            if name not in self._checked:
                raise TableError(
                    f"has no column '{name}'",
                    file=self._file,
                    allowed=f"columns {', '.join(self._required)}; optional {', '.join(OPTIONAL)} "
                    "and the markers",
                    hint=f"the columns are {label(listed(names), 300)}" if names else None,
                )
        return tuple(name for name in names if name in self._known)

    def _check_twice(self) -> None:
        """Raise TableError if a category is given in two columns, which might not agree."""
        for category in self._categories:
            ways = category.given_in(self._checked)
            flags = [flag for flag in category.flags.values() if flag in self._checked]
            if len([*ways, *flags[:1]]) > 1:
                raise TableError(
                    f"says the same as '{label([*ways, *flags][1])}'",
                    file=self._file,
                    column=label(ways[0]),
                    hint="keep one of them",
                )

    def _check(self, name: str, present: set[str]) -> None:
        meant = mistyped(name, self._known, present)
        if meant is not None:
            raise TableError(
                "is not a known column",
                file=self._file,
                column=label(name),
                hint=f"did you mean '{meant}'? If not, drop or rename the column",
            )


def mistyped(name: str, known: Iterable[str], present: set[str]) -> str | None:
    """The known column that ``name`` was most likely meant to be, or None.

    Case, spaces and punctuation apart, an equal name is always a slip. A merely similar one is
    only if the known column is absent, and not if the two differ in digits alone: ABCB4 is
    another gene than ABCB1.
    """
    plain = {_plain(other): other for other in known}
    given = _plain(name)
    if given in plain:
        return plain[given]
    absent = {key: other for key, other in plain.items() if other not in present}
    for other in absent.values():
        gene = other.split("_")[0]
        if gene.isupper() and given == _plain(gene):  # KRAS for KRAS_mut
            return other
    letters = re.sub(r"\d", "", given)
    similar = [key for key in absent if re.sub(r"\d", "", key) != letters]
    found = difflib.get_close_matches(given, similar, n=1, cutoff=_CUTOFF)
    return absent[found[0]] if found else None


@functools.lru_cache(4096)
def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()
