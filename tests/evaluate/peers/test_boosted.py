"""Boosted peers: rounds come of held-out patients, signs of the catalog."""

from __future__ import annotations

import numpy as np
import pytest

from resistml.evaluate.peers import PEERS, Training
from resistml.evaluate.peers.boosted import HELD_OUT, _refitted, split
from resistml.features.matrix import Records

COMMON = {"objective": "binary:logistic", "eta": 0.3, "seed": 0, "nthread": 1}


def test_held_out_patients_are_not_fitted_on() -> None:
    used, held = split(1_000, seed=3)
    assert len(held) == 1_000 * HELD_OUT
    assert sorted([*used, *held]) == list(range(1_000))
    assert split(1_000, seed=4)[1].tolist() != held.tolist()


def test_rounds_end_where_there_is_nothing_to_learn() -> None:
    """From noise few trees are kept, from a law many."""
    rng = np.random.default_rng(0)
    x = rng.random((2_000, 3)).astype(np.float32)
    noise = (rng.random(2_000) < 0.5).astype(float)
    law = (rng.random(2_000) < 1 / (1 + np.exp(-8 * (x[:, 0] - x[:, 1])))).astype(float)
    rounds = [_refitted(x, y, COMMON, 0).num_boosted_rounds() for y in (noise, law)]
    assert rounds[0] < 10 < rounds[1]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["xgboost_engaged", "hist_engaged"])
def test_engaged_peers_hold_to_the_signs(name: str, training: Training) -> None:
    """A strategy does not work better the more there is of what resists it."""
    spec = training.spec
    predict = PEERS[name].fit(training)
    setting, strategy = "crc_advanced", "folfox"
    bearing = spec.strategies[strategy].exposure
    marker = next(m for m in spec.settings[setting].panel if bearing.get(m, 0.0) > 0)
    law = spec.markers[marker]
    grid = np.linspace(law.low, law.high, 60)
    rows = np.flatnonzero(training.records.setting == setting)[:1].repeat(len(grid))
    one = training.records.take(rows)
    records = Records(one.patient_id, one.setting, {**one.columns, marker: grid})
    p = predict(records, np.full(len(grid), strategy, dtype=object))
    assert (np.diff(p) >= -1e-9).all()
