"""Intervals for what only better evidence would settle, as answers show them."""

from __future__ import annotations

import numpy as np

from resistml.columns import EVIDENCE, with_evidence
from resistml.features.matrix import Records, Words
from resistml.predict.model import CHUNK, Floats, Model, sigmoid


def with_those_of_evidence(model: Model, names: tuple[str, ...]) -> tuple[str, ...]:
    """Columns of an answer of this model; those of the evidence where it has an ensemble."""
    return names if model.parts.ensemble is None else with_evidence(names)


def evidence_interval(model: Model, records: Records, strategy: Words) -> dict[str, Floats]:
    """90% interval of p(resistance) over worlds that the evidence allows, (n,) by column's name.

    Empty where the bundle has no ensemble. The interval is that of the worlds, not of the model's
    own answer: a model that patients have led astray may lie outside.
    """
    ensemble = model.parts.ensemble
    if ensemble is None:
        return {}
    ends = np.empty((2, len(records)))
    for start in range(0, len(records), CHUNK):
        rows = np.arange(start, min(start + CHUNK, len(records)))
        ends[:, rows] = ensemble.interval(model.features(records.take(rows), strategy[rows]))
    return dict(zip(EVIDENCE, sigmoid(ends), strict=True))


def of_response(interval: dict[str, Floats]) -> dict[str, Floats]:
    """The interval of p(response) that one of p(resistance) is."""
    return {
        name: 1 - ends for name, ends in zip(interval, reversed(interval.values()), strict=True)
    }
