"""Age, sex and performance status of an own table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from resistml.errors import TableError
from resistml.tables.own.table import Table
from resistml.tables.own.values import lookup

if TYPE_CHECKING:
    from resistml.config_data import AgeConfig, DataConfig, SexConfig

Floats = npt.NDArray[np.float64]

#: Years that one of each unit is.
YEARS = {"years": 1.0, "months": 1 / 12, "weeks": 7 / 365.25, "days": 1 / 365.25}
OLDEST = 120.0


def clinical_columns(table: Table, data: DataConfig) -> dict[str, Floats]:
    """Those stated of ``age`` (years), ``sex`` (1 = female) and ``ecog`` (3 and 4 count as 2).

    Raises
    ------
    TableError
        If a cell holds none of them.
    """
    out: dict[str, Floats] = {}
    if data.age is not None:
        out["age"] = _age(table, data.age)
    if data.sex is not None:
        out["sex"] = _sex(table, data.sex)
    if data.ecog is not None:
        allowed = "0, 1, 2, 3, 4 or empty"
        values = table.numbers(data.ecog.column, allowed)
        wrong = ~np.isnan(values) & ~np.isin(values, range(5))
        table.refuse(data.ecog.column, wrong, "is no performance status", allowed)
        out["ecog"] = np.minimum(values, 2.0)
    return out


def _age(table: Table, config: AgeConfig) -> Floats:
    years = table.numbers(config.column) * YEARS[config.unit]
    table.refuse(
        config.column,
        (years < 0) | (years > OLDEST),
        f"{config.unit} is no age",
        f"0 to {OLDEST:g} years",
        "is it in months or days? Then say `data.age.unit`",
    )
    return years


def _sex(table: Table, config: SexConfig) -> Floats:
    try:
        known = lookup({1.0: config.female, 0.0: config.male})
    except ValueError:
        raise TableError(
            "the config's `data.sex` gives one value both meanings", hint="say each value once"
        ) from None
    keys = table.keys(config.column)
    said = ", ".join(str(v) for v in (*config.female, *config.male))
    table.refuse(
        config.column,
        np.array([bool(k) and k not in known for k in keys], dtype=bool),
        "is not known",
        f"{said}, or empty",
        "say under `data.sex` which values are `female` and which `male`",
    )
    return np.array([known.get(k, np.nan) for k in keys], dtype=np.float64)
