"""Ids: each is that of one entry alone, and no marker bears the name of a column."""

from __future__ import annotations

from collections.abc import Iterator

from resistml.columns import BASELINE, taken
from resistml.evidence.evidence import KINDS, Evidence
from resistml.evidence.finding import Finding

#: What messages call an entry of a kind.
NOUNS = {
    "mechanisms": "mechanism",
    "endpoints": "endpoint",
    "markers": "marker",
    "settings": "setting",
    "strategies": "strategy",
    "assumptions": "assumption",
    "claims": "claim",
}


def columns(evidence: Evidence) -> Iterator[Finding]:
    """E10: no name that tables and answers use themselves."""
    for name in evidence.markers:
        column = taken(name)
        if column == name:
            yield Finding("E10", name, "a column of the tables bears this name already")
        elif column is not None:
            words = f"would be taken for the column '{column}' of the tables"
            yield Finding("E10", name, words)
    if BASELINE in evidence.mechanisms:
        words = "a row of `resistml explain` bears this name already"
        yield Finding("E10", BASELINE, words, hint="give the mechanism another id")


def shared(evidence: Evidence) -> Iterator[Finding]:
    """E11: no id is used by two kinds, since `resistml evidence show` asks for the id alone."""
    kinds: dict[str, list[str]] = {}
    for kind in KINDS:
        for name in getattr(evidence, kind):
            kinds.setdefault(name, []).append(NOUNS[kind])
    for name, nouns in kinds.items():
        if len(nouns) > 1:
            listed = " and ".join((", ".join(nouns[:-1]), nouns[-1]))
            yield Finding("E11", name, f"is the id of more than one kind of entry: {listed}")


def twins(evidence: Evidence) -> Iterator[Finding]:
    """E11: no two ids of a kind differ in case alone."""
    for kind in KINDS:
        seen: dict[str, str] = {}
        for name in getattr(evidence, kind):
            first = seen.setdefault(name.casefold(), name)
            if first != name:
                words = f"differs from the {NOUNS[kind]} '{first}' in case alone"
                yield Finding("E11", name, words)


CHECKS = (columns, shared, twins)
