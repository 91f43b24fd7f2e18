"""What each input adds to the log-odds of resistance, adding up to the raw margin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resistml.features.matrix import Records, Words
from resistml.predict.model import Model

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Contributions:
    """SHAP values of n rows, mean over the bag, in log-odds towards resistance.

    Attributes
    ----------
    columns : tuple of str
        Inputs of the model matrix.
    values : (n, columns) array
    context : (n,) array
        What the setting and the strategy add, against the plain mean over all pairs of them.
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
    For a linear margin the Shapley value of a column against a population of independent
    columns is its coefficient times its distance from the population's mean.
    """
    import xgboost as xgb

    features = model.features(records, strategy)
    n, k = len(features.arms), len(model.members)
    # One row at least, for the boosters' baseline: it does not depend on the row.
    inputs = features.matrix if n else np.zeros((1, features.matrix.shape[1]), dtype=np.float32)
    matrix = xgb.DMatrix(inputs)
    values = np.zeros((n, len(model.spec.columns)))
    context, baseline = np.zeros(n), 0.0
    for member in model.members:
        trees = member.booster.predict(matrix, pred_contribs=True)
        linear = (features.centred - model.column_means) * member.coefficients
        values += (trees[:n, :-1] + linear) / k
        usual = float(member.intercepts.mean())
        context += (member.intercepts[features.arms] - usual) / k
        bias = float(trees[0, -1])
        baseline += (usual + float(model.column_means @ member.coefficients) + bias) / k
    margin = model.margins(features).mean(axis=1)
    return Contributions(model.spec.columns, values, context, baseline, margin)
