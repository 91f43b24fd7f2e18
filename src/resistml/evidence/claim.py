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
    bound : str
        ``about``, ``at_least`` or ``at_most``.
    measure : str
        ``level``, ``difference`` or ``ratio`` of the endpoint; ``none`` = qualitative.
    role : str
        ``target`` (the world is solved to reproduce it), ``parameter`` (it sets a
        distribution), ``context`` (recorded, not modelled: ``reason`` says why).
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
        if (self.measure == "none") != (self.low is None):
            raise ValueError("measure is 'none' exactly where there is no number")
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
