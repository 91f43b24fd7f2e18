"""What each input adds to the log-odds of resistance, adding up to the raw margin."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from resistml.features.matrix import Records, Words
from resistml.features.spec import FeatureSpec
from resistml.predict.additive import Additive, additive_inputs, marker_parts
from resistml.predict.model import Features, Model
from resistml.predict.trees import Tree, read_trees, shapley_values

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: Deepest trees of which the closed form is faster than XGBoost.
SHALLOW = 3


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
    features = model.features(records, strategy)
    parts = base_parts(model, features)
    values = parts.values + tree_values(model, features)
    bears = bearing(model.spec)[features.arms]
    context = parts.context + np.where(bears, 0.0, values).sum(axis=1)
    return Contributions(
        columns=model.spec.columns,
        values=np.where(bears, values, 0.0),
        context=context,
        baseline=parts.baseline + tree_baseline(model),
        margin=model.margins(features).mean(axis=1),
    )


@dataclass(frozen=True)
class BaseParts:
    """What the additive bases add, mean over the bag: by column (n, columns), by the arm (n,),
    and to every row."""

    values: Floats
    context: Floats
    baseline: float


def base_parts(model: Model, features: Features) -> BaseParts:
    """What the additive bases add to the margin."""
    terms, bent, clinical = additive_inputs(features)
    markers = len(terms.bends)
    bases = [member.base for member in model.members]
    # A margin is linear in the parameters, so the bag's mean is that of the mean parameters.
    mean = Additive(
        **{f.name: np.mean([getattr(b, f.name) for b in bases], axis=0) for f in fields(Additive)}
    )
    values = np.zeros((len(features.arms), len(model.spec.columns)))
    values[:, :markers] = marker_parts(mean, terms, bent, features.arms)
    values[:, markers:] = (clinical - model.clinical_means) * mean.clinical
    usual = float(mean.intercepts.mean())
    context = mean.intercepts[features.arms] - usual
    return BaseParts(values, context, usual + float(model.clinical_means @ mean.clinical))


def tree_values(model: Model, features: Features) -> Floats:
    """(n, columns) TreeSHAP values of the boosters, mean over the bag.

    Notes
    -----
    XGBoost's own, but for shallow trees: of those the closed form of
    :mod:`resistml.predict.trees` is the same and takes a fraction of the time.
    """
    import xgboost as xgb

    n, columns = features.matrix.shape
    out = np.zeros((n, columns))
    if n == 0 or not has_trees(model):
        return out
    grown = model_trees(model)
    if max(tree.depth for tree in grown) <= SHALLOW:
        one = np.arange(columns, dtype=np.int64)
        return shapley_values(grown, features.matrix, one, columns) / len(model.members)
    matrix = xgb.DMatrix(features.matrix)
    for member in model.members:
        out += member.booster.predict(matrix, pred_contribs=True)[:, :-1] / len(model.members)
    return out


def tree_baseline(model: Model) -> float:
    """The boosters' mean margin over their training patients, mean over the bag."""
    import xgboost as xgb

    any_row = xgb.DMatrix(np.zeros((1, len(model.spec.columns)), dtype=np.float32))
    found = [m.booster.predict(any_row, pred_contribs=True)[0, -1] for m in model.members]
    return float(np.mean(found))


def has_trees(model: Model) -> bool:
    """Whether any booster of the bag holds a tree."""
    return any(member.booster.num_boosted_rounds() for member in model.members)


def model_trees(model: Model) -> tuple[Tree, ...]:
    """The trees of all boosters of the bag."""
    return tuple(tree for member in model.members for tree in read_trees(member.booster))


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
