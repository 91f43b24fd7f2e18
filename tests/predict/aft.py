"""Models of times small enough to work out by hand: their boosters add nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import xgboost as xgb

from resistml.features.spec import FeatureSpec
from resistml.predict.survival import OBJECTIVE, Survival, TimeMember, TimeModel

#: Student's, for two models.
WIDTH = 6.313751514675044


def aft_booster(columns: int, rounds: int = 0) -> xgb.Booster:
    """Trees on a first column that shortens times."""
    x = np.random.default_rng(0).normal(size=(200, columns))
    data = xgb.DMatrix(x)
    months = np.exp(-x[:, 0])
    data.set_info(label_lower_bound=months, label_upper_bound=months)
    settings = {"objective": OBJECTIVE, "base_score": 1.0, "nthread": 1, "max_depth": 2}
    return xgb.train(settings, data, num_boost_round=rounds)


def member(spec: FeatureSpec, months: float, **changed: Any) -> TimeMember:
    """All arms alike: a centre of so many months, twice as many with a response, scale 0.5."""
    arms = len(spec.arms)
    fields: dict[str, Any] = {
        "intercepts": np.full(arms, np.log(months)),
        "response": np.full(arms, np.log(2.0)),
        "log_scale": np.full(arms, np.log(0.5)),
        "coefficients": np.zeros(len(spec.columns)),
        "booster": aft_booster(len(spec.columns)),
    }
    return TimeMember(**{**fields, **changed})


def times(spec: FeatureSpec, *months: float, **changed: Any) -> TimeModel:
    """A bag with a member for each number of months; Weibull."""
    members = tuple(member(spec, m) for m in months)
    fields = {"law": "extreme", "width": WIDTH, "form": 0.0, "followed": 60.0}
    return TimeModel(**{**fields, "members": members, **changed})


def tiny_survival(spec: FeatureSpec) -> Survival:
    """PFS of 4 and 5 months, OS of 10 and 14."""
    return Survival(times(spec, 4.0, 5.0), times(spec, 10.0, 14.0))
