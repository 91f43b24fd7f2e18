"""Which values go unmeasured, and that the shares, slopes and kinds are those stated."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit, logit
from scipy.stats import norm

from resistml.errors import ConfigError
from resistml.evidence import Evidence
from resistml.features.conditions import holds
from resistml.world.audit import fresh_patients
from resistml.world.compiled import Compiled, clinical_terms, compile_setting, is_frail
from resistml.world.draft import draft_world
from resistml.world.laws import World
from resistml.world.markers import Noise, Patients, draw_patients
from resistml.world.missing import Missing, MissingLaw, frail_share, with_missing
from resistml.world.moments import Rates, response_moments
from tests.world.tiny import tiny_world
from tests.world.uneven import FRAIL, MISSING, OWN, uneven_world

WORLD = uneven_world()
C = compile_setting(WORLD, "early")
N = 200_000
KINDS: tuple[Missing, ...] = get_args(Missing)
COLUMNS = {m: C.markers.index(m) for m in C.markers}


def patients(world: World, c: Compiled, n: int = N, seed: int = 3) -> Patients:
    """Drawn patients of a setting."""
    rng = np.random.default_rng(seed)
    shape = (n, len(c.markers))
    noise = Noise(
        latent=rng.standard_normal(shape),
        error=rng.standard_normal(shape),
        missing=rng.random(shape),
        person=rng.random((n, 3)),
    )
    return draw_patients(world, c, noise, np.arange(n))


def own_values(c: Compiled, p: Patients) -> np.ndarray:
    """u: true values in units of the setting's spread, 0 or 1 for mutations."""
    n_c = len(c.continuous)
    z = (p.f[:, :n_c] * c.scale + c.centre - c.location) / c.spread
    return np.concatenate([z, p.f[:, n_c:]], axis=1)


@pytest.fixture(scope="module")
def drawn() -> dict[str, Patients]:
    """The same patients under each kind of missingness."""
    worlds = {kind: with_missing(WORLD, kind) for kind in KINDS}
    return {kind: patients(w, compile_setting(w, "early")) for kind, w in worlds.items()}


def logistic(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of a logistic regression and their standard errors, by Newton's method."""
    x = np.column_stack([np.ones(len(y)), x])
    beta = np.zeros(x.shape[1])
    for _ in range(25):
        p = expit(x @ beta)
        information = x.T @ (x * (p * (1 - p))[:, None])
        beta = beta + np.linalg.solve(information, x.T @ (y - p))
    return beta, np.sqrt(np.diag(np.linalg.inv(information)))


# ---- shares


@pytest.mark.parametrize("kind", KINDS)
def test_the_share_missing_is_the_stated_one_in_every_shipped_setting(
    kind: Missing, evidence: Evidence
) -> None:
    world, n = with_missing(draft_world(evidence), kind), 20_000
    deviates = []
    for k, (name, law) in enumerate(world.settings.items()):
        c = compile_setting(world, name)
        gone = np.isnan(patients(world, c, n, seed=100 + k).recorded).mean(axis=0)
        rate = np.array([evidence_share(evidence, name, m) for m in c.markers])
        if kind == "none":
            assert not gone.any()
            assert set(law.missing.values()) == {0.0}
            continue
        deviates += list((gone - rate) / np.sqrt(rate * (1 - rate) / n))
    # Some 265 binomial figures: the largest normal deviate stays below 4.2 with 99.3%.
    assert kind == "none" or len(deviates) > 200
    assert np.abs(deviates).max(initial=0.0) < 4.2


def evidence_share(evidence: Evidence, setting: str, marker: str) -> float:
    """Share missing as the catalog states it."""
    missing = evidence.distribution(marker, setting).missing
    assert missing is not None
    return missing.value


@pytest.mark.parametrize("kind", ["catalogued", "at_random", "completely_at_random"])
def test_the_share_missing_is_the_stated_one_where_reasons_are_strong(
    kind: str, drawn: dict[str, Patients]
) -> None:
    gone = np.isnan(drawn[kind].recorded).mean(axis=0)
    rate = np.array([MISSING[m] for m in C.markers])
    assert (np.abs(gone - rate) < 4.2 * np.sqrt(rate * (1 - rate) / N)).all()


@pytest.mark.parametrize("own", [-6.0, -0.4, 0.0, 0.3, 2.0, 6.0])
@pytest.mark.parametrize("rate", [0.001, 0.12, 0.5, 0.97])
def test_intercepts_against_adaptive_quadrature(own: float, rate: float) -> None:
    law = law_of("PUMP", own, rate)

    def density(z: float, frail: bool) -> float:
        return float(expit(law.intercept[0] + law.frail * frail + own * z) * norm.pdf(z))

    halves = [quad(density, -9, 9, (frail,), epsabs=1e-12, limit=200)[0] for frail in (False, True)]
    share = law.frail_share
    assert (1 - share) * halves[0] + share * halves[1] == pytest.approx(rate, abs=1e-9)


def test_intercept_of_a_mutation_by_its_four_kinds_of_patients() -> None:
    law, prevalence = law_of("GATE", 0.9, 0.3), WORLD.settings["early"].prevalence["GATE"]
    share = sum(
        (law.frail_share if frail else 1 - law.frail_share)
        * (prevalence if mutated else 1 - prevalence)
        * expit(law.intercept[0] + FRAIL * frail + 0.9 * mutated)
        for frail in (0, 1)
        for mutated in (0, 1)
    )
    assert share == pytest.approx(0.3, abs=1e-12)


def law_of(marker: str, own: float, rate: float) -> MissingLaw:
    """The law of one marker alone."""
    markers = {**WORLD.markers, marker: replace(WORLD.markers[marker], missing_own=own)}
    setting = replace(WORLD.settings["early"], missing={marker: rate})
    return MissingLaw.of(replace(WORLD, markers=markers), setting, (marker,))


@pytest.mark.parametrize("marker", ["PUMP", "PUMP2", "GATE", "RAS"])
@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_none_and_all_are_exact(marker: str, rate: float) -> None:
    early = WORLD.settings["early"]
    early = replace(early, missing={**early.missing, marker: rate})
    world = replace(WORLD, settings={"early": early})
    c = compile_setting(world, "early")
    p = patients(world, c, 5_000)
    gone = np.isnan(p.recorded)
    assert gone[:, COLUMNS[marker]].mean() == rate
    assert 0 < gone.mean() < 1
    chance = c.missing.chances(c.missing.is_frail(p.age, p.ecog), own_values(c, p))
    assert set(chance[:, COLUMNS[marker]]) == {rate}


def test_the_share_of_the_frail_is_that_of_drawn_patients() -> None:
    for name, law in WORLD.settings.items():
        p = patients(WORLD, compile_setting(WORLD, name))
        frail = is_frail(WORLD, p.age, p.ecog).mean()
        share = frail_share(law, WORLD.constants["frailty_age"])
        assert abs(frail - share) < 4 * np.sqrt(share * (1 - share) / N)


@pytest.mark.parametrize(
    ("age", "share"),
    # Everybody above it, nobody above it, only performance status left.
    [(29.5, 1.0), (90.0, 0.15), (200.0, 0.15)],
)
def test_the_share_of_the_frail_at_the_ends(age: float, share: float) -> None:
    assert frail_share(WORLD.settings["early"], age) == pytest.approx(share, abs=1e-12)


def test_a_part_of_a_year_makes_nobody_older() -> None:
    early = WORLD.settings["early"]
    assert frail_share(early, 70.0) == frail_share(early, 70.9)
    assert frail_share(early, 70.0) > frail_share(early, 71.0)


# ---- kinds


def test_completely_at_random_nothing_tells_what_is_missing(drawn: dict[str, Patients]) -> None:
    p = drawn["completely_at_random"]
    frail = is_frail(WORLD, p.age, p.ecog).astype(float)
    x = np.column_stack([frail, own_values(C, p)])
    gone = np.isnan(p.recorded)
    r = np.corrcoef(np.column_stack([gone, x]).T)[: len(C.markers), len(C.markers) :]
    assert np.abs(r).max() < 4.5 / np.sqrt(N)


def test_at_random_only_frailty_tells_and_by_as_much_as_stated(drawn: dict[str, Patients]) -> None:
    p = drawn["at_random"]
    frail, u = is_frail(WORLD, p.age, p.ecog).astype(float), own_values(C, p)
    for marker, j in COLUMNS.items():
        gone = np.isnan(p.recorded[:, j]).astype(float)
        beta, se = logistic(np.column_stack([frail, u]), gone)
        assert abs(beta[1] - FRAIL) < 4.2 * se[1], marker
        # Given frailty, neither its own value nor any other: 49 figures in all.
        assert (np.abs(beta[2:]) < 4.2 * se[2:]).all(), marker


def test_not_at_random_the_slope_on_a_markers_own_value_is_recovered(
    drawn: dict[str, Patients],
) -> None:
    p = drawn["catalogued"]
    frail, u = is_frail(WORLD, p.age, p.ecog).astype(float), own_values(C, p)
    for marker, j in COLUMNS.items():
        gone = np.isnan(p.recorded[:, j]).astype(float)
        beta, se = logistic(np.column_stack([frail, u]), gone)
        expected = np.zeros(len(beta) - 2)
        expected[j] = OWN.get(marker, 0.0)
        assert abs(beta[1] - FRAIL) < 4.2 * se[1], marker
        assert (np.abs(beta[2:] - expected) < 4.2 * se[2:]).all(), marker
        assert abs(beta[0] - C.missing.intercept[j]) < 4.2 * se[0], marker


def test_what_is_missing_does_not_move_with_a_location() -> None:
    moved = replace(C, location=C.location + 1.0)
    before, after = (patients(WORLD, c, 5_000).recorded for c in (C, moved))
    np.testing.assert_array_equal(np.isnan(before), np.isnan(after))
    assert not np.array_equal(before, after)


def test_kinds_share_all_that_is_measured_in_both(drawn: dict[str, Patients]) -> None:
    complete = drawn["none"].recorded
    assert not np.isnan(complete).any()
    for kind in KINDS:
        seen = ~np.isnan(drawn[kind].recorded)
        np.testing.assert_array_equal(drawn[kind].recorded[seen], complete[seen])
        np.testing.assert_array_equal(drawn[kind].f, drawn["none"].f)


def test_kinds_take_out_one_reason_after_the_other() -> None:
    at_random, completely, none = (with_missing(WORLD, kind) for kind in KINDS[1:])
    assert with_missing(WORLD, "catalogued") == WORLD
    assert all(x.missing_own == 0 for x in at_random.markers.values())
    assert at_random.constants == WORLD.constants
    assert completely.constants == {**WORLD.constants, "missing_frail": 0.0}
    assert completely.markers == at_random.markers
    assert completely.settings == WORLD.settings
    assert with_missing(none, "completely_at_random") == none
    assert with_missing(tiny_world(), "completely_at_random") == tiny_world()
    assert len({with_missing(WORLD, kind).hash for kind in KINDS}) == len(KINDS)


def test_completely_at_random_every_chance_is_the_share() -> None:
    c = compile_setting(with_missing(WORLD, "completely_at_random"), "early")
    np.testing.assert_allclose(c.missing.intercept, logit([MISSING[m] for m in c.markers]))
    u = np.random.default_rng(0).standard_normal((50, len(c.markers)))
    chance = c.missing.chances(np.arange(50) % 2 == 0, u)
    expected = [[MISSING[m] for m in c.markers]] * 50
    np.testing.assert_allclose(chance, expected, rtol=1e-12)


def test_one_markers_chance_is_its_column_of_all_chances() -> None:
    u = np.random.default_rng(0).standard_normal((50, len(C.markers)))
    frail = np.arange(50) % 3 == 0
    whole = C.missing.chances(frail, u)
    for j in range(len(C.markers)):
        np.testing.assert_array_equal(C.missing.chance(j, frail, u[:, j]), whole[:, j])
    expected = expit(C.missing.intercept + FRAIL * frail[:, None] + C.missing.own * u)
    np.testing.assert_allclose(whole, expected, rtol=1e-12)


def test_an_unknown_kind_is_named_with_those_allowed() -> None:
    with pytest.raises(ConfigError) as caught:
        with_missing(WORLD, "at_randon")  # type: ignore[arg-type]
    assert caught.value.key == "missing"
    assert "at_randon" in caught.value.message
    assert str(caught.value.allowed) == "catalogued, at_random, completely_at_random, none"
    assert "at_random" in str(caught.value.hint)


# ---- the catalog


def test_shipped_markers_with_a_reason_of_their_own(evidence: Evidence) -> None:
    world = draft_world(evidence)
    own = {m: x.missing_own for m, x in world.markers.items() if x.missing_own}
    assert {"CTC", "drug_penetration", "CSC"} <= set(own)
    assert own["CTC"] < 0  # a small load is not looked for
    assert own["drug_penetration"] < 0  # dense tumours yield no sample
    assert max(abs(x) for x in own.values()) <= 0.5
    assert 0 < world.constants["missing_frail"] <= 0.8


# ---- what claims are held against


def test_the_audits_patients_have_missing_values_like_any_other() -> None:
    p, columns = fresh_patients(WORLD, C, N)
    for marker, j in COLUMNS.items():
        gone, rate = np.isnan(columns[marker]), MISSING[marker]
        assert abs(gone.mean() - rate) < 4.2 * np.sqrt(rate * (1 - rate) / N)
        np.testing.assert_array_equal(gone, np.isnan(p.recorded[:, j]))


def test_claims_on_markers_missing_for_what_they_are_hold_among_drawn_patients(
    evidence: Evidence, world: World
) -> None:
    """The solver's rates against 200,000 patients whose record shows the condition."""
    own = {m for m, x in world.markers.items() if x.missing_own}
    moments = [
        m
        for m in response_moments(evidence)
        if m.claimed and m.endpoint == "orr" and {t[0] for t in m.cells[0].conditions} & own
    ]
    assert len(moments) >= 3  # high and low stem cells, circulating tumour cells
    solved, _ = Rates(world, moments, []).evaluate(np.zeros(0))
    for moment, expected in zip(moments, solved, strict=True):
        (cell,) = moment.cells
        c = compile_setting(world, cell.setting)
        p, columns = fresh_patients(world, c, N, seed=17)
        eta = c.log_odds(p.f, clinical_terms(world, c.arms, p.age, p.ecog))
        found = expit(eta[holds(columns, cell.conditions, N), c.arms.index(cell.arm)])
        # 4 standard errors, and 0.1 points for the 8,192 points that the solver stands on.
        assert abs(found.mean() - expected) < 4 * found.std() / np.sqrt(len(found)) + 1e-3
