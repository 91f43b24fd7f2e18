"""The T-learner: each arm by itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resistml.evaluate.peers import Training
from resistml.evaluate.peers.per_arm import LEAST, LEAST_OF_EACH, _bearing, _signs, t_learner
from resistml.features.matrix import arm_codes


@pytest.fixture(scope="module")
def few(training: Training) -> Training:
    """The patients of three settings."""
    kept = ["crc_advanced", "melanoma_advanced", "prostate_crpc"]
    rows = np.flatnonzero(np.isin(training.records.setting.astype(str), kept))
    records, strategy = training.records.take(rows), training.strategy[rows]
    return replace(training, records=records, strategy=strategy, y=training.y[rows])


def counts(training: Training) -> np.ndarray:
    codes = arm_codes(training.spec, training.records.setting, training.strategy)
    return np.bincount(codes, minlength=len(training.spec.arms))


@pytest.mark.parametrize("engaged", [False, True])
def test_small_arms_keep_their_constant(engaged: bool, few: Training) -> None:
    t, n = few, counts(few)
    codes = arm_codes(t.spec, t.records.setting, t.strategy)
    resistant = np.bincount(codes, weights=t.y, minlength=len(n))
    rare = np.minimum(resistant, n - resistant)
    predict = t_learner(engaged=engaged)(t)
    seen = {"own": 0, "constant": 0}
    for k in np.flatnonzero(n > 1):
        rows = np.flatnonzero(codes == k)
        p = predict(t.records.take(rows), t.strategy[rows])
        if n[k] < LEAST or rare[k] < LEAST_OF_EACH:
            assert p == pytest.approx(t.rates[k])
            seen["constant"] += 1
        else:
            seen["own"] += bool(np.ptp(p) > 0)
    assert min(seen.values()) >= 1


def test_an_arm_learns_from_its_own_patients_alone(few: Training) -> None:
    """What befalls the patients of other arms does not matter to it."""
    t = few
    codes = arm_codes(t.spec, t.records.setting, t.strategy)
    largest = int(counts(few).argmax())
    rows = np.flatnonzero(codes == largest)
    others = np.where(codes == largest, t.y, 1 - t.y)
    answers = [
        t_learner(engaged=False)(replace(t, y=y))(t.records.take(rows), t.strategy[rows])
        for y in (t.y, others)
    ]
    np.testing.assert_array_equal(*answers)


def test_engaged_arms_see_what_bears_on_them(training: Training) -> None:
    spec = training.spec
    for k, (setting, strategy) in enumerate(spec.arms):
        names = [spec.columns[j] for j in _bearing(spec, k)]
        markers = [name for name in names if name in spec.markers]
        exposure = spec.strategies[strategy].exposure
        expected = {m for m in spec.settings[setting].panel if exposure.get(m, 0.0) != 0.0}
        assert set(markers) == expected
        assert _signs(spec, k) == (1,) * len(markers) + (0,) * (len(names) - len(markers))
