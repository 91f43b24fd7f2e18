"""What needs no more than the model's own columns: its other families, and simple learners."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from resistml.evaluate.judge import Predictor
from resistml.evaluate.peers.training import Fit, Training
from resistml.features.matrix import Records, Words
from resistml.features.spec import FeatureSpec
from resistml.learn.data import as_model, training_data
from resistml.learn.fit import fit_bag

Floats = npt.NDArray[np.float64]


def simple(learner: Callable[[FeatureSpec, Records, Words, Floats], Predictor]) -> Fit:
    """A learner of :mod:`resistml.evaluate.learners` as a peer."""
    return lambda t: learner(t.spec, t.records, t.strategy, t.y)


def family(name: str) -> Fit:
    """The model in another of its families, with the settings that it has in its own."""

    def fit(t: Training) -> Predictor:
        data = training_data(t.spec, t.records, t.strategy, t.y)
        fitted = fit_bag(data, replace(t.params, family=name), t.seed, t.threads)
        model = as_model(t.spec, fitted)
        return lambda new, arm: model.risk(new, arm).p

    return fit
