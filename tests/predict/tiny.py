"""A model small enough to work out by hand: its boosters add nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import xgboost as xgb

from resistml.features.ramps import SEGMENTS
from resistml.features.spec import (
    CLINICAL,
    CautionSpec,
    ClaimSpec,
    FeatureSpec,
    MarkerSpec,
    SettingSpec,
    StrategySpec,
)
from resistml.predict.additive import Additive
from resistml.predict.model import Member, Model
from resistml.tables.profiles import Profiles, profiles_from_rows
from tests.features.settings import no_patients

Floats = npt.NDArray[np.float64]

#: Intercepts (one row a model of the bag) of the arms one/chemo, one/targeted, one/immune,
#: two/chemo, three/targeted.
INTERCEPTS = np.array([[0.0, -1.0, 0.5, 1.0, 0.2], [0.2, -0.6, 0.1, 1.4, 0.0]])
#: Of the engaged markers A, T and P; the clinical columns have none.
COEFFICIENTS = np.array([[0.5, 2.0, 1.0], [0.7, 1.0, 1.0]])


def marker(name: str, kind: str, mechanism: str, **changed: Any) -> MarkerSpec:
    fields: dict[str, Any] = {
        "id": name,
        "name": name,
        "kind": kind,
        "unit": "units",
        "mechanism": mechanism,
        "low": 0.0,
        "high": 100.0,
        "centre": 0.0,
        "scale": 1.0,
        "limit": None,
        "claims": (f"about_{name}",),
    }
    return MarkerSpec(**{**fields, **changed})


def strategy(name: str, exposure: dict[str, float], **changed: Any) -> StrategySpec:
    fields: dict[str, Any] = {
        "id": name,
        "name": name.title(),
        "treatment_class": "chemotherapy",
        "exposure": exposure,
        "eligibility": (),
        "cautions": (),
        "claims": (f"about_{name}",),
    }
    return StrategySpec(**{**fields, **changed})


def setting(name: str, panel: tuple[str, ...], *strategies: str) -> SettingSpec:
    return SettingSpec(
        id=name,
        name=name.title(),
        line=1,
        usual=strategies[0],
        panel=panel,
        strategies=strategies,
        means=dict.fromkeys(panel, 0.0),
        ages=(18.0, 95.0),
        **no_patients(panel),
    )


def tiny_spec() -> FeatureSpec:
    """Three markers, three strategies; settings with all, with one, and with one for mutants."""
    strategies = (
        strategy(
            "chemo",
            {"A": 1.0},
            cautions=(
                CautionSpec("mind the marrow", "4", ()),
                CautionSpec("mind the frail", "4", (("age", ">", 70.0), ("ecog", ">=", 1.0))),
            ),
        ),
        strategy("targeted", {"A": 0.5, "T": -1.0}, eligibility=((("T", "==", 1.0),),)),
        strategy(
            "immune",
            {"P": -0.5},
            eligibility=((("P", ">=", 50.0),), (("T", "==", 1.0), ("ecog", "<", 2.0))),
        ),
    )
    markers = (
        marker("A", "expression", "accumulation"),
        marker("T", "mutation", "target", high=1.0),
        marker("P", "percent", "microenvironment"),
    )
    cited = [f"about_{x.id}" for x in (*markers, *strategies)]
    claims = {c: ClaimSpec(c, "1", c, "orr", 0.1, 0.2, "fraction", "clinical", "") for c in cited}
    names = ("accumulation", "target", "microenvironment", "clinical", "context")
    return FeatureSpec(
        catalog_hash="0" * 64,
        frailty_age=70.0,
        groups={name: name.title() for name in names},
        markers={m.id: m for m in markers},
        settings={
            "one": setting("one", ("A", "T", "P"), "chemo", "targeted", "immune"),
            "two": setting("two", ("A",), "chemo"),
            "three": setting("three", ("T",), "targeted"),
        },
        strategies={s.id: s for s in strategies},
        claims=claims,
    )


def tiny_model() -> Model:
    """Calibrated log-odds are twice the margin."""
    spec = tiny_spec()
    columns = len(spec.columns)
    data = xgb.DMatrix(np.zeros((2, columns)), label=[0.0, 1.0])
    nothing = {"objective": "binary:logistic", "base_score": 0.5}
    members = tuple(
        Member(straight_lines(spec, a, b), xgb.train(nothing, data, num_boost_round=0))
        for a, b in zip(INTERCEPTS, COEFFICIENTS, strict=True)
    )
    knots = np.array([[-1.0, -2.0], [1.0, 2.0]])
    return Model(spec, members, knots, np.zeros(len(CLINICAL)), {"name": "tiny"}, "")


def straight_lines(spec: FeatureSpec, intercepts: Floats, coefficients: Floats) -> Additive:
    """A base of markers alone, each with the slope of its coefficient throughout."""
    return Additive(
        intercepts=intercepts,
        slopes=np.repeat(coefficients[:, None], SEGMENTS, axis=1),
        own=np.zeros((len(spec.strategies), len(spec.markers))),
        clinical=np.zeros(len(CLINICAL)),
    )


def tiny_profiles(*rows: dict[str, Any]) -> Profiles:
    """Rows as profiles; ids and the setting ``one`` where they name none."""
    full = [{"patient_id": f"p{i}", "setting": "one", **row} for i, row in enumerate(rows)]
    return profiles_from_rows(full or {"patient_id": [], "setting": []}, tiny_spec())


def tiny_margins(arm: int, a: float = 0.0, t: float = 0.0, p: float = 0.0) -> Floats:
    """(bag,) margins of an arm at engaged, centred values of A, T and P."""
    return INTERCEPTS[:, arm] + COEFFICIENTS @ np.array([a, t, p])
