"""What a model says of its own doubt, held against the truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resistml.cohort.plan import Plan
from resistml.evaluate.judge import Judge, draw_judge
from resistml.evaluate.uncertainty import Uncertainty, uncertainty, unmeasured
from resistml.evaluate.widths import drawn_cohort
from resistml.evidence import Evidence
from resistml.learn.conformal import fit_conformal
from resistml.learn.data import as_model
from resistml.learn.params import Params
from resistml.learn.train import fit_model
from resistml.learn.widths import fit_widths
from resistml.predict.conformal import Conformal, Threshold
from resistml.predict.model import Model
from resistml.predict.parts import Parts
from resistml.predict.widths import Widths
from resistml.world.laws import World

N = 3_000


@pytest.fixture(scope="module")
def doubted(model: Model) -> Model:
    """The small model, with widths, and sets that hold both outcomes in half of the settings."""
    spec = model.spec
    widths = Widths(2.0, np.full(len(spec.arms), 0.05), 0.1, 0.01)
    settings = {
        name: Threshold(1.0 if i % 2 else 0.6, 200, False) for i, name in enumerate(spec.settings)
    }
    return replace(model, parts=Parts(widths=widths, conformal=Conformal(0.9, settings)))


@pytest.fixture(scope="module")
def judge(world: World, doubted: Model) -> Judge:
    """Patients whose fair probabilities are as far from the model's as it says."""
    drawn = draw_judge(world, Plan(seed=31, n=N))
    risk = doubted.risk(drawn.oracle_records, drawn.arm)
    rng = np.random.default_rng(8)
    shared = rng.normal(size=(N, risk.margins.shape[1]))[drawn.patient]
    dealt = risk.margins - risk.margins.mean(axis=1, keepdims=True)
    dealt *= np.sqrt(2.0 / (dealt.shape[1] - 1))
    own = np.sqrt(risk.extra) * rng.normal(size=len(risk.extra))
    margin = risk.margin + (dealt * shared).sum(axis=1) + own
    fair = 1 / (1 + np.exp(doubted.calibrated(margin)))
    return replace(drawn, p_fair=fair)


@pytest.fixture(scope="module")
def found(doubted: Model, judge: Judge) -> Uncertainty:
    return uncertainty(doubted, judge)


def test_right_widths_hold_nine_in_ten(found: Uncertainty, judge: Judge) -> None:
    """Three standard errors; a patient's answers share a part, so that n is that of patients."""
    assert found.overall.n == len(judge.arm)
    assert found.overall.coverage == pytest.approx(0.9, abs=3 * np.sqrt(0.09 / N))
    assert found.given.n == N
    assert found.given.coverage == pytest.approx(0.9, abs=3 * np.sqrt(0.09 / N))
    for group in (found.by_setting, found.by_unmeasured):
        for held in group.values():
            if held.n > 500:
                assert held.coverage == pytest.approx(0.9, abs=4 * np.sqrt(0.09 / held.n * 3))


def test_the_bag_alone_holds_less(found: Uncertainty) -> None:
    assert found.overall.coverage_bag < found.overall.coverage - 0.2
    assert found.overall.width_bag < found.overall.width


def test_groups_make_up_the_whole(found: Uncertainty, doubted: Model, judge: Judge) -> None:
    for group in (found.by_setting, found.by_unmeasured):
        n = np.array([held.n for held in group.values()])
        assert n.sum() == found.overall.n
        for name in ("coverage", "width", "coverage_bag", "width_bag"):
            mean = np.array([getattr(held, name) for held in group.values()]) @ n / n.sum()
            assert mean == pytest.approx(getattr(found.overall, name))
    assert set(found.by_setting) == set(judge.records.setting)
    i = int(judge.patient[7])
    names = doubted.spec.settings[str(judge.records.setting[i])].panel
    expected = sum(np.isnan(judge.records.column(m)[i]) for m in names)
    assert unmeasured(doubted, judge)[7] == expected
    wider = [found.by_unmeasured[k].width for k in ("0", "2")]
    assert wider[0] < wider[1]


def test_probabilities_of_being_best_are_right_where_the_doubt_is(found: Uncertainty) -> None:
    """Ten bins of 300 first strategies each, and more answers: 3 mean errors of a share."""
    mean_error = np.sqrt(2 / np.pi) * 0.5 / np.sqrt(N / 10)
    assert found.best.error < mean_error
    assert found.best.error_first < 3 * mean_error
    assert len(found.best.said) == len(found.best.true) == 10
    assert (np.diff(found.best.said) >= 0).all()


def test_probabilities_of_a_model_too_sure_of_itself_are_told(
    doubted: Model, judge: Judge, found: Uncertainty
) -> None:
    """By more than chance moves ten bins of 300, twice over."""
    sure = uncertainty(replace(doubted, parts=Parts()), judge)
    assert sure.best.error_first > 2 * np.sqrt(2 / np.pi) * 0.5 / np.sqrt(N / 10)
    assert sure.overall.coverage == pytest.approx(sure.overall.coverage_bag)
    assert sure.sets is None
    assert sure.sets_by_setting == {}


def test_sets_against_outcomes(found: Uncertainty, doubted: Model, judge: Judge) -> None:
    conformal = doubted.parts.conformal
    assert conformal is not None
    assert found.sets is not None
    p = doubted.risk(judge.records, judge.strategy).p
    sets = conformal.sets(judge.records.setting, p)
    words = np.where(judge.resistant == 1, "resistant", "response")
    inside = [word in held for word, held in zip(words, sets, strict=True)]
    assert found.sets.coverage == pytest.approx(np.mean(inside))
    assert found.sets.size == pytest.approx(np.mean([len(held) for held in sets]))
    assert (found.sets.n, found.sets.empty) == (N, 0)
    for i, name in enumerate(doubted.spec.settings):
        mine = found.sets_by_setting[name]
        if i % 2:
            assert (mine.coverage, mine.size) == (1, 2)
        else:
            assert mine.size < 2


@pytest.fixture(scope="module")
def trained(evidence: Evidence, world: World) -> list[Uncertainty]:
    """Of three models of 20,000 patients of the default world, on 5,000 fresh ones each."""
    out = []
    for seed in (1, 2, 3):
        cohort = drawn_cohort(world, Plan(seed, 20_000, oracle=False))
        records, strategy = cohort.records, cohort.strategy
        spec, fitted = fit_model(
            evidence, records, strategy, cohort.resistant, Params(), seed=seed, threads=1
        )
        widths = fit_widths(spec, records, strategy)
        parts = Parts(widths=widths, conformal=fit_conformal(spec, cohort, fitted))
        fresh = draw_judge(world, Plan(90_000 + seed, 5_000))
        out.append(uncertainty(as_model(spec, fitted, parts=parts), fresh))
    return out


@pytest.mark.slow
def test_intervals_of_the_default_learner_hold_their_share(trained: list[Uncertainty]) -> None:
    """88 to 92% in all. In a setting all answers share its few arms' errors, so that the share
    held there varies from draw to draw by a tenth or so: three errors of the mean of three."""
    overall = np.mean([found.overall.coverage for found in trained])
    assert 0.88 <= overall <= 0.92
    assert overall > np.mean([found.overall.coverage_bag for found in trained]) + 0.1
    for name in trained[0].by_setting:
        held = [found.by_setting[name].coverage for found in trained]
        assert np.mean(held) >= 0.85 - 3 * 0.1 / np.sqrt(3)


@pytest.mark.slow
def test_probabilities_of_being_best_of_the_default_learner(trained: list[Uncertainty]) -> None:
    assert max(found.best.error for found in trained) <= 0.05
    assert max(found.best.error_first for found in trained) <= 0.05


@pytest.mark.slow
def test_sets_of_the_default_learner_hold_their_share(trained: list[Uncertainty]) -> None:
    """At least 90% of fresh outcomes, of 15,000 overall and of each setting's, less four standard
    errors; those out of bag gave thresholds that themselves have one."""
    for name in trained[0].sets_by_setting:
        held = [found.sets_by_setting[name] for found in trained]
        n = sum(sets.n for sets in held)
        share = sum(sets.n * sets.coverage for sets in held) / n
        threshold_error = 0.09 / (20_000 / 5_000 * n)  # of the patients in training
        assert share >= 0.9 - 4 * np.sqrt(0.09 / n + threshold_error)
        assert all(sets.size < 2 for sets in held)
    assert np.mean([found.sets.coverage for found in trained if found.sets]) == pytest.approx(
        0.9, abs=4 * np.sqrt(0.09 / 15_000 + 0.09 / 60_000) + 0.01
    )
