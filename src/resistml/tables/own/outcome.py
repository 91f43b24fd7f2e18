"""The outcome of each patient of an own table, and the times to what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from resistml.errors import TableError, listed
from resistml.tables.own.cohort import Note
from resistml.tables.own.table import Table
from resistml.tables.own.values import keys_of, lookup
from resistml.tables.words import label

if TYPE_CHECKING:
    from resistml.config_data import DataConfig, OutcomeConfig, TimeConfig

Floats = npt.NDArray[np.float64]

RESPONSES, NONRESPONSES = ("CR", "PR"), ("SD", "PD")
#: Months that one of each unit is.
MONTHS = {"months": 1.0, "days": 12 / 365.25, "weeks": 12 * 7 / 365.25, "years": 12.0}
#: Nobody is followed longer, in months; what is beyond is in days.
LONGEST = 600.0


def read_times(table: Table, times: dict[Any, TimeConfig]) -> dict[str, Floats]:
    """Months and events by their columns' names, NaN where either is missing.

    Raises
    ------
    TableError
        If a time is negative or longer than anybody is followed, or an event's value is not told.
    """
    out: dict[str, Floats] = {}
    for name, config in times.items():
        months, event = _months(table, config, name), _event(table, config, name)
        unknown = np.isnan(months) | np.isnan(event)
        out[f"{name}_months"] = np.where(unknown, np.nan, months)
        out[f"{name}_event"] = np.where(unknown, np.nan, event)
    return out


def _months(table: Table, config: TimeConfig, name: str) -> Floats:
    given = table.numbers(config.time)
    table.refuse(config.time, given < 0, "is below 0", f"{config.unit} from the start of treatment")
    months = given * MONTHS[config.unit]
    table.refuse(
        config.time,
        months > LONGEST,
        f"{config.unit} are {np.nanmax(months, initial=0) / 12:,.0f} years at the most",
        f"{LONGEST / 12:.0f} years of follow-up",
        f"is it in days? Then say `data.times.{name}.unit: days`",
    )
    return months


def _event(table: Table, config: TimeConfig, name: str) -> Floats:
    known = _lookup({1.0: config.seen, 0.0: config.censored}, f"data.times.{name}")
    keys = table.keys(config.event)
    wrong = np.array([bool(k) and k not in known for k in keys], dtype=bool)
    table.refuse(
        config.event,
        wrong,
        "is no value that tells of the event",
        f"`seen` {_said(config.seen)}; `censored` {_said(config.censored)}",
        f"say it under `data.times.{name}`, or declare it under `data.missing`",
    )
    return np.array([known.get(k, np.nan) for k in keys], dtype=np.float64)


def read_outcome(
    table: Table, data: DataConfig, times: dict[str, Floats]
) -> tuple[Floats, Note | None]:
    """(n,) 1 = resistant, 0 = response, NaN = to be left out; and a note of who was left out.

    Raises
    ------
    TableError
        If a value is none of those stated.
    """
    config = data.outcome
    if config.kind == "time":
        return _by_time(config, times)
    assert config.column is not None  # held by the config
    plain = config.kind == "recist"
    response = config.response or (RESPONSES if plain else ())
    resistant = config.resistant or (NONRESPONSES if plain else ())
    known = _lookup({0.0: response, 1.0: resistant}, "data.outcome")
    out_of = keys_of(config.leave_out)
    keys = table.keys(config.column)
    wrong = np.array([bool(k) and k not in known and k not in out_of for k in keys], dtype=bool)
    table.refuse(
        config.column,
        wrong,
        "is no outcome that the config tells of",
        f"`response` {_said(response)}; `resistant` {_said(resistant)}"
        + (f"; `leave_out` {_said(config.leave_out)}" if config.leave_out else ""),
        "add it under `data.outcome` to `response`, `resistant` or `leave_out`",
    )
    y = np.array([known.get(k, np.nan) for k in keys], dtype=np.float64)
    left = {"missing": int((keys == "").sum())}
    left |= {str(v): int((keys == k).sum()) for v in config.leave_out or () for k in keys_of([v])}
    return y, _left_out(left, len(y), f"their outcome ('{config.column}') is not one of the two")


def _by_time(config: OutcomeConfig, times: dict[str, Floats]) -> tuple[Floats, Note | None]:
    """1 = the event by the horizon, 0 = followed beyond it without; lost before is not known."""
    assert config.time is not None
    assert config.horizon is not None
    months, event = times[f"{config.time}_months"], times[f"{config.time}_event"]
    y = np.full(len(months), np.nan)
    y[months > config.horizon] = 0.0
    y[(months <= config.horizon) & (event == 1)] = 1.0
    lost = int(((months <= config.horizon) & (event == 0)).sum())
    left = {"missing": int(np.isnan(months).sum()), "censored": lost}
    why = (
        f"their {config.time.upper()} is not known at {config.horizon:g} months; those lost early "
        "are left out, which tilts the rates if they differ from the others"
    )
    return y, _left_out(left, len(y), why)


def check_classes(y: Floats, data: DataConfig, file: str) -> None:
    """Refuse outcomes of one kind, or so few of one that no fold could hold some.

    Raises
    ------
    TableError
    """
    ones, least = int(y.sum()), data.split.folds
    counts = {data.outcome.name: ones, data.outcome.other: len(y) - ones}
    few = min(counts, key=counts.__getitem__)
    if counts[few] < least:
        said = ", ".join(f"{n:,} {name}" for name, n in counts.items())
        raise TableError(
            f"has too few patients with one outcome: {said}",
            file=file,
            column=data.outcome.column,
            allowed=f"{least} of each at least, one for each fold",
            hint="are `response` and `resistant` the column's values, and is `where` right?",
        )


def _left_out(left: dict[str, int], n: int, why: str) -> Note | None:
    found = {name: float(count) for name, count in left.items() if count}
    if not found:
        return None
    said = ", ".join(f"{name} ({count:,.0f})" for name, count in found.items())
    total = sum(found.values())
    message = f"{total:,.0f} of {n:,} patients are left out: {why}: {said}"
    return Note("left_out", found, message)


def _lookup(values: dict[float, Any], key: str) -> dict[str, float]:
    try:
        return lookup(values)
    except ValueError:
        raise TableError(
            f"the config's `{key}` gives one value both meanings", hint="say each value once"
        ) from None


def _said(values: Any) -> str:
    return label(listed(map(str, values or ())), 200) or "none"
