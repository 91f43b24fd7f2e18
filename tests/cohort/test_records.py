"""Markers of the shipped world, as a drawn cohort records them."""

from __future__ import annotations

import numpy as np

from resistml.cohort.draw import Columns
from resistml.features.links import forward
from resistml.world.compiled import compile_setting
from resistml.world.laws import World


def test_shipped_settings_record_their_panel_at_the_stated_rates(
    world: World, patients: tuple[Columns, Columns]
) -> None:
    cohort, true = patients
    figures = []
    for name, law in world.settings.items():
        member = cohort["setting"] == name
        for marker in world.markers:
            values = cohort[marker][member]
            if marker not in law.panel:
                assert np.isnan(values).all()
                assert np.isnan(true[marker][member]).all()
                continue
            rate = law.missing[marker]
            figures.append(
                (np.isnan(values).mean() - rate) / np.sqrt(rate * (1 - rate) / len(values))
            )
            assert not np.isnan(true[marker][member]).any()
    # 265 binomial figures: the largest normal deviate stays below 4.2 with 99.3%.
    assert len(figures) > 200
    assert np.abs(figures).max() < 4.2


def test_shipped_latents_recover_sigma(world: World, patients: tuple[Columns, Columns]) -> None:
    cohort, true = patients
    worst = 0.0
    for name in world.settings:
        c, member = compile_setting(world, name), cohort["setting"] == name
        columns = []
        for i, (marker, kind) in enumerate(zip(c.continuous, c.kinds, strict=True)):
            values = true[marker][member]
            columns.append(np.log(values) if kind == "count" else forward(kind, values))
            columns[-1] = (columns[-1] - c.location[i]) / c.spread[i]
        r = np.corrcoef(np.array(columns))
        se = (1 - c.covariance**2) / np.sqrt(member.sum()) + np.eye(len(r))
        worst = max(worst, float((np.abs(r - c.covariance) / se).max()))
    # Some 1,200 correlations: the largest deviate stays below 4.6 with 99.5%.
    assert worst < 4.6
