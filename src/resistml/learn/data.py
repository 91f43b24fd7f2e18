"""From records to the arrays that are fitted, and from a fit to a model that scores."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.features.matrix import Records, Words, arm_codes, centred, model_matrix
from resistml.features.spec import FeatureSpec
from resistml.learn.fit import Fitted, TrainingData
from resistml.predict.model import Model
from resistml.predict.parts import Parts

Floats = npt.NDArray[np.float64]


def training_data(spec: FeatureSpec, records: Records, strategy: Words, y: Floats) -> TrainingData:
    """The arrays that are fitted, in the order of the records."""
    matrix = model_matrix(spec, records, strategy)
    return TrainingData(
        matrix=matrix,
        centred=centred(spec, matrix, records.setting, strategy),
        arms=arm_codes(spec, records.setting, strategy),
        y=y,
        n_arms=len(spec.arms),
        signed=np.array([column in spec.markers for column in spec.columns]),
    )


def as_model(
    spec: FeatureSpec,
    fitted: Fitted,
    about: dict[str, Any] | None = None,
    parts: Parts | None = None,
) -> Model:
    """A model that has not been saved yet."""
    knots, parts = np.array(fitted.knots), parts or Parts()
    return Model(spec, fitted.members, knots, fitted.column_means, about or {}, "", parts)
