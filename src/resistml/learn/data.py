"""From records to the arrays that are fitted, and from a fit to a model that scores."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.features.matrix import Records, Words, arm_codes, model_matrix
from resistml.features.spec import FeatureSpec
from resistml.features.terms import Terms, bent_markers, engaged
from resistml.learn.fit import Fitted
from resistml.learn.params import Groups, TrainingData
from resistml.predict.model import Model
from resistml.predict.parts import Parts

Floats = npt.NDArray[np.float64]


def training_data(spec: FeatureSpec, records: Records, strategy: Words, y: Floats) -> TrainingData:
    """The arrays that are fitted, in the order of the records."""
    matrix, terms = model_matrix(spec, records, strategy), Terms.of(spec)
    bent, arms = bent_markers(spec, records), arm_codes(spec, records.setting, strategy)
    clinical = np.nan_to_num(matrix[:, len(spec.markers) :], nan=0.0)
    return TrainingData(
        matrix=matrix,
        centred=engaged(terms, bent, clinical, arms),
        arms=arms,
        y=y,
        n_arms=len(spec.arms),
        signed=np.array([_signed(spec, column) for column in spec.columns]),
        mechanisms=_mechanisms(spec),
        bent=bent,
        terms=terms,
    )


def _signed(spec: FeatureSpec, column: str) -> bool:
    """Whether more of a column can only add resistance."""
    return column in spec.markers and spec.markers[column].direction != 0


def _mechanisms(spec: FeatureSpec) -> Groups:
    """Per mechanism the columns of its markers, with the clinical ones (age, ECOG, sex)."""
    group = [spec.group_of(name) for name in spec.columns]
    clinical = tuple(j for j, name in enumerate(group) if name == "clinical")
    return tuple(
        (*(j for j, name in enumerate(group) if name == mechanism), *clinical)
        for mechanism in sorted(set(group) - {"clinical"})
    )


def as_model(
    spec: FeatureSpec,
    fitted: Fitted,
    about: dict[str, Any] | None = None,
    parts: Parts | None = None,
) -> Model:
    """A model that has not been saved yet."""
    knots, parts = np.array(fitted.knots), parts or Parts()
    return Model(spec, fitted.members, knots, fitted.clinical_means, about or {}, "", parts)
