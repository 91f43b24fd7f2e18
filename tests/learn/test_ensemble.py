"""Lines fitted to worlds: near the fair oracle, reproducible, of the width that t says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import expit, logit

from resistml.cohort.plan import Plan
from resistml.errors import ConfigError
from resistml.evaluate.judge import draw_judge
from resistml.evidence import Evidence
from resistml.features.spec import FeatureSpec
from resistml.learn import ensemble as module
from resistml.learn.bundle import save_bundle
from resistml.learn.data import as_model, training_data
from resistml.learn.ensemble import factor, fair_patients, fit_ensemble, fit_lines, nearest_line
from resistml.learn.fit import Params, fit_bag
from resistml.predict.ensemble import Ensemble
from resistml.predict.model import load_bundle
from resistml.predict.parts import Parts
from resistml.world.laws import World

FEW = 60


def shifted(world: World, by: float) -> World:
    """The world with the response to every arm less or more likely, in log-odds."""
    settings = {
        name: replace(
            law, arms={a: replace(arm, alpha=arm.alpha + by) for a, arm in law.arms.items()}
        )
        for name, law in world.settings.items()
    }
    return replace(world, settings=settings)


@pytest.fixture(scope="module")
def lines(spec: FeatureSpec, world: World) -> Ensemble:
    """Of the default world, and of one with less response."""
    return fit_lines(spec, [world, shifted(world, -0.5)], 3, patients=300)


class TestNearestLine:
    def test_a_line_is_found_again(self) -> None:
        rng = np.random.default_rng(0)
        x, true = rng.normal(size=(4_000, 3)), np.array([0.3, 0.5, -1.0, 0.0])
        found = nearest_line(x, expit(true[0] + x @ true[1:]))
        np.testing.assert_allclose(found, true, atol=2e-3)  # the penalty takes that little

    def test_it_is_nearest_in_probability(self) -> None:
        """Where a line cannot be right, no step away from it brings weighted squares down."""
        rng = np.random.default_rng(1)
        x = rng.normal(size=(2_000, 1))
        p = expit(x[:, 0] ** 2 - 1)
        found = nearest_line(x, p)

        def misfit(line: np.ndarray) -> float:
            gap = line[0] + x[:, 0] * line[1] - logit(np.clip(p, 1e-3, 1 - 1e-3))
            return float(np.sum((p * (1 - p) + 1e-3) * gap**2) + 0.01 * line[1] ** 2)

        for step in ((0.01, 0), (-0.01, 0), (0, 0.01), (0, -0.01)):
            assert misfit(found + np.array(step)) > misfit(found)

    def test_what_nobody_shows_stays_at_nothing(self) -> None:
        x = np.column_stack([np.zeros(50), np.linspace(-1, 1, 50)])
        found = nearest_line(x, expit(x[:, 1]))
        assert found[1] == 0.0
        assert abs(found[2] - 1) < 0.02

    def test_nobody(self) -> None:
        assert nearest_line(np.zeros((0, 4)), np.zeros(0)).tolist() == [0.0] * 5

    def test_certain_outcomes_stay_finite(self) -> None:
        found = nearest_line(np.linspace(-1, 1, 10)[:, None], np.repeat([0.0, 1.0], 5))
        assert np.isfinite(found).all()
        assert found[1] > 0


class TestFactor:
    @pytest.mark.parametrize(
        ("worlds", "t"), [(2, 6.314), (5, 2.132), (10, 1.833), (20, 1.729), (121, 1.658)]
    )
    def test_table_of_t(self, worlds: int, t: float) -> None:
        """Two-sided 10% points of Student's t with one degree of freedom less than worlds."""
        assert factor(worlds) == pytest.approx(t * np.sqrt(1 + 1 / worlds), abs=1e-3)

    @pytest.mark.parametrize("worlds", [3, 8])
    def test_it_holds_nine_in_ten_of_new_draws(self, worlds: int) -> None:
        rng, n = np.random.default_rng(4), 40_000
        seen, new = rng.normal(size=(n, worlds)), rng.normal(size=n)
        half = factor(worlds) * seen.std(axis=1, ddof=1)
        held = np.abs(new - seen.mean(axis=1)) <= half
        assert abs(held.mean() - 0.90) < 4 * np.sqrt(0.09 / n)


class TestFairPatients:
    def test_settings_have_as_many_patients_each(self, spec: FeatureSpec, world: World) -> None:
        data = fair_patients(spec, world, 1, FEW)
        counts = np.bincount(data.arms, minlength=len(spec.arms))
        assert (data.n_arms, len(counts)) == (len(spec.arms),) * 2
        n = FEW * len(spec.settings)
        assert (np.abs(counts - FEW) < 5 * np.sqrt(FEW)).all()
        first = [i for i, arm in enumerate(spec.arms) if i == 0 or arm[0] != spec.arms[i - 1][0]]
        assert counts[first].sum() == n  # each patient once under each strategy of his setting

    def test_the_answer_is_the_fair_one(self, spec: FeatureSpec, world: World) -> None:
        """Of the same patients asked through the judge's door."""
        data = fair_patients(spec, world, 1, FEW)
        even = {name: replace(law, share=1.0) for name, law in world.settings.items()}
        plan = Plan(1, FEW * len(even), "randomised", all_arms=True)
        judge = draw_judge(replace(world, settings=even), plan)
        again = training_data(spec, judge.oracle_records, judge.arm, 1 - judge.p_fair)
        for name in ("matrix", "centred", "arms", "y"):
            np.testing.assert_array_equal(getattr(data, name), getattr(again, name))


class TestLines:
    def test_they_are_near_the_fair_oracle(
        self, lines: Ensemble, spec: FeatureSpec, world: World
    ) -> None:
        """On patients they were not fitted to; the world's truth bends, a line does not."""
        judge = draw_judge(world, Plan(8, 3_000))
        data = training_data(spec, judge.oracle_records, judge.arm, 1 - judge.p_fair)
        gap = np.abs(expit(lines.margins(data)[:, 0]) - data.y)
        assert gap.mean() < 0.02
        constant = np.abs(np.mean(data.y) - data.y).mean()
        assert gap.mean() < 0.1 * constant

    def test_worlds_differ_by_what_they_differ_by(
        self, lines: Ensemble, spec: FeatureSpec, world: World
    ) -> None:
        """Half a log-odds less response for all: a little less where the record leaves doubt."""
        data = fair_patients(spec, world, 9, FEW)
        gap = np.diff(lines.margins(data), axis=1)[:, 0]
        assert 0.35 < np.quantile(gap, 0.05) < np.quantile(gap, 0.95) < 0.55

    def test_same_seed_same_lines(self, spec: FeatureSpec, world: World) -> None:
        one, again, other = (fit_lines(spec, [world] * 2, seed, FEW) for seed in (5, 5, 6))
        for name in ("intercepts", "coefficients", "missing"):
            np.testing.assert_array_equal(getattr(one, name), getattr(again, name))
            # The same patients are drawn of each world, so equal worlds have equal lines.
            assert (np.diff(getattr(one, name), axis=0) == 0).all()
        assert (one.intercepts != other.intercepts).any()
        assert one.factor == factor(2)


class TestEnsemble:
    @pytest.fixture
    def asked(self, world: World, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
        """Stands for the draw of worlds, which takes ten seconds each; records what was asked."""
        calls: list[tuple[int, int]] = []

        def ensemble(evidence: Evidence, worlds: int, seed: int) -> Iterator[SimpleNamespace]:
            calls.append((worlds, seed))
            for k in range(worlds):
                yield SimpleNamespace(number=k, world=shifted(world, 0.1 * k))

        monkeypatch.setattr(module, "ensemble", ensemble)
        monkeypatch.setattr(module, "PATIENTS", FEW)
        return calls

    def test_worlds_are_those_of_the_seed(
        self, asked: list[tuple[int, int]], evidence: Evidence, spec: FeatureSpec, world: World
    ) -> None:
        told: list[tuple[int, int]] = []
        found = fit_ensemble(evidence, spec, 3, 17, lambda done, of: told.append((done, of)))
        assert asked == [(3, 17)]
        assert told == [(0, 3), (1, 3), (2, 3)]
        expected = fit_lines(spec, [shifted(world, 0.1 * k) for k in range(3)], 17, FEW)
        np.testing.assert_array_equal(found.intercepts, expected.intercepts)

    @pytest.mark.parametrize("worlds", [-1, 0, 1])
    def test_too_few_worlds(
        self,
        asked: list[tuple[int, int]],
        evidence: Evidence,
        spec: FeatureSpec,
        worlds: int,
    ) -> None:
        with pytest.raises(ConfigError, match="have no spread") as fault:
            fit_ensemble(evidence, spec, worlds, 1)
        assert fault.value.key == "ensemble.worlds"
        assert asked == []


def test_a_bundle_holds_the_lines_as_they_were_fitted(
    lines: Ensemble, spec: FeatureSpec, drawn: tuple, tmp_path: Path
) -> None:
    records, strategy = drawn
    y = (np.arange(len(records)) % 2).astype(float)
    fitted = fit_bag(
        training_data(spec, records, strategy, y), Params(bag=2, rounds=1, checks=1), 1, threads=1
    )
    parts = Parts(ensemble=lines)
    save_bundle(fitted, spec, Params(), {}, "# card\n", tmp_path / "model", parts=parts)
    loaded = load_bundle(tmp_path / "model")
    assert loaded.parts.ensemble is not None
    features = as_model(spec, fitted).features(records, strategy)
    for one, other in zip(
        loaded.parts.ensemble.interval(features), lines.interval(features), strict=True
    ):
        np.testing.assert_allclose(one, other, atol=1e-9)
    assert (tmp_path / "model" / "ensemble.json").stat().st_size < 300_000
