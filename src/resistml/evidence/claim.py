"""Claims, and the endpoints that they report."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from resistml.evidence.base import Conjunction, Frozen


class Endpoint(Frozen):
    """What a claim measures."""

    id: str
    name: str
    family: Literal[
        "response", "time", "survival", "relapse", "biology", "assay", "monitoring", "qualitative"
    ]
    unit: str
    range: tuple[float, float]

    @model_validator(mode="after")
    def _ordered(self) -> Endpoint:
        if not self.range[0] < self.range[1]:
            raise ValueError(f"range is inverted: {list(self.range)}, write the least value first")
        return self


#: What of a marker's distribution, or of a strategy's exposure to it, a number can be.
Statistic = Literal[
    "median", "prevalence", "cutoff", "spread", "treated", "exposure_ratio", "contrast"
]


class Sets(Frozen):
    """What of the world a claim of role ``parameter`` sets.

    Attributes
    ----------
    marker : str or list of str
        Each of several has the statistic.
    statistic : str
        ``median``: of the true values. ``prevalence``: true share with the mutation. ``cutoff``:
        the threshold of conditions. ``spread``: ratio of the 97.5th to the 2.5th percentile of
        the true values. ``treated``: the median times the exposure of the claim's strategy to
        the marker, over that of its comparator. ``exposure_ratio``: the comparator's
        exposure over that of the claim's strategy. ``contrast``: the marker one standard
        deviation above its median over the median, to the power of the strategy's exposure.
        The comparator is the claim's, else the setting's usual strategy.
    settings : list of str
        Where; in each of several. Empty = the claim's own.
    """

    marker: str | tuple[str, ...]
    statistic: Statistic
    settings: tuple[str, ...] = ()

    @property
    def markers(self) -> tuple[str, ...]:
        """The marker, or the markers."""
        return (self.marker,) if isinstance(self.marker, str) else self.marker


class Claim(Frozen):
    """One number, or one qualitative statement, that the review reports.

    Attributes
    ----------
    source : str
        Id of the source; that of the claim's file unless the claim names its own.
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
    at_months : float or None
        Horizon of a rate of survival, relapse or freedom from disease.
    counted_from : str
        From when times are counted: ``start`` or ``end_of_treatment``; from the latter among
        those still free of the event then.
    among : str
        Whose times: ``all``, or the ``responders`` alone.
    bound : str
        ``about``, ``at_least`` or ``at_most``.
    measure : str
        ``level``, ``difference`` or ``ratio`` of the endpoint; ``none`` = qualitative.
    role : str
        ``target`` (the world is solved to reproduce it), ``parameter`` (it sets a
        distribution), ``context`` (recorded, not modelled: ``reason`` says why).
    sets : Sets or None
        What a parameter sets; None = nothing yet, for the reason given.
    n : int
        Declared size of the binomial sample behind a rate, for ensembles.
    caveat : str
        What a domain expert would object to; shown wherever the claim is.
    """

    id: str
    source: str = ""
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
    at_months: float | None = Field(default=None, gt=0)
    counted_from: Literal["start", "end_of_treatment"] = "start"
    among: Literal["all", "responders"] = "all"
    bound: Literal["about", "at_least", "at_most"] = "about"
    low: float | None = None
    high: float | None = None
    unit: str = ""
    evidence_level: Literal["clinical", "preclinical", "in_vitro", "established"]
    role: Literal["target", "parameter", "context"]
    sets: Sets | None = None
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
        if self.setting is not None and not self.settings:
            raise ValueError("setting is an empty list: name a setting, or leave the key out")
        if len(set(self.settings)) < len(self.settings):
            raise ValueError(f"names a setting twice, got {list(self.settings)}: name each once")
        if (self.measure == "none") != (self.low is None):
            raise ValueError("measure is 'none' exactly where there is no number")
        if self.role == "context" and not self.reason:
            raise ValueError("a claim of role 'context' needs a reason")
        if self.role == "target" and (self.low is None or self.setting is None):
            raise ValueError("a claim of role 'target' needs a range and a setting")
        if self.sets is not None and (self.role != "parameter" or self.low is None):
            raise ValueError("'sets' is for claims of role 'parameter' with a number")
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
