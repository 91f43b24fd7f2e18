"""Draws a block of patients with their treatment, outcomes and truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resistml.cohort.assignment import choose, propensities
from resistml.cohort.fair import Fair, fair_expectations
from resistml.cohort.outcomes import (
    CATEGORIES,
    OutcomeNoise,
    Outcomes,
    censoring,
    draw_outcome_noise,
    draw_outcomes,
)
from resistml.cohort.plan import Plan
from resistml.cohort.truth import Attribution
from resistml.errors import WorldError
from resistml.features.conditions import eligible
from resistml.rng import BLOCK, Streams
from resistml.threads import one_blas_thread
from resistml.world.compiled import Compiled, clinical_terms, compile_setting
from resistml.world.laws import World
from resistml.world.markers import (
    Noise,
    Patients,
    draw_noise,
    draw_patients,
    recorded_columns,
)

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
Words = npt.NDArray[np.object_]
Columns = dict[str, npt.NDArray[np.generic]]


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
        world = plan.observed(world)
        self.world = world
        self.plan = plan
        self.compiled = [compile_setting(world, s) for s in world.settings]
        self._truth = [Attribution.of(world, c) for c in self.compiled]
        share = np.array([c.law.share for c in self.compiled])
        self._edges = np.cumsum(share / share.sum())[:-1]

    @one_blas_thread
    def block(self, block: int) -> Drawn:
        """The patients of one block, from its own streams alone."""
        streams = Streams(self.plan.seed)
        dice = _draw_dice(streams, self.plan, self.world, self.compiled, block)
        rows = min(BLOCK, self.plan.n - block * BLOCK)
        setting = np.searchsorted(self._edges, dice.setting[:rows], side="right")
        parts: dict[str, list[tuple[Rows, Columns]]] = {"cohort": [], "oracle": [], "true": []}
        for k, c in enumerate(self.compiled):
            members = np.flatnonzero(setting == k)
            if not len(members):
                continue
            g = _draw_group(self.world, self.plan, c, dice, members)
            parts["cohort"].append((members, _cohort_columns(self.world, g, dice.followed)))
            parts["true"].append((members, _marker_columns(self.world, c, g.patients.true)))
            if self.plan.oracle:
                rng = streams.generator(f"fair.{c.law.id}", block)
                p = g.patients
                frail = c.missing.is_frail(p.age, p.ecog)
                fair = fair_expectations(self.world, c, p.recorded, g.hazard, frail, rng)
                oracle = _oracle_columns(g, fair, self._truth[k], self.plan.all_arms)
                parts["oracle"].extend(oracle)
        first = block * BLOCK + 1
        ids = np.array([f"P{first + i:08d}" for i in range(rows)], dtype=object)
        return Drawn(*(_stacked(part, ids) for part in parts.values()))


@dataclass(frozen=True)
class _Dice:
    """Random numbers of a block, a row per patient, that all its settings draw on."""

    setting: Floats
    noise: Noise
    outcome: OutcomeNoise
    choice: Floats
    followed: Floats


def _draw_dice(
    streams: Streams, plan: Plan, world: World, compiled: list[Compiled], block: int
) -> _Dice:
    """Always of the whole block, so that a patient does not depend on how many follow."""
    complete = np.full(BLOCK, np.inf)
    return _Dice(
        setting=streams.generator("settings", block).random(BLOCK),
        noise=draw_noise(streams, block, max(len(c.markers) for c in compiled)),
        outcome=draw_outcome_noise(streams, world, block, max(len(c.arms) for c in compiled)),
        choice=streams.generator("assignment", block).random(BLOCK),
        followed=complete if plan.complete_followup else censoring(streams, world, block),
    )


@dataclass(frozen=True)
class _Group:
    """A setting's n patients in a block, with all that befell them under its A arms.

    Attributes
    ----------
    open_to, propensity, hazard : (n, A) arrays
        Eligibility, chance of being given each arm, clinical log-odds of resistance.
    given : (n,) array
        Index of the arm given.
    """

    c: Compiled
    patients: Patients
    open_to: Bools
    propensity: Floats
    given: Rows
    hazard: Floats
    outcomes: Outcomes


def _draw_group(world: World, plan: Plan, c: Compiled, dice: _Dice, members: Rows) -> _Group:
    p = draw_patients(world, c, dice.noise, members)
    seen = recorded_columns(c, p)
    rules = [world.strategies[a].eligibility for a in c.arms]
    open_to = np.column_stack([eligible(seen, rule, len(members)) for rule in rules])
    if not open_to.any(axis=1).all():
        raise WorldError(
            f"patients of setting '{c.law.id}' are eligible for no strategy at all",
            hint="the setting needs one that is open to everybody",
        )
    chance = propensities(world, c, p.recorded, p.age, p.ecog, open_to, plan.assignment, p.f)
    hazard = clinical_terms(world, c.arms, p.age, p.ecog)
    given, eta = choose(chance, dice.choice[members]), c.log_odds(p.f, hazard)
    only = None if plan.oracle else given  # what nobody will read is not drawn
    return _Group(
        c=c,
        patients=p,
        open_to=open_to,
        propensity=chance,
        given=given,
        hazard=hazard,
        outcomes=draw_outcomes(world, c, eta, dice.outcome, members, only),
    )


def _cohort_columns(world: World, g: _Group, followed: Floats) -> Columns:
    """What is recorded of the group: the outcome of the arm given, censored."""
    c, p, n = g.c, g.patients, len(g.given)
    alone = g.outcomes.category.shape[1] == 1  # of the arm given, or there is but one
    chosen = np.arange(n), np.zeros_like(g.given) if alone else g.given
    category = g.outcomes.category[chosen]
    pfs, os_, end = g.outcomes.pfs[chosen], g.outcomes.os[chosen], followed[p.rows]
    return {
        "setting": np.full(n, c.law.id, dtype=object),
        "line": np.full(n, c.law.line, dtype=np.int64),
        "strategy": np.array(c.arms, dtype=object)[g.given],
        "age": p.age,
        "sex": np.array(["male", "female"], dtype=object)[p.female.astype(int)],
        "ecog": p.ecog.astype(np.int64),
        **_marker_columns(world, c, p.recorded),
        "response": np.array(CATEGORIES, dtype=object)[category],
        "resistant": (category > 1).astype(np.int64),
        "resistance_kind": _resistance_kind(category, pfs, os_, end),
        "pfs_months": np.minimum(pfs, end),
        "pfs_event": (pfs <= end).astype(np.int64),
        "os_months": np.minimum(os_, end),
        "os_event": (os_ <= end).astype(np.int64),
    }


def _resistance_kind(
    category: npt.NDArray[np.int8], pfs: Floats, os_: Floats, end: Floats
) -> Words:
    """Primary = no response from the start; acquired = progression seen after a response."""
    acquired = (pfs <= end) & (pfs < os_)  # death without progression is no resistance
    return np.where(category > 1, "primary", np.where(acquired, "acquired", "none")).astype(object)


def _marker_columns(world: World, c: Compiled, values: Floats) -> Columns:
    """A column per marker of the world, NaN outside the setting's panel."""
    measured = dict(zip(c.markers, values.T, strict=True))
    nowhere = np.full(len(values), np.nan)
    return {m: measured.get(m, nowhere) for m in world.markers}


def _oracle_columns(
    g: _Group, fair: Fair, attribution: Attribution, all_arms: bool
) -> list[tuple[Rows, Columns]]:
    """Oracle rows of each arm, for those who are eligible for it or for all."""
    truth = {f"truth_{k}": v for k, v in attribution(g.c.terms(g.patients.f), g.hazard).items()}
    expected = {f"fair_truth_{k}": v for k, v in attribution(fair.terms, g.hazard).items()}
    per_arm: Columns = {
        "propensity": g.propensity,
        "p_response": g.outcomes.p_response,
        "p_cr": g.outcomes.p_cr,
        "p_response_fair": fair.p_response,
        "response": np.array(CATEGORIES, dtype=object)[g.outcomes.category],
        "pfs_months": g.outcomes.pfs,
        "os_months": g.outcomes.os,
        **truth,
        **expected,
    }
    parts = []
    for a, arm in enumerate(g.c.arms):
        shown = g.open_to[:, a] | all_arms
        columns: Columns = {"strategy": np.full(int(shown.sum()), arm, dtype=object)}
        columns |= {name: values[shown, a] for name, values in per_arm.items()}
        parts.append((g.patients.rows[shown], columns))
    return parts


def _stacked(parts: list[tuple[Rows, Columns]], ids: npt.NDArray[np.generic]) -> Columns:
    """Parts as one table, by patient and, within him, in the order of the parts."""
    if not parts:
        return {}
    rows = np.concatenate([r for r, _ in parts])
    order = np.argsort(rows, kind="stable")
    stacked = {
        name: np.concatenate([columns[name] for _, columns in parts])[order] for name in parts[0][1]
    }
    return {"patient_id": ids[rows[order]], **stacked}
