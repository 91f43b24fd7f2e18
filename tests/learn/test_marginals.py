"""What is gathered of the training patients for comparisons with others."""

from __future__ import annotations

import numpy as np
import pytest

from resistml.learn.marginals import LEAST, column, fit_marginals
from resistml.learn.support import fit_support
from resistml.predict.marginals import CLINICAL, LEVELS, Marginals, is_flag, values_of
from resistml.predict.model import Model
from tests.patients import Patients


@pytest.fixture(scope="module")
def made(model: Model, patients: Patients) -> Marginals:
    return fit_marginals(model, patients.records, patients.strategy)


def test_columns_are_the_settings_own(made: Marginals, model: Model, patients: Patients) -> None:
    spec, told = model.spec, 0
    for setting, law in spec.settings.items():
        mine = patients.records.take(np.flatnonzero(patients.records.setting == setting))
        for name in (*law.panel, *CLINICAL):
            values = values_of(spec, mine, name)
            seen = values[~np.isnan(values)]
            known = made.columns[setting].get(name)
            assert (known is None) == (len(seen) < LEAST)
            if known is None:
                continue
            told += 1
            assert (known.n, known.missing) == (len(seen), len(values) - len(seen))
            if is_flag(spec, name):
                assert known.mean == pytest.approx(seen.mean())
                assert len(known.edges) == 0
            else:
                drawn_in = np.clip(seen, known.low, known.high)
                assert known.mean == pytest.approx(drawn_in.mean())
                assert known.counts.sum() == len(seen)
                assert len(known.edges) == len(LEVELS)
    assert told > 200


def test_scores_are_those_of_the_model(made: Marginals, model: Model, patients: Patients) -> None:
    p = model.risk(patients.records, patients.strategy).p
    for setting, own in made.scores.items():
        mine = p[patients.records.setting == setting]
        np.testing.assert_array_equal(own["given"].counts, own["given"].binned(mine))
        assert own["given"].mean == pytest.approx(mine.mean(), abs=0.01)
        usual = np.full(len(mine), model.spec.settings[setting].usual, dtype=object)
        rows = np.flatnonzero(patients.records.setting == setting)
        told = model.risk(patients.records.take(rows), usual).p
        np.testing.assert_array_equal(own["usual"].counts, own["usual"].binned(told))


def test_an_order_of_patients_makes_no_difference(
    made: Marginals, model: Model, patients: Patients
) -> None:
    turned = np.arange(len(patients.records))[::-1]
    again = fit_marginals(model, patients.records.take(turned), patients.strategy[turned])
    assert again.to_json() == made.to_json()


def test_it_fits_its_spec(made: Marginals, model: Model) -> None:
    assert Marginals.from_json(made.to_json(), {}, model.spec).to_json() == made.to_json()


def test_bins_hold_a_twentieth_each() -> None:
    known = column(np.random.default_rng(1).normal(size=2_000))
    assert set(known.counts.tolist()) == {100}


def test_ties_keep_to_one_bin() -> None:
    values = np.repeat([0.0, 1.0, 2.0], [60, 30, 10])
    known = column(values)
    assert sorted(known.counts[known.counts > 0].tolist()) == [10, 30, 60]


def test_no_value_at_all() -> None:
    known = column(np.full(7, np.nan))
    assert (known.n, known.missing) == (0, 7)


def test_support_alone_tells_means_and_shares(model: Model, patients: Patients) -> None:
    support = fit_support(model.spec, patients.records, patients.strategy)
    bare = Marginals.of_support(support, model.spec)
    full = fit_marginals(model, patients.records, patients.strategy)
    told = 0
    for setting, own in bare.columns.items():
        for name, known in own.items():
            whole = full.columns[setting].get(name)
            assert known.missing is None
            assert len(known.edges) == 0
            if whole is not None:
                told += 1
                # Support adds half a patient to each side of a share.
                assert known.mean == pytest.approx(whole.mean, abs=0.03 + 0.02 * abs(whole.mean))
    assert told > 50
