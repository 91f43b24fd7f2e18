"""What patients who were treated by somebody's choice say of another way of choosing.

Each patient has one outcome, under the strategy that somebody chose for him with the record in
view. For a policy pi, the doubly robust (AIPW) score of patient i

    psi_i = m(pi_i, x_i) + [a_i = pi_i] / e(a_i, x_i) * (y_i - m(a_i, x_i))

has the policy's value as its mean if either m(a, x) = P(response to a | x) or the propensity
e(a, x) = P(a given | x) is right, provided that what steered the choice is in the record x. Both
are learned on patients other than i, and so is a learned policy (cross-fitting), so that the
scores' standard deviation gives the interval. Only strategies that a record makes a patient
eligible for are ever chosen.

References
----------
Robins, Rotnitzky, Zhao (1994), JASA 89, 846; Chernozhukov et al. (2018), Econometrics Journal 21,
C1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resistml.evaluate.judge import Predictor
from resistml.evaluate.options import Options, options_of
from resistml.evaluate.policy import first_choice
from resistml.evaluate.propensity import fit_propensity
from resistml.features.matrix import Records, Words
from resistml.features.spec import FeatureSpec
from resistml.rng import Streams

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
#: Learns p(resistance) from patients, the strategies given and 1 = resistant.
Learner = Callable[[FeatureSpec, Records, Words, Floats], Predictor]

#: A smaller estimated propensity counts as this one, so that no weight exceeds 1 / CLIP.
CLIP = 0.01


@dataclass(frozen=True)
class Observed:
    """Patients, the strategies given and 1 = resistant, in the order of their ids."""

    spec: FeatureSpec
    records: Records
    strategy: Words
    resistant: Floats

    @classmethod
    def of(
        cls, spec: FeatureSpec, records: Records, strategy: Words, resistant: Floats
    ) -> Observed:
        """The patients of a table, whatever the order of its rows."""
        order = np.argsort(records.patient_id.astype(str), kind="stable")
        return cls(spec, records.take(order), strategy[order], resistant[order])

    def take(self, rows: Ints) -> Observed:
        """The given patients."""
        return Observed(
            self.spec, self.records.take(rows), self.strategy[rows], self.resistant[rows]
        )

    def taught(self, learner: Learner) -> Predictor:
        """What a learner makes of these patients."""
        return learner(self.spec, self.records, self.strategy, self.resistant)


@dataclass(frozen=True)
class Scores:
    """What n patients say of a policy; arrays are (n,), in the patients' order.

    Attributes
    ----------
    modelled : array
        m under the policy's choice: p(response) that the outcome model gives it.
    weight : array
        1 / e for those who were given the policy's choice, 0 for the others.
    response : array
        1 = response to the strategy given.
    expected : array
        m under the strategy given; 0 where it is not among his options.
    propensity : array
        Estimated chance of being given the policy's choice, before clipping.
    """

    modelled: Floats
    weight: Floats
    response: Floats
    expected: Floats
    propensity: Floats

    @property
    def psi(self) -> Floats:
        """(n,) doubly robust scores: their mean is the estimate."""
        return np.asarray(self.modelled + self.weight * (self.response - self.expected))


def score_patients(
    taught: Observed, judged: Observed, policy: Predictor, outcome: Predictor, own: float
) -> Scores:
    """Scores of ``judged`` patients; how treatment was chosen is learned on ``taught`` ones.

    ``own`` is a penalty of :data:`~resistml.evaluate.propensity.OWN`.
    """
    spec, records = taught.spec, taught.records
    choice = fit_propensity(spec, records, options_of(spec, records, taught.strategy), own)
    options = options_of(spec, judged.records, judged.strategy)
    each = judged.records.take(options.patient)
    risk = outcome(each, options.arm)
    chosen = first_choice(options, -(risk if policy is outcome else policy(each, options.arm)))
    return scores_of(options, judged.resistant, chosen, risk, choice(judged.records, options))


def scores_of(
    options: Options, resistant: Floats, chosen: Ints, risk: Floats, propensity: Floats
) -> Scores:
    """Scores of n patients with m options.

    Parameters
    ----------
    resistant : (n,) array
        1 = resistant to what was given.
    chosen : (n,) array of int
        The option that the policy takes.
    risk, propensity : (m,) arrays
        p(resistance) and the chance of being given, of each option.
    """
    modelled, same = 1 - risk, options.given == chosen
    return Scores(
        modelled=modelled[chosen],
        weight=np.where(same, 1 / np.maximum(propensity[chosen], CLIP), 0.0),
        response=1 - resistant,
        expected=np.where(options.given < 0, 0.0, modelled[options.given]),
        propensity=propensity[chosen],
    )


def split(observed: Observed, folds: int, seed: int) -> Ints:
    """(n,) part of each patient; every setting and strategy is spread evenly over the parts."""
    if folds < 2:
        raise ValueError(f"{folds} folds; allowed: 2 or more")
    shuffled = Streams(seed).generator("off_policy.folds").permutation(len(observed.records))
    pairs = [
        observed.strategy[shuffled].astype(str),
        observed.records.setting[shuffled].astype(str),
    ]
    out = np.empty(len(shuffled), dtype=np.int64)
    out[shuffled[np.lexsort(pairs)]] = np.arange(len(shuffled)) % folds
    return out


def joined(scores: list[Scores]) -> Scores:
    names = ("modelled", "weight", "response", "expected", "propensity")
    return Scores(*(np.concatenate([getattr(one, name) for one in scores]) for name in names))
