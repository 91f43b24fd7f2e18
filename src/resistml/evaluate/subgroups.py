"""How a model does in each group of patients, and in which it does worst."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resistml.evaluate.judge import Judge
from resistml.evaluate.metrics import BINS, Interval
from resistml.evaluate.policy import captured, first_choice, follow
from resistml.features.matrix import Records, Words
from resistml.features.spec import FeatureSpec
from resistml.predict.patterns import grouped, unmeasured
from resistml.rng import Streams

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Fewest patients of a group that may be called the worst: smaller ones may be so by chance.
LEAST = 300
#: Least gain over the fixed rule of which a share is worth telling: a tenth of a point.
GAIN = 0.001
#: Ages in years at which a band begins.
AGES = (50, 65, 75)
#: From this on, performance status and numbers of unmeasured markers are taken together.
ECOG_TOP, UNMEASURED_TOP = 2, 3


@dataclass(frozen=True)
class Group:
    """Figures of the model among ``n`` patients, each with its 95% bootstrap interval.

    ``auc``, ``auc_fair`` (the fair oracle's) and ``logloss`` are against outcomes of the strategy
    given; ``mae`` and ``ece`` against the fair oracle's probability; ``value``, ``value_fair`` and
    ``value_fixed_rule`` are true response rates under the first choice of the model, of the fair
    oracle, and of the best fixed rule of all patients; ``captured`` is what the model has of the
    distance between the last two, NaN where that is below :data:`GAIN`. AUCs are NaN where one
    outcome is absent.
    """

    n: int
    auc: Interval
    auc_fair: Interval
    logloss: Interval
    mae: Interval
    ece: Interval
    value: Interval
    value_fair: Interval
    value_fixed_rule: Interval
    captured: Interval

    @property
    def is_large(self) -> bool:
        """Whether it has patients enough to be called the worst."""
        return self.n >= LEAST


#: Groups by name, within each way of dividing patients.
Subgroups = Mapping[str, Mapping[str, Group]]


def subgroups(
    spec: FeatureSpec,
    judge: Judge,
    p_response: Floats,
    rule: Mapping[str, tuple[str, ...]],
    *,
    resamples: int,
    seed: int,
) -> dict[str, dict[str, Group]]:
    """Figures by setting, sex, age, performance status and number of unmeasured markers.

    Parameters
    ----------
    p_response : (m,) array
        The model's probability for each oracle row.
    rule : mapping
        The best fixed rule: a priority list for each setting.
    """
    patients = _Patients.of(judge, p_response, rule)
    streams = Streams(seed)
    out: dict[str, dict[str, Group]] = {}
    for division, names in divisions(spec, judge.records).items():
        found = {}
        for name in in_order(names):
            rng = streams.generator(f"evaluate.subgroup.{division}.{name}")
            found[name] = patients.take(np.flatnonzero(names == name)).judged(resamples, rng)
        out[division] = found
    return out


@dataclass(frozen=True)
class Worst:
    """A group, by how patients were divided and its name there."""

    division: str
    name: str
    group: Group


def worst(groups: Subgroups, figure: str) -> Worst | None:
    """The group of greatest ``figure`` of those that are large enough; None if there is none."""
    found = [
        Worst(division, name, group)
        for division, named in groups.items()
        for name, group in named.items()
        if group.is_large and np.isfinite(getattr(group, figure).value)
    ]
    return max(found, key=lambda one: getattr(one.group, figure).value, default=None)


def divisions(spec: FeatureSpec, records: Records) -> dict[str, Words]:
    """(n,) name of each patient's group, for every way of dividing patients."""
    age, ecog, sex = (records.column(name) for name in ("age", "ecog", "sex"))
    absent = np.zeros(len(records))
    for setting, rows in grouped(records.setting, np.arange(len(records))).items():
        absent[rows] = unmeasured(spec, records, setting, rows).sum(axis=1)
    return {
        "setting": records.setting,
        "sex": _named(sex, {0: "male", 1: "female"}),
        "age": _named(np.searchsorted(AGES, age, side="right") + 0.0 * age, _bands()),
        "ECOG": _named(np.minimum(ecog, ECOG_TOP), _up_to(ECOG_TOP)),
        "unmeasured markers": _named(np.minimum(absent, UNMEASURED_TOP), _up_to(UNMEASURED_TOP)),
    }


def _bands() -> dict[int, str]:
    first, *later = AGES
    ends = [f"{low} to {high - 1}" for low, high in zip(AGES, later, strict=False)]
    return dict(enumerate([f"below {first}", *ends, f"{AGES[-1]} or older"]))


def _up_to(top: int) -> dict[int, str]:
    return {**{k: f"{k}" for k in range(top)}, top: f"{top} or more"}


def _named(codes: Floats, names: Mapping[int, str]) -> Words:
    out = np.full(len(codes), "not recorded", dtype=object)
    for code, name in names.items():
        out[codes == code] = name
    return out


def in_order(names: Words) -> list[str]:
    """Names that occur: "below" first, the rest by letter and number, what is unknown last."""
    found = {str(name) for name in names}
    return sorted(found, key=lambda name: (name == "not recorded", "below" not in name, name))


class _Patients:
    """What n patients' figures are made of, sorted once so that resamples need no sorting.

    Parameters
    ----------
    resistant, risk, fair : (n,) arrays
        1 = resistant to the strategy given; the model's p(resistance) to it, the fair oracle's.
    values : (n, 3) array
        True p(response) under the model's, the fair oracle's and the fixed rule's choice.
    """

    def __init__(self, resistant: Floats, risk: Floats, fair: Floats, values: Floats) -> None:
        safe = np.clip(risk, 1e-12, 1 - 1e-12)
        logloss = -np.log(np.where(resistant == 1, safe, 1 - safe))
        self.parts = resistant, risk, fair, values
        self.means = np.column_stack([logloss, np.abs(risk - fair), values])
        self.by_risk, self.by_fair = Ranked(risk), Ranked(fair)

    @classmethod
    def of(cls, judge: Judge, p_response: Floats, rule: Mapping[str, tuple[str, ...]]) -> _Patients:
        """The judge's patients."""
        given = judge.given
        chosen = first_choice(judge, p_response), first_choice(judge, judge.p_fair)
        values = np.column_stack([judge.p_response[x] for x in (*chosen, follow(judge, rule))])
        return cls(judge.resistant, 1 - p_response[given], 1 - judge.p_fair[given], values)

    def take(self, rows: Ints) -> _Patients:
        """Some of them."""
        return _Patients(*(part[rows] for part in self.parts))

    def judged(self, resamples: int, rng: np.random.Generator) -> Group:
        """The figures, and their percentile intervals over resampled patients."""
        n = len(self.means)
        counts = (np.bincount(rng.integers(0, n, n), minlength=n) for _ in range(resamples))
        drawn = np.array([self.figures(count) for count in counts])
        everybody = self.figures(np.ones(n, dtype=np.int64))
        return Group(n, *map(_interval, everybody, drawn.T))

    def figures(self, count: Ints) -> list[float]:
        """The figures in the order of :class:`Group`, each patient standing ``count`` times."""
        resistant, risk, fair, _ = self.parts
        logloss, mae, value, value_fair, rule = (count @ self.means / count.sum()).tolist()
        gain = value_fair - rule
        return [
            self.by_risk.auc(resistant, count),
            self.by_fair.auc(resistant, count),
            logloss,
            mae,
            self.by_risk.calibration_error(risk - fair, count),
            value,
            value_fair,
            rule,
            captured(value, rule, value_fair) if gain >= GAIN else float("nan"),
        ]


class Ranked:
    """n patients in the order of a score, for figures of those patients each counted so often."""

    def __init__(self, score: Floats) -> None:
        self.order = np.argsort(score, kind="stable")
        ordered = score[self.order]
        self.first = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))

    def auc(self, y: Floats, count: Ints) -> float:
        """As :func:`~resistml.evaluate.metrics.auc`."""
        weight, one = count[self.order], y[self.order]
        positive = np.add.reduceat(weight * one, self.first)
        negative = np.add.reduceat(weight * (1 - one), self.first)
        pairs = positive.sum() * negative.sum()
        below = np.cumsum(negative) - negative / 2
        return float(positive @ below / pairs) if pairs else float("nan")

    def calibration_error(self, error: Floats, count: Ints) -> float:
        """As :func:`~resistml.evaluate.metrics.calibration_error`; ``error`` = p less truth."""
        weight = count[self.order]
        total = np.append(0.0, np.cumsum(weight * error[self.order]))
        seen = np.append(0, np.cumsum(weight))
        n = int(seen[-1])
        size = np.full(BINS, n // BINS) + (np.arange(BINS) < n % BINS)
        edges = np.append(0, np.cumsum(size))
        return float(np.abs(np.diff(np.interp(edges, seen, total))).sum() / n)


def _interval(value: float, drawn: Floats) -> Interval:
    drawn = drawn[~np.isnan(drawn)]
    if np.isnan(value) or not len(drawn):
        return Interval(value, float("nan"), float("nan"))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Interval(value, float(low), float(high))
