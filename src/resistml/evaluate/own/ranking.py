"""What the learned allocation is worth on one's own patients, beside simple ones.

Each patient has one outcome under one arm. The doubly robust scores of
:mod:`resistml.evaluate.doubly_robust` say what a rule would come to had all followed it: the model
that chooses, and that stands in for what was not seen, never saw the patient, and how arms were
given is learned on the patients of the other folds. An arm is open to a group of whom a few had it.

References
----------
Chernozhukov et al. (2018), Econometrics Journal 21, C1: also how repeats of cross-fitting are put
together, the variance of each with the distance of its value from their mean.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resistml.evaluate.doubly_robust import CLIP, scores_of
from resistml.evaluate.learners import PRIOR
from resistml.evaluate.options import Options, options_of
from resistml.evaluate.own.intervals import Estimate, normal
from resistml.evaluate.own.nested import Fold, Nested
from resistml.evaluate.policy import first_choice
from resistml.evaluate.propensity import choose_own, fit_propensity
from resistml.features.conditions import eligible
from resistml.features.spec import FeatureSpec
from resistml.learn.own_patients import OwnPatients

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: What the rules are called.
GIVEN, BEST_ARM, LEARNED = "as given", "best arm per group", "learned"


@dataclass(frozen=True)
class Allocation:
    """What rules of choosing an arm are worth.

    Attributes
    ----------
    values : dict
        By rule, the share with the wanted outcome, were all given what the rule says.
    difference : Estimate
        The learned rule's less the best arm per group's, paired by patient.
    patients, left_out : int
        Those judged, and those to whom no arm is open.
    repeats : int
        Of cross-fitting, whose values are averaged.
    followed : float
        Share who were given what the learned rule says.
    effective : float
        Effective sample size of the learned rule's weights.
    clipped : float
        Share of the followed whose chance of it was below the least and raised to it.
    moved : dict of str to float
        Share of patients for whom the learned rule says each arm.
    groups : tuple of str
    """

    values: dict[str, Estimate]
    difference: Estimate
    patients: int
    left_out: int
    repeats: int
    followed: float
    effective: float
    clipped: float
    moved: dict[str, float]
    groups: tuple[str, ...]


def allocation(
    spec: FeatureSpec,
    patients: OwnPatients,
    found: Nested,
    *,
    repeats: int = 5,
    told: Callable[[int, int], None] | None = None,
) -> Allocation | None:
    """The worth of the learned rule, of the best arm per group, and of what was done.

    Parameters
    ----------
    spec : FeatureSpec
        Of all patients: it says who may have which arm.
    found : Nested
        With the model's probability under each arm, in every fold.
    repeats : int
        At most so many of its repeats are used.
    told : callable, optional
        Told (folds done, of).

    Returns
    -------
    Allocation or None
        None where no two arms are open to anybody, or a repeat judges not all patients once.
    """
    open_to = _open(spec, patients)
    kept = np.flatnonzero(open_to.any(axis=1))
    which = sorted({fold.repeat for fold in found.folds})[:repeats]
    folds = [fold for fold in found.folds if fold.repeat in which]
    judged = np.concatenate([fold.held for fold in folds])
    if (open_to.sum(axis=1) < 2).all() or len(judged) != len(which) * len(patients):
        return None
    scoring = _Scoring(spec, patients, kept, which)
    for k, fold in enumerate(folds):
        scoring.add(fold)
        if told is not None:
            told(k + 1, len(folds))
    return scoring.summary(len(patients) - len(kept))


class _Scoring:
    """Gathers the scores of patients over folds and repeats."""

    def __init__(
        self, spec: FeatureSpec, patients: OwnPatients, kept: Ints, repeats: list[int]
    ) -> None:
        self.spec, self.patients, self.kept, self.repeats = spec, patients, kept, repeats
        shape = len(repeats), len(patients)
        self.psi = {rule: np.zeros(shape) for rule in (BEST_ARM, LEARNED)}
        self.weight: list[Floats] = []
        self.propensity: list[Floats] = []
        self.arms: list[npt.NDArray[np.object_]] = []
        half = np.arange(len(kept)) % 2 == 0
        self.own = choose_own(spec, patients.records.take(kept), patients.strategy[kept], half)

    def add(self, fold: Fold) -> None:
        """Take in the patients whom a fold judges, taught by all others."""
        everybody, spec = self.patients, self.spec
        held = np.intersect1d(fold.held, self.kept)
        train = np.setdiff1d(self.kept, fold.held)
        taught, judged = everybody.take(train), everybody.take(held)
        known = options_of(spec, taught.records, taught.strategy)
        chance = fit_propensity(spec, taught.records, known, self.own)
        options = options_of(spec, judged.records, judged.strategy)
        place = {row: i for i, row in enumerate(fold.held.tolist())}
        mine = fold.under[[place[row] for row in held.tolist()]]
        arm = np.array([everybody.strategies.index(a) for a in options.arm.tolist()])
        risk = mine[options.patient, arm]
        propensity = chance(judged.records, options)
        rates = _group_rates(taught)
        rule = {
            LEARNED: first_choice(options, -risk),
            BEST_ARM: first_choice(options, _looked_up(rates, judged, options)),
        }
        for name, chosen in rule.items():
            scores = scores_of(options, judged.resistant, chosen, risk, propensity)
            self.psi[name][self.repeats.index(fold.repeat), held] = scores.psi
            if name == LEARNED:
                self.weight.append(scores.weight)
                self.propensity.append(scores.propensity)
                self.arms.append(options.arm[chosen])

    def summary(self, left_out: int) -> Allocation:
        """The figures of all folds."""
        psi, repeats = {rule: x[:, self.kept] for rule, x in self.psi.items()}, len(self.repeats)
        response = 1 - self.patients.resistant[self.kept]
        weight, propensity = np.concatenate(self.weight), np.concatenate(self.propensity)
        followed, arms = weight > 0, np.concatenate(self.arms)
        return Allocation(
            values={
                GIVEN: repeated(response[None]),
                **{rule: repeated(x) for rule, x in psi.items()},
            },
            difference=repeated(psi[LEARNED] - psi[BEST_ARM]),
            patients=len(self.kept),
            left_out=left_out,
            repeats=repeats,
            followed=float(followed.mean()),
            effective=float(weight.sum() ** 2 / (weight @ weight)) / repeats
            if followed.any()
            else 0.0,
            clipped=float((propensity[followed] < CLIP).mean()) if followed.any() else float("nan"),
            moved={a: float((arms == a).mean()) for a in self.patients.strategies},
            groups=self.patients.groups,
        )


def repeated(psi: Floats) -> Estimate:
    """Mean of scores (repeats, n) of the same n patients, with its standard error.

    Notes
    -----
    Repeats are of the same patients, and do not add to them: the variance is the mean over repeats
    of each one's, with the square of its value's distance from their mean.
    """
    each = psi.mean(axis=1)
    variance = psi.var(axis=1, ddof=1) / psi.shape[1] + (each - each.mean()) ** 2
    return normal(float(each.mean()), float(np.sqrt(variance.mean())))


def _open(spec: FeatureSpec, patients: OwnPatients) -> npt.NDArray[np.bool_]:
    """(n, strategies) which arms each patient's setting and group may have."""
    n, columns = len(patients), patients.records.columns
    out = np.zeros((n, len(patients.strategies)), dtype=bool)
    setting = patients.records.setting.astype(str)
    for j, arm in enumerate(patients.strategies):
        here = np.array([arm in spec.settings[s].strategies for s in setting.tolist()])
        out[:, j] = here & eligible(columns, spec.strategies[arm].eligibility, n)
    return out


def _groups(patients: OwnPatients) -> list[tuple[str, ...]]:
    """(n,) each patient's setting and the values of the columns that make groups."""
    parts = [patients.records.setting.astype(str).tolist()]
    parts += [patients.records.column(name).tolist() for name in patients.groups]
    return [tuple(map(str, row)) for row in zip(*parts, strict=True)]


def _group_rates(patients: OwnPatients) -> dict[tuple[tuple[str, ...], str], float]:
    """Share of each group with the wanted outcome under each arm, drawn a little to the arm's."""
    response, arms = 1 - patients.resistant, patients.strategy.astype(str)
    overall = float(response.mean())
    groups = _groups(patients)
    out: dict[tuple[tuple[str, ...], str], float] = {}
    for arm in patients.strategies:
        had = arms == arm
        usual = float((response[had].sum() + PRIOR * overall) / (had.sum() + PRIOR))
        for group in dict.fromkeys(groups):
            mine = had & np.array([g == group for g in groups])
            out[group, arm] = float((response[mine].sum() + PRIOR * usual) / (mine.sum() + PRIOR))
    return out


def _looked_up(
    rates: dict[tuple[tuple[str, ...], str], float], patients: OwnPatients, options: Options
) -> Floats:
    """(m,) the rate of each option; -inf where its group was never seen."""
    groups = _groups(patients)
    pairs = zip(options.patient.tolist(), options.arm.tolist(), strict=True)
    return np.array([rates.get((groups[i], str(arm)), -np.inf) for i, arm in pairs])
