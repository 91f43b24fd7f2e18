"""The section `tune:` of a run config: what `resistml tune` tries, and how long."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from resistml.errors import did_you_mean, listed
from resistml.validation import Fault, first_fault

Value = bool | int | float | str

#: Keys of the model that change how a fit is done, not what comes out.
_NOT_TUNED = frozenset({"threads"})


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Range(_Part):
    """The values of a key that are tried: from ``low`` to ``high``, or one of ``choices``."""

    low: float | None = Field(default=None, description="Least value of a key that is a number.")
    high: float | None = Field(default=None, description="Greatest value.")
    log: bool = Field(default=False, description="Whether equal ratios count alike, not steps.")
    choices: tuple[Value, ...] | None = Field(
        default=None, description="The values themselves, in place of low and high."
    )

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        if self.choices is not None:
            if (self.low, self.high, self.log) != (None, None, False):
                raise ValueError("has choices, so takes neither low, high nor log")
            if len(set(self.choices)) < max(len(self.choices), 2):
                raise ValueError("needs two choices or more, none of them twice")
        elif self.low is None or self.high is None:
            raise ValueError("needs low and high, or choices")
        elif self.low >= self.high:
            raise ValueError(f"low is {self.low:g}, which is not below high, {self.high:g}")
        elif self.log and self.low <= 0:
            raise ValueError(f"low is {self.low:g}, but log needs it above 0")
        return self

    def named(self) -> Iterator[tuple[str, Value]]:
        """The values that it names, each with the key it stands at."""
        if self.low is not None and self.high is not None:
            yield from (("low", self.low), ("high", self.high))
        yield from (("choices", choice) for choice in self.choices or ())


class TuneConfig(_Part):
    """How `resistml tune` searches."""

    trials: int = Field(
        default=40, ge=1, le=100_000, description="Trials in all; a study with fewer goes on."
    )
    timeout: float | None = Field(
        default=None, gt=0, description="Seconds after which no trial begins; null = no limit."
    )
    seed: int = Field(
        default=1, ge=0, le=2**31 - 1, description="Seed of the search, not of the patients."
    )
    repeats: int = Field(
        default=2, ge=1, le=50, description="Bags per trial; their mean log-loss counts."
    )
    prune: bool = Field(
        default=True,
        description="Whether a trial worse than half of the others gets no further bag.",
    )
    space: dict[str, Range] = Field(
        default={}, description="What to try: keys of `model:`, each with its values."
    )


def space_fault(space: Mapping[str, Range], model: BaseModel) -> Fault | None:
    """What is wrong with a space of keys of ``model``, if anything is.

    Parameters
    ----------
    model : BaseModel
        The config's ``model:``, in which each value that the space names must be allowed.
    """
    kind = type(model)
    known = sorted(set(kind.model_fields) - _NOT_TUNED)
    if not space:
        hint = "name a key of `model:` with low and high, or choices"
        return Fault("tune.space", "is empty", listed(known), hint)
    for key, values in space.items():
        place = f"tune.space.{key}"
        if key not in known:
            return Fault(place, "is no key to tune", listed(known), did_you_mean(key, known))
        if values.choices is None and kind.model_fields[key].annotation not in (int, float):
            return Fault(place, "is no number, so has no low and high", None, "give its choices")
        for name, value in values.named():
            try:
                kind.model_validate({**model.model_dump(), key: value})
            except ValidationError as exc:
                return replace(first_fault(exc, kind), key=f"{place}.{name}")
    return None
