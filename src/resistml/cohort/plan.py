"""What drawing a cohort needs beside the world."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, get_args

from resistml.cohort.assignment import Assignment
from resistml.errors import ConfigError, did_you_mean
from resistml.rng import BLOCK
from resistml.world.laws import World
from resistml.world.missing import Missing, with_missing

if TYPE_CHECKING:
    from resistml.config import CohortConfig


@dataclass(frozen=True)
class Plan:
    """How many patients, how they are treated, and how they are observed.

    Attributes
    ----------
    assignment : str
        How treatments are given; see :mod:`resistml.cohort.assignment`.
    oracle : bool
        Whether to draw the potential outcomes and the fair expectations as well.
    all_arms : bool
        Whether the oracle has rows for strategies a patient is not eligible for, propensity 0.
    missing : str
        Which values go unrecorded; see :mod:`resistml.world.missing`.
    followup_months_min, followup_months_max : float, optional
        Administrative censoring falls evenly between the two; None = as the world assumes.
    dropout_per_year : float, optional
        Share lost to follow-up within a year; None = as the world assumes.
    complete_followup : bool
        Whether everybody is followed until death instead.

    Raises
    ------
    ConfigError
        For fewer than one patient, a negative seed, an unknown word or an impossible follow-up.
    """

    seed: int
    n: int
    assignment: Assignment = "confounded"
    oracle: bool = True
    all_arms: bool = False
    missing: Missing = "catalogued"
    followup_months_min: float | None = None
    followup_months_max: float | None = None
    dropout_per_year: float | None = None
    complete_followup: bool = False

    def __post_init__(self) -> None:
        if self.n < 1:
            raise ConfigError(f"a cohort of {self.n} patients", key="n", allowed="at least 1")
        if self.seed < 0:
            raise ConfigError(f"the seed is {self.seed}", key="seed", allowed="at least 0")
        _known("assignment", self.assignment, get_args(Assignment))
        _known("missing", self.missing, get_args(Missing))
        low, high = self.followup_months_min, self.followup_months_max
        for key, months in (("followup_months_min", low), ("followup_months_max", high)):
            if months is not None and months < 0:
                raise ConfigError(f"is {months:g}", key=key, allowed="at least 0")
        if self.dropout_per_year is not None and not 0 <= self.dropout_per_year < 1:
            raise ConfigError(
                f"is {self.dropout_per_year:g}",
                key="dropout_per_year",
                allowed="at least 0, below 1",
            )

    @property
    def blocks(self) -> int:
        """Number of blocks that hold the ``n`` patients."""
        return -(-self.n // BLOCK)

    def observed(self, world: World) -> World:
        """The world with missing values and follow-up as the plan has them."""
        given = {
            name: value
            for name in ("followup_months_min", "followup_months_max", "dropout_per_year")
            if (value := getattr(self, name)) is not None
        }
        constants = {**world.constants, **given}
        if constants["followup_months_min"] > constants["followup_months_max"]:
            raise ConfigError(
                f"follow-up of at least {constants['followup_months_min']:g} and at most "
                f"{constants['followup_months_max']:g} months",
                key="followup_months_max",
                allowed="no less than followup_months_min",
            )
        return with_missing(replace(world, constants=constants), self.missing)


def plan_of(seed: int, cohort: CohortConfig, n: int | None = None) -> Plan:
    """The plan that a run config makes; ``n`` in place of the config's number of patients."""
    followed: dict[str, Any] = {
        "followup_months_min": cohort.follow_up.min_months,
        "followup_months_max": cohort.follow_up.max_months,
        "dropout_per_year": cohort.follow_up.dropout_per_year,
        "complete_followup": cohort.follow_up.complete,
    }
    size = cohort.n if n is None else n
    how = {"oracle": cohort.oracle, "missing": cohort.missing, **followed}
    return Plan(seed, size, cohort.assignment, **how)


def _known(key: str, word: str, known: tuple[str, ...]) -> None:
    if word not in known:
        raise ConfigError(
            f"unknown {key} '{word}'",
            key=key,
            allowed=", ".join(known),
            hint=did_you_mean(word, known),
        )
