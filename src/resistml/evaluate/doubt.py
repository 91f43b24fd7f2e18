"""How far a model's own doubt is right: its intervals and sets, and from whom it abstains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resistml.evaluate.abstention import Abstention, abstention
from resistml.evaluate.judge import Judge
from resistml.evaluate.uncertainty import Uncertainty, uncertainty
from resistml.predict.model import Model

#: Patients at most among whom outliers are planted: a share of half is then known to 2 points.
PLANTED = 2_000


@dataclass(frozen=True)
class Doubt:
    """What a run says of a model's doubt.

    Attributes
    ----------
    uncertainty : Uncertainty
        Intervals, probabilities of being best and prediction sets against the truth.
    abstention : Abstention or None
        Of ordinary patients and of planted outliers; None where the model does not know its
        training patients.
    """

    uncertainty: Uncertainty
    abstention: Abstention | None


def judge_doubt(model: Model, judge: Judge, seed: int) -> Doubt:
    """Judge a model's doubt on fresh patients of its world; ``seed`` is of the outliers."""
    found = None
    if model.parts.support is not None:
        rows = np.arange(min(len(judge.records), PLANTED))
        given = judge.arm[judge.given[rows]]
        found = abstention(model, judge.records.take(rows), given, seed)
    return Doubt(uncertainty(model, judge), found)
