"""Contributions of columns, rolled up to the mechanisms of resistance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resistml.features.matrix import Records, Words
from resistml.features.spec import FeatureSpec
from resistml.predict.contributions import (
    Contributions,
    base_parts,
    bearing,
    has_trees,
    model_trees,
)
from resistml.predict.model import Features, Model
from resistml.predict.trees import shapley_values

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: A plain word on each of the three numbers that a mechanism has.
WORDS = {
    "signed": "sum of what its markers add, with their signs: opposite ones cancel. Towards "
    "resistance above 0; with the baseline these add up to the margin. This is what is drawn",
    "absolute": "sum of what its markers add, signs left out: how much stirs in the mechanism, "
    "though it may come to nothing together",
    "shapley": "the mechanism's own Shapley value, its markers taken in and out as one. It differs "
    "from the sum only where three or more columns act on each other, which trees of depth 2 and "
    "the additive base cannot do",
}
#: Deepest trees in which no more than two columns act on each other.
PAIRWISE = 2


@dataclass(frozen=True)
class Rolled:
    """Three numbers for each group, (n, groups) arrays in log-odds towards resistance.

    Attributes
    ----------
    signed : array
        Sums of the contributions of a group's columns.
    absolute : array
        Sums of their absolute values; of ``context``, the absolute value.
    shapley : array
        The group's own Shapley value, with all of its columns as one player.
    """

    signed: Floats
    absolute: Floats
    shapley: Floats


def groups(spec: FeatureSpec) -> tuple[str, ...]:
    """The mechanisms, then ``clinical`` and ``context``."""
    named = [g for g in spec.groups if g not in ("clinical", "context")]
    return (*named, "clinical", "context")


def group_index(spec: FeatureSpec) -> Ints:
    """(columns,) the place of each column's group in :func:`groups`."""
    names = groups(spec)
    return np.array([names.index(spec.group_of(column)) for column in spec.columns], dtype=np.int64)


def by_mechanism(spec: FeatureSpec, found: Contributions) -> Floats:
    """(n, groups) contributions summed over each mechanism's columns."""
    return _summed(spec, found.values, found.context)


def absolute(spec: FeatureSpec, found: Contributions) -> Floats:
    """(n, groups) absolute contributions summed over each mechanism's columns."""
    return _summed(spec, np.abs(found.values), np.abs(found.context))


def rolled(model: Model, records: Records, strategy: Words, found: Contributions) -> Rolled:
    """The three numbers of each group, of rows whose contributions were ``found``.

    Notes
    -----
    A game with no more than pairwise interactions gives a group, as one player, what it gives its
    members together: each pair's worth is halved between the two, whoever they are, and both
    halves of a pair within the group stay in it. So with trees of depth 2 the sum is the group's
    own value; with deeper ones its own is worked out anew, in seconds to minutes.
    """
    signed = by_mechanism(model.spec, found)
    shallow = pairwise(model)
    shapley = signed if shallow else own_values(model, model.features(records, strategy))
    return Rolled(signed, absolute(model.spec, found), shapley)


def pairwise(model: Model) -> bool:
    """Whether no more than two columns of a model act on each other."""
    return not has_trees(model) or max(t.depth for t in model_trees(model)) <= PAIRWISE


def own_values(model: Model, features: Features) -> Floats:
    """(n, groups) each group's own Shapley value.

    A column without a bearing on a row's strategy plays for ``context``, as its contribution
    counts there.
    """
    spec, parts = model.spec, base_parts(model, features)
    player, context = group_index(spec), len(groups(spec)) - 1
    bears = bearing(spec)
    mine = bears[features.arms]
    owed = np.where(mine, 0.0, parts.values).sum(axis=1)
    out = _summed(spec, np.where(mine, parts.values, 0.0), parts.context + owed)
    if not has_trees(model):
        return out
    trees = model_trees(model)
    for arm in np.unique(features.arms).tolist():
        rows = np.flatnonzero(features.arms == arm)
        sides = np.where(bears[arm], player, context)
        added = shapley_values(trees, features.matrix[rows], sides, context + 1)
        out[rows] += added / len(model.members)
    return out


def _summed(spec: FeatureSpec, values: Floats, context: Floats) -> Floats:
    """(n, groups) sums over columns (n, columns); ``context`` (n,) is the last group's."""
    out = np.zeros((len(values), len(groups(spec))))
    for j, group in enumerate(group_index(spec).tolist()):
        out[:, group] += values[:, j]
    out[:, -1] += context
    return out
