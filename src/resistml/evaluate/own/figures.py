"""What cross-validation and patients apart come to, as figures with intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resistml.evaluate.calibration_curves import intercept_slope
from resistml.evaluate.metrics import Interval, auc, brier, log_loss
from resistml.evaluate.own.intervals import Z95, Estimate, corrected, delong, normal
from resistml.evaluate.own.nested import MODEL, Nested
from resistml.learn.own_choice import Candidate

Floats = npt.NDArray[np.float64]
#: Of outcomes (n,) and probabilities (n,).
Figure = Callable[[Floats, Floats], float]


def intercept(y: Floats, p: Floats) -> float:
    """Calibration in the large: what is to be added to the log-odds; 0 is right."""
    return intercept_slope(y, p)[0].value


def slope(y: Floats, p: Floats) -> float:
    """Calibration slope: what the log-odds are to be multiplied by; 1 is right, less is
    overconfident."""
    return intercept_slope(y, p)[1].value


#: By the name that they have in metrics, reports and JSON.
FIGURES: dict[str, Figure] = {
    "auc": auc,
    "brier": brier,
    "logloss": log_loss,
    "calibration_intercept": intercept,
    "calibration_slope": slope,
}
#: Of these a difference from another learner is told.
COMPARED = ("auc", "brier", "logloss")


@dataclass(frozen=True)
class Validated:
    """Figures of learners under cross-validation.

    Attributes
    ----------
    figures : dict
        By learner and figure, mean over folds.
    differences : dict
        By learner and figure, the model's less the learner's, paired by fold.
    patients, folds, repeats : int
    chosen : dict of str to int
        How often each candidate was chosen, in words.
    """

    figures: dict[str, dict[str, Estimate]]
    differences: dict[str, dict[str, Estimate]]
    patients: int
    folds: int
    repeats: int
    chosen: dict[str, int]


@dataclass(frozen=True)
class External:
    """Figures on patients apart, whom no model was chosen or fitted on.

    Attributes
    ----------
    figures : dict
        By learner and figure. The interval of the AUC is DeLong's; of Brier score and log-loss it
        is that of a mean; of calibration Wald's.
    differences : dict
        By learner and figure, the model's less the learner's, on the same patients.
    base_rate : float
        Share of these patients with the outcome that is 1.
    base_brier : float
        Brier score of who says the base rate of the training patients to all.
    patients : int
    """

    figures: dict[str, dict[str, Estimate]]
    differences: dict[str, dict[str, Estimate]]
    base_rate: float
    base_brier: float
    patients: int


def validated(found: Nested) -> Validated:
    """The figures of repeated cross-validation."""
    trained = np.array([fold.trained for fold in found.folds], dtype=float)
    held = np.array([len(fold.held) for fold in found.folds], dtype=float)
    each = {
        learner: {
            name: np.array([figure(found.y[f.held], f.p[learner]) for f in found.folds])
            for name, figure in FIGURES.items()
        }
        for learner in found.learners
    }
    chosen: dict[str, int] = {}
    for fold in found.folds:
        said = in_words(fold.chosen)
        chosen[said] = chosen.get(said, 0) + 1
    return Validated(
        figures={
            learner: {name: corrected(x, trained, held) for name, x in figures.items()}
            for learner, figures in each.items()
        },
        differences={
            learner: {
                name: corrected(each[MODEL][name] - figures[name], trained, held)
                for name in COMPARED
            }
            for learner, figures in each.items()
            if learner != MODEL
        },
        patients=len(found.y),
        folds=len(found.folds),
        repeats=len({fold.repeat for fold in found.folds}),
        chosen=dict(sorted(chosen.items(), key=lambda item: -item[1])),
    )


def in_words(candidate: Candidate) -> str:
    """A candidate as reports name it."""
    said = [candidate.family]
    if candidate.penalty != 1:
        said.append(f"penalties times {candidate.penalty:g}")
    if candidate.prior != "none":
        said.append("directions of the evidence")
    if candidate.share:
        said.append(f"{candidate.share:.0%} of the world's slopes")
    return ", ".join(said)


def external(y: Floats, p: dict[str, Floats], base_rate: float) -> External:
    """Figures on n patients apart.

    Parameters
    ----------
    y : (n,) array of 0 and 1, of which both occur
    p : dict of str to (n,) array
        Probabilities by learner; the model's among them.
    base_rate : float
        That of the training patients.
    """
    figures = {learner: _figures(y, mine) for learner, mine in p.items()}
    differences = {}
    for learner, mine in p.items():
        if learner == MODEL:
            continue
        (one, other), cov = delong(y, p[MODEL], mine)
        error = float(np.sqrt(max(cov[0, 0] + cov[1, 1] - 2 * cov[0, 1], 0.0)))
        differences[learner] = {
            "auc": normal(float(one - other), error),
            "brier": _mean(_squares(y, p[MODEL]) - _squares(y, mine)),
            "logloss": _mean(_losses(y, p[MODEL]) - _losses(y, mine)),
        }
    return External(
        figures=figures,
        differences=differences,
        base_rate=float(y.mean()),
        base_brier=brier(y, np.full(len(y), base_rate)),
        patients=len(y),
    )


def _figures(y: Floats, p: Floats) -> dict[str, Estimate]:
    area, cov = delong(y, p)
    above, steep = intercept_slope(y, p)
    return {
        "auc": normal(float(area[0]), float(np.sqrt(cov[0, 0]))),
        "brier": _mean(_squares(y, p)),
        "logloss": _mean(_losses(y, p)),
        "calibration_intercept": _wald(above),
        "calibration_slope": _wald(steep),
    }


def _squares(y: Floats, p: Floats) -> Floats:
    return np.asarray((y - p) ** 2)


def _losses(y: Floats, p: Floats) -> Floats:
    q = np.clip(p, 1e-12, 1 - 1e-12)
    return np.asarray(-(y * np.log(q) + (1 - y) * np.log(1 - q)))


def _mean(values: Floats) -> Estimate:
    return normal(float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values))))


def _wald(found: Interval) -> Estimate:
    return Estimate(found.value, (found.high - found.low) / (2 * Z95), found.low, found.high)
