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
    """Contributions (n, columns), the columns' values (n, columns) and their names."""

    values: Floats
    data: Floats
    columns: tuple[str, ...]


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
