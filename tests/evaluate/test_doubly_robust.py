"""Doubly robust scores: by hand, and right where either of the two models is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from resistml.evaluate import doubly_robust
from resistml.evaluate.doubly_robust import (
    CLIP,
    Observed,
    Scores,
    joined,
    score_patients,
    split,
)
from resistml.evaluate.judge import Predictor
from resistml.evaluate.policy import first_choice
from resistml.evaluate.propensity import OWN
from resistml.evidence import Evidence
from resistml.features.matrix import Records, Words
from resistml.features.spec import FeatureSpec
from resistml.world.laws import World
from tests.evaluate.drawn import Drawn, spec_of

Floats = npt.NDArray[np.float64]
N = 8_000


@pytest.fixture(scope="module")
def spec(evidence: Evidence, world: World) -> FeatureSpec:
    return spec_of(evidence, world)


@pytest.fixture(scope="module")
def judged(world: World, spec: FeatureSpec) -> Drawn:
    return Drawn(world, spec, n=N, seed=61)


def fixed(arms: dict[str, float]) -> Predictor:
    """Puts strategies in one order for everybody; those not named come last."""

    def predict(records: Records, arm: Words) -> Floats:
        return np.array([arms.get(name, 0.99) for name in arm.tolist()])

    return predict


def poor(records: Records, arm: Words) -> Floats:
    """An outcome model that expects next to nobody to respond."""
    return np.full(len(records), 0.9)


def of_drawn(drawn: Drawn, values: Floats) -> Predictor:
    """Answers of an oracle for the options of drawn patients, asked all at once."""

    def predict(records: Records, arm: Words) -> Floats:
        assert len(arm) == len(values)
        return values

    return predict


def test_scores_by_hand() -> None:
    found = Scores(
        modelled=np.array([0.6, 0.6, 0.3]),
        weight=np.array([2.0, 0.0, 4.0]),
        response=np.array([1.0, 1.0, 0.0]),
        expected=np.array([0.6, 0.2, 0.3]),
        propensity=np.array([0.5, 0.5, 0.25]),
    )
    np.testing.assert_allclose(found.psi, [0.6 + 2 * 0.4, 0.6, 0.3 - 4 * 0.3])
    twice = joined([found, found])
    np.testing.assert_allclose(twice.psi, np.tile(found.psi, 2))
    np.testing.assert_array_equal(twice.propensity, np.tile(found.propensity, 2))


class Known:
    """Stands for the propensity model: says what it is told to."""

    def __init__(self, chance: Floats) -> None:
        self.chance = chance

    def __call__(self, *taught: object) -> Known | Floats:
        """Fitting gives itself, asking gives the chances."""
        return self if len(taught) == 4 else self.chance


def scores(
    judged: Drawn, monkeypatch: pytest.MonkeyPatch, chance: Floats, outcome: Predictor
) -> Scores:
    monkeypatch.setattr(doubly_robust, "fit_propensity", Known(chance))
    observed = judged.observed
    assert observed.records.patient_id.tolist() == judged.records.patient_id.tolist()
    return score_patients(observed, observed, fixed({}), outcome, OWN[1])


def truth(judged: Drawn) -> Floats:
    """True p(response) under the first strategy of each."""
    rows = first_choice(judged.options, np.zeros(len(judged.options.arm)))
    return judged.p_response[rows]


@pytest.mark.parametrize("right", ["outcome", "propensity", "both"])
def test_one_right_model_is_enough(
    judged: Drawn, monkeypatch: pytest.MonkeyPatch, right: str
) -> None:
    """Within four standard errors of the truth of these very patients."""
    even = 1 / np.bincount(judged.options.patient)[judged.options.patient]
    chance = even if right == "outcome" else judged.chance
    knows = of_drawn(judged, 1 - judged.p_response)
    found = scores(judged, monkeypatch, chance, poor if right == "propensity" else knows)
    error = found.psi.std() / np.sqrt(N)
    assert abs(found.psi.mean() - truth(judged).mean()) < 4 * error
    assert error < 0.03


def test_two_wrong_models_are_not(judged: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    """So the test above has something to tell apart, by more than five standard errors."""
    even = 1 / np.bincount(judged.options.patient)[judged.options.patient]
    found = scores(judged, monkeypatch, even, poor)
    error = found.psi.std() / np.sqrt(N)
    assert abs(found.psi.mean() - truth(judged).mean()) > 5 * error


def test_weights_are_of_those_who_were_given_the_choice(
    judged: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = np.full(len(judged.chance), CLIP / 10)
    found = scores(judged, monkeypatch, tiny, poor)
    chosen = first_choice(judged.options, np.zeros(len(judged.options.arm)))
    followed = judged.given == chosen
    assert 0 < followed.mean() < 1
    np.testing.assert_array_equal(found.weight, np.where(followed, 1 / CLIP, 0))
    np.testing.assert_array_equal(found.propensity, CLIP / 10)
    np.testing.assert_array_equal(found.response, 1 - judged.resistant)


def test_only_open_strategies_are_chosen(world: World, spec: FeatureSpec, judged: Drawn) -> None:
    """A policy would give everybody what few are eligible for."""
    asked: list[tuple[str, str]] = []
    open_to = set(
        zip(
            judged.records.patient_id[judged.options.patient].tolist(),
            judged.options.arm.tolist(),
            strict=True,
        )
    )

    def greedy(records: Records, arm: Words) -> Floats:
        asked.extend(zip(records.patient_id.tolist(), arm.tolist(), strict=True))
        return np.where(arm == "braf_inhibitor_pd1", 0.0, 0.5)

    few = judged.observed.take(np.arange(1_500))
    score_patients(few, few, greedy, poor, OWN[2])
    assert len(asked) > 0
    assert set(asked) <= open_to


def test_what_is_given_outside_the_options_has_no_weight(judged: Drawn) -> None:
    few = judged.observed.take(np.arange(600))
    closed = next(
        i
        for i in range(600)
        if few.records.setting[i] == "melanoma_advanced"
        and "braf_inhibitor" not in judged.options.arm[judged.options.patient == i]
    )
    strategy = few.strategy.copy()
    strategy[closed] = "braf_inhibitor"
    odd = Observed(few.spec, few.records, strategy, few.resistant)
    found = score_patients(odd, odd, fixed({"braf_inhibitor": 0.0}), poor, OWN[2])
    assert found.weight[closed] == 0
    assert found.psi[closed] == found.modelled[closed]


def test_folds_are_even_and_do_not_hang_on_the_order_of_rows(judged: Drawn) -> None:
    observed = judged.observed
    part = split(observed, 5, seed=3)
    assert np.bincount(part).tolist() == [N // 5] * 5
    for setting in ("crc_advanced", "melanoma_advanced"):
        for arm in set(observed.strategy[observed.records.setting == setting].tolist()):
            mine = part[(observed.records.setting == setting) & (observed.strategy == arm)]
            counts = np.bincount(mine, minlength=5)
            assert counts.max() - counts.min() <= 1
    shuffled = np.random.default_rng(0).permutation(N)
    again = Observed.of(
        judged.spec,
        judged.records.take(shuffled),
        judged.strategy[shuffled],
        judged.resistant[shuffled],
    )
    np.testing.assert_array_equal(split(again, 5, seed=3), part)
    assert not np.array_equal(split(observed, 5, seed=4), part)


@pytest.mark.parametrize("folds", [0, 1])
def test_one_fold_is_refused(judged: Drawn, folds: int) -> None:
    with pytest.raises(ValueError, match="2 or more"):
        split(judged.observed, folds, seed=1)
