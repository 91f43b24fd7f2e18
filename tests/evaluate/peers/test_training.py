"""The tables that peers are fitted on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from resistml.evaluate.learners import PRIOR
from resistml.evaluate.peers.training import ENGAGED, PLAIN, RECORDED, Training, engaged, plain
from resistml.features.matrix import arm_codes, model_matrix


def test_plain_is_the_record_and_one_hot_words(training: Training) -> None:
    spec, t = training.spec, training
    table = plain(spec, t.records, t.strategy)
    markers, settings = len(spec.markers), len(spec.settings)
    recorded = markers + len(RECORDED)
    assert table.dtype == np.float32
    assert table.shape == (len(t.y), recorded + settings + len(spec.strategies))
    name = next(iter(spec.markers))
    np.testing.assert_array_equal(table[:, 0], t.records.column(name).astype(np.float32))
    np.testing.assert_array_equal(table[:, markers], t.records.column("age"))
    which = table[:, recorded : recorded + settings].argmax(axis=1)
    assert np.array(list(spec.settings))[which].tolist() == t.records.setting.tolist()
    what = table[:, recorded + settings :]
    assert np.array(list(spec.strategies))[what.argmax(axis=1)].tolist() == t.strategy.tolist()
    np.testing.assert_array_equal(what.sum(axis=1), 1)
    assert np.isnan(table[:, :markers]).any()  # as its users run it: missing stays missing


def test_plain_knows_nothing_of_exposures(training: Training) -> None:
    """With other exposures the table is the same; the engaged one is not."""
    t, spec = training, training.spec
    turned = {
        name: replace(s, exposure={m: -x for m, x in s.exposure.items()})
        for name, s in spec.strategies.items()
    }
    other = replace(spec, strategies=turned)
    tables = [make(s, t.records, t.strategy) for make in (plain, engaged) for s in (spec, other)]
    np.testing.assert_array_equal(tables[0], tables[1])
    assert not np.array_equal(tables[2], tables[3], equal_nan=True)
    assert PLAIN.signs(spec) is None


def test_engaged_is_the_models_matrix_and_the_arm(training: Training) -> None:
    spec, t = training.spec, training
    table = engaged(spec, t.records, t.strategy)
    matrix = model_matrix(spec, t.records, t.strategy)
    columns = len(spec.columns)
    np.testing.assert_array_equal(table[:, :columns], matrix.astype(np.float32))
    codes = arm_codes(spec, t.records.setting, t.strategy)
    np.testing.assert_array_equal(table[:, columns:].argmax(axis=1), codes)
    signs = ENGAGED.signs(spec)
    assert signs is not None
    assert len(signs) == table.shape[1]
    assert sum(signs) == len(spec.markers)
    assert set(signs[len(spec.markers) :]) == {0}


def test_rates_are_pulled_to_that_of_all(training: Training) -> None:
    codes = arm_codes(training.spec, training.records.setting, training.strategy)
    y = training.y
    for k in (0, 7):
        mine = y[codes == k]
        expected = (mine.sum() + PRIOR * y.mean()) / (len(mine) + PRIOR)
        assert abs(training.rates[k] - expected) < 1e-12
