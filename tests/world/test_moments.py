"""Rates as functions of the unknowns: their values, and every derivative."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from scipy.special import expit

from resistml.evidence import Evidence
from resistml.world import moments
from resistml.world.compiled import compile_setting
from resistml.world.conflicts import violation
from resistml.world.draft import draft_world
from resistml.world.laws import Synergy, World
from resistml.world.moments import Cell, Moment, Name, Rates, is_solved, response_moments
from resistml.world.sample import draw_base
from resistml.world.unknowns import list_unknowns
from tests.world.test_form import bent_world
from tests.world.tiny import tiny_world

WORLD = tiny_world()
PLAIN = Cell("early", "plain", ())
HIGH = Cell("early", "plain", (("PUMP", ">", 2.0), ("GATE", "==", 0.0)))
AIMED = Cell("early", "aimed", ())
IMMUNE = Cell("early", "immune", ())
POOLED = (
    Cell("early", "dense", (("CELLS", "<=", 5.0),)),
    Cell("late", "dense", (("CELLS", "<=", 5.0),)),
)


def moment(name: str, *cells: Cell, endpoint: str = "orr", low: float = 0.3) -> Moment:
    """A claimed rate of 30-40% unless told otherwise."""
    return Moment(name, endpoint, cells, low, low + 0.1, True)  # type: ignore[arg-type]


MOMENTS = [
    moment("plain", PLAIN),
    moment("high", HIGH),
    moment("aimed", AIMED),
    moment("complete", AIMED, endpoint="cr"),
    moment("immune", IMMUNE),
    moment("pooled", *POOLED),
]
NAMES: list[Name] = [
    *(("alpha", "early", a) for a in ("plain", "dense", "aimed", "immune")),
    ("alpha", "late", "dense"),
    ("kappa", "early", "aimed"),
    *(("effect", "", m) for m in WORLD.markers),
    *(("location", "early", m) for m in WORLD.settings["early"].location),
    ("location", "late", "CELLS"),
    ("location", "late", "PUMP"),
]


def start(world: World, names: list[Name]) -> np.ndarray:
    """The unknowns' values in a world."""
    read = {
        "alpha": lambda s, a: world.settings[s].arms[a].alpha,
        "kappa": lambda s, a: world.settings[s].arms[a].kappa,
        "effect": lambda _, m: world.markers[m].effect,
        "location": lambda s, m: world.settings[s].location[m],
    }
    return np.array([read[kind](where, what) for kind, where, what in names])


def differences(rates: Rates, values: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """The Jacobian by central differences."""
    columns = []
    for i in range(len(values)):
        up, down = values.copy(), values.copy()
        up[i] += step
        down[i] -= step
        columns.append((rates.evaluate(up)[0] - rates.evaluate(down)[0]) / (2 * step))
    return np.column_stack(columns)


def test_every_derivative_of_the_small_world() -> None:
    rates = Rates(WORLD, MOMENTS, NAMES)
    values = start(WORLD, NAMES) + 0.05
    _, jacobian = rates.evaluate(values)
    # Third derivatives are at most some 150 (1.4 / error^3), so differences err by 3e-9.
    np.testing.assert_allclose(jacobian, differences(rates, values), rtol=0, atol=1e-8)
    # Each unknown moves something, or the check above would be empty for it.
    assert np.abs(jacobian).max(axis=0).min() > 1e-4


def test_every_derivative_of_a_bent_world() -> None:
    pair = Synergy("PUMP", "STEM", 0.4)
    world = bent_world(pair, PUMP="threshold", STEM="saturating", CELLS="inert")
    names = [name for name in NAMES if "CELLS" not in name or name[0] != "effect"]
    rates = Rates(world, MOMENTS, names)
    values = start(world, names) + 0.05
    _, jacobian = rates.evaluate(values)
    np.testing.assert_allclose(jacobian, differences(rates, values), rtol=0, atol=1e-7)
    # The pair's slope with respect to PUMP is there: without it the differences are off.
    flat = Rates(replace(world, synergies=()), MOMENTS, names).evaluate(values)[1]
    assert np.abs(jacobian - flat).max() > 1e-3


def test_every_derivative_of_the_shipped_world(
    evidence: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The derivative is exact on any sample: a small one makes the differences quick.
    monkeypatch.setattr(moments, "draw_base", partial(draw_base, points=512))
    draft = draft_world(evidence)
    targets = response_moments(evidence)
    unknowns = list_unknowns(evidence, draft, targets)
    rates = Rates(draft, targets, [u.name for u in unknowns])
    values = np.array([u.start for u in unknowns])
    _, jacobian = rates.evaluate(values)
    np.testing.assert_allclose(jacobian, differences(rates, values), rtol=0, atol=1e-7)
    assert (np.abs(jacobian).max(axis=0) > 0).all()


def test_without_unknowns_the_rates_are_the_worlds_own() -> None:
    fixed, none = Rates(WORLD, MOMENTS, []).evaluate(np.zeros(0))
    free, _ = Rates(WORLD, MOMENTS, NAMES).evaluate(start(WORLD, NAMES))
    assert fixed == pytest.approx(free, abs=1e-12)
    assert none.shape == (len(MOMENTS), 0)


def test_a_moved_location_equals_a_world_that_starts_there() -> None:
    law = WORLD.settings["early"]
    there = replace(law, location={**law.location, "PUMP": law.location["PUMP"] + 0.3})
    other = replace(WORLD, settings={**WORLD.settings, "early": there})
    values = start(other, NAMES)
    moved, _ = Rates(WORLD, MOMENTS, NAMES).evaluate(values)
    anew, _ = Rates(other, MOMENTS, NAMES).evaluate(values)
    assert moved == pytest.approx(anew, abs=1e-12)


def test_a_rate_without_conditions_is_the_mean_over_all() -> None:
    rates = Rates(WORLD, [moment("plain", PLAIN)], [])
    eta = rates.log_odds("early", np.zeros(0))[:, 0]
    assert rates.evaluate(np.zeros(0))[0][0] == pytest.approx(expit(eta).mean())


def test_a_complete_response_clears_the_cut() -> None:
    rates = Rates(WORLD, MOMENTS, NAMES)
    values, cut = start(WORLD, NAMES), NAMES.index(("kappa", "early", "aimed"))
    values[cut] = 0.0
    orr, cr = (MOMENTS.index(m) for m in MOMENTS if m.id in ("aimed", "complete"))
    found, _ = rates.evaluate(values)
    assert found[cr] == pytest.approx(found[orr])
    values[cut] = 2.0
    assert rates.evaluate(values)[0][cr] < found[orr]


def test_settings_are_pooled_with_equal_weight_per_patient() -> None:
    parts = [Rates(WORLD, [moment("x", cell)], []) for cell in POOLED]
    shares = []
    for cell in POOLED:
        c = compile_setting(WORLD, cell.setting)
        shares.append(moments.cell_stratum(WORLD, c, draw_base(c), cell).weight.mean())
    each = [p.evaluate(np.zeros(0))[0][0] for p in parts]
    pooled = Rates(WORLD, [moment("x", *POOLED)], []).evaluate(np.zeros(0))[0][0]
    assert pooled == pytest.approx(np.average(each, weights=shares))


@pytest.mark.parametrize(
    ("low", "high", "middle", "half"),
    [(0.3, 0.4, 0.35, 0.05), (0.3, 0.3, 0.3, 0.01), (0.3, 0.31, 0.305, 0.01)],
)
def test_what_the_solver_aims_at(low: float, high: float, middle: float, half: float) -> None:
    aim = Moment("x", "orr", (PLAIN,), low, high, True)
    assert aim.middle == pytest.approx(middle)
    assert aim.half_width == pytest.approx(half)


def test_targets_are_all_response_claims_then_the_assumed_rates(evidence: Evidence) -> None:
    targets = response_moments(evidence)
    claimed = [m.id for m in targets if m.claimed]
    wanted = [
        c.id for c in evidence.claims.values() if c.role == "target" and c.endpoint in ("orr", "cr")
    ]
    assert claimed == wanted
    assumed = {m.id for m in targets if not m.claimed}
    for setting in evidence.modelled_settings:
        for arm, entry in evidence.arms_of(setting).items():
            assert (f"strategies.{arm}.arms.{setting}.orr" in assumed) == (entry.orr is not None)


def test_a_difference_between_arms_is_no_level_to_aim_at(evidence: Evidence) -> None:
    claim = next(c for c in evidence.claims.values() if is_solved(evidence, c))
    assert not is_solved(evidence, claim.model_copy(update={"measure": "difference"}))
    assert not is_solved(evidence, claim.model_copy(update={"role": "context"}))
    assert not is_solved(evidence, claim.model_copy(update={"endpoint": "median_os"}))


@pytest.mark.parametrize(
    ("bound", "low", "high", "middle"),
    [
        ("about", 0.3, 0.4, 0.35),
        ("at_least", 0.3, float("inf"), 0.31),  # just inside, by a percentage point
        ("at_most", float("-inf"), 0.4, 0.39),
    ],
)
def test_a_bound_leaves_its_other_side_open(
    evidence: Evidence, bound: str, low: float, high: float, middle: float
) -> None:
    claim = evidence.claims["s4_her2_paclitaxel_orr"]
    assert (claim.low, claim.high) == (0.3, 0.4)
    claims = {claim.id: claim.model_copy(update={"bound": bound})}
    (found, *_) = response_moments(replace(evidence, claims=claims))
    assert (found.low, found.high) == (low, high)
    assert found.middle == pytest.approx(middle)
    assert found.half_width == pytest.approx(0.05 if bound == "about" else 0.01)
    assert violation(found, 0.5) == pytest.approx(0.0 if bound == "at_least" else 0.1)
    assert violation(found, 0.1) == pytest.approx(0.0 if bound == "at_most" else 0.2)
