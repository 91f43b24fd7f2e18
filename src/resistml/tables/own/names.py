"""Columns whose names speak of what comes after treatment."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from resistml.errors import TableError
from resistml.tables.own.select import features_of
from resistml.tables.own.table import Table
from resistml.tables.words import label

if TYPE_CHECKING:
    from resistml.config_data import DataConfig

#: Words of a name that are said of outcomes and of little else.
_WORDS = frozenset(
    (
        *("response", "responder", "responders", "responded", "nonresponse", "nonresponder"),
        *("recist", "irecist", "orr", "pcr", "rcb", "mpr", "bor", "dcr", "cbr", "remission"),
        *("refractory", "resistant", "resistance", "outcome", "outcomes", "endpoint"),
        *("death", "dead", "died", "deceased", "alive", "vital", "mortality", "survival"),
        *("survived", "os", "pfs", "dfs", "efs", "rfs", "ttp", "ttf", "dor", "ttnt", "dss"),
        *("progression", "progressed", "relapse", "relapsed", "recurrence", "recurred"),
        *("followup", "censored", "censoring", "toxicity", "irae"),
    )
)
#: Words that speak of outcomes together.
_PHRASES = (("last", "contact"), ("follow", "up"), ("time", "to"), ("adverse", "event"))
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def words_of(name: str) -> tuple[str, ...]:
    """A name's words, in small letters: ``causeOfDeath`` and ``cause_of_death`` have three."""
    whole = [part.casefold() for part in re.split(r"[\W_]+", name) if part]
    return tuple(dict.fromkeys((*whole, *_split(name))))


def post_treatment(name: str) -> str | None:
    """The part of a column's name that speaks of what comes after treatment, if any does."""
    for word in words_of(name):
        if word in _WORDS:
            return word
    pairs = set(pairwise(_split(name)))
    return next((" ".join(phrase) for phrase in _PHRASES if phrase in pairs), None)


def _split(name: str) -> list[str]:
    """A name's words in their order, in small letters, parted at capitals too."""
    parts = (part for part in re.split(r"[\W_]+", name) if part)
    return [word.casefold() for part in parts for word in _CAMEL.split(part)]


def refuse_outcomes(data: DataConfig, table: Table) -> None:
    """Refuse features that are outcomes by their name, or columns of the outcome itself.

    Raises
    ------
    TableError
        With each such column and the word that gives it away.
    """
    own = {data.outcome.column, *(t.time for t in data.times.values())}
    own |= {t.event for t in data.times.values()}
    found: dict[str, str] = {}
    for name, (column, config) in features_of(data, tuple(table.columns), table.files[0]).items():
        word = post_treatment(column) or post_treatment(name)
        if column in own:
            found[column] = "the config names it as an outcome"
        elif word is not None and not config.baseline:
            found[column] = f"its name says '{word}'"
    if not found:
        return
    said = ", ".join(f"{label(column)} ({why})" for column, why in found.items())
    raise TableError(
        f"{len(found)} feature(s) speak of what comes after treatment: {said}",
        file=table.files[0],
        column=label(next(iter(found))),
        allowed="features that are known before treatment",
        hint="leave it out; or, if it is known before, say `baseline: true` under its feature",
    )
