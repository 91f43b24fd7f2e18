"""The frozen objects a catalog is read into.

A number in the world is either a :class:`Claim` (the review reports it) or an
:class:`Assumption` (it does not, so it carries a reason and a plausible range).
Nothing below holds a number of its own.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Operator = Literal["==", "!=", "<", "<=", ">", ">="]
Kind = Literal["expression", "fraction", "percent", "count", "mutation"]
Link = Literal["log", "logit", "identity"]

#: The scale on which a kind is normal, and on which its effect is linear.
LINKS: dict[str, Link] = {
    "expression": "log",
    "fraction": "logit",
    "percent": "logit",
    "count": "log",
    "mutation": "identity",
}
#: The columns of a patient that every table has beside the markers.
CLINICAL = ("age", "sex", "ecog", "line")


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

    ``value`` is a number, the category's name for ``sex``, or the word ``cutoff`` for
    the cut-off that the marker's own entry declares.
    """

    column: str
    op: Operator
    value: float | str

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


class Mechanism(Frozen):
    """A mechanism of resistance, or one of the two groups beside them."""

    id: str
    name: str
    summary: str
    section: str
    resistance: bool = True


class Endpoint(Frozen):
    """What a claim measures."""

    id: str
    name: str
    family: Literal[
        "response", "time", "survival", "relapse", "biology", "assay", "monitoring", "qualitative"
    ]
    unit: str
    range: tuple[float, float]


class Distribution(Frozen):
    """What a setting may say of a marker otherwise than the marker's own entry."""

    median: Assumption | None = None
    spread: Assumption | None = None
    prevalence: Assumption | None = None
    missing: Assumption | None = None


class Marker(Frozen):
    """A measurable property of the tumour or of the patient's blood.

    Attributes
    ----------
    kind : str
        ``expression`` (positive, log-normal), ``fraction`` (0 to 1, logit-normal),
        ``percent`` (0 to 100, logit-normal), ``count`` (0, 1, 2, ...; log-normal
        intensity) or ``mutation`` (1 = present, 0 = absent).
    median, spread : Assumption
        Of the true value: median in ``unit``, standard deviation on the link scale
        (log or logit). They also define the standardised value f = (g(x) - g(median)) / spread.
    prevalence : Assumption
        Mutations only: share of patients with the mutation.
    protective : bool
        True where high values go with little resistance (an antigen that is the target of
        the therapy, drug that reaches the tumour): the marker then falls where its
        mechanism's other markers rise.
    effect : Assumption
        Log-odds of resistance per unit of f (per mutation), at exposure 1; never negative.
    error : Assumption
        Continuous kinds: standard deviation of the measurement error, as a share of ``spread``.
    false_negative, false_positive : Assumption
        Mutations: probability of a wrong call, given present and given absent.
    missing : Assumption
        Share of patients, among those whose panel holds the marker, without a value.
    detection_limit : Assumption
        Recorded values below it are recorded as 0.
    cutoff : Assumption
        What "positive" or "high" means where the review names no cut-off.
    exposure : mapping of strategy class to Assumption
        1: the resistance the marker brings applies in full; near 0: neutralised; below 0:
        the class exploits the marker; absent: no bearing.
    """

    id: str
    name: str
    gene: str | None = None
    mechanism: str
    kind: Kind
    unit: str
    range: tuple[float, float]
    section: str
    panel: tuple[str, ...] = ()
    protective: bool = False
    effect: Assumption
    median: Assumption | None = None
    spread: Assumption | None = None
    prevalence: Assumption | None = None
    error: Assumption | None = None
    false_negative: Assumption | None = None
    false_positive: Assumption | None = None
    missing: Assumption
    detection_limit: Assumption | None = None
    cutoff: Assumption | None = None
    in_settings: dict[str, Distribution] = {}
    exposure: dict[str, Assumption] = {}

    @property
    def link(self) -> Link:
        """Scale on which the marker is normal."""
        return LINKS[self.kind]

    @property
    def continuous(self) -> bool:
        """Whether the marker takes more than the values 0 and 1."""
        return self.kind != "mutation"

    @model_validator(mode="after")
    def _complete(self) -> Marker:
        wanted = (
            ("median", "spread", "error")
            if self.continuous
            else ("prevalence", "false_negative", "false_positive")
        )
        for name in wanted:
            if getattr(self, name) is None:
                raise ValueError(f"a marker of kind {self.kind} needs '{name}'")
        if self.effect.low < 0:
            raise ValueError("effect is a size, never negative: put the sign into exposure")
        if not self.range[0] < self.range[1]:
            raise ValueError(f"range is inverted: {list(self.range)}")
        return self


class Arm(Frozen):
    """What is assumed of a strategy in a setting where no target claim says it.

    ``orr`` is the objective response rate among the eligible; ``complete_share`` the share
    of responses that are complete; medians are in months.
    """

    orr: Assumption | None = None
    complete_share: Assumption | None = None
    median_pfs: Assumption | None = None
    median_os: Assumption | None = None


class Setting(Frozen):
    """A tumour at a stage of its treatment.

    Attributes
    ----------
    share : Assumption
        Weight of the setting in a drawn cohort (weights need not add up to 1).
    ecog_1, ecog_2 : Assumption
        Shares of patients with performance status 1, and 2 or worse; the rest have 0.
    female : Assumption
        Share of female patients.
    usual : str
        The strategy a profile is scored against when it names none.
    """

    id: str
    name: str
    oncotree: str
    line: int = Field(ge=1, le=9)
    section: str
    modelled: bool = True
    reason: str = ""
    usual: str | None = None
    share: Assumption | None = None
    age_mean: Assumption | None = None
    age_sd: Assumption | None = None
    age_range: tuple[float, float] = (18, 95)
    female: Assumption | None = None
    ecog_1: Assumption | None = None
    ecog_2: Assumption | None = None
    arms: dict[str, Arm] = {}
    panel: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> Setting:
        if not self.modelled:
            if not self.reason:
                raise ValueError("a setting that is not modelled needs a reason")
            return self
        for name in ("usual", "share", "age_mean", "age_sd", "female", "ecog_1", "ecog_2"):
            if getattr(self, name) is None:
                raise ValueError(f"a modelled setting needs '{name}'")
        return self


class Caution(Frozen):
    """A warning that the review attaches to a strategy; ``when`` empty = for every patient."""

    text: str
    section: str
    when: Conjunction = ()


class Strategy(Frozen):
    """A treatment, with where it is open, to whom, and what resistance reaches it.

    ``eligibility`` is a list of alternatives, each a list of conditions that must all hold
    on recorded values; an unmeasured column leaves the condition undecided (see
    :mod:`resistml.features.conditions`). Empty = everyone in the setting.
    """

    id: str
    name: str
    treatment_class: str = Field(alias="class")
    drugs: tuple[str, ...]
    section: str
    acts_on: tuple[str, ...] = ()
    modelled: bool = True
    reason: str = ""
    arms: dict[str, Arm] = {}
    eligibility: tuple[Conjunction, ...] = ()
    exposure: dict[str, Assumption] = {}
    cautions: tuple[Caution, ...] = ()

    model_config = ConfigDict(populate_by_name=True)

    @model_validator(mode="after")
    def _complete(self) -> Strategy:
        if not self.modelled and not self.reason:
            raise ValueError("a strategy that is not modelled needs a reason")
        return self


class Claim(Frozen):
    """One number, or one qualitative statement, that the review reports.

    Attributes
    ----------
    setting : str or list of str
        A setting's id; a list pools over a reference mix of equal weights.
    population : list of conditions on recorded values
        Empty = all patients eligible for the strategy.
    strategy : str or None
        A strategy's id, or ``class:NAME`` for all strategies of a class open to the setting.
    comparator : str or None
        The other arm of the comparison, which has a claim of its own.
    low, high : float or None
        Reported range; equal for a point value; both None = qualitative. Rates are
        fractions, times are months unless ``unit`` says otherwise.
    bound : str
        ``about``, ``at_least`` or ``at_most``.
    role : str
        ``target`` (the world is solved to reproduce it), ``parameter`` (it sets a
        distribution), ``context`` (recorded, not modelled: ``reason`` says why).
    n : int
        Declared size of the binomial sample behind a rate, for ensembles.
    caveat : str
        What a domain expert would object to; shown wherever the claim is.
    """

    id: str
    source: str
    section: Literal["1", "2", "3", "4", "5", "6", "7"]
    summary: str = Field(min_length=10)
    mechanism: str | None = None
    tumour: str
    setting: str | tuple[str, ...] | None = None
    population: Conjunction = ()
    strategy: str | None = None
    comparator: str | None = None
    endpoint: str
    measure: Literal["level", "difference", "ratio", "none"] = "level"
    at_months: float | None = None
    bound: Literal["about", "at_least", "at_most"] = "about"
    low: float | None = None
    high: float | None = None
    unit: str = ""
    evidence_level: Literal["clinical", "preclinical", "in_vitro", "established"]
    role: Literal["target", "parameter", "context"]
    reason: str = ""
    markers: tuple[str, ...] = ()
    n: int = Field(default=100, ge=2)
    caveat: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> Claim:
        if (self.low is None) != (self.high is None):
            raise ValueError("low and high go together: give both, or neither (qualitative)")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"range is inverted: low {self.low} > high {self.high}")
        if self.role == "context" and not self.reason:
            raise ValueError("a claim of role 'context' needs a reason")
        if self.role == "target" and (self.low is None or self.setting is None):
            raise ValueError("a claim of role 'target' needs a range and a setting")
        return self

    @property
    def quantitative(self) -> bool:
        """Whether the claim carries a number."""
        return self.low is not None

    @property
    def settings(self) -> tuple[str, ...]:
        """The setting, or the settings pooled; empty where the claim names none."""
        if self.setting is None:
            return ()
        return (self.setting,) if isinstance(self.setting, str) else tuple(self.setting)

    @property
    def midpoint(self) -> float:
        """Middle of the reported range; NaN for a qualitative claim."""
        if self.low is None or self.high is None:
            return math.nan
        return (self.low + self.high) / 2
