"""How likely each patient was to be given each strategy, learned from the record alone.

A multinomial logistic regression in every setting, on recorded values, what was measured, age,
sex and performance status. Few patients of a setting would fit chance, so settings lend each
other what they may share: that markers which speak against a strategy weigh alike wherever it is
one of the choices, and that a kind of treatment is spared the old and the frail. Each setting
departs from that as far as its own patients say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

from resistml.evaluate.options import Options, options_of
from resistml.features.matrix import Records, Words, arm_codes, centred, model_matrix, standardised
from resistml.features.spec import FeatureSpec
from resistml.predict.patterns import grouped

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Ridge penalties, on features of spread 1: of slopes that settings share; of levels, which only
#: says where that of a strategy given to nobody lies; and those that each setting's own slopes may
#: have, one of which is chosen by how likely it makes what other patients were given.
SHARED, LEVEL = 10.0, 1e-4
OWN = (30.0, 300.0, 3_000.0)
#: Log-odds that the least chance, as a share of an even one, is pulled to, with a spread of 1.
LEAST = float(np.log(1 / 9))
#: No feature counts for more than so many spreads from its mean.
REACH = 3.0
#: Age, sex, ECOG 1, ECOG 2 or more, frailty.
CLINICAL = 5


@dataclass(frozen=True)
class Slopes:
    """What is fitted.

    Attributes
    ----------
    level : (arms,) array
        Of each (setting, strategy) pair.
    markers : (markers,) array
        Of engaged markers, shared by all.
    kinds : (classes, CLINICAL) array
        Of clinical features, shared by strategies of a class.
    own : (arms, F) array
        Of each pair's own.
    least : float
        Chance that every open strategy keeps, whatever the record, as a share of an even chance.
    """

    level: Floats
    markers: Floats
    kinds: Floats
    own: Floats
    least: float


@dataclass(frozen=True)
class Design:
    """What the m options of n patients are described by.

    Attributes
    ----------
    start : (n,) array of int
        First option of each patient; his others follow.
    patient : (m,) array of int
    arm, kind : (m,) arrays of int
        Codes of (setting, strategy), and of the strategy's class.
    engaged : (m, markers) array
        Markers as the strategy is exposed to them.
    person : (n, F) array
        Features of the patient; the last are the clinical ones.
    """

    start: Ints
    patient: Ints
    arm: Ints
    kind: Ints
    engaged: Floats
    person: Floats

    def chances(self, slopes: Slopes) -> tuple[Floats, Floats]:
        """(m,) chance of each option, and what the record alone would make of it."""
        own = np.einsum("ij,ij->i", self.described, slopes.own[self.arm])
        clinical = self.described[:, -CLINICAL:]
        kinds = np.einsum("ij,ij->i", clinical, slopes.kinds[self.kind])
        utility = slopes.level[self.arm] + self.engaged @ slopes.markers + own + kinds
        top = np.maximum.reduceat(utility, self.start)
        weight = np.exp(utility - top[self.patient])
        ruled = weight / np.add.reduceat(weight, self.start)[self.patient]
        return slopes.least * self.even + (1 - slopes.least) * ruled, ruled

    @cached_property
    def described(self) -> Floats:
        """(m, F) features of each option's patient."""
        return self.person[self.patient]

    @cached_property
    def even(self) -> Floats:
        """(m,) an even chance among the patient's options."""
        count = np.diff(np.append(self.start, len(self.patient)))
        return np.asarray(1 / count[self.patient])


@dataclass(frozen=True)
class Propensity:
    """How treatment was chosen; ``scale`` standardises each setting's features."""

    spec: FeatureSpec
    scale: dict[str, tuple[Floats, Floats]]
    slopes: Slopes

    def __call__(self, records: Records, options: Options) -> Floats:
        """(m,) chance that each option was given; those of a patient add up to 1."""
        design = _design(self.spec, records, options, self.scale)
        return design.chances(self.slopes)[0]


def fit_propensity(spec: FeatureSpec, records: Records, options: Options, own: float) -> Propensity:
    """Learn how treatment was chosen, by penalised maximum likelihood.

    Patients who were given what they were not eligible for teach nothing of the choice among
    what is open to them, and are left out.
    """
    scale = {
        setting: _scale(person_features(spec, records.take(rows), setting))
        for setting, rows in grouped(records.setting, np.arange(len(records))).items()
    }
    design = _design(spec, records, options, scale)
    problem = _Likelihood(design, options.given[options.given >= 0], spec, own)
    return Propensity(spec, scale, problem.fitted())


def choose_own(
    spec: FeatureSpec, records: Records, strategy: Words, half: npt.NDArray[np.bool_]
) -> float:
    """The penalty of :data:`OWN` that, fitted on one half of patients, suits the other best."""
    taught, judged = (
        (records.take(rows), options_of(spec, records.take(rows), strategy[rows]))
        for rows in (np.flatnonzero(half), np.flatnonzero(~half))
    )
    given = judged[1].given[judged[1].given >= 0]

    def likelihood(own: float) -> float:
        chance = fit_propensity(spec, *taught, own)(*judged)
        return float(np.log(chance[given]).sum())

    return max(OWN, key=likelihood)


class _Likelihood:
    """The penalised negative log-likelihood of what n patients were given, with its slope."""

    def __init__(self, design: Design, given: Ints, spec: FeatureSpec, own: float) -> None:
        self.design, self.given = design, given
        self.taken = np.zeros(len(design.patient))
        self.taken[given] = 1
        arms, kinds = len(spec.arms), len(_kinds(spec))
        self.by_arm, self.by_kind = _Groups(design.arm, arms), _Groups(design.kind, kinds)
        self.shapes = [(arms,), (design.engaged.shape[1],), (kinds, CLINICAL)]
        self.shapes += [(arms, design.person.shape[1]), (1,)]
        sizes = [int(np.prod(shape)) for shape in self.shapes]
        self.cuts = np.cumsum(sizes)[:-1]
        self.pull = np.repeat((LEVEL, SHARED, SHARED, own, 1.0), sizes)
        self.middle = np.append(np.zeros(sum(sizes) - 1), LEAST)
        # Variables of like curvature: p (1 - p) is at most 1/4.
        ones = np.ones(len(design.patient))
        self.unit = 1 / np.sqrt(self.pull + self._slopes(ones / 4, squared=True))

    def slopes(self, flat: Floats) -> Slopes:
        """What the variables stand for."""
        level, markers, kinds, own, least = (
            part.reshape(shape)
            for part, shape in zip(np.split(flat, self.cuts), self.shapes, strict=True)
        )
        return Slopes(level, markers, kinds, own, float(expit(least[0])))

    def fitted(self) -> Slopes:
        """The slopes of greatest likelihood."""
        found = minimize(
            self, self.middle / self.unit, jac=True, method="L-BFGS-B", options={"maxiter": 500}
        )
        return self.slopes(found.x * self.unit)

    def __call__(self, scaled: Floats) -> tuple[float, Floats]:
        d, slopes = self.design, self.slopes(scaled * self.unit)
        chance, ruled = d.chances(slopes)
        own, got, least = ruled[self.given], chance[self.given], slopes.least
        by_record = np.zeros(len(d.start))  # how likely it was that the record decided
        by_record[d.patient[self.given]] = (1 - least) * own / got
        slope = self._slopes(by_record[d.patient] * (ruled - self.taken))
        slope[-1] = -float(((d.even[self.given] - own) / got).sum()) * least * (1 - least)
        off = scaled * self.unit - self.middle
        value = 0.5 * float(self.pull @ off**2) - float(np.log(got).sum())
        return value, (slope + self.pull * off) * self.unit

    def _slopes(self, gap: Floats, squared: bool = False) -> Floats:
        """Of every variable but the last, from those of the m utilities."""
        d, power = self.design, 2 if squared else 1
        each = gap[:, None] * d.described**power
        parts = (
            self.by_arm.sums(gap[:, None]),
            gap @ d.engaged**power,
            self.by_kind.sums(each[:, -CLINICAL:]),
            self.by_arm.sums(each),
            np.zeros(1),
        )
        return np.concatenate([part.ravel() for part in parts])


class _Groups:
    """Sums by code, of codes below ``n``."""

    def __init__(self, codes: Ints, n: int) -> None:
        self.n, self.order = n, np.argsort(codes, kind="stable")
        self.found, self.first = np.unique(codes[self.order], return_index=True)

    def sums(self, values: Floats) -> Floats:
        """(n, k) sums of (m, k) values."""
        out = np.zeros((self.n, values.shape[1]))
        out[self.found] = np.add.reduceat(values[self.order], self.first, axis=0)
        return out


def _kinds(spec: FeatureSpec) -> dict[str, int]:
    classes = sorted({strategy.treatment_class for strategy in spec.strategies.values()})
    return {name: code for code, name in enumerate(classes)}


def _scale(x: Floats) -> tuple[Floats, Floats]:
    spread = x.std(axis=0)
    return x.mean(axis=0), np.where(spread > 0, spread, 1.0)


def _design(
    spec: FeatureSpec,
    records: Records,
    options: Options,
    scale: dict[str, tuple[Floats, Floats]],
) -> Design:
    each = records.take(options.patient)
    engaged = centred(spec, model_matrix(spec, each, options.arm), each.setting, options.arm)[
        :, : len(spec.markers)
    ]
    kinds = _kinds(spec)
    widest = max(len(law.panel) for law in spec.settings.values())
    person = np.zeros((len(records), 2 * widest + CLINICAL))
    for setting, rows in grouped(records.setting, np.arange(len(records))).items():
        x = person_features(spec, records.take(rows), setting)
        if setting in scale:
            x = np.clip((x - scale[setting][0]) / scale[setting][1], -REACH, REACH)
            person[rows, -x.shape[1] :] = x
    _, start = np.unique(options.patient, return_index=True)
    return Design(
        start=start,
        patient=options.patient,
        arm=arm_codes(spec, each.setting, options.arm),
        kind=np.array([kinds[spec.strategies[a].treatment_class] for a in options.arm.tolist()]),
        engaged=engaged,
        person=person,
    )


def person_features(spec: FeatureSpec, records: Records, setting: str) -> Floats:
    """(n, F) what a doctor may have looked at in patients of one setting.

    The panel's markers on their link scale and whether each is unmeasured; then age, sex, ECOG
    1, ECOG 2 or more, frailty. What is unmeasured counts as the mean.
    """
    law = spec.settings[setting]
    columns = []
    for marker in law.panel:
        f = standardised(spec.markers[marker], records.column(marker))
        columns += [np.where(np.isnan(f), law.means.get(marker, 0.0), f), np.isnan(f)]
    age, ecog = records.column("age"), records.column("ecog")
    frail = (ecog >= 2) | (age > spec.frailty_age)
    for values in (age, records.column("sex"), ecog == 1, ecog >= 2, frail):
        values = np.asarray(values, dtype=float)
        known = ~np.isnan(values)
        columns.append(np.where(known, values, values[known].mean() if known.any() else 0.0))
    return np.column_stack([np.asarray(column, dtype=float) for column in columns])
