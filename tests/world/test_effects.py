"""Effects of treatment that differ between patients, by mechanism, as the review has them.

On true probabilities of response of fresh patients; groups by true values. A difference of a
mean probability over n patients has a standard error of at most 0.5 / sqrt(n): 0.7 points for
the smallest group here, so what is asked for is told from chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import expit

from resistml.world.audit import fresh_patients
from resistml.world.compiled import clinical_terms, compile_setting, is_frail
from resistml.world.laws import World

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
PATIENTS = 40_000
LEAST = 1_500


@dataclass(frozen=True)
class Seen:
    """Patients of a setting: true markers, frailty, and p(response) by strategy."""

    true: dict[str, Floats]
    frail: Bools
    p: dict[str, Floats]

    def gain(self, new: str, old: str, among: Bools) -> float:
        """Mean rise in the probability of response, among so many that chance is no matter."""
        assert among.sum() >= LEAST
        return float((self.p[new] - self.p[old])[among].mean())

    def rate(self, arm: str, among: Bools) -> float:
        assert among.sum() >= LEAST
        return float(self.p[arm][among].mean())


def seen(world: World, setting: str) -> Seen:
    c = compile_setting(world, setting)
    p, _ = fresh_patients(world, c, PATIENTS)
    eta = c.log_odds(p.f, clinical_terms(world, c.arms, p.age, p.ecog))
    return Seen(
        dict(zip(c.markers, p.true.T, strict=True)),
        is_frail(world, p.age, p.ecog),
        dict(zip(c.arms, expit(eta).T, strict=True)),
    )


def thirds(x: Floats) -> tuple[Bools, Bools]:
    """The lowest and the highest third."""
    low, high = np.quantile(x, [1 / 3, 2 / 3])
    return x <= low, x >= high


def test_an_abcb1_inhibitor_helps_where_abcb1_is_high(world: World) -> None:
    s = seen(world, "nsclc_chemo_resistant")
    low, high = thirds(s.true["ABCB1"])
    much = s.gain("paclitaxel_zosuquidar", "paclitaxel", high)
    assert much > 0.1
    assert much > s.gain("paclitaxel_zosuquidar", "paclitaxel", low) + 0.05


def test_anti_egfr_does_not_help_ras_mutants(world: World) -> None:
    s = seen(world, "crc_advanced")
    mutant = (s.true["KRAS_mut"] == 1) | (s.true["NRAS_mut"] == 1)
    assert s.gain("folfox_cetuximab", "folfox", ~mutant) > 0.15
    assert s.gain("folfox_cetuximab", "folfox", mutant) < 0.05


def test_a_checkpoint_inhibitor_helps_more_at_tps_of_50_percent(world: World) -> None:
    s = seen(world, "nsclc_egfr_resistant")
    high = s.true["CD274"] >= 50
    assert s.rate("checkpoint_inhibitor", high) > s.rate("checkpoint_inhibitor", ~high) + 0.1


def test_venetoclax_helps_less_with_17p_deletion(world: World) -> None:
    s = seen(world, "cll_relapsed")
    deleted = s.true["TP53_del17p"] == 1
    assert s.rate("venetoclax", deleted) < s.rate("venetoclax", ~deleted) - 0.05


@pytest.mark.parametrize(
    ("setting", "new", "old"),
    [
        ("nsclc_advanced", "platinum_taxane_bevacizumab", "platinum_taxane"),
        ("crc_advanced", "folfiri_bevacizumab", "folfiri"),
    ],
)
def test_anti_angiogenics_help_where_vegf_is_high(
    world: World, setting: str, new: str, old: str
) -> None:
    s = seen(world, setting)
    low, high = thirds(s.true["VEGFA"])
    assert s.gain(new, old, high) > s.gain(new, old, low) + 0.03


@pytest.mark.parametrize(
    ("setting", "new", "old"),
    [("breast_ac", "dose_dense_ac", "ac"), ("nhl_aggressive", "dose_dense_chop", "chop")],
)
def test_a_dense_schedule_helps_the_frail_less(
    world: World, setting: str, new: str, old: str
) -> None:
    s = seen(world, setting)
    odds = {a: np.log(p / (1 - p)) for a, p in s.p.items()}
    extra = odds[new] - odds[old]
    assert extra[s.frail].mean() < extra[~s.frail].mean() - 0.1
    assert s.gain(new, old, ~s.frail) > 0


def test_effects_differ_between_patients_everywhere_there_is_a_choice(world: World) -> None:
    """Without that ranking would be empty: some patient is better off with each of two arms."""
    chosen = {s: law for s, law in world.settings.items() if len(law.arms) > 1}
    differing = 0
    for setting in chosen:
        best = np.argmax(np.column_stack(list(seen(world, setting).p.values())), axis=1)
        differing += len(np.unique(best)) > 1
    assert len(chosen) > 15
    assert differing > len(chosen) / 2
