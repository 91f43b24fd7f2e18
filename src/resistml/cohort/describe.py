"""Population values of a world, for people who want to know what a cohort of it holds."""

from __future__ import annotations

from math import isfinite
from typing import Any

from scipy.special import expit

from resistml.world.compiled import compile_setting
from resistml.world.laws import World
from resistml.world.moments import Cell
from resistml.world.times import Times


def describe_world(world: World) -> dict[str, Any]:
    """Arms with their rates and medians among the eligible, and markers with their panels.

    Returns
    -------
    dict
        ``arms``: setting, share of the cohort, strategy, share eligible, response rate, medians
        of PFS and OS in months (None = not reached); ``markers``: id, mechanism, kind, number of
        settings, effect.
    """
    total = sum(law.share for law in world.settings.values())
    arms: list[dict[str, Any]] = []
    for name, law in world.settings.items():
        for strategy, times in Times.by_arm(world, compile_setting(world, name)).items():
            cell = Cell(name, strategy, ())
            weight = times.weight(cell)
            arms.append(
                {
                    "setting": name,
                    "share": law.share / total,
                    "strategy": strategy,
                    "eligible": times.share(cell),
                    "orr": float(weight @ expit(times.eta)),
                    "median_pfs": _reached(times.pfs_median(cell)),
                    "median_os": _reached(times.os_median(cell)),
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


def _reached(months: float) -> float | None:
    return months if isfinite(months) else None
