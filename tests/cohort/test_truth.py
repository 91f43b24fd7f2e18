"""Attribution of the true log-odds."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy.special import logit

from resistml.cohort.draw import Drawn
from resistml.cohort.truth import Attribution, groups, mean_hazard
from resistml.world.compiled import clinical_terms, compile_setting
from resistml.world.laws import World
from resistml.world.sample import ecog_class, truncated_age
from tests.world.tiny import tiny_world

WORLD = tiny_world()
C = compile_setting(WORLD, "early")
GROUPS = groups(WORLD)


def some(n: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """f and clinical terms of n patients."""
    rng = np.random.default_rng(1)
    age, ecog = rng.integers(40, 85, n).astype(float), rng.integers(0, 3, n).astype(float)
    f = np.column_stack([rng.standard_normal((n, 5)), rng.random((n, 2)) < 0.4])
    return f, clinical_terms(WORLD, C.arms, age, ecog)


def test_groups_are_the_mechanisms_then_clinical_and_context() -> None:
    assert GROUPS == (
        "accumulation",
        "target",
        "apoptosis",
        "stemness",
        "microenvironment",
        "clinical",
        "context",
    )


def test_groups_add_up_to_minus_the_log_odds_of_response() -> None:
    f, hazard = some()
    values = Attribution.of(WORLD, C)(f, hazard)
    assert tuple(values) == GROUPS
    np.testing.assert_allclose(sum(values.values()), -C.log_odds(f, hazard), atol=1e-12)


def test_they_are_the_shapley_values_by_the_definition() -> None:
    """Averages over all orders in which the groups' values replace the population's.

    Additive terms make the game additive, so that a group absent is best stood in for by its
    mean: E[eta] over the population of what is not yet known.
    """
    f, hazard = some(1)
    attribution = Attribution.of(WORLD, C)
    mean = np.concatenate([C.standardised(C.location), C.prevalence])
    players = GROUPS[:-1]

    def game(known: frozenset[str]) -> np.ndarray:
        columns = [j for g in known for j in attribution.columns[g]]
        x = mean.copy()
        x[columns] = f[0, columns]
        terms = hazard if "clinical" in known else attribution.mean_hazard[None, :]
        return -C.log_odds(x[None, :], terms)[0]

    shapley = {g: np.zeros(len(C.arms)) for g in players}
    orders = list(permutations(players))
    for order in orders:
        known: frozenset[str] = frozenset()
        for player in order:
            shapley[player] += (game(known | {player}) - game(known)) / len(orders)
            known |= {player}
    found = attribution(f, hazard)
    for g in players:
        np.testing.assert_allclose(found[g][0], shapley[g], atol=1e-12)
    np.testing.assert_allclose(found["context"][0], game(frozenset()), atol=1e-12)


def test_an_average_patient_owes_nothing_to_any_mechanism() -> None:
    mean = np.concatenate([C.standardised(C.location), C.prevalence])[None, :]
    attribution = Attribution.of(WORLD, C)
    values = attribution(mean, attribution.mean_hazard[None, :])
    for group in GROUPS[:-1]:
        assert np.abs(values[group]).max() < 1e-12


def test_a_group_without_markers_gets_nothing() -> None:
    f, hazard = some()
    assert not Attribution.of(WORLD, C)(f, hazard)["apoptosis"].any()


def test_the_mean_of_the_clinical_terms_is_exact() -> None:
    n = 400_000
    rng = np.random.default_rng(2)
    age, ecog = truncated_age(C, rng.random(n)), ecog_class(C, rng.random(n))
    terms = clinical_terms(WORLD, C.arms, age, ecog)
    z = (terms.mean(axis=0) - mean_hazard(WORLD, C)) / (terms.std(axis=0) / np.sqrt(n))
    assert np.abs(z).max() < 4


def truth(block: Drawn, prefix: str, world: World) -> np.ndarray:
    """(rows, groups) of the oracle."""
    return np.column_stack([block.oracle[f"{prefix}_{g}"] for g in groups(world)]).astype(float)


def test_the_oracles_columns_add_up(block: Drawn, world: World) -> None:
    total = truth(block, "truth", world).sum(axis=1)
    expected = -logit(block.oracle["p_response"].astype(float))
    np.testing.assert_allclose(total, expected, atol=1e-8)


def test_fair_and_true_attributions_agree_on_average(block: Drawn, world: World) -> None:
    """E[truth | record] has the mean of the truth: by setting, arm and group."""
    setting = dict(zip(block.cohort["patient_id"], block.cohort["setting"], strict=True))
    where = np.array([setting[i] for i in block.oracle["patient_id"]])
    gap = truth(block, "truth", world) - truth(block, "fair_truth", world)
    figures = []
    for name, law in world.settings.items():
        for arm in law.arms:
            rows = gap[(where == name) & (block.oracle["strategy"] == arm)]
            if len(rows) < 30:
                continue
            sd = rows.std(axis=0)
            varies = sd > 1e-9
            figures.extend(rows.mean(axis=0)[varies] / (sd[varies] / np.sqrt(len(rows))))
            # What does not vary (context, a group without markers) is known to all.
            assert np.abs(rows[:, ~varies]).max(initial=0.0) < 1e-6
    # Some 230 figures: the largest deviate stays below 4.5 with 99.8%, tails of t and of
    # rare mutations allowed for.
    assert len(figures) > 150
    assert np.abs(figures).max() < 4.5


def test_fair_attributions_are_calibrated(block: Drawn, world: World) -> None:
    """Regression of the truth on its expectation given the record has slope 1."""
    true, fair = truth(block, "truth", world), truth(block, "fair_truth", world)
    for g, name in enumerate(groups(world)[:-1]):
        x, y = fair[:, g] - fair[:, g].mean(), true[:, g] - true[:, g].mean()
        slope = (x @ y) / (x @ x)
        # Heteroscedastic standard error; rows of a patient are not independent: some 2.6 arms.
        se = np.sqrt(((x * (y - slope * x)) ** 2).sum()) / (x @ x) * np.sqrt(2.6)
        assert abs(slope - 1) < 4 * se, name


@pytest.mark.parametrize("group", ["clinical"])
def test_age_and_performance_are_known_without_error(
    block: Drawn, world: World, group: str
) -> None:
    """Where no blood marker stands in the panel the clinical truth is the fair one."""
    setting = dict(zip(block.cohort["patient_id"], block.cohort["setting"], strict=True))
    where = np.array([setting[i] for i in block.oracle["patient_id"]])
    bare = [
        name
        for name, law in world.settings.items()
        if not any(world.markers[m].mechanism == group for m in law.panel)
    ]
    rows = np.isin(where, bare)
    assert rows.sum() > 1_000
    one = block.oracle[f"truth_{group}"][rows].astype(float)
    np.testing.assert_allclose(one, block.oracle[f"fair_truth_{group}"][rows].astype(float))
