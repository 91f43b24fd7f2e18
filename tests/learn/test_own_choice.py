"""What is chosen in inner folds: by patients left out, with boosting having to earn its place."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from resistml.evidence import Evidence
from resistml.learn.calibration import log_loss
from resistml.learn.data import training_data
from resistml.learn.own_choice import Candidate, Choice, Told, choose, left_out_losses
from resistml.learn.own_folds import Split
from resistml.learn.own_patients import OwnPatients
from resistml.learn.own_spec import own_spec
from resistml.learn.params import Params
from tests.own import Feature, made, simple


def told(evidence: Evidence, patients: OwnPatients) -> Told:
    spec = own_spec(evidence, patients)
    return Told(training_data(spec, patients.records, patients.strategy, patients.resistant))


def chosen(evidence: Evidence, patients: OwnPatients, *families: str) -> Choice:
    return choose(
        {"none": told(evidence, patients)},
        Split().inner_codes(patients.resistant, 0),
        Params(rounds=40, checks=2, min_child_weight=2),
        families=families,
        seed=0,
    )


def bent(n: int) -> OwnPatients:
    """Log-odds that are a steep hinge of a."""
    rng = np.random.default_rng(5)
    a = rng.normal(size=n)
    y = (rng.random(n) < expit(4 * np.abs(a) - 3)).astype(float)
    return made({"a": a}, (Feature("a"),), y)


def crossed(n: int) -> OwnPatients:
    """Two flags of which neither says anything alone."""
    rng = np.random.default_rng(6)
    u, v = (rng.random((2, n)) < 0.5).astype(float)
    y = (rng.random(n) < np.where(u == v, 0.9, 0.1)).astype(float)
    return made({"u": u, "v": v}, (Feature("u", "mutation"), Feature("v", "mutation")), y)


def test_each_family_is_chosen_where_it_is_due(evidence: Evidence) -> None:
    families = ("logistic", "additive", "xgboost")
    assert chosen(evidence, bent(500), *families).best.family != "logistic"
    assert chosen(evidence, crossed(500), *families).best.family == "xgboost"


def test_boosting_has_to_be_better_by_more_than_chance(evidence: Evidence) -> None:
    """Where lines are straight its loss may be the least, and it is not taken for it."""
    choices = [chosen(evidence, simple(150, seed), "logistic", "xgboost") for seed in range(6)]
    assert sum(c.best.family == "xgboost" for c in choices) <= 1


def test_losses_are_of_every_candidate_and_the_best_is_the_least(evidence: Evidence) -> None:
    found = chosen(evidence, simple(200), "logistic", "additive")
    assert len(found.losses) == 4  # two families, two penalties
    assert found.losses[found.best] == min(found.losses.values())
    assert found.without == found.best


def test_where_nothing_departs_forms_that_are_the_same_are_tried_once(evidence: Evidence) -> None:
    alone = chosen(evidence, simple(120), "logistic", "linear")
    assert {c.family for c in alone.losses} == {"logistic"}
    several = chosen(evidence, simple(120, arms=2), "logistic", "linear")
    assert {c.family for c in several.losses} == {"logistic", "linear"}


def test_an_arm_that_gains_from_a_feature_is_found(evidence: Evidence) -> None:
    """Under the second arm the feature does nothing: `linear` says so, `logistic` cannot."""
    found = chosen(evidence, simple(1_500, arms=2, slope=1.5), "logistic", "linear")
    assert found.best.family == "linear"


def test_the_worlds_slopes_are_tried_at_every_share(evidence: Evidence) -> None:
    patients = simple(200)
    plain = told(evidence, patients)
    slopes = np.array([1.0, 0.0, 0.0])
    found = choose(
        {"none": plain, "directions": Told(plain.data, slopes)},
        Split().inner_codes(patients.resistant, 0),
        Params(),
        families=("logistic",),
        seed=0,
    )
    assert {c.share for c in found.losses if c.prior == "directions"} == {0.0, 0.5, 1.0}
    assert found.without.prior == "none"


@pytest.mark.parametrize(("true", "said", "taken"), [(1.0, 1.0, True), (0.0, 2.0, False)])
def test_right_slopes_are_taken_and_wrong_ones_are_not(
    evidence: Evidence, true: float, said: float, taken: bool
) -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(80, 8))
    y = (rng.random(80) < expit(true * x.sum(axis=1))).astype(float)
    columns = {f"x{j}": x[:, j] for j in range(8)}
    patients = made(columns, tuple(Feature(name) for name in columns), y)
    plain = told(evidence, patients)
    found = choose(
        {"none": plain, "directions": Told(plain.data, np.full(8, said))},
        Split().inner_codes(y, 0),
        Params(),
        families=("logistic",),
        seed=0,
    )
    assert (found.best.share > 0) == taken


def test_losses_are_those_of_calibrated_margins() -> None:
    rng = np.random.default_rng(0)
    margin = rng.normal(size=4_000)
    y = (rng.random(4_000) < expit(margin)).astype(float)
    right, wide = (left_out_losses(x, y).mean() for x in (margin, 5 * margin))
    assert wide == pytest.approx(right, abs=1e-3)
    assert log_loss(5 * margin, y) > right + 0.3


def test_a_candidates_settings() -> None:
    params = Candidate("additive", 3.0).params(Params(penalty=2.0, bag=4))
    assert (params.family, params.penalty, params.bag) == ("additive", 6.0, 4)


def test_arms_have_blocks_of_their_own_and_the_same_fit(evidence: Evidence) -> None:
    """By arm or by setting, the columns add up to the same design."""
    from dataclasses import replace

    from resistml.learn.base import layout_of
    from resistml.learn.blocks import blocks_of

    data = told(evidence, simple(80, arms=3)).data
    terms, ramps, clinical = data.additive
    dense = []
    for apart in (True, False):
        layout = layout_of("linear", replace(terms, apart=apart), clinical.shape[1])
        blocks = blocks_of(layout, ramps, clinical, data.arms)
        assert len(blocks) == (3 if apart else 1)
        whole = np.zeros((80, layout.size))
        for block in blocks:
            whole[block.rows] = block.x @ block.spread
        dense.append(whole)
    np.testing.assert_allclose(*dense)
