"""Draws a block of patients with their treatment, outcomes and truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resistml.cohort.assignment import Assignment, mean_f, propensities
from resistml.cohort.fair import fair_expectations
from resistml.cohort.markers import Noise, Patients, draw_noise, draw_patients
from resistml.cohort.outcomes import (
    CATEGORIES,
    OutcomeNoise,
    Outcomes,
    censoring,
    draw_outcome_noise,
    draw_outcomes,
)
from resistml.features.conditions import eligible
from resistml.rng import BLOCK, Streams
from resistml.world.compiled import FACTORS, Compiled, clinical_terms, compile_setting
from resistml.world.laws import World
from resistml.world.sample import ecog_class, truncated_age

Floats = npt.NDArray[np.float64]
Columns = dict[str, npt.NDArray[np.generic]]

#: Groups that the true log-odds are attributed to, in the order of the oracle's columns.
GROUPS = (*(g for g in FACTORS if g != "clinical"), "clinical", "context")


@dataclass(frozen=True)
class Plan:
    """What drawing needs beside the world.

    ``oracle`` also draws the potential outcomes and the fair expectations.
    """

    seed: int
    n: int
    assignment: Assignment = "confounded"
    oracle: bool = True

    @property
    def blocks(self) -> int:
        """Number of blocks that hold the ``n`` patients."""
        return -(-self.n // BLOCK)


@dataclass(frozen=True)
class Drawn:
    """Columns of the three tables of a block; the oracle is empty if it was not asked for."""

    cohort: Columns
    oracle: Columns
    markers_true: Columns


class Drawer:
    """Draws the blocks of a plan, in any order.

    Parameters
    ----------
    world : World
    plan : Plan
    """

    def __init__(self, world: World, plan: Plan) -> None:
        self.world = world
        self.plan = plan
        self.compiled = [compile_setting(world, s) for s in world.settings]
        self._width = max(len(c.markers) for c in self.compiled)
        self._arms = max(len(c.arms) for c in self.compiled)
        self._hazard_mean = [_mean_hazard(world, c) for c in self.compiled]
        share = np.array([c.law.share for c in self.compiled])
        self._edges = np.cumsum(share / share.sum())

    def block(self, block: int) -> Drawn:
        """The patients of one block, from its own streams alone."""
        streams = Streams(self.plan.seed)
        rows = min(BLOCK, self.plan.n - block * BLOCK)
        uniform = streams.generator("settings", block).random(BLOCK)[:rows]
        setting = np.minimum(np.searchsorted(self._edges, uniform, side="right"), len(self._edges) - 1)
        shared = _Shared(
            noise=draw_noise(streams, block, self._width),
            outcome=draw_outcome_noise(streams, self.world, block, self._arms),
            choice=streams.generator("assignment", block).random(BLOCK),
            followed=censoring(streams, self.world, block),
        )
        cohort = self._empty_cohort(block, rows)
        true = {m: np.full(rows, np.nan) for m in self.world.markers}
        oracle: list[tuple[npt.NDArray[np.int64], Columns]] = []
        for k, c in enumerate(self.compiled):
            members = np.flatnonzero(setting == k)
            if len(members):
                oracle.extend(self._fill(k, c, members, shared, streams, block, cohort, true))
        markers_true: Columns = {"patient_id": cohort["patient_id"], **true}
        return Drawn(cohort, _stacked(oracle, cohort["patient_id"]), markers_true)

    def _empty_cohort(self, block: int, rows: int) -> Columns:
        first = block * BLOCK
        ids = np.array([f"P{first + i + 1:08d}" for i in range(rows)], dtype=object)
        text = {name: np.full(rows, "", dtype=object) for name in ("setting", "strategy", "sex", "response")}
        whole = {name: np.zeros(rows, np.int64) for name in ("line", "ecog", "resistant", "pfs_event", "os_event")}
        real = {name: np.zeros(rows) for name in ("age", "pfs_months", "os_months")}
        markers = {m: np.full(rows, np.nan) for m in self.world.markers}
        pool: Columns = {**text, **whole, **real, **markers}
        order = ["setting", "line", "strategy", "age", "sex", "ecog", *markers]
        order += ["response", "resistant", "pfs_months", "pfs_event", "os_months", "os_event"]
        return {"patient_id": ids, **{name: pool[name] for name in order}}

    def _fill(
        self,
        k: int,
        c: Compiled,
        members: npt.NDArray[np.int64],
        shared: _Shared,
        streams: Streams,
        block: int,
        cohort: Columns,
        true: dict[str, Floats],
    ) -> list[tuple[npt.NDArray[np.int64], Columns]]:
        """Write a setting's patients into the block's columns; return their oracle rows."""
        world = self.world
        p = draw_patients(world, c, shared.noise, members)
        seen = {**dict(zip(c.markers, p.recorded.T, strict=True)), "age": p.age, "ecog": p.ecog, "sex": p.female}
        may = np.column_stack(
            [eligible(seen, world.strategies[a].eligibility, len(members)) for a in c.arms]
        )
        chance = propensities(world, c, p.recorded, p.age, p.ecog, may, self.plan.assignment)
        given = np.minimum((np.cumsum(chance, axis=1) < shared.choice[members, None]).sum(axis=1), may.shape[1] - 1)
        hazard = clinical_terms(world, c.arms, p.age, p.ecog)
        eta = c.log_odds(p.f, hazard)
        outcomes = draw_outcomes(world, c, eta, shared.outcome, members)
        self._record(c, p, given, outcomes, shared.followed[members], cohort, true)
        if not self.plan.oracle:
            return []
        rng = streams.generator(f"fair.{c.law.id}", block)
        fair = fair_expectations(world, c, p.recorded, hazard, rng)
        shapley = [
            {
                **_attributed(world, c, a, p.f, hazard[:, a], self._hazard_mean[k][a], "truth"),
                **_attributed(world, c, a, fair.f, hazard[:, a], self._hazard_mean[k][a], "fair_truth"),
            }
            for a in range(len(c.arms))
        ]
        return [
            _oracle_rows(c, a, members, may[:, a], chance[:, a], outcomes, fair.p_response[:, a], shapley[a])
            for a in range(len(c.arms))
        ]

    def _record(
        self,
        c: Compiled,
        p: Patients,
        given: npt.NDArray[np.int64],
        outcomes: Outcomes,
        followed: Floats,
        cohort: Columns,
        true: dict[str, Floats],
    ) -> None:
        """The outcome of the strategy given, censored, and all that was recorded."""
        at, rows = np.arange(len(given)), p.rows
        category = outcomes.category[at, given]
        pfs, os_ = outcomes.pfs[at, given], outcomes.os[at, given]
        values: Columns = {
            "setting": np.full(len(given), c.law.id, dtype=object),
            "line": np.full(len(given), c.law.line),
            "strategy": np.array(c.arms, dtype=object)[given],
            "age": p.age,
            "sex": np.where(p.female == 1, "female", "male").astype(object),
            "ecog": p.ecog.astype(np.int64),
            "response": np.array(CATEGORIES, dtype=object)[category],
            "resistant": (category > 1).astype(np.int64),
            "pfs_months": np.minimum(pfs, followed),
            "pfs_event": (pfs <= followed).astype(np.int64),
            "os_months": np.minimum(os_, followed),
            "os_event": (os_ <= followed).astype(np.int64),
            **dict(zip(c.markers, p.recorded.T, strict=True)),
        }
        for name, column in values.items():
            cohort[name][rows] = column
        for marker, column in zip(c.markers, p.true.T, strict=True):
            true[marker][rows] = column


@dataclass(frozen=True)
class _Shared:
    """Random numbers of a block that all its settings draw on."""

    noise: Noise
    outcome: OutcomeNoise
    choice: Floats
    followed: Floats


def _mean_hazard(world: World, c: Compiled, points: int = 2_000) -> Floats:
    """(A,) mean clinical terms of a setting's patients."""
    grid = (np.arange(points) + 0.5) / points
    age = np.tile(np.floor(truncated_age(c, grid)), 101)
    ecog = np.repeat(ecog_class(c, (np.arange(101) + 0.5) / 101), points)
    return np.asarray(clinical_terms(world, c.arms, age, ecog).mean(axis=0))


def _attributed(
    world: World, c: Compiled, a: int, f: Floats, hazard: Floats, hazard_mean: float, prefix: str
) -> Columns:
    """Shapley values of the log-odds towards resistance, by group.

    The log-odds are additive in f and in the clinical terms, so a group's Shapley value
    against the setting's population is its terms less their mean. ``context`` is what an
    average patient of the setting has; the groups add up to -eta.
    """
    centred = -(f - mean_f(c)) * c.weights[a]
    out: Columns = {}
    for group in GROUPS[:-2]:
        columns = [j for j, m in enumerate(c.markers) if world.markers[m].mechanism == group]
        out[f"{prefix}_{group}"] = centred[:, columns].sum(axis=1)
    blood = [j for j, m in enumerate(c.markers) if world.markers[m].mechanism == "clinical"]
    out[f"{prefix}_clinical"] = centred[:, blood].sum(axis=1) + hazard - hazard_mean
    average = -(c.alpha[a] + mean_f(c) @ c.weights[a]) + hazard_mean
    out[f"{prefix}_context"] = np.full(len(f), average)
    return out


def _oracle_rows(
    c: Compiled,
    a: int,
    members: npt.NDArray[np.int64],
    may: npt.NDArray[np.bool_],
    chance: Floats,
    outcomes: Outcomes,
    fair: Floats,
    shapley: Columns,
) -> tuple[npt.NDArray[np.int64], Columns]:
    """Oracle rows of one arm, for those who are eligible for it."""
    columns: Columns = {
        "strategy": np.full(len(members), c.arms[a], dtype=object),
        "propensity": chance,
        "p_response": outcomes.p_response[:, a],
        "p_cr": outcomes.p_cr[:, a],
        "p_response_fair": fair,
        "response": np.array(CATEGORIES, dtype=object)[outcomes.category[:, a]],
        "pfs_months": outcomes.pfs[:, a],
        "os_months": outcomes.os[:, a],
        **shapley,
    }
    return members[may], {name: column[may] for name, column in columns.items()}


def _stacked(
    parts: list[tuple[npt.NDArray[np.int64], Columns]], ids: npt.NDArray[np.generic]
) -> Columns:
    """All arms' rows as one table, by patient and, within him, in the catalog's order of arms."""
    if not parts:
        return {}
    rows = np.concatenate([r for r, _ in parts])
    order = np.argsort(rows, kind="stable")
    stacked = {
        name: np.concatenate([columns[name] for _, columns in parts])[order]
        for name in parts[0][1]
    }
    return {"patient_id": ids[rows[order]], **stacked}
