"""Compares the strategies open to each of n patients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resistml.predict.model import Z90, Model, sigmoid

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: Response probabilities that differ by less count as equal.
EQUAL = 0.01


@dataclass(frozen=True)
class Comparison:
    """n patients under each of A strategies; NaN where a strategy is closed to the patient.

    Attributes
    ----------
    p, lower, upper : (n, A) arrays
        Probability of response with its 90% interval.
    p_best : (n, A) array
        Share of the bag in which the strategy is best, shared by those within 0.01 of the best.
        Adds up to 1 over the open strategies.
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


def compare(model: Model, margins: Floats, is_open: Bools) -> Comparison:
    """Compare strategies by their margins.

    Parameters
    ----------
    margins : (n, A, bag) array
        Log-odds of resistance under each strategy, of each model of the bag.
    is_open : (n, A) array of bool
    """
    mean, half = margins.mean(axis=2), Z90 * margins.std(axis=2, ddof=1)
    p = np.where(is_open, _response(model, mean), np.nan)
    order = np.argsort(np.where(is_open, -p, np.inf), axis=1, kind="stable")
    return Comparison(
        p=p,
        lower=np.where(is_open, _response(model, mean + half), np.nan),
        upper=np.where(is_open, _response(model, mean - half), np.nan),
        p_best=_share_best(model, margins, is_open),
        tied=_tied(margins, p, order[:, :1]),
        order=order,
    )


def _response(model: Model, margins: Floats) -> Floats:
    return sigmoid(-model.calibrated(margins))


def _share_best(model: Model, margins: Floats, is_open: Bools) -> Floats:
    p = np.where(is_open[:, :, None], _response(model, margins), -1.0)
    best = (p >= p.max(axis=1, keepdims=True) - EQUAL) & is_open[:, :, None]
    shares = best / np.maximum(best.sum(axis=1, keepdims=True), 1)
    return np.where(is_open, shares.mean(axis=2), np.nan)


def _tied(margins: Floats, p: Floats, first: npt.NDArray[np.int64]) -> Bools:
    gap = margins - np.take_along_axis(margins, first[:, :, None], axis=1)
    unclear = np.abs(gap.mean(axis=2)) < Z90 * gap.std(axis=2, ddof=1)
    near = np.abs(p - np.take_along_axis(p, first, axis=1)) < EQUAL
    tied = (near | unclear) & ~np.isnan(p)
    np.put_along_axis(tied, first, False, axis=1)
    np.put_along_axis(tied, first, tied.any(axis=1, keepdims=True), axis=1)
    return np.asarray(tied)
