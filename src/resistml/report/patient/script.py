"""A model as the page's script reads it: what scores the patients of one setting, as plain data."""

from __future__ import annotations

from typing import Any

import numpy as np

from resistml.documents import rounded
from resistml.explain.groups import groups
from resistml.features.ramps import KNOTS
from resistml.features.spec import CLINICAL, FeatureSpec
from resistml.predict.compare import EQUAL
from resistml.predict.model import Z90, Member, Model
from resistml.predict.support import LEAST
from resistml.predict.trees import Tree, read_trees

#: Significant digits of what is written: ten times what the answers are held to.
DIGITS = 10
#: Digits that tell one float32 from the next.
FLOAT32 = 9
#: Splits and leaves of trees that a page has room for.
MOST_NODES = 40_000


def nodes(model: Model) -> int:
    """Splits and leaves of all trees of a model."""
    return sum(len(tree.left) for member in model.members for tree in read_trees(member.booster))


def fits_in_page(model: Model) -> bool:
    """Whether the model is small enough to be evaluated in a page."""
    return nodes(model) <= MOST_NODES


def script_model(model: Model, setting: str, asked: str) -> dict[str, Any]:
    """What ``page/model.js`` takes for ``model``: everything that bears on a setting.

    Parameters
    ----------
    asked : str
        The strategy whose risk and mechanisms are shown.

    Notes
    -----
    The trees are whole, so that their Shapley values can be worked out, but their columns are
    those of the setting: one that is not in its panel is 0 in everybody, and has a place below 0.
    """
    spec, law = model.spec, model.spec.settings[setting]
    arms = [i for i, (s, _) in enumerate(spec.arms) if s == setting]
    widths = model.widths
    intercepts = np.mean([m.base.intercepts for m in model.members], axis=0)
    document = {
        "setting": setting,
        "asked": law.strategies.index(asked),
        "panel": [_marker(model, setting, name) for name in law.panel],
        "covariance": law.covariance,
        "knots": KNOTS,
        "arms": [_arm(model, setting, arm) for arm in arms],
        "members": [_member(model, member, setting, arms) for member in model.members],
        "groups": groups(spec),
        "clinical_group": groups(spec).index("clinical"),
        "usual": float(intercepts.mean()),
        "clinical_means": model.clinical_means.tolist(),
        "frailty_age": spec.frailty_age,
        "calibration": model.knots.tolist(),
        "widths": {"bag": widths.bag, "missing": widths.missing, "slope": widths.slope},
        "factor": None if model.parts.ensemble is None else model.parts.ensemble.factor,
        "threshold": _threshold(model, setting),
        "support": _support(model, setting),
        "equal": EQUAL,
        "z": Z90,
    }
    found: dict[str, Any] = rounded(document, DIGITS)
    return found


def _marker(model: Model, setting: str, name: str) -> dict[str, Any]:
    spec, law = model.spec, model.spec.settings[setting]
    marker = spec.markers[name]
    return {
        "id": name,
        "kind": marker.kind,
        "low": marker.low,
        "high": marker.high,
        "centre": marker.centre,
        "scale": marker.scale,
        "limit": marker.limit,
        "group": groups(spec).index(marker.mechanism),
        "mean": law.means[name],
        "ramp_means": list(law.ramp_means[name]),
        "shares": list(law.segment_shares[name]),
    }


def _arm(model: Model, setting: str, arm: int) -> dict[str, Any]:
    spec, law = model.spec, model.spec.settings[setting]
    name = spec.arms[arm][1]
    strategy, support = spec.strategies[name], model.parts.support
    return {
        "strategy": name,
        "name": strategy.name,
        "exposure": [strategy.exposure.get(m, 0.0) for m in law.panel],
        "eligibility": strategy.eligibility,
        "cautions": [{"text": c.text, "when": c.when} for c in strategy.cautions],
        "intensified": strategy.treatment_class == "chemotherapy_intensified",
        "supported": support is None or support.count(spec, setting)[name] >= LEAST,
        "width": float(model.widths.arms[arm]),
        "worlds": _worlds(model, setting, arm),
    }


def _worlds(model: Model, setting: str, arm: int) -> dict[str, Any] | None:
    """The lines of an arm in the worlds of the ensemble: intercept, slopes, what gaps add."""
    ensemble = model.parts.ensemble
    if ensemble is None:
        return None
    slopes, gaps = ensemble.coefficients[:, arm], ensemble.missing[:, arm]
    columns = np.flatnonzero((slopes != 0).any(axis=0) | (gaps != 0).any(axis=0))
    lines = np.column_stack([ensemble.intercepts[:, arm], slopes[:, columns], gaps[:, columns]])
    place = _places(model.spec, setting)
    return {"columns": [place[c] for c in columns.tolist()], "lines": rounded(lines.tolist(), 7)}


def _places(spec: FeatureSpec, setting: str) -> list[int]:
    """Where each column of the matrix stands in a setting's row; below 0 if it is not in it."""
    panel = spec.settings[setting].panel
    markers = [panel.index(m) if m in panel else -1 - j for j, m in enumerate(spec.markers)]
    return [*markers, *range(len(panel), len(panel) + len(CLINICAL))]


def _member(model: Model, member: Member, setting: str, arms: list[int]) -> dict[str, Any]:
    spec, law = model.spec, model.spec.settings[setting]
    markers, strategies = list(spec.markers), list(spec.strategies)
    panel = [markers.index(m) for m in law.panel]
    own = [strategies.index(spec.arms[arm][1]) for arm in arms]
    trees, place = read_trees(member.booster), _places(spec, setting)
    return {
        "intercepts": member.base.intercepts[arms].tolist(),
        "slopes": member.base.slopes[panel].tolist(),
        "own": member.base.own[np.ix_(own, panel)].tolist(),
        "clinical": member.base.clinical.tolist(),
        "offset": _offset(member, trees, len(spec.columns)),
        "trees": [_node(tree, 0, place) for tree in trees],
    }


def _offset(member: Member, trees: tuple[Tree, ...], columns: int) -> float:
    """What a booster adds beside its trees."""
    row = np.zeros((1, columns), dtype=np.float32)
    total = float(member.booster.inplace_predict(row, predict_type="margin")[0])
    for tree in trees:
        node, left = 0, tree.goes_left(row)
        while tree.left[node] >= 0:
            node = int(tree.left[node] if left[node, 0] else tree.right[node])
        total -= float(tree.threshold[node])
    return total


def _node(tree: Tree, node: int, place: list[int]) -> float | list[Any]:
    """A leaf's value, or column, threshold, whether a gap goes left, share, left and right."""
    value = rounded(float(tree.threshold[node]), FLOAT32)
    if tree.left[node] < 0:
        return float(value)
    left, right = int(tree.left[node]), int(tree.right[node])
    return [
        place[int(tree.column[node])],
        value,
        int(tree.missing_left[node]),
        float(tree.cover[left] / tree.cover[node]),
        _node(tree, left, place),
        _node(tree, right, place),
    ]


def _threshold(model: Model, setting: str) -> float | None:
    conformal = model.parts.conformal
    return None if conformal is None else conformal.settings[setting].value


def _support(model: Model, setting: str) -> dict[str, Any] | None:
    """What tells a record that is unlike the setting's training patients."""
    support, panel = model.parts.support, model.spec.settings[setting].panel
    if support is None:
        return None
    people = support.populations.get(setting)
    return {
        "ranges": {
            name: list(ends)
            for name, ends in support.ranges.items()
            if name == "age" or name in panel
        },
        "population": None if people is None else people.to_json(),
        "limits": dict(support.limits),
    }
