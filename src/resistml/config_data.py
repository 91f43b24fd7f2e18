"""The section `data:` of a run config: an own cohort, and what its columns mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from resistml.columns import taken

Value = bool | int | float | str


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _values(given: Any) -> tuple[Value, ...]:
    """One value, or a list of them, as a tuple."""
    listed = tuple(given) if isinstance(given, (list, tuple)) else (given,)
    if not listed or not all(isinstance(value, (bool, int, float, str)) for value in listed):
        raise ValueError("needs a value (text, a number, true or false), or a list of values")
    return listed


_PLAIN = {"type": ["string", "number", "boolean"]}
#: One value or several, as they stand in a table's cells; 1, 1.0 and "1" are the same.
Values = Annotated[
    tuple[Value, ...],
    BeforeValidator(_values),
    WithJsonSchema({"anyOf": [_PLAIN, {"type": "array", "items": _PLAIN, "minItems": 1}]}),
]
Column = Annotated[str, Field(min_length=1, max_length=1000)]
Unit = Literal["months", "days", "weeks", "years"]


class OutcomeConfig(_Part):
    """What is to be predicted; resistance is 1, response 0."""

    kind: Literal["binary", "recist", "time"] = Field(
        default="binary",
        description="Two values of a column; RECIST categories; or event-free at a horizon.",
    )
    column: Column | None = Field(
        default=None, description="Column of the outcome (binary, recist)."
    )
    response: Values | None = Field(
        default=None, description="Its values that are a response; RECIST: CR and PR if not said."
    )
    resistant: Values | None = Field(
        default=None, description="Its values that are none; RECIST: SD and PD if not said."
    )
    leave_out: Values | None = Field(
        default=None, description="Its values whose patients are left out, beside missing ones."
    )
    time: Literal["pfs", "os"] | None = Field(
        default=None, description="Which of `times` (time): an event before the horizon is 1."
    )
    horizon: float | None = Field(
        default=None, gt=0, le=1200, description="Months (time); who was lost before is left out."
    )
    name: str = Field(
        default="resistant", min_length=1, max_length=60, description="What outputs call a 1."
    )
    other: str = Field(
        default="response", min_length=1, max_length=60, description="What outputs call a 0."
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        by_time = (self.time, self.horizon)
        if self.kind == "time":
            if None in by_time:
                raise ValueError("of kind time needs `time` and `horizon`")
            if (self.column, self.response, self.resistant) != (None, None, None):
                raise ValueError("of kind time takes no column and no values")
            return self
        if by_time != (None, None):
            raise ValueError(f"of kind {self.kind} takes neither time nor horizon")
        if self.column is None:
            raise ValueError("needs `column`")
        if self.kind == "binary" and (self.response is None or self.resistant is None):
            raise ValueError("needs `response` and `resistant`: which values are which")
        return self


class TimeConfig(_Part):
    """A time from the start of treatment, and whether it ended with the event."""

    time: Column = Field(description="Column of the time.")
    event: Column = Field(description="Column that says whether the event was seen.")
    unit: Unit = Field(default="months", description="Unit of the time.")
    seen: Values = Field(default=(1,), description="Values that say so.")
    censored: Values = Field(default=(0,), description="Values that say it was not.")


class AgeConfig(_Part):
    """Age at the start of treatment."""

    column: Column = Field(description="Its column.")
    unit: Unit = Field(default="years", description="Its unit.")


class SexConfig(_Part):
    """Sex."""

    column: Column = Field(description="Its column.")
    female: Values = Field(default=("female", "f"), description="Values that say female.")
    male: Values = Field(default=("male", "m"), description="Values that say male.")


class EcogConfig(_Part):
    """ECOG performance status."""

    column: Column = Field(description="Its column: 0 to 4.")


class MarkerConfig(_Part):
    """A column that holds a marker of the catalog."""

    column: Column | None = Field(default=None, description="Its column; the marker's id if null.")
    unit: Literal["same", "fraction", "percent", "log2", "log10", "ln"] = Field(
        default="same",
        description="What it is given in; `same` = the catalog's unit, log2 = logarithms of that.",
    )
    factor: float = Field(
        default=1.0, gt=0, description="What brings its values to that unit, by multiplication."
    )
    present: Values = Field(default=(1, True), description="Mutations: values that say present.")
    absent: Values = Field(default=(0, False), description="Mutations: values that say absent.")


class FeatureConfig(_Part):
    """A column that becomes a feature of its own."""

    column: Column | None = Field(
        default=None, description="Its column; the feature's name, if null."
    )
    kind: Literal["measure", "flag", "category"] = Field(
        default="measure", description="A number, yes or no, or one of several words."
    )
    unit: str = Field(
        default="", max_length=60, description="Unit of a measure, as outputs say it."
    )
    factor: float = Field(
        default=1.0, gt=0, description="What brings a measure to that unit, by multiplication."
    )
    low: float | None = Field(default=None, description="Least value that a measure can have.")
    high: float | None = Field(default=None, description="Greatest value that a measure can have.")
    log: bool = Field(
        default=False,
        description="Whether equal ratios count alike; if not, they do where numbers are skewed.",
    )
    direction: Literal[-1, 0, 1] = Field(
        default=0, description="1 = more of it may only add resistance, -1 = only take; 0 = either."
    )
    mechanism: str = Field(
        default="clinical", min_length=1, description="Mechanism of the catalog, or clinical."
    )
    present: Values = Field(default=(1, True), description="Flags: values that say yes.")
    absent: Values = Field(default=(0, False), description="Flags: values that say no.")
    least: int = Field(
        default=10, ge=1, description="Categories: levels of fewer patients are put together."
    )
    baseline: bool = Field(
        default=False,
        description="Says that it is known before treatment, whatever its name suggests.",
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"low is {self.low:g}, which is not below high, {self.high:g}")
        if self.kind == "category" and self.direction != 0:
            raise ValueError("is a category, which has no direction: give flags of its levels")
        if self.kind != "measure" and (self.log or self.factor != 1):
            raise ValueError(f"is a {self.kind}, which takes neither log nor factor")
        return self


class SplitConfig(_Part):
    """How patients are split to judge the model on those it did not see."""

    by: Literal["stratified", "group", "time", "site"] = Field(
        default="stratified",
        description="Folds by lot; whole groups together; later ones last; one site out at a time.",
    )
    column: Column | None = Field(default=None, description="Column of the group, time or site.")
    folds: int = Field(default=5, ge=2, le=50, description="Folds.")
    repeats: int = Field(default=1, ge=1, le=100, description="Repeats, each with its own folds.")
    inner: int = Field(default=5, ge=2, le=50, description="Folds in which settings are chosen.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.column is None) != (self.by == "stratified"):
            said = "takes no column" if self.column is not None else "needs `column`"
            raise ValueError(f"by {self.by} {said}")
        return self


class DataConfig(_Part):
    """An own cohort to train on, in place of a virtual one."""

    train: str = Field(
        min_length=1,
        description="CSV or Parquet file, or a folder of such; ${NAME} is an environment variable.",
    )
    external: dict[str, str] = Field(
        default={}, description="Files to validate on, each by a name; never trained on."
    )
    id: Column = Field(default="patient_id", description="Column of the patients' ids.")
    setting: Column | None = Field(
        default=None, description="Column of the setting; null = all are in one, `cohort`."
    )
    treatment: Column | None = Field(
        default=None, description="Column of what was given; null = no ranking is possible."
    )
    missing: Values | None = Field(
        default=None, description="Words for a missing value, beside the usual (empty, NA, ...)."
    )
    where: dict[str, Values] = Field(
        default={}, description="Rows to keep: column, and the value or values it must have."
    )
    outcome: OutcomeConfig = Field(description="What is to be predicted.")
    times: dict[Literal["pfs", "os"], TimeConfig] = Field(
        default={}, description="Times to progression (pfs) and to death (os)."
    )
    age: AgeConfig | None = Field(default=None, description="Age.")
    sex: SexConfig | None = Field(default=None, description="Sex.")
    ecog: EcogConfig | None = Field(default=None, description="Performance status.")
    markers: dict[str, MarkerConfig] = Field(
        default={}, description="Markers of the catalog, by id."
    )
    features: dict[str, FeatureConfig] = Field(
        default={}, description="Features of its own, by name; `mut_*` is all columns like it."
    )
    split: SplitConfig = SplitConfig()
    groups: tuple[str, ...] = Field(
        default=(),
        description="Features whose values make groups: an arm is open to those of whom 5 had it.",
    )
    prior: Literal["none", "directions", "world"] = Field(
        default="none",
        description="What the evidence may add of markers that are shared, if inner folds agree.",
    )
    families: tuple[Literal["logistic", "linear", "additive", "xgboost"], ...] = Field(
        default=("logistic", "linear", "additive", "xgboost"),
        min_length=1,
        description="Families of models that are chosen from in inner folds.",
    )
    caveats: tuple[str, ...] = Field(
        default=(), description="What readers must know of the table; said with every result."
    )
    duplicates: Literal["drop", "keep", "refuse"] = Field(
        default="drop", description="What is done with rows that seem to be of one patient."
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.outcome.time is not None and self.outcome.time not in self.times:
            raise ValueError(f"the outcome is of `{self.outcome.time}`, which `times` lacks")
        if not (self.markers or self.features or self.age or self.sex or self.ecog):
            raise ValueError("names nothing to learn from: neither features nor markers, nor age")
        for name, feature in self.features.items():
            if "*" in name and feature.column is not None:
                raise ValueError(f"feature '{name}' is a pattern, which takes no column")
            if ";" in name or not name.isprintable() or name != name.strip() or not name:
                raise ValueError(f"feature {name!r} has a name that a list of names cannot hold")
            column = taken(name)
            if column is not None:
                raise ValueError(
                    f"feature '{name}' has the name of the column '{column}', which means "
                    f"something else: name it otherwise, with `column: {name}`, or use its own key"
                )
        return self

    def paths(self) -> Iterator[tuple[str, str]]:
        """The files it names, each with its key."""
        yield "train", self.train
        yield from ((f"external.{name}", path) for name, path in self.external.items())


def with_paths(raw: Mapping[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """Plain data of the section with ``change`` made to each path that is text."""
    out = dict(raw)  # only text is changed: what else stands there is refused later
    if isinstance(out.get("train"), str):
        out["train"] = change(out["train"])
    if isinstance(out.get("external"), dict):
        out["external"] = {
            name: change(path) if isinstance(path, str) else path
            for name, path in out["external"].items()
        }
    return out
