"""What all objects of a catalog stand on: numbers with a reason, and conditions."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Operator = Literal["==", "!=", "<", "<=", ">", ">="]
#: What an entry may be called.
ID = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
#: Columns, beside the markers, on which a condition may be put.
CLINICAL = ("age", "sex", "ecog")
SEXES = ("female", "male")
#: The word that stands for the cut-off which a marker's own entry declares; also the endpoint
#: of claims that report one.
CUTOFF = "cutoff"
#: The group, beside the mechanisms, of what setting and strategy bring; it holds no marker.
CONTEXT_GROUP = "context"


class Frozen(BaseModel):
    """Base of every catalog object: unknown keys, NaN and infinities are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Assumption(Frozen):
    """A number that the review does not give.

    Attributes
    ----------
    value, low, high : float
        Midpoint used by the default world, and the plausible range, fixed before
        anyone looks at what a learner gains from it.
    reason : str
        Why this value and this range; cites a claim's id where it reinterprets one.
    unit : str
        Unit of the three numbers; empty where the field they stand in fixes it.
    """

    value: float
    low: float
    high: float
    reason: str = Field(min_length=8)
    unit: str = ""

    @model_validator(mode="after")
    def _ordered(self) -> Assumption:
        if not self.low <= self.value <= self.high:
            raise ValueError(
                f"needs low <= value <= high, got {self.low} <= {self.value} <= {self.high}"
            )
        return self

    @property
    def half_width(self) -> float:
        """Half the plausible range, in the value's unit."""
        return (self.high - self.low) / 2


class Condition(Frozen):
    """One comparison on a recorded column, e.g. ``[CSC, ">", 0.05]``.

    ``value`` is a number, the category's name for ``sex``, the word ``cutoff`` for the cut-off
    that the marker's own entry declares, or the id of a claim that reports one (see
    :mod:`resistml.evidence.cutoffs`).
    """

    column: str
    op: Operator
    value: float | str

    @model_validator(mode="after")
    def _readable(self) -> Condition:
        if isinstance(self.value, str) and not self._is_word(self.value):
            words = " or ".join(SEXES if self.column == "sex" else (CUTOFF, "a claim's id"))
            raise ValueError(f"'{self.value}' is no value: a number, or {words}")
        if self.column == "sex" and (
            not isinstance(self.value, str) or self.op not in ("==", "!=")
        ):
            raise ValueError(f"sex is compared by == or != with {' or '.join(SEXES)}")
        return self

    def _is_word(self, value: str) -> bool:
        return value in SEXES if self.column == "sex" else bool(ID.fullmatch(value))

    def __str__(self) -> str:
        value = f"{self.value:g}" if isinstance(self.value, float) else self.value
        return f"{self.column} {self.op} {value}"


def _as_condition(raw: Any) -> Any:
    if isinstance(raw, (list, tuple)) and len(raw) == 3:
        return {"column": raw[0], "op": raw[1], "value": raw[2]}
    return raw


#: Written in YAML as a triple: ``[column, operator, value]``.
Triple = Annotated[Condition, BeforeValidator(_as_condition)]
#: Conditions that must all hold.
Conjunction = tuple[Triple, ...]
