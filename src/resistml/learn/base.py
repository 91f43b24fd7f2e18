"""The base that boosting starts from: the additive model, of patients drawn for a bag."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from resistml.families import FAMILIES
from resistml.features.ramps import SEGMENTS
from resistml.features.terms import Terms
from resistml.learn.additive import fit_additive, refit
from resistml.learn.blocks import blocks_of
from resistml.learn.layout import Layout
from resistml.learn.params import Params, TrainingData
from resistml.predict.additive import Additive, additive_margins

Floats = npt.NDArray[np.float64]


class BaseFitter:
    """Fits the base to patients drawn with weights, with penalties found on all of them.

    Parameters
    ----------
    data : TrainingData
    params : Params
        ``base`` false leaves each arm's rate alone, shrunk to those of its setting and strategy;
        ``penalty`` multiplies what the patients themselves ask for.
    """

    def __init__(self, data: TrainingData, params: Params) -> None:
        self._data = data
        self.terms, bent, clinical = data.additive
        terms, expected = self.terms, data.expected
        if not params.base:
            terms, bent, clinical = _without_columns(terms), bent[:, :0], clinical[:, :0]
            expected = None
        layout = layout_of(params.family, terms, clinical.shape[1])
        self._blocks = blocks_of(layout, bent, clinical, data.arms)
        every = np.ones(len(data.y))
        self._whole = fit_additive(layout, self._blocks, data.y, every, params.penalty, expected)

    def __call__(self, weight: Floats) -> tuple[Additive, Floats]:
        """The base of patients drawn ``weight`` (n,) times, and its margins (n,) for all."""
        found = refit(self._whole, self._blocks, self._data.y, weight).model
        terms, bent, clinical = self._data.additive
        model = _padded(found, terms, clinical.shape[1])
        return model, additive_margins([model], terms, bent, clinical, self._data.arms)[:, 0]

    def about_all(self, models: Iterable[Additive]) -> list[Additive]:
        """The models of a bag, moved so that their mean is the base of all patients.

        Their spread stays. Margins are linear in what is moved, so that the bag's mean margin is
        that of the fit to all, which the chance of a few drawn samples only blurs.
        """
        terms, _, clinical = self._data.additive
        whole, bag = _padded(self._whole.model, terms, clinical.shape[1]), list(models)
        moved: list[dict[str, Floats]] = [{} for _ in bag]
        for name in ("intercepts", "slopes", "own", "clinical"):
            shift = getattr(whole, name) - np.mean([getattr(m, name) for m in bag], axis=0)
            for part, model in zip(moved, bag, strict=True):
                part[name] = getattr(model, name) + shift
        return [Additive(**part) for part in moved]


def layout_of(family: str, terms: Terms, columns: int) -> Layout:
    """The parameters of a family's base; a strategy that is alone has nothing to depart from."""
    about = FAMILIES[family]
    return Layout(terms, columns, bent=about.bends, own=about.departs and terms.strategies > 1)


def _without_columns(terms: Terms) -> Terms:
    return replace(
        terms,
        marker=terms.marker[:, :0],
        exposure=terms.exposure[:, :0],
        bends=terms.bends[:0],
        free=None,
        pool=None,
    )


def _padded(model: Additive, terms: Terms, columns: int) -> Additive:
    """The model with a 0 for each marker and column that it did not see."""
    markers = len(terms.bends) - len(model.slopes)
    return Additive(
        intercepts=model.intercepts,
        slopes=np.concatenate([model.slopes, np.zeros((markers, SEGMENTS))]),
        own=np.pad(model.own, ((0, 0), (0, markers))),
        clinical=np.pad(model.clinical, (0, columns - len(model.clinical))),
    )
