"""Fits the lines of the worlds that the evidence allows; see `resistml.predict.ensemble`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.special import logit
from scipy.stats import t as student

from resistml.cohort.draw import Columns, Drawer
from resistml.cohort.plan import Plan
from resistml.cohort.records import records_of
from resistml.errors import ConfigError
from resistml.evidence import Evidence
from resistml.features.spec import FeatureSpec
from resistml.learn.data import training_data
from resistml.learn.params import TrainingData
from resistml.predict.ensemble import FEWEST, Ensemble
from resistml.world.ensemble import ensemble
from resistml.world.laws import World

Floats = npt.NDArray[np.float64]

#: Patients drawn per setting of a world, to whom its lines are fitted.
PATIENTS = 600
#: Share of worlds within the interval, half of the rest on either side.
LEVEL = 0.90
#: Penalty of a line's slopes, in patients of even odds per squared log-odds: just so much that
#: what no patient shows stays at 0.
_RIDGE = 0.01
#: Probabilities are kept this far from 0 and 1 before the logit.
_EDGE = 1e-3
#: Decimals of the lines, so that what is fitted is what a bundle holds.
_DECIMALS = 4


def fit_ensemble(
    evidence: Evidence,
    spec: FeatureSpec,
    worlds: int,
    seed: int,
    told: Callable[[int, int], None] | None = None,
) -> Ensemble:
    """Draw so many worlds from the evidence, and fit their lines on the spec's own features.

    Parameters
    ----------
    worlds : int
        2 or more; each takes 10 to 30 seconds.
    seed : int
        World k depends on the seed and on k alone.
    told : callable, optional
        Told (worlds done, of).

    Raises
    ------
    ConfigError
        For fewer than two worlds, which have no spread.
    WorldError
        If the evidence allows hardly any world.
    """
    if worlds < FEWEST:
        raise ConfigError(
            f"{worlds} worlds have no spread",
            key="ensemble.worlds",
            allowed=f"0 (no ensemble), or {FEWEST} and more",
        )

    def drawn() -> Iterable[World]:
        for member in ensemble(evidence, worlds, seed):
            if told is not None:
                told(member.number, worlds)
            yield member.world

    return fit_lines(spec, drawn(), seed, PATIENTS)


def fit_lines(spec: FeatureSpec, worlds: Iterable[World], seed: int, patients: int) -> Ensemble:
    """The lines of given worlds, two or more.

    Parameters
    ----------
    seed : int
        Of the patients drawn, the same in each world, so that worlds differ by their laws alone.
    patients : int
        Drawn per setting.
    """
    fitted = [_lines(spec, world, seed, patients) for world in worlds]
    intercepts, coefficients, missing = (
        np.round(np.stack(parts), _DECIMALS) for parts in zip(*fitted, strict=True)
    )
    return Ensemble(intercepts, coefficients, missing, factor(len(fitted)))


def factor(worlds: int) -> float:
    """Half-width of the predictive interval from so many worlds, in standard deviations."""
    return float(student.ppf((1 + LEVEL) / 2, worlds - 1) * np.sqrt(1 + 1 / worlds))


def _lines(
    spec: FeatureSpec, world: World, seed: int, patients: int
) -> tuple[Floats, Floats, Floats]:
    """Intercepts (arms,), coefficients and what missing adds (arms, columns), of a world."""
    data = fair_patients(spec, world, seed, patients)
    columns = data.centred.shape[1]
    shown = np.concatenate([data.centred, np.isnan(data.matrix)], axis=1)
    lines = np.zeros((data.n_arms, 1 + 2 * columns))
    for arm in range(data.n_arms):
        rows = np.flatnonzero(data.arms == arm)
        lines[arm] = nearest_line(shown[rows], data.y[rows])
    return lines[:, 0], lines[:, 1 : 1 + columns], lines[:, 1 + columns :]


def fair_patients(spec: FeatureSpec, world: World, seed: int, patients: int) -> TrainingData:
    """Patients of a world under every strategy of their setting; y is the fair p(resistance).

    Settings have as many patients each, so that none is too rare for a line.
    """
    even = {name: replace(law, share=1.0) for name, law in world.settings.items()}
    plan = Plan(seed, patients * len(even), "randomised", all_arms=True)
    drawer = Drawer(replace(world, settings=even), plan)
    blocks = [drawer.block(block) for block in range(plan.blocks)]
    cohort, oracle = _joined([x.cohort for x in blocks]), _joined([x.oracle for x in blocks])
    # Both tables are in the order of the patients' ids.
    _, patient = np.unique(oracle["patient_id"].astype(str), return_inverse=True)
    records = records_of(cohort, tuple(spec.markers)).take(patient)
    strategy = np.asarray(oracle["strategy"], dtype=object)
    return training_data(spec, records, strategy, 1 - oracle["p_response_fair"].astype(float))


def _joined(parts: list[Columns]) -> Columns:
    """The columns of several blocks, one below the other."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def nearest_line(x: Floats, p: Floats) -> Floats:
    """(1 + columns,) intercept and slopes of the log-odds nearest to those of p, in probability.

    Notes
    -----
    Weighted least squares with the weight p (1 - p) of a row, the squared slope of the
    probability in the log-odds; slopes are pulled to 0 by a little.
    """
    y, weight = logit(np.clip(p, _EDGE, 1 - _EDGE)), p * (1 - p) + _EDGE
    design = np.concatenate([np.ones((len(p), 1)), x], axis=1)
    weighted = design * weight[:, None]
    penalty = np.full(design.shape[1], _RIDGE)
    penalty[0] = 1e-9  # an arm without patients has even odds
    found = np.linalg.solve(design.T @ weighted + np.diag(penalty), weighted.T @ y)
    return np.asarray(found)
