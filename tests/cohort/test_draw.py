"""Blocks of patients: streams, prefixes, tables, potential outcomes."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from scipy.stats import norm

from resistml.cohort import draw
from resistml.cohort.draw import Columns, Drawer, Drawn
from resistml.cohort.plan import Plan
from resistml.errors import WorldError
from resistml.features.conditions import eligible
from resistml.rng import BLOCK, Streams
from resistml.world.compiled import compile_setting
from resistml.world.laws import World
from tests.cohort.conftest import SEED
from tests.world.tiny import tiny_world

TINY = tiny_world()
TABLES = ("cohort", "oracle", "markers_true")


def same(one: Columns, other: Columns, rows: slice = slice(None)) -> None:
    """Equal columns; floats to rounding, since products of other sizes may round otherwise."""
    assert list(one) == list(other)
    for name, values in one.items():
        expected = other[name][rows]
        if values.dtype.kind == "f":
            np.testing.assert_allclose(values, expected, rtol=1e-12, atol=1e-12, err_msg=name)
        else:
            np.testing.assert_array_equal(values, expected, err_msg=name)


@pytest.mark.parametrize("n", [1, 300, 1_000])
def test_the_first_patients_are_the_same_whatever_their_number(n: int) -> None:
    few, many = (Drawer(TINY, Plan(seed=3, n=k)).block(0) for k in (n, 2_000))
    same(few.cohort, many.cohort, slice(0, n))
    same(few.markers_true, many.markers_true, slice(0, n))
    rows = int(np.isin(many.oracle["patient_id"], few.cohort["patient_id"]).sum())
    same(few.oracle, many.oracle, slice(0, rows))


def test_shipped_patients_do_not_depend_on_their_number(world: World, block: Drawn) -> None:
    few = Drawer(world, Plan(seed=SEED, n=1_500)).block(0)
    same(few.cohort, block.cohort, slice(0, 1_500))
    same(few.oracle, block.oracle, slice(0, len(few.oracle["strategy"])))


def test_same_seed_same_bytes_in_any_order_of_blocks() -> None:
    plan = Plan(seed=3, n=BLOCK + 200, oracle=False)
    one, other = Drawer(TINY, plan), Drawer(TINY, plan)
    ahead = [one.block(0), one.block(1)]
    back = [other.block(1), other.block(0)][::-1]
    for a, b in zip(ahead, back, strict=True):
        for table in ("cohort", "markers_true"):
            for name, values in getattr(a, table).items():
                again = getattr(b, table)[name]
                if values.dtype == object:
                    assert list(values) == list(again)
                else:
                    assert values.tobytes() == again.tobytes()


def test_the_oracle_does_not_change_the_patients() -> None:
    plan = Plan(seed=3, n=500)
    with_it = Drawer(TINY, plan).block(0)
    without = Drawer(TINY, replace(plan, oracle=False)).block(0)
    same(without.cohort, with_it.cohort)
    assert without.oracle == {}


def test_another_seed_gives_others() -> None:
    one, other = (Drawer(TINY, Plan(seed=s, n=2_000, oracle=False)).block(0) for s in (1, 2))
    r = np.corrcoef(
        one.markers_true["PUMP"].astype(float), other.markers_true["PUMP"].astype(float)
    )[0, 1]
    assert abs(r) < 4 / np.sqrt(2_000)


def scores(world: World, seed: int, block: int) -> dict[str, np.ndarray]:
    """Every random number of a block as normal scores, named by its draw and column."""
    compiled = [compile_setting(world, s) for s in world.settings]
    dice = draw._draw_dice(Streams(seed), Plan(seed, BLOCK), world, compiled, block)

    def normal(u: np.ndarray) -> np.ndarray:
        return norm.ppf((np.argsort(np.argsort(u, axis=0), axis=0) + 0.5) / BLOCK)

    drawn = {
        "setting": normal(dice.setting)[:, None],
        "latent": dice.noise.latent,
        "error": dice.noise.error,
        "missing": normal(dice.noise.missing),
        "person": normal(dice.noise.person),
        "response": normal(dice.outcome.response),
        "pfs": normal(dice.outcome.pfs),
        "post": normal(dice.outcome.post),
        "choice": normal(dice.choice)[:, None],
        "followed": normal(dice.followed)[:, None],
    }
    return {f"{name}.{j}": x[:, j] for name, x in drawn.items() for j in range(x.shape[1])}


def worst(pairs: list[tuple[np.ndarray, np.ndarray]]) -> tuple[float, float]:
    """Largest correlation in standard errors, and Bonferroni's bound at 0.1%."""
    z = [abs(np.corrcoef(a, b)[0, 1]) * np.sqrt(BLOCK) for a, b in pairs]
    return max(z), float(norm.isf(0.001 / (2 * len(pairs))))


def test_every_pair_of_draws_that_must_be_independent_is(world: World) -> None:
    columns = scores(world, SEED, 0)
    correlated = ("response", "pfs", "post")  # across strategies, by assumption
    pairs = [
        (columns[a], columns[b])
        for a, b in combinations(columns, 2)
        if not (a.split(".")[0] == b.split(".")[0] and a.split(".")[0] in correlated)
    ]
    assert len(pairs) > 1_500
    found, bound = worst(pairs)
    assert found < bound


@pytest.mark.parametrize(("seed", "block"), [(SEED, 1), (SEED + 1, 0)])
def test_blocks_and_seeds_are_independent(world: World, seed: int, block: int) -> None:
    here, there = scores(world, SEED, 0), scores(world, seed, block)
    pairs = [(here[a], there[b]) for a in here for b in there]
    found, bound = worst(pairs)
    assert found < bound


def test_spread_is_independent_too(world: World) -> None:
    """Squares, which a correlation of the values themselves would not show."""
    columns = {k: v**2 for k, v in scores(world, SEED, 0).items()}
    firsts = [k for k in columns if k.endswith((".0", ".1"))]
    pairs = [
        (columns[a], columns[b])
        for a, b in combinations(firsts, 2)
        if a.split(".")[0] != b.split(".")[0]
    ]
    found, bound = worst(pairs)
    # Squared normals have heavier tails than the bound's normal: half as much again.
    assert found < 1.5 * bound


def test_tables_have_the_stated_columns(world: World, block: Drawn) -> None:
    markers = list(world.markers)
    assert list(block.cohort) == [
        *("patient_id", "setting", "line", "strategy", "age", "sex", "ecog"),
        *markers,
        *("response", "resistant", "resistance_kind"),
        *("pfs_months", "pfs_event", "os_months", "os_event"),
    ]
    assert list(block.markers_true) == ["patient_id", *markers]
    groups = [
        *("accumulation", "target", "apoptosis", "stemness", "microenvironment"),
        *("clinical", "context"),
    ]
    assert list(block.oracle) == [
        *("patient_id", "strategy", "propensity", "p_response", "p_cr", "p_response_fair"),
        *("response", "pfs_months", "os_months"),
        *(f"truth_{g}" for g in groups),
        *(f"fair_truth_{g}" for g in groups),
    ]
    assert all(len(v) == BLOCK for v in block.cohort.values())


def test_patients_are_numbered_through(world: World) -> None:
    drawer = Drawer(world, Plan(seed=1, n=BLOCK + 2, oracle=False))
    assert list(drawer.block(1).cohort["patient_id"]) == ["P00016385", "P00016386"]
    assert drawer.block(0).cohort["patient_id"][0] == "P00000001"


def test_settings_take_their_shares(world: World, patients: tuple[Columns, Columns]) -> None:
    setting, n = patients[0]["setting"], len(patients[0]["setting"])
    total = sum(law.share for law in world.settings.values())
    for name, law in world.settings.items():
        share = law.share / total
        found = (setting == name).mean()
        assert abs(found - share) < 4.2 * np.sqrt(share * (1 - share) / n), name
        member = setting == name
        assert set(patients[0]["line"][member]) == {law.line}


def test_ages_and_sex_are_recorded_as_in_a_chart(patients: tuple[Columns, Columns]) -> None:
    cohort, _ = patients
    age = cohort["age"].astype(float)
    assert np.array_equal(age, np.floor(age))
    assert set(cohort["sex"]) == {"female", "male"}
    assert set(np.unique(cohort["ecog"])) == {0, 1, 2}


def oracle_by_patient(block: Drawn) -> dict[tuple[str, str], int]:
    """Row of each patient and strategy."""
    keys = zip(block.oracle["patient_id"], block.oracle["strategy"], strict=True)
    return {(str(p), str(a)): i for i, (p, a) in enumerate(keys)}


def test_the_oracle_has_a_row_for_each_eligible_strategy_in_order(
    world: World, block: Drawn
) -> None:
    cohort = block.cohort
    expected: list[tuple[str, str]] = []
    open_to: dict[str, np.ndarray] = {}
    columns = {m: cohort[m].astype(float) for m in world.markers}
    columns |= {"age": cohort["age"].astype(float), "ecog": cohort["ecog"].astype(float)}
    for name in {a for law in world.settings.values() for a in law.arms}:
        open_to[name] = eligible(columns, world.strategies[name].eligibility, BLOCK)
    for i, (patient, setting) in enumerate(
        zip(cohort["patient_id"], cohort["setting"], strict=True)
    ):
        arms = world.settings[str(setting)].arms
        expected += [(str(patient), a) for a in arms if open_to[a][i]]
    assert list(oracle_by_patient(block)) == expected


def test_the_strategy_given_is_one_of_them_and_its_outcome_the_potential_one(block: Drawn) -> None:
    where = oracle_by_patient(block)
    cohort, oracle = block.cohort, block.oracle
    keys = zip(cohort["patient_id"], cohort["strategy"], strict=True)
    rows = np.array([where[str(p), str(a)] for p, a in keys])
    assert list(oracle["response"][rows]) == list(cohort["response"])
    for time in ("pfs", "os"):
        potential = oracle[f"{time}_months"][rows].astype(float)
        seen = cohort[f"{time}_months"].astype(float)
        event = cohort[f"{time}_event"] == 1
        assert np.array_equal(seen[event], potential[event])
        assert (seen[~event] < potential[~event]).all()
    assert (oracle["propensity"][rows] > 0).all()


def test_potential_outcomes_are_consistent(block: Drawn) -> None:
    oracle = block.oracle
    assert (oracle["pfs_months"] <= oracle["os_months"]).all()
    assert (oracle["p_cr"] <= oracle["p_response"]).all()
    assert (oracle["p_cr"] > 0).all()
    assert (oracle["propensity"] >= 0.02 - 1e-12).all()
    _, rows = np.unique(oracle["patient_id"].astype(str), return_inverse=True)
    np.testing.assert_allclose(np.bincount(rows, oracle["propensity"].astype(float)), 1.0)


def test_responses_come_as_often_as_their_probability_says(world: World, block: Drawn) -> None:
    """By setting and arm, over all who are eligible and not just those given it."""
    oracle = block.oracle
    setting = dict(zip(block.cohort["patient_id"], block.cohort["setting"], strict=True))
    where = np.array([setting[i] for i in oracle["patient_id"]])
    response = np.isin(oracle["response"].astype(str), ["CR", "PR"])
    complete = oracle["response"] == "CR"
    figures = []
    for name, law in world.settings.items():
        for arm in law.arms:
            rows = (where == name) & (oracle["strategy"] == arm)
            for happened, p in ((response, oracle["p_response"]), (complete, oracle["p_cr"])):
                q = p[rows].astype(float)
                se = np.sqrt((q * (1 - q)).sum())
                figures.append((happened[rows].sum() - q.sum()) / se)
    # Some 110 figures; rare events have longer tails than the normal's 4.2 at 0.3%.
    assert np.abs(figures).max() < 4.5
    assert 0.6 < np.std(figures) < 1.4


def test_the_strategy_is_given_as_often_as_its_propensity_says(world: World, block: Drawn) -> None:
    oracle = block.oracle
    taken = dict(zip(block.cohort["patient_id"], block.cohort["strategy"], strict=True))
    given = np.array([taken[i] for i in oracle["patient_id"]]) == oracle["strategy"]
    for arm in sorted({str(a) for a in oracle["strategy"]}):
        rows = oracle["strategy"] == arm
        q = oracle["propensity"][rows].astype(float)
        z = (given[rows].sum() - q.sum()) / np.sqrt((q * (1 - q)).sum() + 1e-12)
        assert abs(z) < 4.2, arm


def test_given_the_record_the_strategy_says_nothing_of_the_outcome(block: Drawn) -> None:
    """No confounding is left: inverse propensity weights give back the mean of all eligible."""
    oracle = block.oracle
    taken = dict(zip(block.cohort["patient_id"], block.cohort["strategy"], strict=True))
    given = np.array([taken[i] for i in oracle["patient_id"]]) == oracle["strategy"]
    p, q = oracle["p_response"].astype(float), oracle["propensity"].astype(float)
    contrast = p * (given / q - 1)
    # Rows of a patient are negatively dependent, which makes this the wider error.
    assert abs(contrast.mean()) < 4 * contrast.std() / np.sqrt(len(contrast))


def steering(world: World, assignment: str) -> tuple[float, int]:
    """Mean correlation between propensity and true merit within an arm, and over how many rows."""
    plan = Plan(seed=SEED, n=8_000, assignment=assignment)  # type: ignore[arg-type]
    drawn = Drawer(world, plan).block(0)
    setting = dict(zip(drawn.cohort["patient_id"], drawn.cohort["setting"], strict=True))
    where = np.array([setting[i] for i in drawn.oracle["patient_id"]])
    p, q = (drawn.oracle[k].astype(float) for k in ("p_response", "propensity"))
    found, total = 0.0, 0
    for name, law in world.settings.items():
        shared = [a for a in law.arms if not world.strategies[a].eligibility]
        for arm in shared if len(law.arms) == len(shared) > 1 else []:
            rows = (where == name) & (drawn.oracle["strategy"] == arm)
            spread = q[rows].std() * p[rows].std()
            n = int(rows.sum())
            moved = (q[rows] * p[rows]).mean() - q[rows].mean() * p[rows].mean()
            found += n * (moved / spread if q[rows].std() > 1e-9 else 0.0)
            total += n
    return found / total, total


def test_doctors_steer_by_what_they_see_unless_treatment_is_randomised(world: World) -> None:
    confounded, n = steering(world, "confounded")
    # Standard error of a mean correlation near 0: at most 1 / sqrt(rows).
    assert confounded > 4 / np.sqrt(n)
    assert steering(world, "randomised")[0] == 0


def test_propensities_do_not_see_what_was_not_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan(seed=3, n=1_000)
    before = Drawer(TINY, plan).block(0)
    honest = draw.draw_patients

    def swapped(*args: object) -> object:
        p = honest(*args)  # type: ignore[arg-type]
        return replace(p, f=p.f[::-1], true=p.true[::-1])

    monkeypatch.setattr(draw, "draw_patients", swapped)
    after = Drawer(TINY, plan).block(0)
    assert np.array_equal(before.oracle["propensity"], after.oracle["propensity"])
    assert list(before.cohort["strategy"]) == list(after.cohort["strategy"])
    assert np.array_equal(before.oracle["p_response_fair"], after.oracle["p_response_fair"])
    assert not np.array_equal(before.oracle["p_response"], after.oracle["p_response"])


def test_propensities_do_not_hang_on_outcomes() -> None:
    law = TINY.settings["early"]
    arms = {
        a: replace(x, alpha=x.alpha + 1, kappa=0.5, pfs_scale=1.0, os_scale=1.0)
        for a, x in law.arms.items()
    }
    other = replace(TINY, settings={**TINY.settings, "early": replace(law, arms=arms)})
    one, two = (Drawer(w, Plan(seed=3, n=1_000)).block(0) for w in (TINY, other))
    assert np.array_equal(one.oracle["propensity"], two.oracle["propensity"])
    assert not np.array_equal(one.oracle["p_response"], two.oracle["p_response"])


def test_randomised_is_uniform(world: World) -> None:
    oracle = Drawer(world, Plan(seed=1, n=2_000, assignment="randomised")).block(0).oracle
    _, rows = np.unique(oracle["patient_id"].astype(str), return_inverse=True)
    np.testing.assert_allclose(oracle["propensity"].astype(float), 1 / np.bincount(rows)[rows])


def test_all_arms_adds_the_ineligible_with_propensity_0() -> None:
    plan = Plan(seed=3, n=1_000)
    some = Drawer(TINY, plan).block(0)
    every = Drawer(TINY, replace(plan, all_arms=True)).block(0)
    same(every.cohort, some.cohort)
    arms = {name: len(law.arms) for name, law in TINY.settings.items()}
    assert len(every.oracle["strategy"]) == sum(arms[str(s)] for s in some.cohort["setting"])
    shown = every.oracle["propensity"] > 0
    kept = {k: v[shown] for k, v in every.oracle.items()}
    same(kept, some.oracle)
    assert (~shown).any()
    assert np.isfinite(every.oracle["p_response_fair"].astype(float)).all()


def test_a_patient_who_is_eligible_for_nothing_is_an_error_with_a_name() -> None:
    law = TINY.settings["late"]
    only = replace(law, arms={"aimed": law.arms["aimed"]}, usual="aimed")
    world = replace(TINY, settings={"late": only})
    with pytest.raises(WorldError, match="patients of setting 'late' are eligible for no strategy"):
        Drawer(world, Plan(seed=1, n=200)).block(0)


def test_resistance_is_primary_or_acquired_or_not_seen(block: Drawn) -> None:
    c = block.cohort
    kind = c["resistance_kind"]
    primary = c["resistant"].astype(int) == 1
    assert ((kind == "primary") == primary).all()
    acquired = kind == "acquired"
    assert c["pfs_event"][acquired].astype(int).all()
    assert (c["pfs_months"][acquired].astype(float) < c["os_months"][acquired].astype(float)).all()
    unseen = ~primary & (c["pfs_event"].astype(int) == 0)
    assert (kind[unseen] == "none").all()
    assert min(primary.mean(), acquired.mean(), (kind == "none").mean()) > 0.02
