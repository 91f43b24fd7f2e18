"""Terms and patients of all shapes, for tests of the additive base."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from resistml.features.ramps import SEGMENTS, ramps
from resistml.features.terms import Terms
from resistml.learn.blocks import Block, blocks_of
from resistml.learn.layout import Layout
from resistml.predict.additive import Additive

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Patients:
    """n patients: ramps of their markers, clinical columns, arms given, 1 = resistant."""

    terms: Terms
    bent: Floats
    clinical: Floats
    arms: Ints
    y: Floats

    @property
    def f(self) -> Floats:
        """(n, places) values of the markers."""
        return np.asarray(self.bent.sum(axis=2))

    def layout(self, *, bent: bool = True, own: bool = True) -> Layout:
        return Layout(self.terms, self.clinical.shape[1], bent, own)

    def blocks(self, layout: Layout) -> list[Block]:
        return blocks_of(layout, self.bent, self.clinical, self.arms)


def any_terms(rng: np.random.Generator) -> Terms:
    """Up to three settings, strategies and five markers, panels of any length and order."""
    settings, strategies, markers = (int(rng.integers(1, most + 1)) for most in (3, 3, 5))
    open_to = rng.random((settings, strategies)) < 0.6
    open_to[np.arange(settings), np.arange(settings) % strategies] = True
    setting, strategy = np.nonzero(open_to)
    marker = np.full((settings, markers), -1)
    for s in range(settings):
        held = rng.permutation(markers)[: rng.integers(0, markers + 1)]
        marker[s, : len(held)] = held
    exposure = rng.choice([-1.0, 0.0, 0.5, 1.0], (len(setting), markers))
    exposure[marker[setting] < 0] = 0.0
    return Terms(setting, strategy, marker, exposure, rng.random(markers) < 0.7)


def any_patients(seed: int, least: int = 1, most: int = 200) -> Patients:
    """Patients of any terms, whose outcomes hang on anything."""
    rng = np.random.default_rng(seed)
    terms, n = any_terms(rng), int(rng.integers(least, most + 1))
    arms = rng.integers(0, len(terms.setting), n)
    bent = ramps(rng.normal(size=(n, terms.places)) * np.exp(rng.normal()))
    at = terms.marker[terms.setting[arms]]
    bent[at < 0] = 0.0
    straight = (at >= 0) & ~terms.bends[at]
    bent[straight] = bent[straight].sum(axis=1)[:, None] * np.eye(SEGMENTS)[0]
    clinical = rng.normal(size=(n, 2))
    eta = bent.sum(axis=2) @ rng.normal(0, 2, terms.places) + clinical @ rng.normal(size=2)
    y = (rng.random(n) < expit(eta + rng.normal())).astype(float)
    return Patients(terms, bent, clinical, arms, y)


def any_model(rng: np.random.Generator, terms: Terms, columns: int = 2) -> Additive:
    """Any parameters."""
    return Additive(
        intercepts=rng.normal(size=len(terms.setting)),
        slopes=rng.random((len(terms.bends), SEGMENTS)),
        own=rng.normal(size=(terms.strategies, len(terms.bends))),
        clinical=rng.normal(size=columns),
    )


def naive_margins(model: Additive, p: Patients) -> Floats:
    """(n,) log-odds by the definition, patient by patient."""
    out = np.zeros(len(p.arms))
    for i, arm in enumerate(p.arms):
        out[i] = model.intercepts[arm] + model.clinical @ p.clinical[i]
        for place, marker in enumerate(p.terms.marker[p.terms.setting[arm]]):
            if marker >= 0:
                line = model.slopes[marker] @ p.bent[i, place]
                own = model.own[p.terms.strategy[arm], marker] * p.bent[i, place].sum()
                out[i] += p.terms.exposure[arm, place] * line + own
    return out
