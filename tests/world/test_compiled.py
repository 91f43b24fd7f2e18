"""A setting as arrays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resistml.errors import WorldError
from resistml.world.compiled import clinical_terms, compile_setting, factors, is_frail
from resistml.world.laws import World
from tests.world.tiny import CONSTANTS, MARKERS, tiny_world

C = compile_setting(tiny_world(), "early")


def test_columns_are_continuous_markers_then_mutations_in_the_panels_order() -> None:
    assert C.continuous == ("PUMP", "PUMP2", "STEM", "LIGAND", "CELLS")
    assert C.mutations == ("GATE", "RAS")
    assert C.markers == (*C.continuous, *C.mutations)
    assert C.arms == ("plain", "dense", "aimed", "immune")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("PUMP", "PUMP", 1.0),
        ("PUMP", "PUMP2", 0.5),  # same mechanism: its own correlation
        ("PUMP", "STEM", 0.25 * np.sqrt(0.5 * 0.4)),  # two mechanisms: by way of both factors
        ("PUMP", "LIGAND", -0.25 * np.sqrt(0.5 * 0.3)),  # a protective marker falls
        ("STEM", "CELLS", 0.25 * np.sqrt(0.4 * 0.2)),
    ],
)
def test_correlations_follow_the_factor_model(one: str, other: str, expected: float) -> None:
    i, j = C.continuous.index(one), C.continuous.index(other)
    assert C.covariance[i, j] == pytest.approx(expected, abs=1e-12)
    assert C.covariance[j, i] == C.covariance[i, j]


def test_every_shipped_correlation_matrix_is_positive_definite(world: World) -> None:
    for setting in world.settings:
        covariance = compile_setting(world, setting).covariance
        assert np.diag(covariance) == pytest.approx(1.0)
        assert np.linalg.eigvalsh(covariance)[0] > 1e-3


def test_weights_are_minus_effect_times_exposure() -> None:
    weights = dict(zip(C.markers, C.weights[C.arms.index("aimed")], strict=True))
    assert weights["GATE"] == pytest.approx(1.5)  # exploited: exposure -1
    assert weights["RAS"] == pytest.approx(-0.9)
    assert weights["PUMP"] == pytest.approx(-0.24)
    assert weights["STEM"] == 0


def test_error_is_absolute_and_limits_are_on_the_link_scale() -> None:
    i = C.continuous.index("STEM")
    assert C.error[i] == pytest.approx(0.3 * 1.1)
    assert C.limit[i] == pytest.approx(np.log(0.01 / 0.99))
    assert C.limit[C.continuous.index("LIGAND")] == pytest.approx(np.log(0.01 / 0.99))
    assert C.limit[C.continuous.index("PUMP")] == -np.inf


def test_log_odds_add_up_term_by_term() -> None:
    f = np.arange(7.0)[None, :] / 10
    hazard = np.array([[0.1, 0.2, 0.3, 0.4]])
    by_hand = [
        C.alpha[a] + sum(C.weights[a, j] * f[0, j] for j in range(7)) - hazard[0, a]
        for a in range(4)
    ]
    assert C.log_odds(f, hazard)[0] == pytest.approx(by_hand)


def test_a_mechanism_of_an_overlay_becomes_a_factor_with_the_default_correlation() -> None:
    markers = {**MARKERS, "PUMP2": replace(MARKERS["PUMP2"], mechanism="dormancy")}
    world = replace(tiny_world(correlation_within_default=0.36), markers=markers)
    assert factors(world)[-2:] == ("dormancy", "clinical")
    covariance = compile_setting(world, "early").covariance
    assert covariance[0, 1] == pytest.approx(0.25 * np.sqrt(0.5 * 0.36))


@pytest.mark.parametrize(
    ("constants", "key"),
    [
        ({"correlation_between_mechanisms": 1.0}, "correlation_between_mechanisms"),
        ({"correlation_between_mechanisms": -0.3}, "correlation_between_mechanisms"),
        ({"correlation_within_stemness": 1.0}, "correlation_within_stemness"),
        ({"correlation_within_stemness": -0.1}, "correlation_within_stemness"),
    ],
)
def test_impossible_correlations_are_refused_by_name(constants: dict[str, float], key: str) -> None:
    with pytest.raises(WorldError) as caught:
        compile_setting(tiny_world(**constants), "early")
    assert caught.value.key == key
    assert "allowed" in str(caught.value)


def test_a_missing_correlation_is_refused_by_name() -> None:
    constants = {k: v for k, v in CONSTANTS.items() if k != "correlation_within_target"}
    markers = {**MARKERS, "PUMP2": replace(MARKERS["PUMP2"], mechanism="target")}
    world = replace(tiny_world(), constants=constants, markers=markers)
    with pytest.raises(WorldError, match=r"correlation_within_target.*is missing"):
        compile_setting(world, "early")


@pytest.mark.parametrize(
    ("age", "ecog", "frail", "plain", "dense"),
    [
        (50.0, 0.0, False, 0.0, 0.0),
        (65.0, 0.0, False, 0.05, 0.05),
        (70.0, 1.0, False, 0.1 + 0.3, 0.1 + 0.3),
        (71.0, 0.0, True, 0.11, 0.11 + 0.4),  # frail: the intensified arm costs more
        (50.0, 2.0, True, 0.8, 0.8 + 0.4),
    ],
)
def test_clinical_terms(age: float, ecog: float, frail: bool, plain: float, dense: float) -> None:
    world, ages, states = tiny_world(), np.array([age]), np.array([ecog])
    assert bool(is_frail(world, ages, states)[0]) is frail
    terms = clinical_terms(world, ("plain", "dense"), ages, states)
    assert terms[0] == pytest.approx([plain, dense])
