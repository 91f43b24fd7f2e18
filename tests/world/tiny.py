"""A small world written by hand: one marker of each kind, two settings, four strategies."""

from __future__ import annotations

from dataclasses import replace

from resistml.world.laws import ArmLaw, MarkerLaw, SettingLaw, StrategyLaw, World

CONSTANTS = {
    "correlation_within_accumulation": 0.5,
    "correlation_within_target": 0.1,
    "correlation_within_apoptosis": 0.2,
    "correlation_within_stemness": 0.4,
    "correlation_within_microenvironment": 0.3,
    "correlation_within_clinical": 0.2,
    "correlation_between_mechanisms": 0.25,
    "effect_age_per_decade_over_60": 0.1,
    "effect_ecog_1": 0.3,
    "effect_ecog_2": 0.8,
    "frail_intensified_extra": 0.4,
    "frailty_age": 70.0,
    "missing_frail": 0.0,
    "outcome_noise_correlation": 0.5,
    "stable_share": 0.45,
    "background_mortality_per_year": 0.02,
    "followup_months_min": 12.0,
    "followup_months_max": 60.0,
    "dropout_per_year": 0.1,
    "propensity_floor": 0.02,
    "assignment_guideline_usual": 0.8,
    "assignment_marker_slope": 0.5,
    "assignment_frailty_slope": 0.7,
    "assignment_hidden_slope": 2.0,
}

MARKERS = {
    "PUMP": MarkerLaw(
        "PUMP",
        "expression",
        "accumulation",
        1e-4,
        1e4,
        centre=0.4,
        scale=0.9,
        effect=0.8,
        error=0.4,
    ),
    "PUMP2": MarkerLaw(
        "PUMP2",
        "expression",
        "accumulation",
        1e-4,
        1e4,
        centre=0.0,
        scale=0.7,
        effect=0.4,
        error=0.3,
    ),
    "STEM": MarkerLaw(
        "STEM",
        "fraction",
        "stemness",
        0.0,
        1.0,
        centre=-4.0,
        scale=1.0,
        effect=0.7,
        error=0.3,
        limit=0.01,
    ),
    "LIGAND": MarkerLaw(
        "LIGAND",
        "percent",
        "microenvironment",
        0.0,
        100.0,
        centre=-2.0,
        scale=1.5,
        effect=0.6,
        error=0.25,
        protective=True,
        limit=1.0,
    ),
    "CELLS": MarkerLaw(
        "CELLS", "count", "clinical", 0.0, 20_000.0, centre=1.5, scale=1.2, effect=0.5, error=0.3
    ),
    "GATE": MarkerLaw(
        "GATE",
        "mutation",
        "target",
        0.0,
        1.0,
        centre=0.0,
        scale=1.0,
        effect=1.5,
        false_negative=0.05,
        false_positive=0.01,
    ),
    "RAS": MarkerLaw(
        "RAS",
        "mutation",
        "target",
        0.0,
        1.0,
        centre=0.0,
        scale=1.0,
        effect=0.9,
        false_negative=0.1,
        false_positive=0.02,
    ),
}

STRATEGIES = {
    "plain": StrategyLaw("plain", "chemotherapy", {"PUMP": 1.0, "PUMP2": 1.0, "STEM": 1.0}),
    "dense": StrategyLaw(
        "dense", "chemotherapy_intensified", {"PUMP": 0.6, "CELLS": 1.0, "RAS": 0.5}
    ),
    "aimed": StrategyLaw(
        "aimed",
        "matched_targeted",
        {"GATE": -1.0, "RAS": 1.0, "PUMP": 0.3},
        eligibility=((("GATE", "==", 1.0),),),
    ),
    "immune": StrategyLaw(
        "immune",
        "immunotherapy",
        {"LIGAND": -1.0, "STEM": 0.5},
        eligibility=((("LIGAND", ">=", 5.0),), (("CELLS", "<=", 3.0), ("age", "<=", 70.0))),
    ),
}


def arm(number: int = 0, **fields: float | None) -> ArmLaw:
    """An arm of the small world, with some fields put otherwise."""
    law = ArmLaw(
        alpha=0.2 - 0.3 * number,
        kappa=1.5,
        pfs_scale=6.0 + number,
        os_scale=8.0 + number,
        pfs_shape=1.3,
        post_shape=1.1,
        pfs_ratio=2.2,
        post_ratio=1.3,
        risk_slope=0.15,
        course_months=4.0,
    )
    return replace(law, **fields)


def setting(name: str, share: float, arms: tuple[str, ...], pump: float = 0.4) -> SettingLaw:
    """A setting with the given arms."""
    missing = dict.fromkeys(MARKERS, 0.1)
    return SettingLaw(
        id=name,
        line=2 if name == "late" else 1,
        share=share,
        age_mean=66.0,
        age_sd=9.0,
        age_low=30.0,
        age_high=90.0,
        female=0.4,
        ecog_1=0.5,
        ecog_2=0.15,
        usual=arms[0],
        panel=tuple(MARKERS),
        location={"PUMP": pump, "PUMP2": 0.1, "STEM": -4.2, "LIGAND": -2.5, "CELLS": 1.4},
        spread={"PUMP": 0.9, "PUMP2": 0.7, "STEM": 1.1, "LIGAND": 1.6, "CELLS": 1.2},
        prevalence={"GATE": 0.35, "RAS": 0.25},
        missing=missing,
        arms={a: arm(i) for i, a in enumerate(arms)},
    )


def tiny_world(**constants: float) -> World:
    """The small world, with some constants put otherwise."""
    return World(
        catalog_hash="tiny",
        markers=MARKERS,
        settings={
            "early": setting("early", 2.0, ("plain", "dense", "aimed", "immune")),
            "late": setting("late", 1.0, ("dense", "aimed"), pump=1.0),
        },
        strategies=STRATEGIES,
        constants={**CONSTANTS, **constants},
    )
