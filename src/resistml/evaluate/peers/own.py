"""A user's own scikit-learn estimators as peers: for the benchmark, never in a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.documents import digest
from resistml.errors import ConfigError
from resistml.evaluate.judge import Predictor
from resistml.evaluate.peers.registry import MODEL, PEERS, Peer
from resistml.evaluate.peers.training import ENGAGED, Singles, Training
from resistml.families import GROUP, own_families
from resistml.features.matrix import Records, Words, centred, model_matrix

Floats = npt.NDArray[np.float64]


def own_peers(learners: Mapping[str, Any] | None = None) -> dict[str, Peer]:
    """The estimators given, and those of installed packages, as peers.

    An entry point names an estimator, or what gives one when called without arguments.

    Parameters
    ----------
    learners : mapping of str to estimator, optional
        Classifiers with ``fit`` and ``predict_proba``. Each is cloned before it is fitted.

    Raises
    ------
    ConfigError
        If a name is taken, an entry point cannot be loaded, or something is no classifier.
    """
    found: dict[str, tuple[Any, str]] = {}
    for point in own_families().values():
        found[point.name] = (_loaded(point), f"entry point '{point.value}'")
    for name, estimator in (learners or {}).items():
        found[name] = (estimator, f"{type(estimator).__name__}")
    return {name: _peer(name, estimator, what) for name, (estimator, what) in found.items()}


def _loaded(point: EntryPoint) -> Any:
    try:
        loaded = point.load()
        is_made = hasattr(loaded, "get_params") and not isinstance(loaded, type)
        return loaded if is_made else loaded()
    except Exception as exc:
        raise ConfigError(
            f"cannot be loaded: {type(exc).__name__}: {exc}",
            key=f"{GROUP}.{point.name}",
            hint=f"mend the package that declares '{point.value}', or uninstall it",
        ) from None


def _peer(name: str, estimator: Any, what: str) -> Peer:
    if name in PEERS or name == MODEL:
        raise ConfigError(
            f"the name '{name}' is taken",
            key=f"learners.{name}",
            allowed=f"a name other than {', '.join((MODEL, *PEERS))}",
        )
    lacking = [m for m in ("fit", "predict_proba", "get_params") if not hasattr(estimator, m)]
    if lacking or isinstance(estimator, type):
        lack = "is a class" if isinstance(estimator, type) else f"lacks {', '.join(lacking)}"
        raise ConfigError(
            f"{what} {lack}",
            key=f"learners.{name}",
            allowed="a scikit-learn classifier that gives probabilities",
        )
    recipe = {"class": _class_name(estimator), "params": digest(_plain(estimator))}
    return Peer(name, name, OwnLearner(name, estimator), "exposures", recipe=recipe)


def _class_name(estimator: Any) -> str:
    return f"{type(estimator).__module__}.{type(estimator).__qualname__}"


def _plain(estimator: Any) -> dict[str, str]:
    """An estimator's parameters as text; nested ones with their class."""
    return {
        key: _class_name(value) if hasattr(value, "get_params") else repr(value)
        for key, value in sorted(estimator.get_params(deep=True).items())
    }


@dataclass(frozen=True)
class OwnLearner:
    """Fits a clone on the model's own columns, with the (setting, strategy) pair one-hot.

    To an estimator that does not take missing values they are given as the setting's mean.
    """

    name: str
    estimator: Any

    def __call__(self, training: Training) -> Predictor:
        """Fit.

        Raises
        ------
        ConfigError
            If the estimator raises, or is fitted without the two classes.
        """
        from sklearn.base import clone

        spec, whole = training.spec, not _takes_nan(self.estimator)

        def inputs(new: Records, arm: Words) -> Singles:
            table = ENGAGED.make(spec, new, arm)
            if whole:
                filled = centred(spec, model_matrix(spec, new, arm), new.setting, arm)
                table[:, : len(spec.columns)] = filled
            return table

        x = inputs(training.records, training.strategy)
        try:
            fitted = clone(self.estimator).fit(x, training.y.astype(int))
            column = list(fitted.classes_).index(1)
        except Exception as exc:
            raise ConfigError(
                f"could not be fitted: {type(exc).__name__}: {exc}", key=f"learners.{self.name}"
            ) from exc

        def predict(new: Records, arm: Words) -> Floats:
            return np.asarray(fitted.predict_proba(inputs(new, arm))[:, column], dtype=float)

        return predict


def _takes_nan(estimator: Any) -> bool:
    from sklearn.utils import get_tags

    try:
        return bool(get_tags(estimator).input_tags.allow_nan)
    except (AttributeError, TypeError):  # no tags: a class of another kind, with the same methods
        return False
