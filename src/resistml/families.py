"""The families of models: one entry each, from which config, training and documents are fed.

An entry names the function that fits the family's trees, in ``module:function`` form, so that
nothing is imported before it is wanted. Whatever its family, a fitted model is an additive base
and trees that add to its margin, and one scorer answers for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points


@dataclass(frozen=True)
class Family:
    """One family.

    Attributes
    ----------
    summary : str
        What it is, in a few words.
    grower : str
        ``module:function`` of what fits its trees; see :mod:`resistml.learn.families`.
    boosts : bool
        False where it has no trees: the additive base is all there is.
    bends : bool
        Whether the base may bend markers' lines, as far as the patients show it.
    departs : bool
        Whether it may let strategies depart from the exposures they are said to have. With
        neither it is a straight logistic regression.
    """

    summary: str
    grower: str
    boosts: bool = True
    bends: bool = True
    departs: bool = True


_FOLDER = "resistml.learn.families"

#: By the name that ``model.family`` takes; the first is the default.
FAMILIES: dict[str, Family] = {
    "xgboost": Family("XGBoost on an additive base", f"{_FOLDER}.boosted:xgboost"),
    "logistic": Family(
        "logistic regression with signs",
        f"{_FOLDER}.alone:alone",
        boosts=False,
        bends=False,
        departs=False,
    ),
    "additive": Family(
        "a curve per marker and strategy, and no trees", f"{_FOLDER}.alone:alone", boosts=False
    ),
    "linear": Family(
        "a straight line per marker and strategy, and no trees",
        f"{_FOLDER}.alone:alone",
        boosts=False,
        bends=False,
    ),
    "hist_gradient_boosting": Family(
        "scikit-learn's histogram boosting on the base", f"{_FOLDER}.histogram:histogram"
    ),
}

#: Entry points under which a package may offer learners of its own to the benchmark.
GROUP = "resistml.learners"


def own_families() -> dict[str, EntryPoint]:
    """Learners that installed packages offer to the benchmark, by name."""
    return {point.name: point for point in entry_points(group=GROUP)}


def check_family(name: str, *, base: bool) -> None:
    """Raise ValueError unless a bundle can hold a model of this family, with or without base."""
    if name in FAMILIES:
        if not base and not FAMILIES[name].boosts:
            raise ValueError(f"family '{name}' is the additive base alone: base cannot be false")
        return
    if name in own_families():
        raise ValueError(
            f"family '{name}' is of another package, and for the benchmark alone: a model is kept "
            f"as data, and its code is none; allowed: {', '.join(FAMILIES)}"
        )
    raise ValueError(f"family is '{name}'; allowed: {', '.join(FAMILIES)}")
