"""What a peer is given to learn from, and the tables that it makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from resistml.evaluate.judge import Predictor
from resistml.evaluate.learners import arm_rates
from resistml.features.matrix import Records, Words, arm_codes, model_matrix
from resistml.features.spec import FeatureSpec
from resistml.learn.params import Params

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

#: Clinical columns of a record, after the markers.
RECORDED = ("age", "sex", "ecog")


@dataclass(frozen=True)
class Training:
    """The n patients that a learner is fitted on.

    Attributes
    ----------
    spec : FeatureSpec
        What the catalog says of markers and strategies; plain learners take names from it alone.
    records : Records
    strategy : (n,) array of str
        The strategy that each was given.
    y : (n,) array
        1 = resistant to it, 0 = response.
    seed : int
        Of whatever the learner leaves to chance.
    threads : int
        0 = all.
    params : Params
        Of the model, for its other families.
    """

    spec: FeatureSpec
    records: Records
    strategy: Words
    y: Floats
    seed: int = 0
    threads: int = 1
    params: Params = field(default_factory=Params)

    @property
    def rates(self) -> Floats:
        """(arms,) the share of resistant patients of each arm, pulled a little to that of all."""
        return arm_rates(self.spec, self.records, self.strategy, self.y)


#: Fits a learner; what comes back answers for any patient and strategy.
Fit = Callable[[Training], Predictor]


@dataclass(frozen=True)
class Table:
    """A way to lay patients and strategies out as numbers for one learner of all.

    Attributes
    ----------
    make : callable
        (spec, n records, n strategies) -> (n, columns) float32, NaN = unmeasured.
    signs : callable
        spec -> per column, 1 where a larger value can only add resistance, else 0; or None,
        where nothing is known.
    """

    make: Callable[[FeatureSpec, Records, Words], Singles]
    signs: Callable[[FeatureSpec], tuple[int, ...] | None]


def plain(spec: FeatureSpec, records: Records, strategy: Words) -> Singles:
    """Recorded values as they are, with the setting and the strategy one-hot."""
    names = (*spec.markers, *RECORDED)
    values = np.column_stack([records.column(name) for name in names])
    which = (_one_hot(records.setting, spec.settings), _one_hot(strategy, spec.strategies))
    return np.hstack([values.astype(np.float32), *which])


def engaged(spec: FeatureSpec, records: Records, strategy: Words) -> Singles:
    """The model's own columns, with the (setting, strategy) pair one-hot."""
    arms = np.eye(len(spec.arms), dtype=np.float32)
    matrix = model_matrix(spec, records, strategy).astype(np.float32)
    return np.hstack([matrix, arms[arm_codes(spec, records.setting, strategy)]])


def _one_hot(words: Words, names: Iterable[str]) -> Singles:
    return np.asarray(words.astype(str)[:, None] == np.array(list(names)), dtype=np.float32)


def _signs(spec: FeatureSpec) -> tuple[int, ...]:
    columns = tuple(int(name in spec.markers) for name in spec.columns)
    return (*columns, *([0] * len(spec.arms)))


#: What somebody has who knows nothing but the record.
PLAIN = Table(plain, lambda spec: None)
#: What the model has: exposures and signs.
ENGAGED = Table(engaged, _signs)
