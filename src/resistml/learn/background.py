"""Gathers what explanations show beside a prediction; see :mod:`resistml.predict.background`."""

from __future__ import annotations

import numpy as np

from resistml.evidence import Claim, Evidence
from resistml.features.matrix import Records
from resistml.features.spec import FeatureSpec
from resistml.predict.background import LEVELS, Background, Floats

#: Fewest patients whose quantiles are worth telling: one is then 5 points at most.
LEAST = 20
#: Units that say of what a figure is a part stand behind it.
_OF = ("fraction", "ratio", "unit of")
_BOUNDS = {"at_least": "at least ", "at_most": "at most "}


def fit_background(evidence: Evidence, spec: FeatureSpec, records: Records) -> Background:
    """The background of a model trained on these patients, in whatever order they come."""
    quantiles: dict[str, dict[str, Floats]] = {}
    shares: dict[str, dict[str, float]] = {}
    for name, setting in spec.settings.items():
        mine = records.setting == name
        quantiles[name], shares[name] = {}, {}
        for marker in setting.panel:
            values = records.column(marker)[mine]
            seen = values[~np.isnan(values)]
            if len(seen) < LEAST:
                continue
            if spec.markers[marker].kind == "mutation":
                shares[name][marker] = float(seen.mean())
            else:
                quantiles[name][marker] = np.quantile(seen, LEVELS / 100)
    return Background(
        quantiles,
        shares,
        acts_on={
            a: tuple(evidence.strategies[a].acts_on)
            for a in spec.strategies
            if a in evidence.strategies  # those of one's own act on nothing that is known
        },
        reported={c: reported(evidence, evidence.claims[c]) for c in spec.claims},
    )


def reported(evidence: Evidence, claim: Claim) -> str:
    """A claim's figure as people write it: ``60-70%``, ``at least 12 months``; "" if none."""
    if claim.low is None or claim.high is None:
        return ""
    unit = claim.unit or evidence.endpoints[claim.endpoint].unit
    share = unit == "fraction" and claim.measure != "ratio"
    ends = [f"{100 * x if share else x:.4g}" for x in (claim.low, claim.high)]
    figure = ends[0] if ends[0] == ends[1] else "-".join(ends)
    if share:
        said = f"{figure}%" + (" points" if claim.measure == "difference" else "")
    elif unit.startswith("%"):
        said = figure + unit
    elif unit.startswith(_OF):
        said = f"{figure} ({unit})"
    else:
        said = f"{figure} {unit}".strip()
    horizon = f" at {claim.at_months:g} months" if claim.at_months else ""
    return _BOUNDS.get(claim.bound, "") + said + horizon
