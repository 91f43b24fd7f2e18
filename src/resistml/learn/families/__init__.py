"""How each family fits the trees that add to the additive base.

A family is an entry of :data:`resistml.families.FAMILIES`, and a function of training data,
settings and threads that returns a :class:`Grow`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np
import numpy.typing as npt

from resistml.families import FAMILIES
from resistml.learn.params import Params, TrainingData

if TYPE_CHECKING:
    import xgboost as xgb

Floats = npt.NDArray[np.float64]


class Grow(Protocol):
    """Fits the trees of one model of a bag."""

    def __call__(self, weight: Floats, start: Floats, seed: int) -> xgb.Booster:
        """Trees that add to the margins ``start`` (n,) of patients drawn ``weight`` (n,) times.

        Returns
        -------
        Booster
            Over the columns of the matrix; ``params.rounds`` trees, or none where the family
            has none. The same for the same seed, whatever the number of threads.
        """


def grower(data: TrainingData, params: Params, threads: int) -> Grow:
    """What fits the trees of ``params.family``; threads 0 = all."""
    module, _, name = FAMILIES[params.family].grower.partition(":")
    make = cast("Callable[[TrainingData, Params, int], Grow]", getattr(import_module(module), name))
    return make(data, params, threads)
