"""Fits the times to progression and to death: an additive base, and XGBoost's AFT on top of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from resistml.features.spec import FeatureSpec
from resistml.learn.data import training_data
from resistml.learn.fit import bootstrap
from resistml.learn.params import TrainingData
from resistml.learn.survival_base import LOGS, Followed, TimeBase, fit_time_base, losses
from resistml.predict.survival import OBJECTIVE, TIMES, Survival, TimeMember, TimeModel
from resistml.rng import Streams, derived_seed
from resistml.tables.cohort import Cohort

if TYPE_CHECKING:
    import xgboost as xgb

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Told = Callable[[int, int], None]

#: A time recorded as 0 was half a day: its logarithm is finite.
HALF_A_DAY = 0.5 / 30.4375
#: With fewer events than this a time is not modelled.
LEAST_EVENTS = 50
#: Boosting sees no residual beyond, which a float cannot hold.
_FAR = 30.0


@dataclass(frozen=True)
class SurvivalParams:
    """Settings of the models of times; every field is a key of the config's ``survival:``.

    Attributes
    ----------
    bag : int
        Models in the bag of each time (2 or more).
    penalty, arm_penalty : float
        As in :func:`resistml.learn.survival_base.fit_time_base`.
    form : float
        Standard deviation of log months that the bag cannot see, since all its models have the
        same form; it widens the intervals (0 or more). As it is, nine in ten of the fair medians
        lay inside after training on 20,000 patients of two worlds of the ensemble.
    rounds : int
        Most boosting rounds (0 or more); how many are kept, if any, is chosen out of bag.
    checks : int
        How many numbers of rounds are compared, beside none.
    depth, learning_rate, min_child_weight, reg_lambda, colsample : float
        As XGBoost knows them.

    Raises
    ------
    ValueError
        For a bag below 2, rounds below 0, checks or depth below 1, or a penalty of 0 or less.
    """

    bag: int = 5
    penalty: float = 2.0
    arm_penalty: float = 20.0
    form: float = 0.07
    rounds: int = 40
    checks: int = 4
    depth: int = 2
    learning_rate: float = 0.05
    min_child_weight: float = 20.0
    reg_lambda: float = 10.0
    colsample: float = 0.7

    def __post_init__(self) -> None:
        for name, least in (("bag", 2), ("rounds", 0), ("checks", 1), ("depth", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}; allowed: {least} or more")
        for name in ("penalty", "arm_penalty"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; allowed: above 0")
        if not self.form >= 0:
            raise ValueError(f"form is {self.form}; allowed: 0 or more")


def fit_survival(
    spec: FeatureSpec,
    cohort: Cohort,
    params: SurvivalParams,
    *,
    seed: int,
    threads: int = 0,
    told: Told | None = None,
) -> Survival | None:
    """The models of the times that the cohort has; None if it has none with 50 events.

    Patients whose time or event is not recorded are left out of that time. The order of the rows
    does not matter.
    """
    order = np.argsort(cohort.records.patient_id.astype(str), kind="stable")
    found = {}
    for i, name in enumerate(TIMES):
        rows = order[has_time(cohort, name)[order]]
        if cohort.columns.get(f"{name}_event", np.zeros(0))[rows].sum() < LEAST_EVENTS:
            continue
        data = training_data(
            spec, cohort.records.take(rows), cohort.strategy[rows], cohort.resistant[rows]
        )
        months = np.asarray(cohort.columns[f"{name}_months"], dtype=float)[rows]
        event = np.asarray(cohort.columns[f"{name}_event"])[rows] == 1
        ahead = None if told is None else _ahead(told, i * params.bag, len(TIMES) * params.bag)
        own = derived_seed(seed, f"survival.{name}")
        found[name] = fit_time(data, months, event, params, own, threads, ahead)
    return Survival(**found) if found else None


def has_time(cohort: Cohort, name: str) -> Bools:
    """(n,) True where a time (``pfs`` or ``os``) and its event are recorded."""
    known = np.ones(len(cohort), dtype=np.bool_)
    for column in (f"{name}_months", f"{name}_event"):
        values = cohort.columns.get(column)
        if values is None:
            return np.zeros(len(cohort), dtype=np.bool_)
        known &= ~np.isnan(values.astype(float))
    return known


def _ahead(told: Told, done: int, of: int) -> Told:
    return lambda k, _: told(done + k, of)


def fit_time(
    data: TrainingData,
    months: Floats,
    event: Bools,
    params: SurvivalParams,
    seed: int,
    threads: int = 0,
    told: Told | None = None,
) -> TimeModel:
    """The bag of one time.

    Parameters
    ----------
    months : (n,) array
        Until the event, or until a patient was no longer followed.
    event : (n,) array
        True where the event was seen.

    Notes
    -----
    The law is the one under which the first bootstrap sample's base makes the times of the
    patients that are not in it likeliest; the number of rounds, the one that does so over all
    models and the patients that each did not see. The 90% interval is Student's, for so many
    models.
    """
    followed = Followed(
        data.centred,
        data.arms,
        1 - data.y,
        np.log(np.maximum(months, HALF_A_DAY)),
        event,
        data.n_arms,
    )
    fit = _Fit(data, followed, params, seed, threads)
    weights = [bootstrap(Streams(seed), k, len(data.y)) for k in range(params.bag)]
    law, base = fit.best_law(weights[0])
    fitted: list[tuple[TimeBase, xgb.Booster]] = []
    rounds = [0, *_candidates(params)]
    total = np.zeros(len(rounds))
    for k, weight in enumerate(weights):
        base = base if k == 0 else fit.base(law, weight, base)
        booster = fit.boost(law, weight, base, derived_seed(seed, f"learn.{k}"))
        total += fit.held_out(law, weight, base, booster, rounds)
        fitted.append((base, booster))
        if told is not None:
            told(k + 1, params.bag)
    best = rounds[int(np.argmin(total))]
    members = tuple(
        TimeMember(b.intercepts, b.response, b.log_scale, b.coefficients, _cut(x, best, fit))
        for b, x in fitted
    )
    width = float(student.ppf(0.95, params.bag - 1))
    return TimeModel(law, members, width, params.form, float(months.max()))


@dataclass(frozen=True)
class _Fit:
    """Fits on weighted patients, and judges on those whose weight is 0."""

    data: TrainingData
    followed: Followed
    params: SurvivalParams
    seed: int
    threads: int

    def base(self, law: str, weight: Floats, start: TimeBase | None = None) -> TimeBase:
        return fit_time_base(
            self.followed,
            weight,
            law,
            signed=self.data.signed,
            penalty=self.params.penalty,
            arm_penalty=self.params.arm_penalty,
            start=start,
        )

    def best_law(self, weight: Floats) -> tuple[str, TimeBase]:
        unseen, found = weight == 0, {}
        bases: dict[str, TimeBase] = {}
        start = None
        for law in LOGS:
            start = bases[law] = self.base(law, weight, start)
            z, log_scale = bases[law].standardised(self.followed)
            found[law] = losses(law, z, log_scale, self.followed.event)[unseen].sum()
        best = min(found, key=lambda law: found[law])
        return best, bases[best]

    def boost(self, law: str, weight: Floats, base: TimeBase, seed: int) -> xgb.Booster:
        """Trees on what the base leaves of log months, in units of the scale."""
        import xgboost as xgb

        left = np.exp(np.clip(base.standardised(self.followed)[0], -_FAR, _FAR))
        matrix = xgb.QuantileDMatrix(
            self._inputs,
            label_lower_bound=left,
            label_upper_bound=np.where(self.followed.event, left, np.inf),
            weight=weight,
            nthread=self.threads or None,
        )
        return xgb.train(self._settings(law, seed), matrix, num_boost_round=self.params.rounds)

    def held_out(
        self, law: str, weight: Floats, base: TimeBase, booster: xgb.Booster, rounds: list[int]
    ) -> Floats:
        """Loss of the patients whose weight is 0, after each number of rounds."""
        unseen = weight == 0
        z, log_scale = base.standardised(self.followed)
        inputs, event = self._inputs[unseen], self.followed.event[unseen]
        out = []
        for count in rounds:
            left = z[unseen]
            if count:  # else XGBoost takes all of them
                span = (0, count)
                left = left - booster.inplace_predict(
                    inputs, iteration_range=span, predict_type="margin"
                )
            out.append(losses(law, left, log_scale[unseen], event).sum())
        return np.array(out)

    @property
    def _inputs(self) -> npt.NDArray[np.float32]:
        return self.data.matrix.astype(np.float32)

    def none(self) -> xgb.Booster:
        """A booster that adds nothing."""
        import xgboost as xgb

        rows = xgb.DMatrix(self._inputs[:2])
        rows.set_info(label_lower_bound=np.ones(2), label_upper_bound=np.ones(2))
        return xgb.train(self._settings("extreme", 0), rows, num_boost_round=0)

    def _settings(self, law: str, seed: int) -> dict[str, Any]:
        params = self.params
        return {
            "objective": OBJECTIVE,
            "aft_loss_distribution": law,
            "aft_loss_distribution_scale": 1.0,
            "base_score": 1.0,  # a time, whose logarithm is 0
            "tree_method": "hist",
            "max_depth": params.depth,
            "eta": params.learning_rate,
            "min_child_weight": params.min_child_weight,
            "lambda": params.reg_lambda,
            "colsample_bytree": params.colsample,
            "monotone_constraints": tuple(-int(s) for s in self.data.signed),
            "seed": seed,
            "nthread": self.threads,
            "verbosity": 0,
        }


def _candidates(params: SurvivalParams) -> list[int]:
    """Numbers of rounds to compare, closer together where they are few."""
    steps = {round(params.rounds * (i / params.checks) ** 2) for i in range(1, params.checks + 1)}
    return sorted(steps - {0})


def _cut(booster: xgb.Booster, rounds: int, fit: _Fit) -> xgb.Booster:
    return booster[:rounds] if rounds else fit.none()
