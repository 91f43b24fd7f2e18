"""What each input adds to the log-odds of resistance, adding up to the raw margin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resistml.features.matrix import Records, Words
from resistml.features.spec import FeatureSpec
from resistml.predict.additive import additive_inputs, marker_parts
from resistml.predict.model import Model

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Contributions:
    """SHAP values of n rows, mean over the bag, in log-odds towards resistance.

    Attributes
    ----------
    columns : tuple of str
        Inputs of the model matrix.
    values : (n, columns) array
        0 where the column has no bearing on the strategy.
    context : (n,) array
        What the setting and the strategy add, against the plain mean over all pairs of them;
        columns without a bearing on the strategy count here, since what they add is
        owed to the strategy and not to the patient.
    baseline : float
        Margin of the mean pair, at the training patients' mean inputs for the base and their
        mean margin for the boosters.
    margin : (n,) array
        Equal to baseline + context + the row's values, before calibration.
    """

    columns: tuple[str, ...]
    values: Floats
    context: Floats
    baseline: float
    margin: Floats


def contributions(model: Model, records: Records, strategy: Words) -> Contributions:
    """Exact contributions: TreeSHAP for the boosters, closed form for the additive base.

    Notes
    -----
    For an additive margin the Shapley value of a column against a population of independent
    columns is what it adds less what it adds on average: over the setting's patients for a
    marker, over all for a clinical column.
    """
    import xgboost as xgb

    features = model.features(records, strategy)
    n, k = len(features.arms), len(model.members)
    # One row at least, for the boosters' baseline: it does not depend on the row.
    inputs = features.matrix if n else np.zeros((1, features.matrix.shape[1]), dtype=np.float32)
    matrix = xgb.DMatrix(inputs)
    terms, bent, clinical = additive_inputs(features)
    markers, away = len(terms.bends), clinical - model.clinical_means
    values = np.zeros((n, len(model.spec.columns)))
    context, baseline = np.zeros(n), 0.0
    for member in model.members:
        trees = member.booster.predict(matrix, pred_contribs=True)
        base = member.base
        values += trees[:n, :-1] / k
        values[:, :markers] += marker_parts(base, terms, bent, features.arms) / k
        values[:, markers:] += away * base.clinical / k
        usual = float(base.intercepts.mean())
        context += (base.intercepts[features.arms] - usual) / k
        bias = float(trees[0, -1])
        baseline += (usual + float(model.clinical_means @ base.clinical) + bias) / k
    bears = bearing(model.spec)[features.arms]
    context += np.where(bears, 0.0, values).sum(axis=1)
    values = np.where(bears, values, 0.0)
    margin = model.margins(features).mean(axis=1)
    return Contributions(model.spec.columns, values, context, baseline, margin)


def bearing(spec: FeatureSpec) -> Bools:
    """(arms, columns) whether a column of the matrix bears on a strategy in a setting.

    A marker does if it is in the setting's panel and the strategy is exposed to it; age, ECOG and
    sex always do, frailty on intensified regimens.
    """
    out = np.ones((len(spec.arms), len(spec.columns)), dtype=bool)
    for i, (setting, strategy) in enumerate(spec.arms):
        panel, arm = spec.settings[setting].panel, spec.strategies[strategy]
        for j, marker in enumerate(spec.markers):
            out[i, j] = marker in panel and arm.exposure.get(marker, 0.0) != 0.0
        frail = spec.columns.index("frail_intensified")
        out[i, frail] = arm.treatment_class == "chemotherapy_intensified"
    return out
