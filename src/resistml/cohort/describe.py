"""Population values of a world, for people who want to know what a cohort of it holds."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit

from resistml.world.compiled import clinical_terms, compile_setting
from resistml.world.laws import World
from resistml.world.sample import draw_base, eligible, f_values
from resistml.world.times import pfs_unit, post_unit, weighted_median


def describe_world(world: World) -> dict[str, Any]:
    """Arms with their rates and medians among the eligible, and markers with their panels.

    Returns
    -------
    dict
        ``arms``: setting, share of the cohort, strategy, share eligible, response rate, medians
        of PFS and OS in months; ``markers``: id, mechanism, kind, number of settings, effect.
    """
    total = sum(law.share for law in world.settings.values())
    arms: list[dict[str, Any]] = []
    for name, law in world.settings.items():
        c = compile_setting(world, name)
        base = draw_base(c)
        eta = c.log_odds(f_values(c, base), clinical_terms(world, c.arms, base.age, base.ecog))
        for a, strategy in enumerate(c.arms):
            weight = eligible(c, base, world.strategies[strategy].eligibility).weight
            p = expit(eta[:, a])
            response = (base.noise[:, 0] < p).astype(float)
            arm = law.arms[strategy]
            pfs = arm.pfs_scale * pfs_unit(world, response, eta[:, a] - arm.alpha, base.noise[:, 1])
            os_ = pfs + arm.os_scale * post_unit(world, response, base.noise[:, 2])
            arms.append(
                {
                    "setting": name,
                    "share": law.share / total,
                    "strategy": strategy,
                    "eligible": float(weight.mean()),
                    "orr": float(np.average(p, weights=weight)),
                    "median_pfs": weighted_median(pfs, weight),
                    "median_os": weighted_median(os_, weight),
                }
            )
    markers = [
        {
            "marker": name,
            "mechanism": law.mechanism,
            "kind": law.kind,
            "settings": sum(name in s.panel for s in world.settings.values()),
            "effect": law.effect,
        }
        for name, law in world.markers.items()
    ]
    return {"world_hash": world.hash, "arms": arms, "markers": markers}
