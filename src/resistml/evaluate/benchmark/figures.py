"""The figures of one learner, judged on the fresh patients of a world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.evaluate.judge import Judge
from resistml.evaluate.metrics import auc, calibration_error, log_loss
from resistml.evaluate.policy import best_fixed_rule, captured, policy_value
from resistml.evaluate.uncertainty import uncertainty
from resistml.predict.model import Model

Floats = npt.NDArray[np.float64]
Figures = dict[str, Any]
#: Further figures of the model itself, from the model and the judge.
More = Callable[[Model, Judge], Figures]

#: A setting is judged by itself from so many patients.
LEAST_PATIENTS = 1_000
#: Figures of probabilities, which learners of effects alone do not have.
OF_RISKS = ("auc", "logloss", "mae", "ece", "ece_by_setting")


@dataclass(frozen=True)
class Bench:
    """A judge, with what is the same for all learners.

    Attributes
    ----------
    judge : Judge
    oracle : dict
        ``auc_oracle, auc_fair, value_fixed_rule, value_oracle, value_fair``.
    """

    judge: Judge
    oracle: Figures

    @classmethod
    def of(cls, judge: Judge) -> Bench:
        """Find the oracles' figures and the best fixed rule."""
        given = judge.given
        oracle = {
            "auc_oracle": auc(judge.resistant, 1 - judge.p_response[given]),
            "auc_fair": auc(judge.resistant, 1 - judge.p_fair[given]),
            "value_fixed_rule": best_fixed_rule(judge)[0],
            "value_oracle": policy_value(judge, judge.p_response),
            "value_fair": policy_value(judge, judge.p_fair),
        }
        return cls(judge, oracle)

    @property
    def gap(self) -> float:
        """What the fair oracle has over the best fixed rule, as a response rate."""
        return float(self.oracle["value_fair"] - self.oracle["value_fixed_rule"])

    def figures(self, p: Floats, *, of_risks: bool = True) -> Figures:
        """All figures of a learner.

        Parameters
        ----------
        p : (m,) array
            p(resistance) of each oracle row; or a score of which only the differences within
            a patient mean something.
        of_risks : bool
            Whether ``p`` are probabilities; else figures of probabilities are None.
        """
        value = policy_value(self.judge, 1 - p)
        share = captured(value, self.oracle["value_fixed_rule"], self.oracle["value_fair"])
        found = self._of_risks(p) if of_risks else dict.fromkeys(OF_RISKS)
        row = {**found, **self.oracle, "value_learned": value, "captured": share}
        return {name: _plain(figure) for name, figure in row.items()}

    def _of_risks(self, p: Floats) -> Figures:
        judge = self.judge
        given = judge.given
        risk, fair = p[given], 1 - judge.p_fair[given]
        return {
            "auc": auc(judge.resistant, risk),
            "logloss": log_loss(judge.resistant, risk),
            "mae": float(np.abs(risk - fair).mean()),
            "ece": calibration_error(fair, risk),
            "ece_by_setting": {
                name: calibration_error(fair[rows], risk[rows])
                for name, rows in large_settings(judge).items()
            },
        }


def large_settings(judge: Judge) -> dict[str, npt.NDArray[np.int64]]:
    """The patients of each setting that has enough of them."""
    names, code, count = np.unique(
        judge.records.setting.astype(str), return_inverse=True, return_counts=True
    )
    large = [k for k in range(len(names)) if count[k] >= LEAST_PATIENTS]
    return {str(names[k]): np.flatnonzero(code == k) for k in large}


def doubt_figures(model: Model, judge: Judge) -> Figures:
    """How far the model's own doubt is right.

    ``coverage`` and ``width`` of the 90% interval of p(response) over all open strategies,
    ``coverage_by_setting`` the same in each setting with enough patients, ``coverage_bag``
    what the bag's spread alone would hold; ``p_best_error`` the reliability error of ``p_best``;
    ``set_coverage`` and ``set_size`` of the 90% prediction sets.
    """
    found = uncertainty(model, judge)
    sets = found.sets
    return {
        "coverage": found.overall.coverage,
        "coverage_by_setting": {
            name: found.by_setting[name].coverage for name in large_settings(judge)
        },
        "coverage_bag": found.overall.coverage_bag,
        "width": found.overall.width,
        "p_best_error": found.best.error,
        "set_coverage": None if sets is None else sets.coverage,
        "set_size": None if sets is None else sets.size,
    }


#: What is found of the model beside what is found of every learner.
MORE: tuple[More, ...] = (doubt_figures,)


def _plain(value: Any) -> Any:
    """A figure, None where there is none."""
    return None if isinstance(value, float) and not np.isfinite(value) else value
