"""The frozen objects a catalog is read into.

A number in the world is either a :class:`Claim` (the review reports it) or an
:class:`Assumption` (it does not, so it carries a reason and a plausible range).
Nothing below holds a number of its own.
"""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from resistml.evidence.base import (
    CLINICAL,
    CONTEXT_GROUP,
    CUTOFF,
    Assumption,
    Condition,
    Conjunction,
    Frozen,
)
from resistml.evidence.claim import Claim, Endpoint

__all__ = [
    "CLINICAL",
    "CONTEXT_GROUP",
    "CUTOFF",
    "Arm",
    "Assumption",
    "Caution",
    "Claim",
    "Condition",
    "Conjunction",
    "Distribution",
    "Endpoint",
    "Frozen",
    "Marker",
    "Mechanism",
    "Setting",
    "Strategy",
]

Kind = Literal["expression", "fraction", "percent", "count", "mutation"]


class Mechanism(Frozen):
    """A mechanism of resistance, or one of the two groups beside them."""

    id: str
    name: str
    summary: str
    section: str
    resistance: bool = True


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
    missing_own : Assumption
        Missing not at random: log-odds of going unmeasured per standard deviation of the true
        value in the setting (per mutation); absent = 0, missing at random.
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
    missing_own: Assumption | None = None
    detection_limit: Assumption | None = None
    cutoff: Assumption | None = None
    in_settings: dict[str, Distribution] = Field(default_factory=dict)
    exposure: dict[str, Assumption] = Field(default_factory=dict)

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
        foreign = ("prevalence",) if self.continuous else ("median", "spread")
        for setting, own in self.in_settings.items():
            for name in foreign:
                if getattr(own, name) is not None:
                    raise ValueError(
                        f"a marker of kind {self.kind} has no '{name}' (in_settings, {setting})"
                    )
        if self.effect.low < 0:
            raise ValueError("effect is a size, never negative: put the sign into exposure")
        if not self.range[0] < self.range[1]:
            raise ValueError(f"range is inverted: {list(self.range)}")
        return self


class Arm(Frozen):
    """What is assumed of a strategy in a setting where no target claim says it.

    ``orr`` is the objective response rate among the eligible; ``complete_share`` the share
    of responses that are complete; medians are in months. ``cured_share`` is the share of
    complete responses that last (absent = none); beside it the medians are those of the
    patients who are not cured. ``course_months`` how long the treatment
    takes; shapes, ratios and slope are those of the arm's law of times, where they differ from
    the assumptions for all arms (see :mod:`resistml.world.times`).
    """

    orr: Assumption | None = None
    complete_share: Assumption | None = None
    median_pfs: Assumption | None = None
    median_os: Assumption | None = None
    cured_share: Assumption | None = None
    course_months: Assumption | None = None
    pfs_shape: Assumption | None = None
    post_shape: Assumption | None = None
    pfs_ratio: Assumption | None = None
    post_ratio: Assumption | None = None
    risk_slope: Assumption | None = None


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
    arms: dict[str, Arm] = Field(default_factory=dict)
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
    arms: dict[str, Arm] = Field(default_factory=dict)
    eligibility: tuple[Conjunction, ...] = ()
    exposure: dict[str, Assumption] = Field(default_factory=dict)
    cautions: tuple[Caution, ...] = ()

    model_config = ConfigDict(populate_by_name=True)

    @model_validator(mode="after")
    def _complete(self) -> Strategy:
        if not self.modelled and not self.reason:
            raise ValueError("a strategy that is not modelled needs a reason")
        return self
