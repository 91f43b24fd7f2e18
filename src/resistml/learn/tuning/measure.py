"""The loss that a search lowers."""

from __future__ import annotations

import numpy as np

from resistml.learn.calibration import log_loss
from resistml.learn.fit import fit_bag
from resistml.learn.params import Params, TrainingData
from resistml.progress import Told


def out_of_bag_loss(
    data: TrainingData, params: Params, seed: int, threads: int = 0, told: Told | None = None
) -> float:
    """Mean log-loss, before calibration, of patients under the models that did not see them.

    Lower is better; 0 would be certainty that is always right. No outcome is predicted by a model
    that was fitted to it, and nothing but the recorded cohort is used.
    """
    margin = fit_bag(data, params, seed, threads, told).out_of_bag
    judged = ~np.isnan(margin)
    return log_loss(margin[judged], data.y[judged])
