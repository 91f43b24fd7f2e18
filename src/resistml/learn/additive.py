"""Fits the additive model, and finds from the data how far each of its parts is to be shrunk.

Maximises the log-likelihood less half the sum over groups j of lambda_j theta' S_j theta, with
the slopes of the markers' lines not negative, by Newton's method. The penalties maximise the
marginal likelihood, of which each is the inverse variance of a random effect: lines are bent,
strategies depart from their exposures and arms from their setting and strategy only as far as
the patients show it.

References
----------
Wood and Fasiolo (2017). A generalized Fellner-Schall method for smoothing parameter optimization.
Biometrics 73, 1071-1081.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from scipy.linalg.lapack import dpotri
from scipy.special import expit, logit

from resistml.learn.blocks import Block
from resistml.learn.layout import START, USUAL, Layout
from resistml.predict.additive import Additive
from resistml.threads import one_blas_thread

Floats = npt.NDArray[np.float64]

#: Penalties stay within these: beyond, a group is free, or as good as not there.
LEAST, MOST = 0.02, 1e5
#: Degrees of freedom that are added to each group at its usual penalty.
PSEUDO = 0.1
#: Rounds in which penalties are found, and the change of a log penalty below which they end.
_ROUNDS, _STILL = 25, 0.1
#: Newton steps at most, in a round and at last, and the relative gain below which they end.
_FEW, _STEPS, _GAIN = 2, 50, 1e-12
#: A slope up to this is as good as 0.
_NEAR = 1e-6


@dataclass(frozen=True)
class AdditiveFit:
    """A fitted additive model.

    Attributes
    ----------
    theta : (size,) array
    penalties : (groups,) array
    overall : float
        Log-odds to which the intercepts are shrunk.
    centre : (size,) array, optional
        What the parameters are shrunk to: 0, but for slopes that somebody expects.
    """

    layout: Layout
    theta: Floats
    penalties: Floats
    overall: float
    centre: Floats | None = None

    @property
    def model(self) -> Additive:
        """As it scores."""
        return self.layout.model(self.theta, self.overall)


@one_blas_thread
def fit_additive(
    layout: Layout,
    blocks: list[Block],
    y: Floats,
    weight: Floats,
    scale: float = 1.0,
    expected: Floats | None = None,
) -> AdditiveFit:
    """Fit parameters and penalties.

    Parameters
    ----------
    y : (n,) array
        1 = resistant, 0 = response; or a probability of it.
    weight : (n,) array
    scale : float
        What the penalties that the data ask for are multiplied by.
    expected : (markers,) array, optional
        Slopes that the markers' lines are shrunk to in place of 0.
    """
    mean = float(np.average(y, weights=weight))
    overall, centre = float(logit(np.clip(mean, 1e-3, 1 - 1e-3))), layout.centre(expected)
    problem = Problem(layout, blocks, y, weight, overall, centre)
    penalties = np.array([START[group.kind] for group in layout.groups])
    theta = centre
    for _ in range(_ROUNDS):
        theta = problem.solved(theta, penalties, steps=_FEW)
        inverse = problem.inverse(theta, penalties)
        found = _updated(layout, theta, centre, penalties, inverse)
        change = np.abs(np.log(found / penalties)).max(initial=0.0)
        penalties = found
        if change < _STILL:
            break
    penalties = np.clip(penalties * scale, LEAST, MOST)
    theta = problem.solved(theta, penalties)
    return AdditiveFit(layout, theta, penalties, overall, centre)


def scaled(
    fit: AdditiveFit, blocks: list[Block], y: Floats, weight: Floats, scale: float
) -> AdditiveFit:
    """The same fit with its penalties multiplied, as :func:`fit_additive` does it."""
    penalties = np.clip(fit.penalties * scale, LEAST, MOST)
    return refit(replace(fit, penalties=penalties), blocks, y, weight)


@one_blas_thread
def refit(fit: AdditiveFit, blocks: list[Block], y: Floats, weight: Floats) -> AdditiveFit:
    """Fit the same model, with the penalties it has, to patients of other weights."""
    problem = Problem(fit.layout, blocks, y, weight, fit.overall, fit.centre)
    return replace(fit, theta=problem.solved(fit.theta, fit.penalties))


def _updated(
    layout: Layout, theta: Floats, centre: Floats, penalties: Floats, inverse: Floats
) -> Floats:
    """Penalties from the effective degrees of freedom of each group and its size.

    Parameters that are held at 0 are no part of a group: if they were, a line that lies on the
    floor would be straightened for it, leave the floor, and be let go again, without end.
    :data:`PSEUDO` degrees of freedom are added to each group at its usual penalty, so that
    groups of few parameters do not run away.
    """
    out, free, off = np.empty_like(penalties), ~layout.held(theta), theta - centre
    for k, group in enumerate(layout.groups):
        at = group.index
        rank = group.rank_of(free[at])
        used = rank - penalties[k] * float(np.sum(inverse[np.ix_(at, at)] * group.shape))
        size = float(off[at] @ group.shape @ off[at])
        out[k] = (max(used, 0.0) + PSEUDO) / (size + PSEUDO / USUAL[group.kind])
    return np.clip(out, LEAST, MOST)


class Problem:
    """The penalised likelihood of n patients, to be minimised with its sign turned.

    Parameters
    ----------
    y, weight : (n,) arrays
    overall : float
        Log-odds to which intercepts are shrunk.
    centre : (size,) array, optional
        What the parameters are shrunk to; by default 0.
    """

    def __init__(
        self,
        layout: Layout,
        blocks: list[Block],
        y: Floats,
        weight: Floats,
        overall: float,
        centre: Floats | None = None,
    ) -> None:
        self.layout, self.blocks, self.y, self.weight = layout, blocks, y, weight
        self.overall = overall
        self.centre = layout.centre(None) if centre is None else centre

    def solved(self, theta: Floats, penalties: Floats, steps: int = _STEPS) -> Floats:
        """The parameters at the optimum, or after so many steps towards it."""
        penalty = self.penalty(penalties)
        margin = self._margin(theta)
        value = self._loss(margin) + self._pull(theta, penalty)
        for _ in range(steps):
            slope, curvature = self._derivatives(margin)
            slope, curvature = slope + penalty @ (theta - self.centre), curvature + penalty
            before, enough = value, _GAIN * max(abs(value), 1.0)
            step = self._step(theta, slope, curvature)
            theta, margin, value = self._line(theta, step, penalty, value, margin)
            if before - value <= enough:  # the bounds may have cut the step to nothing
                step = -slope / np.diag(curvature)  # which they cannot do to this one
                theta, margin, value = self._line(theta, step, penalty, value, margin)
            if before - value <= enough:
                break
        return theta

    def value(self, theta: Floats, penalties: Floats) -> float:
        """The penalised negative log-likelihood."""
        penalty = self.penalty(penalties)
        return self._loss(self._margin(theta)) + self._pull(theta, penalty)

    def derivatives(self, theta: Floats, penalties: Floats) -> tuple[Floats, Floats]:
        """Slope (size,) and curvature (size, size) of :meth:`value`."""
        penalty = self.penalty(penalties)
        slope, curvature = self._derivatives(self._margin(theta))
        return slope + penalty @ (theta - self.centre), curvature + penalty

    def inverse(self, theta: Floats, penalties: Floats) -> Floats:
        """The inverse of the curvature over the parameters that are not held at 0, 0 elsewhere."""
        _, curvature = self.derivatives(theta, penalties)
        at = np.flatnonzero(~self.layout.held(theta))
        factor, _ = cho_factor(curvature[np.ix_(at, at)], lower=True)
        lower, _ = dpotri(factor, lower=True)
        out = np.zeros_like(curvature)
        out[np.ix_(at, at)] = np.tril(lower) + np.tril(lower, -1).T
        return out

    def penalty(self, penalties: Floats) -> Floats:
        """(size, size) sum of the groups' S, each times its penalty."""
        out = np.zeros((self.layout.size, self.layout.size))
        for group, penalty in zip(self.layout.groups, penalties, strict=True):
            out[np.ix_(group.index, group.index)] += penalty * group.shape
        return out

    def _pull(self, theta: Floats, penalty: Floats) -> float:
        off = theta - self.centre
        return 0.5 * float(off @ penalty @ off)

    def _margin(self, theta: Floats) -> Floats:
        out = np.empty(len(self.y))
        for block in self.blocks:
            out[block.rows] = self.overall + block.x @ (block.spread @ theta)
        return out

    def _loss(self, margin: Floats) -> float:
        return float(np.sum(self.weight * (np.logaddexp(0, margin) - self.y * margin)))

    def _derivatives(self, margin: Floats) -> tuple[Floats, Floats]:
        p, size = expit(margin), self.layout.size
        gap, bend = self.weight * (p - self.y), self.weight * p * (1 - p)
        slope, curvature = np.zeros(size), np.zeros((size, size))
        for block in self.blocks:
            slope += block.spread.T @ (block.x.T @ gap[block.rows])
            at, part = block.curvature(bend)
            curvature[np.ix_(at, at)] += part
        return slope, curvature

    def _step(self, theta: Floats, slope: Floats, curvature: Floats) -> Floats:
        """Newton's step among the parameters that may move: those at 0 may not fall.

        Those as good as at 0 are put there, else the bound would cut any step to nothing.
        """
        stuck = self.layout.signed & (theta <= _NEAR)
        free = ~(stuck & (slope > 0))
        while True:
            step = np.where(free, 0.0, -theta)
            step[free] = -_solve(curvature[np.ix_(free, free)], slope[free])
            falling = free & stuck & (step < 0)
            if not falling.any():
                return step
            free &= ~falling

    def _line(
        self, theta: Floats, step: Floats, penalty: Floats, value: float, margin: Floats
    ) -> tuple[Floats, Floats, float]:
        """The longest of the halved steps that is no step back."""
        for halving in range(20):
            new = theta + step * 0.5**halving
            new = np.where(self.layout.signed, np.maximum(new, 0.0), new)
            moved = self._margin(new)
            found = self._loss(moved) + self._pull(new, penalty)
            if found <= value:
                return new, moved, found
        return theta, margin, value


def _solve(curvature: Floats, slope: Floats) -> Floats:
    return np.asarray(cho_solve(cho_factor(curvature, lower=True), slope))
