"""What a model report is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from resistml.report.audit_view import ConflictLike, Rows

if TYPE_CHECKING:
    from resistml.evaluate.evaluation import Evaluation
    from resistml.report.characteristics import Characteristics
    from resistml.report.learning import LearningCurve

Floats = npt.NDArray[np.float64]


class ClaimLike(Protocol):
    """A claim as reports show it; see :class:`resistml.evidence.schema.Claim`."""

    @property
    def summary(self) -> str: ...
    @property
    def section(self) -> str: ...
    @property
    def caveat(self) -> str: ...


@dataclass(frozen=True, eq=False)
class Swarm:
    """Contributions of some patients, for the figures that ``shap`` draws.

    Attributes
    ----------
    values : (n, columns) array
        Contributions to the log-odds of resistance under the strategy given.
    data : (n, columns) array
        The columns' values: of a marker as recorded, in its unit. NaN = unmeasured.
    columns : tuple of str
    units : tuple of str, optional
        The unit of each column, "" = none.
    base : (n,) array, optional
        What the row's values add up from to the margin: baseline, setting and strategy.
    labels : tuple of str, optional
        Who each row is: patient, setting and strategy in words.
    groups : tuple of str, optional
        The mechanism of each column, or ``clinical``.
    """

    values: Floats
    data: Floats
    columns: tuple[str, ...]
    units: tuple[str, ...] = ()
    base: Floats | None = None
    labels: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelFacts:
    """What a model is made of, as the checklist of a report asks.

    Attributes
    ----------
    markers : dict of str to str
        Markers that it sees, with their units.
    clinical : tuple of str
        Its clinical columns.
    settings, strategies, arms : int
        How many of each it knows; an arm is a setting with a strategy open in it.
    members : int
        Models of its bag.
    rounds : int
        Trees of boosting kept in each of them.
    evidence_worlds : int
        Worlds behind its intervals for the evidence; 0 = it has no such intervals.
    """

    markers: dict[str, str]
    clinical: tuple[str, ...]
    settings: int
    strategies: int
    arms: int
    members: int
    rounds: int
    evidence_worlds: int


@dataclass(frozen=True, eq=False)
class ReportContext:
    """All that a model report says.

    Attributes
    ----------
    title, notice : str
        The report's heading, and the notice that every output bears.
    config : dict
        The resolved run config, as plain data.
    evaluation : Evaluation
    audit : sequence of AuditRow
        One per target claim or parameter; empty where there is no world to audit.
    claims : mapping of id to Claim
    facts : dict of str
        Versions, hashes, seed, times: shown as they are.
    limits : list of str
        A sentence each.
    names : mapping of id to name, optional
        Full names of settings, strategies, mechanisms and endpoints; ids stand in for others.
    conflicts : sequence of Conflict, optional
        The world's sets of claims that cannot hold together, with their reasons; else the sets
        are gathered from the audit.
    swarm : Swarm, optional
        Contributions to draw as a beeswarm, which takes seconds to import ``shap``.
    model : ModelFacts, optional
        What the model is made of.
    characteristics : Characteristics, optional
        Who the training patients are.
    checks : sequence of mapping, optional
        Findings of the honesty checks, each with ``code``, ``title``, ``severity``, ``message``;
        empty = they found nothing, None = they were not run.
    learning : LearningCurve, optional
        The benchmark's figures by number of training patients.
    """

    title: str
    notice: str
    config: dict[str, Any]
    evaluation: Evaluation
    audit: Rows
    claims: Mapping[str, ClaimLike]
    facts: dict[str, str]
    limits: list[str]
    names: Mapping[str, str] = field(default_factory=dict)
    conflicts: Sequence[ConflictLike] = ()
    swarm: Swarm | None = None
    model: ModelFacts | None = None
    characteristics: Characteristics | None = None
    checks: Sequence[Mapping[str, Any]] | None = None
    learning: LearningCurve | None = None
