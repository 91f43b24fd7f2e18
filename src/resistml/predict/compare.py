"""Compares the strategies open to each of n patients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resistml.predict.model import Z90, Model, sigmoid
from resistml.rng import Streams

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: Response probabilities that differ by less count as equal.
EQUAL = 0.01
#: Pairs of draws behind a probability of being best: its error is 2 points at most.
PAIRS = 256
#: Most numbers that are drawn at once, which keeps memory flat.
CELLS = 500_000


@dataclass(frozen=True)
class Comparison:
    """n patients under each of A strategies; NaN where a strategy is closed to the patient.

    Attributes
    ----------
    p, lower, upper : (n, A) arrays
        Probability of response with its 90% interval.
    p_best : (n, A) array
        Probability that the strategy has the highest probability of response that the record
        allows, shared by those within 0.01 of the highest. Adds up to 1 over the open strategies.
    tied : (n, A) array of bool
        Whether the strategy cannot be told from the best one: it is within 0.01 of it, or the
        90% interval of the difference in log-odds holds 0. Of the best: whether another is tied.
    order : (n, A) array of int
        Strategies, best first, the closed ones last; equals keep their order.
    """

    p: Floats
    lower: Floats
    upper: Floats
    p_best: Floats
    tied: Bools
    order: npt.NDArray[np.int64]


def compare(
    model: Model, margins: Floats, is_open: Bools, extra: Floats | None = None
) -> Comparison:
    """Compare strategies by their margins.

    Parameters
    ----------
    margins : (n, A, bag) array
        Log-odds of resistance under each strategy, of each model of the bag.
    is_open : (n, A) array of bool
    extra : (n, A) array, optional
        Variance of each margin beside that of the bag; see :mod:`resistml.predict.widths`.

    Notes
    -----
    Margins are taken as normal about their mean: what the bag varies by goes together over
    strategies as it does in the bag, what is added is each strategy's own.
    """
    mean = margins.mean(axis=2)
    doubt = Doubt(
        shared=np.sqrt(model.widths.bag / (margins.shape[2] - 1)) * (margins - mean[:, :, None]),
        own=np.zeros(mean.shape) if extra is None else extra,
    )
    half = Z90 * np.sqrt(doubt.variance)
    p = np.where(is_open, _response(model, mean), np.nan)
    order = np.argsort(np.where(is_open, -p, np.inf), axis=1, kind="stable")
    return Comparison(
        p=p,
        lower=np.where(is_open, _response(model, mean + half), np.nan),
        upper=np.where(is_open, _response(model, mean - half), np.nan),
        p_best=_probability_best(model, mean, doubt, is_open),
        tied=_tied(mean, doubt, p, order[:, :1]),
        order=order,
    )


@dataclass(frozen=True)
class Doubt:
    """How margins of n patients under A strategies vary about their means.

    Attributes
    ----------
    shared : (n, A, bag) array
        Their covariance over strategies is ``shared @ shared.T`` of each patient.
    own : (n, A) array
        Variances that are added to it.
    """

    shared: Floats
    own: Floats

    @property
    def variance(self) -> Floats:
        """(n, A) variance of each margin."""
        return np.asarray((self.shared**2).sum(axis=2) + self.own)

    def drawn(self, rows: slice) -> Floats:
        """(rows, A, draws) deviations of margins, in pairs of opposite sign.

        All patients are dealt the same numbers, so that what is said of one is his own.
        """
        shared, own = self.shared[rows], np.sqrt(self.own[rows])
        streams = Streams(0)
        bag = streams.generator("compare.shared").standard_normal((shared.shape[2], PAIRS))
        each = streams.generator("compare.own").standard_normal((shared.shape[1], PAIRS))
        # Each patient's product is apart, so that its sums do not follow how many there are.
        out = np.matmul(shared, bag) + own[:, :, None] * each
        return np.concatenate([out, -out], axis=2)


def _response(model: Model, margins: Floats) -> Floats:
    return sigmoid(-model.calibrated(margins))


def _probability_best(model: Model, mean: Floats, doubt: Doubt, is_open: Bools) -> Floats:
    out = np.full(mean.shape, np.nan)
    at_once = max(1, CELLS // (2 * PAIRS * max(mean.shape[1], 1)))
    for start in range(0, len(mean), at_once):
        rows = slice(start, start + at_once)
        mine = is_open[rows]
        odds = model.calibrated(mean[rows, :, None] + doubt.drawn(rows))
        odds[~mine] = np.inf
        best = (odds <= _as_good(odds.min(axis=1, keepdims=True))) & mine[:, :, None]
        shares = best / np.maximum(best.sum(axis=1, keepdims=True), 1)
        out[rows] = np.where(mine, shares.mean(axis=2), np.nan)
    return out


def _as_good(best: Floats) -> Floats:
    """Log-odds of resistance at which p(response) is 0.01 less than at the given ones."""
    p = sigmoid(-best) - EQUAL
    return np.where(p > 0, np.log1p(-p) - np.log(np.maximum(p, 1e-300)), np.inf)


def _tied(mean: Floats, doubt: Doubt, p: Floats, first: npt.NDArray[np.int64]) -> Bools:
    apart = doubt.shared - np.take_along_axis(doubt.shared, first[:, :, None], axis=1)
    own = doubt.own + np.take_along_axis(doubt.own, first, axis=1)
    gap = np.abs(mean - np.take_along_axis(mean, first, axis=1))
    unclear = gap < Z90 * np.sqrt((apart**2).sum(axis=2) + own)
    near = np.abs(p - np.take_along_axis(p, first, axis=1)) < EQUAL
    tied = (near | unclear) & ~np.isnan(p)
    np.put_along_axis(tied, first, False, axis=1)
    np.put_along_axis(tied, first, tied.any(axis=1, keepdims=True), axis=1)
    return np.asarray(tied)
