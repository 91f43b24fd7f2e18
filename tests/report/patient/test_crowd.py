"""The patients beside whom a patient is seen."""

from __future__ import annotations

import numpy as np
import pytest

from resistml.features.matrix import standardised
from resistml.predict.model import Model
from resistml.report.patient.crowd import BINS, PATIENTS, crowd, drawn, drawn_risks
from resistml.world.laws import World
from tests.patients import draw


def test_they_are_drawn_as_the_bundle_describes_them(shipped_model: Model) -> None:
    """Means within 4.5 standard errors: among some 20 figures one in a thousand runs fails."""
    spec, support = shipped_model.spec, shipped_model.parts.support
    assert support is not None
    people = support.populations["nsclc_advanced"]
    records = drawn(spec, people, "nsclc_advanced", female=0.3)
    near = 4.5 / np.sqrt(PATIENTS)
    j = people.names.index("ABCB1")
    f = standardised(spec.markers["ABCB1"], records.column("ABCB1"))
    assert abs(f.mean() - people.mean[j]) < near * people.scale[j]
    assert abs(f.std() / people.scale[j] - 1) < near
    for name, share in zip(people.mutations, people.shares, strict=True):
        spread = np.sqrt(share * (1 - share))
        assert abs(records.column(name).mean() - share) < near * spread
    assert abs(records.column("sex").mean() - 0.3) < near * 0.46
    k = people.names.index("ABCC1")
    other = standardised(spec.markers["ABCC1"], records.column("ABCC1"))
    assert abs(np.corrcoef(f, other)[0, 1] - people.correlation[j, k]) < near


@pytest.mark.slow
def test_their_risks_are_those_of_patients(shipped_model: Model, world: World) -> None:
    """Of fresh patients of the default world, with their gaps: Kolmogorov and Smirnov's distance.

    Of two samples of one law it is above 1.95 sqrt(1/n + 1/m) once in a thousand; 0.02 is left
    for what the drawn have not, their gaps.
    """
    patients = draw(world, seed=991, n=16_000).records
    for setting, strategy in shipped_model.spec.arms:
        rows = np.flatnonzero(patients.setting == setting)
        asked = np.full(len(rows), strategy, dtype=object)
        theirs = np.sort(shipped_model.risk(patients.take(rows), asked).p)
        drawn_ = drawn_risks(shipped_model, setting, strategy)
        assert drawn_ is not None
        both = np.concatenate([theirs, drawn_])
        below = [np.searchsorted(x, both, side="right") / len(x) for x in (theirs, drawn_)]
        limit = 1.95 * np.sqrt(1 / len(theirs) + 1 / len(drawn_)) + 0.02
        assert np.abs(below[0] - below[1]).max() < limit, (setting, strategy)


def test_values_are_what_a_table_may_hold(shipped_model: Model) -> None:
    spec, support = shipped_model.spec, shipped_model.parts.support
    assert support is not None
    for setting in ("nsclc_advanced", "all_relapsed_child"):
        records = drawn(spec, support.populations[setting], setting, female=0.5)
        youngest, oldest = spec.settings[setting].ages
        assert records.column("age").min() >= youngest
        assert records.column("age").max() <= oldest
        assert set(records.column("ecog")) <= {0.0, 1.0, 2.0}
        for name in spec.settings[setting].panel:
            values, marker = records.column(name), spec.markers[name]
            assert np.isfinite(values).all()
            assert values.min() >= marker.low
            assert values.max() <= marker.high


def test_risks_rise_and_are_the_same_each_time(shipped_model: Model) -> None:
    once = drawn_risks(shipped_model, "crc_advanced", "folfox")
    again = drawn_risks(shipped_model, "crc_advanced", "folfox")
    assert once is not None
    assert again is not None
    assert (np.diff(once) >= 0).all()
    np.testing.assert_array_equal(once, again)


def test_a_place_among_them() -> None:
    risks = np.array([0.1, 0.2, 0.3, 0.9])
    found = crowd(risks, 0.25)
    assert found.below == 0.5
    assert found.median == 0.25
    assert (len(found.shares), sum(found.shares)) == (BINS, pytest.approx(1))
    assert found.shares[2] == found.shares[18] == 0.25


def test_a_bundle_that_does_not_describe_its_patients_has_none(model: Model) -> None:
    assert model.parts.support is None
    assert drawn_risks(model, "crc_advanced", "folfox") is None
