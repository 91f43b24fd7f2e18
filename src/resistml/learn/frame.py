"""Profiles in a pandas DataFrame, as the estimator takes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.errors import TableError, did_you_mean, listed
from resistml.features.matrix import Records, Words

Floats = npt.NDArray[np.float64]

_SEX = {"female": 1.0, "male": 0.0}


def is_profile_table(X: Any) -> bool:
    """Whether ``X`` is a DataFrame of profiles."""
    columns = getattr(X, "columns", None)
    return columns is not None and {"setting", "strategy"} <= {str(c) for c in columns}


def known_words(X: Any, arms: Mapping[str, Iterable[str]]) -> None:
    """Raise TableError if a row's setting is unknown, or its strategy is not open there."""
    for row, (setting, strategy) in enumerate(zip(X["setting"], X["strategy"], strict=True)):
        if setting not in arms:
            _refuse(row, "setting", setting, arms)
        if strategy not in arms[setting]:
            _refuse(row, "strategy", strategy, arms[setting])


def records_from(X: Any, markers: tuple[str, ...]) -> tuple[Records, Words]:
    """Records and strategies of a DataFrame of profiles; row numbers serve where ids lack.

    Raises
    ------
    TableError
        For a value of ``sex`` that is neither word nor missing, or text where a number belongs.
    """
    ids = X["patient_id"] if "patient_id" in X.columns else [f"{i:012d}" for i in range(len(X))]
    names = [name for name in (*markers, "age", "ecog") if name in X.columns]
    columns = {name: _numbers(X, name) for name in names}
    if "sex" in X.columns:
        columns["sex"] = _sexes(X["sex"])
    setting, strategy = (np.asarray(X[name], dtype=object) for name in ("setting", "strategy"))
    return Records(np.asarray(ids, dtype=object), setting, columns), strategy


def _numbers(X: Any, name: str) -> Floats:
    try:
        return np.asarray(X[name].to_numpy(dtype=float, na_value=np.nan))
    except (TypeError, ValueError) as exc:
        raise TableError(str(exc), column=name, allowed="numbers, NaN where missing") from None


def _sexes(words: Any) -> Floats:
    missing = words.isna().to_numpy()
    out = np.full(len(words), np.nan)
    for row in np.flatnonzero(~missing).tolist():
        word = words.iloc[row]
        if word not in _SEX:
            _refuse(row, "sex", word, _SEX)
        out[row] = _SEX[word]
    return out


def _refuse(row: int, column: str, value: Any, known: Iterable[str]) -> None:
    known = list(known)
    raise TableError(
        f"'{value}' is not known here" if isinstance(value, str) else "is empty, or no text",
        row=row + 1,
        column=column,
        allowed=listed(known),
        hint=did_you_mean(str(value), known),
    )
