"""All that is known of how good a model of one's own patients is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.evaluate.judged import Judged
from resistml.evaluate.learners import constant, logistic
from resistml.evaluate.metrics import calibration
from resistml.evaluate.own.figures import External, Validated, external, validated
from resistml.evaluate.own.nested import CONSTANT, LOGISTIC, MODEL, WITHOUT, Nested, predictor
from resistml.evaluate.own.ranking import Allocation
from resistml.evaluate.own.survival import TimeFigures
from resistml.explain.groups import by_mechanism, groups
from resistml.features.spec import FeatureSpec
from resistml.learn.own_patients import OwnPatients
from resistml.learn.own_spec import shared
from resistml.learn.own_train import OwnFit, OwnLearner
from resistml.predict.contributions import contributions
from resistml.predict.model import Model

Floats = npt.NDArray[np.float64]

#: Bins of equal size of the calibration curve.
BINS = 10
#: Most patients whose contributions are averaged.
_EXPLAINED = 5_000
#: Why nothing is ranked.
NO_TREATMENTS = (
    "the table names no treatments: the model gives risk and explains it, and no ranking is "
    "possible"
)
ONE_ARM = "no patient has two arms open to him, so there is nothing to rank"
#: What is to be kept in mind of every ranking of one's own arms.
NOT_CONCURRENT = (
    "Nothing in the table says that its arms were given at the same time, at the same places and "
    "by lot: a difference between arms may be one between years or centres. A ranking is of "
    "modelled response, never a recommendation."
)


@dataclass(frozen=True)
class PriorUse:
    """What the evidence was asked for, and what came of it.

    Attributes
    ----------
    kind : str
        ``none``, ``directions`` or ``world``.
    shared : dict of str to str
        Features of the table that are markers of the catalog, with their ids.
    used : tuple of str
        Those of which the evidence says a direction for the table's strategies.
    said : str
        All that in a sentence.
    """

    kind: str
    shared: dict[str, str]
    used: tuple[str, ...]
    said: str


@dataclass(frozen=True)
class OwnEvaluation:
    """The judgement of a model of one's own patients.

    Attributes
    ----------
    label, responded : str
        The outcome that p is the probability of, and the other one, in the table's words.
    patients, events : int
        Trained on, and with the outcome ``label``.
    split : str
        How patients were left out.
    validation : Validated
        Under nested cross-validation.
    external : dict of str to External
        On patients apart, by the name of their file.
    left_out : dict of str to int
        Patients of a file with a strategy or setting that the model does not know.
    calibration : dict
        ``predicted``, ``observed`` and ``count`` by bins, of patients left out.
    importance : dict
        Mean absolute contribution to the log-odds, per mechanism, in the training patients.
    allocation : Allocation or None
    no_ranking : str
        Why there is none; "" where there is.
    times : dict of str to TimeFigures
    prior : PriorUse
    chosen : str
        How the final model is fitted.
    losses : dict of str to float
        Log-loss of patients left out in its inner folds, by candidate.
    notes : tuple of dict
        What is odd in the table, and what its caveats say.
    judged : Judged or None
        What models that never saw them said of the patients, mean over repeats.
    """

    label: str
    responded: str
    patients: int
    events: int
    split: str
    validation: Validated
    calibration: dict[str, list[float]]
    importance: dict[str, float]
    prior: PriorUse
    chosen: str
    losses: dict[str, float]
    external: dict[str, External] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    allocation: Allocation | None = None
    no_ranking: str = NO_TREATMENTS
    times: dict[str, TimeFigures] = field(default_factory=dict)
    notes: tuple[dict[str, Any], ...] = ()
    judged: Judged | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain data; what is not finite is None."""
        plain: dict[str, Any] = _finite(asdict(replace(self, judged=None)))
        del plain["judged"]
        return {"kind": "own", **plain}

    def metrics(self) -> dict[str, float]:
        """Every figure with its interval as numbers, by names that are the same in every run."""
        out: dict[str, float] = {}
        for learner, figures in self.validation.figures.items():
            _put(out, "cv", learner, figures)
        for learner, figures in self.validation.differences.items():
            _put(out, "gain", learner, figures)
        for name, found in self.external.items():
            _put(out, f"external_{name}", MODEL, found.figures[MODEL])
            out[f"external_{name}/base_brier"] = found.base_brier
        for name, times in self.times.items():
            for learner, figures in times.figures.items():
                _put(out, f"times_{name}", learner, figures)
        if self.allocation is not None:
            _put(out, "value", "", self.allocation.values)
            _put(out, "value", "", {"learned less best arm": self.allocation.difference})
        out |= {f"mechanism/{name}": x for name, x in self.importance.items()}
        return {name: x for name, x in out.items() if math.isfinite(x)}


def _put(out: dict[str, float], group: str, learner: str, figures: Mapping[str, Any]) -> None:
    for figure, found in figures.items():
        words = [w for w in (figure, "" if learner == MODEL else learner) if w]
        name = f"{group}/" + "_".join(words).replace(" ", "_")
        out |= {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _finite(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def calibration_bins(found: Nested) -> dict[str, list[float]]:
    """The calibration curve of patients left out, each by his mean probability over repeats."""
    p = found.mean_p(MODEL)
    judged = ~np.isnan(p)
    predicted, observed, count = calibration(found.y[judged], p[judged], BINS)
    return {
        "predicted": predicted.tolist(),
        "observed": observed.tolist(),
        "count": count.tolist(),
    }


def importance(model: Model, patients: OwnPatients) -> dict[str, float]:
    """Mean absolute contribution of each mechanism."""
    rows = np.arange(min(len(patients), _EXPLAINED))
    part = patients.take(rows)
    rolled = by_mechanism(model.spec, contributions(model, part.records, part.strategy))
    names = groups(model.spec)
    return {name: float(np.abs(rolled[:, j]).mean()) for j, name in enumerate(names)}


def prior_use(learner: OwnLearner, patients: OwnPatients) -> PriorUse:
    """What of the table the evidence speaks of, in words too."""
    kind, known = learner.settings.prior, shared(patients)
    used = learner.known(patients) if kind != "none" else ()
    if kind == "none":
        said = "no prior: nothing was taken from the evidence but scales of markers"
    elif not known:
        said = "the table shares no marker with the review, so the evidence says nothing of it"
    elif not used:
        said = (
            f"the table shares {', '.join(known)} with the review, which gives no direction of "
            "them under the table's strategies: nothing was taken"
        )
    else:
        more = ", and slopes of the world" if kind == "world" else ""
        said = f"directions of {', '.join(used)}{more}, where inner folds preferred them"
    return PriorUse(kind, known, tuple(used), said)


def judged_external(
    learner: OwnLearner,
    fit: OwnFit,
    without: OwnFit | None,
    trained: OwnPatients,
    others: Mapping[str, OwnPatients],
) -> tuple[dict[str, External], dict[str, int]]:
    """Figures on each file of patients apart, and how many of each could not be asked about."""
    spec = learner.prepared(trained)["none"][0]
    given = (spec, trained.records, trained.strategy, trained.resistant)
    ask = {MODEL: predictor(fit)}
    if without is not None:
        ask[WITHOUT] = predictor(without)
    ask |= {LOGISTIC: logistic(*given), CONSTANT: constant(*given)}
    figures, left_out = {}, {}
    for name, patients in others.items():
        known = _known(fit.spec, patients)
        left_out[name] = len(patients) - len(known)
        mine = patients.take(known)
        if len(np.unique(mine.resistant)) < 2:
            continue  # one outcome, by which nothing can be told
        p = {who: predict(mine.records, mine.strategy) for who, predict in ask.items()}
        figures[name] = external(mine.resistant, p, float(trained.resistant.mean()))
    return figures, left_out


def _known(spec: FeatureSpec, patients: OwnPatients) -> npt.NDArray[np.int64]:
    """Patients whose setting and strategy the model knows."""
    arms = set(spec.arms)
    pairs = zip(patients.records.setting.tolist(), patients.strategy.tolist(), strict=True)
    return np.flatnonzero([(str(s), str(a)) in arms for s, a in pairs])


__all__ = [
    "NOT_CONCURRENT",
    "NO_TREATMENTS",
    "ONE_ARM",
    "OwnEvaluation",
    "PriorUse",
    "calibration_bins",
    "importance",
    "judged_external",
    "prior_use",
    "validated",
]
