"""EconML's learners, on effects that are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resistml.evaluate.peers import Training
from resistml.evaluate.peers.causal import LEAST, LEAST_OF_EACH, _compared, dr_forest, dr_learner
from resistml.features.matrix import Records

pytest.importorskip("econml")

SETTING = "crc_advanced"


def randomised(training: Training, n: int) -> tuple[Training, tuple[str, str], np.ndarray]:
    """Patients of one setting treated by lot: the second arm works where a marker is high."""
    spec = training.spec
    arms = spec.settings[SETTING].strategies[:2]
    panel = spec.settings[SETTING].panel
    rng = np.random.default_rng(5)
    columns = {name: rng.random(n) for name in (*panel, "age", "ecog", "sex")}
    columns[panel[0]][rng.random(n) < 0.1] = np.nan
    marker = columns[panel[1]]
    given = rng.integers(0, 2, n)
    effect = np.where(marker > 0.5, -0.3, 0.3)  # on p(resistance)
    y = (rng.random(n) < 0.5 + given * effect).astype(float)
    ids = np.array([f"p{i:05d}" for i in range(n)], dtype=object)
    records = Records(ids, np.full(n, SETTING, dtype=object), columns)
    strategy = np.array(arms, dtype=object)[given]
    made = replace(training, records=records, strategy=strategy, y=y)
    return made, (arms[0], arms[1]), effect


@pytest.mark.parametrize(
    ("make", "correlation"),
    [(dr_learner, 0.8), pytest.param(dr_forest, 0.9, marks=pytest.mark.slow)],
    ids=["linear", "forest"],
)
def test_known_effects_are_found(make: object, correlation: float, training: Training) -> None:
    """A step of the marker correlates at 0.87 with a straight line; a forest may do better."""
    made, arms, effect = randomised(training, 3_000)
    predict = make()(made)  # type: ignore[operator]
    p = [predict(made.records, np.full(len(effect), arm, dtype=object)) for arm in arms]
    found = p[1] - p[0]
    assert np.corrcoef(found, effect)[0, 1] > correlation
    # The mean effect; of 3,000 patients in two arms the standard error is 0.018.
    assert found.mean() == pytest.approx(effect.mean(), abs=0.06)


def test_arms_with_too_few_patients_are_left_to_their_rates(training: Training) -> None:
    made, arms, _ = randomised(training, 400)
    third = training.spec.settings[SETTING].strategies[2]
    strategy = made.strategy.copy()
    strategy[: LEAST - 1] = third
    made = replace(made, strategy=strategy)
    predict = dr_learner()(made)
    p = predict(made.records, np.full(400, third, dtype=object))
    index = training.spec.arms.index((SETTING, third))
    assert p == pytest.approx(made.rates[index])
    answers = [predict(made.records, np.full(400, arm, dtype=object)) for arm in arms]
    spread = sorted(float(np.ptp(p)) for p in answers)
    assert spread[0] == 0 < spread[1]  # the more usual arm is what others are held against


def test_which_arms_are_compared() -> None:
    given = np.array(["a"] * LEAST + ["b"] * (LEAST + 9) + ["c"] * 200 + ["d"] * 3, dtype=object)
    y = np.zeros(len(given))
    y[: LEAST_OF_EACH - 1] = 1  # of a, one too few
    y[LEAST : LEAST + LEAST_OF_EACH] = 1
    y[2 * LEAST + 9 : 3 * LEAST] = 1
    assert _compared(("a", "b", "c", "d"), given, y) == ("c", "b")
