"""Chooses, for a table of one's own, how the model is fitted: by the outcomes of patients left out.

A candidate is a family, what its penalties are multiplied by, and what it takes from the evidence.
Each is fitted without every inner fold in turn, its penalties found anew, and judged by the
log-loss of that fold's patients, once its margins are calibrated as a model's are. Families that
boost are tried on the curves that did best, with the number of rounds that does best, and must be
better than what does not boost by more than chance would have it: they are one more chance to be
misled, and seldom of use with few patients.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from resistml.families import FAMILIES
from resistml.learn.additive import AdditiveFit, fit_additive, scaled
from resistml.learn.base import layout_of
from resistml.learn.blocks import blocks_of
from resistml.learn.calibration import platt
from resistml.learn.families import grower
from resistml.learn.fit import candidate_rounds
from resistml.learn.params import Params, TrainingData
from resistml.predict.additive import additive_margins
from resistml.predict.model import calibrate
from resistml.rng import derived_seed

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: What penalties are multiplied by: as the patients ask for, and more, since with few patients
#: and many features they ask for too little.
PENALTIES = (1.0, 3.0)
#: How much of the world's slopes the lines are drawn to.
SHARES = (0.0, 0.5, 1.0)
#: The base that boosting starts from.
_CURVES = "additive"


@dataclass(frozen=True)
class Candidate:
    """One way to fit.

    Attributes
    ----------
    family : str
        A key of :data:`resistml.families.FAMILIES`.
    penalty : float
        What the penalties that the patients ask for are multiplied by.
    prior : str
        ``none``, or ``directions``: the signs of the markers that the evidence knows.
    share : float
        How much of the world's slopes the lines are drawn to; 0 = none.
    """

    family: str
    penalty: float = 1.0
    prior: str = "none"
    share: float = 0.0

    def params(self, params: Params) -> Params:
        """The settings of a model with this candidate's family and penalty."""
        return replace(params, family=self.family, penalty=params.penalty * self.penalty)


@dataclass(frozen=True)
class Choice:
    """The candidate that did best, and how all did.

    Attributes
    ----------
    best : Candidate
    without : Candidate
        The best of those that take nothing from the evidence.
    losses : dict
        Mean log-loss of patients left out, by candidate.
    """

    best: Candidate
    without: Candidate
    losses: dict[Candidate, float]


@dataclass(frozen=True)
class Told:
    """Training data as one kind of prior lays them out.

    ``slopes`` (markers,) are the world's; None where it is not asked.
    """

    data: TrainingData
    slopes: Floats | None = None

    @property
    def shares(self) -> tuple[float, ...]:
        """How much of the slopes may be taken."""
        return (0.0,) if self.slopes is None else SHARES

    def drawn(self, share: float) -> TrainingData:
        """The data, with so much of the world's slopes as what the lines are drawn to."""
        if self.slopes is None or share == 0:
            return self.data
        return replace(self.data, expected=share * self.slopes)


#: (n,) log-losses of patients left out, by candidate.
Losses = dict[Candidate, Floats]


def choose(
    told: Mapping[str, Told],
    folds: Ints,
    params: Params,
    *,
    families: Sequence[str],
    seed: int,
    threads: int = 1,
) -> Choice:
    """The candidate with the least log-loss over inner folds.

    Parameters
    ----------
    told : mapping
        By the kind of prior (``none``, and ``directions`` where there is one), of the same n
        patients.
    folds : (n,) array of int
        The inner fold of each patient.
    params : Params
        Of which candidates change the family and the penalty.
    families : sequence of str
        Those to choose from.
    seed : int
        Of the boosters.
    """
    boosting = [name for name in families if FAMILIES[name].boosts]
    plain = [name for name in families if name not in boosting]
    if told["none"].data.additive[0].strategies == 1:  # nothing departs, and some are the same
        forms = {FAMILIES[name].bends: name for name in reversed(plain)}
        plain = [name for name in plain if name in forms.values()]
    losses: Losses = {}
    for prior, one in told.items():
        for name in dict.fromkeys([*plain, *([_CURVES] if boosting else [])]):
            losses |= _Left(one, folds, params, name).losses(prior)
    curves = {c: loss for c, loss in losses.items() if c.family == _CURVES}
    losses = {c: loss for c, loss in losses.items() if c.family in plain}
    for prior in told if boosting else ():
        start = _least({c: loss for c, loss in curves.items() if c.prior == prior})
        for name in boosting:
            left = _Left(told[prior], folds, params, name)
            losses[replace(start, family=name)] = left.boosted(start, seed, threads)
    return Choice(
        best=_chosen(losses),
        without=_chosen({c: loss for c, loss in losses.items() if c.prior == "none"}),
        losses={c: float(loss.mean()) for c, loss in losses.items()},
    )


def _least(losses: Losses) -> Candidate:
    return min(losses, key=lambda candidate: float(losses[candidate].mean()))


def _chosen(losses: Losses) -> Candidate:
    """The candidate of least loss; one that boosts only if it is better than all others by more
    than the standard error of the difference."""
    best = _least(losses)
    plain = {c: loss for c, loss in losses.items() if not FAMILIES[c.family].boosts}
    if not plain or best in plain:
        return best
    other = _least(plain)
    gain = losses[other] - losses[best]
    return best if gain.mean() > gain.std(ddof=1) / np.sqrt(len(gain)) else other


def left_out_losses(margin: Floats, y: Floats) -> Floats:
    """(n,) log-loss of each patient left out, the margins calibrated by one line for all.

    Without it, what shrinks too little would be judged by margins that are too wide, which a
    model's calibration mends.
    """
    line = calibrate(np.array(platt(margin, y)), margin)
    return np.asarray(np.logaddexp(0, line) - y * line)


class _Left:
    """Fits a family without each fold, and scores the patients left out."""

    def __init__(self, told: Told, folds: Ints, params: Params, family: str) -> None:
        self.told, self.folds, self.family = told, folds, family
        self.params = replace(params, family=family)
        terms, bent, clinical = told.data.additive
        self.layout = layout_of(family, terms, clinical.shape[1])
        self.blocks = blocks_of(self.layout, bent, clinical, told.data.arms)

    def losses(self, prior: str) -> Losses:
        """Log-losses of the base alone, by penalty and share."""
        y, out = self.told.data.y, {}
        for share in self.told.shares:
            margins = np.empty((len(PENALTIES), len(y)))
            for held in self._parts():
                fit = self._fit(share, held)
                for i, penalty in enumerate(PENALTIES):
                    margins[i, held] = self._margin(self._scaled(fit, held, penalty))[held]
            for margin, penalty in zip(margins, PENALTIES, strict=True):
                candidate = Candidate(self.family, penalty, prior, share)
                out[candidate] = left_out_losses(margin, y)
        return out

    def boosted(self, start: Candidate, seed: int, threads: int) -> Floats:
        """Log-losses with trees on the base of ``start``, after the best number of rounds."""
        import xgboost as xgb

        data = self.told.drawn(start.share)
        # Without rounds it is the base, which is a family of its own.
        rounds = [count for count in candidate_rounds(self.params) if count]
        margins = np.empty((len(rounds), len(data.y)))
        grow = grower(data, self.params, threads)
        inputs = xgb.DMatrix(data.matrix.astype(np.float32), nthread=threads or None)
        for k, held in enumerate(self._parts()):
            fit = self._scaled(self._fit(start.share, held), held, start.penalty)
            margin = self._margin(fit)
            weight = np.where(held, 0.0, 1.0)
            booster = grow(weight, margin, derived_seed(seed, f"own_choice.{k}"))
            for i, count in enumerate(rounds):
                span = (0, count)
                added = booster.predict(inputs, output_margin=True, iteration_range=span)
                margins[i, held] = (margin + added)[held]
        found = [left_out_losses(margin, data.y) for margin in margins]
        return min(found, key=lambda loss: float(loss.mean()))

    def _parts(self) -> Iterator[Bools]:
        """(n,) which patients are left out, fold by fold."""
        return (self.folds == k for k in np.unique(self.folds).tolist())

    def _fit(self, share: float, held: Bools) -> AdditiveFit:
        data, weight = self.told.drawn(share), np.where(held, 0.0, 1.0)
        return fit_additive(
            self.layout, self.blocks, data.y, weight, self.params.penalty, data.expected
        )

    def _scaled(self, fit: AdditiveFit, held: Bools, penalty: float) -> AdditiveFit:
        if penalty == 1:
            return fit
        return scaled(fit, self.blocks, self.told.data.y, np.where(held, 0.0, 1.0), penalty)

    def _margin(self, fit: AdditiveFit) -> Floats:
        """(n,) log-odds of the base."""
        data = self.told.data
        terms, bent, clinical = data.additive
        return additive_margins([fit.model], terms, bent, clinical, data.arms)[:, 0]
