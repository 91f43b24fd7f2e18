"""What claims and assumptions say about times, each as "so many are free of an event at t".

A median of m months says that half are free at m; a relapse rate is the share no longer free.
Put that way every figure is a smooth function of the arms' laws, and none needs a root.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from resistml.evidence import Evidence
from resistml.evidence.schema import Arm, Claim
from resistml.world.conflicts import POINT_TOLERANCE
from resistml.world.moments import Cell, claim_cells, open_range
from resistml.world.time_sample import Event, Group

#: A median reported as a point, or a ratio, is met within this share of it.
TIME_TOLERANCE = 0.02
#: Endpoint of a claim -> the event, and what is said of it.
ENDPOINTS: dict[str, tuple[Event, Literal["median", "free", "lost"]]] = {
    "median_pfs": ("pfs", "median"),
    "onset": ("pfs", "median"),
    "median_os": ("os", "median"),
    "survival_rate": ("os", "free"),
    "disease_free_rate": ("pfs", "free"),
    "relapse_rate": ("pfs", "lost"),
}
#: Endpoints that are medians of a time.
MEDIANS = tuple(name for name, (_, said) in ENDPOINTS.items() if said == "median")


@dataclass(frozen=True)
class Reading:
    """How a figure is taken from a law: of those ``among`` whom it is counted, the share that
    is in ``group`` and free of the event.

    ``said`` is ``median``, ``free`` (the share itself) or ``lost`` (1 minus it). With ``late``,
    time runs from the end of treatment and counts those still free of the event then.
    """

    event: Event
    said: Literal["median", "free", "lost"]
    group: Group = "all"
    among: Group = "all"
    late: bool = False


@dataclass(frozen=True)
class Probe:
    """A value, at some months, that should lie between two others."""

    months: float
    low: float
    high: float


@dataclass(frozen=True)
class TimeMoment:
    """A figure about times that a claim reports, or that an assumption gives.

    ``low`` and ``high`` are the reported range, ``bound`` which of its ends holds (``about``:
    both); ``target`` is what the solver aims at. With ``against`` the figure is a ratio of
    two shares. Several cells are pooled with equal weight per setting. ``together`` are the
    claims that an aim stands for, if more than one.
    """

    id: str
    claimed: bool
    reading: Reading
    cells: tuple[Cell, ...]
    against: tuple[Cell, ...]
    at_months: float
    low: float
    high: float
    target: float
    bound: str = "about"
    together: tuple[str, ...] = ()

    @property
    def claims(self) -> tuple[str, ...]:
        """Ids of the claims that this stands for."""
        return self.together or (self.id,)

    @property
    def slack(self) -> float:
        """How far outside its range a figure may lie: only a point has room, on both sides."""
        return point_tolerance(self.low, self.high, self.bound, self.relative)

    @property
    def relative(self) -> bool:
        """Whether a point is met within a share of itself."""
        return self.reading.said == "median" or bool(self.against)

    @property
    def allowed(self) -> tuple[float, float]:
        """What the claim allows, tolerance included."""
        low, high = open_range(self.low, self.high, self.bound)
        return low - self.slack, high + self.slack

    @property
    def margin(self) -> float:
        """Half of the range, or the tolerance of a point."""
        wide = self.high - self.low
        return wide / 2 if wide else point_tolerance(self.low, self.high, "about", self.relative)

    def limits(self) -> tuple[Probe, ...]:
        """What must hold for the claim to be met."""
        return self._probes(*self.allowed)

    def aim(self) -> Probe:
        """What the solver aims at: the target, or just inside a bound."""
        if self.bound == "at_least":
            return self._probes(self.low + self.margin, float("inf"))[0]
        if self.bound == "at_most":
            return self._probes(float("-inf"), self.high - self.margin)[-1]
        if self.reading.said == "median":
            return Probe(self.target, 0.5, 0.5)
        return Probe(self.at_months, self.target, self.target)

    def sides(self) -> tuple[float, float]:
        """Months at which a median's margin ends; the shares there tell its steepness."""
        low, high = (self.low, self.high) if self.low < self.high else (self.target, self.target)
        room = 0.0 if low < high else TIME_TOLERANCE * self.target
        return low - room, high + room

    def _probes(self, low: float, high: float) -> tuple[Probe, ...]:
        if self.reading.said != "median":
            return (Probe(self.at_months, low, high),)
        early = (Probe(low, 0.5, 1.0),) if low > 0 else ()
        late = (Probe(high, 0.0, 0.5),) if high < float("inf") else ()
        return early + late


def point_tolerance(low: float, high: float, bound: str, relative: bool) -> float:
    """How far outside its reported range a figure may lie; a bound holds to the letter."""
    if low < high or bound != "about":
        return 0.0
    return TIME_TOLERANCE * low if relative else POINT_TOLERANCE


def reading(claim: Claim) -> Reading | None:
    """How a target's figure is taken from the law of times; None if it is not about times."""
    if claim.role != "target" or claim.endpoint not in ENDPOINTS:
        return None
    event, said = ENDPOINTS[claim.endpoint]
    if claim.measure == "ratio":
        if said == "median" or claim.comparator is None:
            return None
    elif claim.measure != "level":
        return None
    if said != "median" and claim.at_months is None:
        return None
    among: Group = "responders" if claim.among == "responders" else "all"
    group: Group = "complete" if claim.endpoint == "disease_free_rate" else among
    return Reading(event, said, group, among, claim.counted_from == "end_of_treatment")


def against_cells(evidence: Evidence, claim: Claim) -> tuple[Cell, ...]:
    """The cells of the comparator of a ratio; empty for a level."""
    if claim.measure != "ratio":
        return ()
    return claim_cells(evidence, claim.model_copy(update={"strategy": claim.comparator}))


def claimed_moments(evidence: Evidence) -> list[TimeMoment]:
    """A moment per target claim about times, in the catalog's order."""
    out = []
    for claim in evidence.claims.values():
        how = reading(claim)
        if how is None or claim.low is None or claim.high is None:
            continue
        out.append(
            TimeMoment(
                id=claim.id,
                claimed=True,
                reading=how,
                cells=claim_cells(evidence, claim),
                against=against_cells(evidence, claim),
                at_months=claim.at_months or 0.0,
                low=claim.low,
                high=claim.high,
                target=(claim.low + claim.high) / 2,
                bound=claim.bound,
            )
        )
    return out


def assumed_moments(evidence: Evidence) -> list[TimeMoment]:
    """Moments of the arms' assumed medians and cured shares.

    In an arm with a cured share the medians are those of the patients who are not cured: of all
    together, half may never progress.
    """
    out = []
    for setting in evidence.modelled_settings:
        for arm, entry in evidence.arms_of(setting).items():
            out += _of_arm(Cell(setting, arm, ()), entry)
    return out


def _of_arm(cell: Cell, entry: Arm) -> list[TimeMoment]:
    group: Group = "all" if entry.cured_share is None else "uncured"
    readings = {
        "median_pfs": Reading("pfs", "median", group, group),
        "median_os": Reading("os", "median", group, group),
        "cured_share": Reading("pfs", "free", "cured", "complete"),
    }
    out = []
    for field, how in readings.items():
        assumed = getattr(entry, field)
        if assumed is not None:
            name = f"strategies.{cell.arm}.arms.{cell.setting}.{field}"
            span = (assumed.low, assumed.high, assumed.value)
            out.append(TimeMoment(name, False, how, (cell,), (), 0.0, *span))
    return out


def aims(claimed: list[TimeMoment]) -> list[TimeMoment]:
    """What the solver aims at: claims of one quantity together, at what all of them allow.

    Claims that leave no common range are aimed at one by one.
    """
    alike: dict[object, list[TimeMoment]] = {}
    for moment in claimed:
        key = (moment.reading, moment.cells, moment.against, moment.at_months)
        alike.setdefault(key, []).append(moment)
    out = []
    for moments in alike.values():
        low = max(m.allowed[0] for m in moments)
        high = min(m.allowed[1] for m in moments)
        closed = float("-inf") < low < high < float("inf")
        if len(moments) > 1 and closed:
            names = tuple(m.id for m in moments)
            both = replace(
                moments[0],
                id=" + ".join(names),
                low=low,
                high=high,
                target=(low + high) / 2,
                bound="about",
                together=names,
            )
            out.append(both)
        else:
            out += moments
    return out
