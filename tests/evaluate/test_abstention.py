"""How often a model abstains, from ordinary patients and from planted outliers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resistml.evaluate.abstention import PLANTS, Abstention, abstention
from resistml.features.matrix import Records
from resistml.learn.support import fit_support
from resistml.predict.model import Model
from resistml.predict.parts import Parts
from resistml.predict.support import compared
from resistml.world.laws import World
from tests.patients import Patients, draw


def supported(model: Model, trained: Patients) -> Model:
    support = fit_support(model.spec, trained.records, trained.strategy)
    return replace(model, parts=Parts(support=support))


@pytest.fixture(scope="module")
def known(model: Model, world: World) -> Model:
    """The small model, with what it takes to know 4,000 training patients."""
    return supported(model, draw(world, seed=5, n=4_000))


@pytest.fixture(scope="module")
def measured(known: Model, patients: Patients) -> Abstention:
    return abstention(known, patients.records, patients.strategy, seed=3)


def planted(kind: str, known: Model, records: Records) -> tuple[Records, np.ndarray, np.ndarray]:
    return PLANTS[kind](known, records, np.random.default_rng(0))


def test_ordinary_patients_are_answered(measured: Abstention) -> None:
    """Aimed at is one in a hundred outlying; of 1,200 patients the standard error is 0.003."""
    found = measured.ordinary
    assert found["outlying"] < 0.01 + 4 * 0.003
    assert found["rejected"] == 0
    assert max(found[k] for k in found if k != "abstained") <= found["abstained"]
    assert found["abstained"] <= sum(v for k, v in found.items() if k != "abstained")


def test_gross_errors_are_caught_and_named(measured: Abstention) -> None:
    """Of 1,200: a standard error is 0.01 at most. Ages of infants remain ages in months."""
    assert set(measured.caught) == set(PLANTS)
    assert measured.caught["hundred_fold"] > 0.95
    assert measured.caught["swapped_units"] > 0.85
    assert measured.caught["age_in_months"] > 0.98
    assert measured.named["hundred_fold"] > 0.98
    assert measured.named["swapped_units"] > 0.9
    # A column was named in no other kind.
    assert {"pulled_apart", "other_setting"}.isdisjoint(measured.named)


def test_lesser_ones_are_caught_more_often_than_ordinary_patients(measured: Abstention) -> None:
    ordinary = measured.ordinary["outlying"] + measured.ordinary["rejected"]
    assert measured.caught["hundred_fold"] > measured.caught["ten_fold"] > 0.3
    assert measured.caught["pulled_apart"] > 0.2
    assert measured.caught["other_setting"] > 0.05 > 2 * ordinary


@pytest.mark.parametrize("kind", ["ten_fold", "swapped_units"])
def test_one_marker_is_changed(kind: str, known: Model, patients: Patients) -> None:
    changed, rows, column = planted(kind, known, patients.records)
    assert rows.mean() > 0.9
    assert len(set(column[rows])) > 5
    for i in np.flatnonzero(rows)[:300].tolist():
        for name, values in patients.records.columns.items():
            was, now = values[i], changed.columns[name][i]
            if name != column[i]:
                assert now == was or (np.isnan(was) and np.isnan(now))
                continue
            kind_of = known.spec.markers[name].kind
            factor = {"percent": 0.01, "fraction": 100.0}.get(kind_of, 10.0)
            assert now == pytest.approx(was * factor)
            assert name in known.spec.settings[patients.records.setting[i]].panel
    assert (column[~rows] == "").all()


def test_values_pulled_apart_are_ordinary_each_by_itself(known: Model, patients: Patients) -> None:
    changed, rows, _ = planted("pulled_apart", known, patients.records)
    support = known.parts.support
    assert support is not None
    for setting in ("crc_advanced", "melanoma_advanced"):
        population = support.populations[setting]
        mine = np.flatnonzero(rows & (changed.setting == setting))
        before, after = (
            compared(known.spec, x.take(mine), population.names)
            for x in (patients.records, changed)
        )
        moved = ~np.isclose(before, after, equal_nan=True).all(axis=0)
        z = (after - population.mean) / population.scale
        assert moved.sum() >= 2
        # What falls below a detection limit counts as half of it, and is nearer.
        assert np.abs(z[:, moved]).max() == pytest.approx(2.0)
        assert np.isclose(np.abs(z[:, moved]), 2.0).mean() > 0.8
        # Of two neighbours of the group, one is up and the other down.
        assert (z[:, moved][:, 0] * z[:, moved][:, 1] < 0).all()


def test_relabelled_patients_share_half_a_panel(known: Model, patients: Patients) -> None:
    changed, rows, _ = planted("other_setting", known, patients.records)
    assert rows.mean() > 0.9
    assert (changed.setting[rows] != patients.records.setting[rows]).all()
    for was, now in zip(patients.records.setting[rows][:200], changed.setting[rows], strict=False):
        panels = [set(known.spec.settings[s].panel) for s in (was, now)]
        assert len(panels[0] & panels[1]) >= 0.5 * len(panels[1])


def test_the_seed_decides(known: Model, patients: Patients) -> None:
    rows = np.arange(150)
    few, arms = patients.records.take(rows), patients.strategy[rows]
    one, again, other = (abstention(known, few, arms, seed=s) for s in (1, 1, 2))
    assert one == again
    assert one.caught != other.caught


def test_without_a_support_part_there_is_nothing_to_measure(
    model: Model, patients: Patients
) -> None:
    with pytest.raises(ValueError, match="training patients"):
        abstention(model, patients.records, patients.strategy, seed=1)


@pytest.mark.slow
def test_at_most_one_ordinary_patient_in_a_hundred_is_abstained_from(
    model: Model, world: World
) -> None:
    """As the default config trains: 20,000 patients. The standard error is 0.001."""
    known = supported(model, draw(world, seed=5, n=20_000))
    fresh = draw(world, seed=6, n=10_000)
    found = abstention(known, fresh.records, fresh.strategy, seed=1)
    assert found.ordinary["abstained"] <= 0.01
    assert found.caught["pulled_apart"] > 0.4
