"""A run in which no check finds anything."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

Report = dict[str, Any]
#: The sound run, with the value at a path of keys put in: `altered("fidelity", "inert", 0.5)`.
Altered = Callable[..., Report]

_SOUND: Report = {
    "learners": {
        "xgboost": {"auc": {"value": 0.838}, "logloss": 0.49, "ece": 0.005, "value": 0.575},
        "constant": {"auc": {"value": 0.734}, "logloss": 0.6, "ece": 0.01, "value": 0.56},
    },
    "fair": {"auc": {"value": 0.841}},
    "value_fixed_rule": 0.567,
    "subgroups": {
        "setting": {
            "large": {"n": 1_200, "ece": {"value": 0.02}},
            "small": {"n": 90, "ece": {"value": 0.2}},
        }
    },
    "doubt": {
        "uncertainty": {
            "overall": {"n": 40_000, "coverage": 0.9},
            "by_setting": {
                "large": {"n": 2_000, "coverage": 0.88},
                "small": {"n": 50, "coverage": 0.5},
            },
            "sets": {"n": 10_000, "coverage": 0.897, "size": 1.4, "empty": 0.0},
        },
        "abstention": {"ordinary": {"abstained": 0.007}},
    },
    "policy": {
        "estimate": {"value": 0.57, "low": 0.55, "high": 0.59},
        "true": 0.575,
        "covered": True,
    },
    "fidelity": {"correlation": 0.99, "leading": 0.9, "leading_guess": 0.53, "inert": None},
    "audit": [{"claim": "one", "status": "within"}, {"claim": "two", "status": "due"}],
    "flags": [],
    "config": {"cohort": {"assignment": "confounded"}},
}


@pytest.fixture
def sound() -> Report:
    return deepcopy(_SOUND)


@pytest.fixture
def altered(sound: Report) -> Altered:
    def put(*path: Any) -> Report:
        *keys, last, value = path
        place = sound
        for key in keys:
            place = place[key]
        place[last] = value
        return sound

    return put
