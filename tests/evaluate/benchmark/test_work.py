"""Jobs, done here or by other processes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from resistml.cohort.plan import Plan
from resistml.errors import ResistmlError
from resistml.evaluate.benchmark import work
from resistml.evaluate.benchmark.figures import OF_RISKS, Bench
from resistml.evaluate.benchmark.scenarios import SCENARIOS, Job
from resistml.evaluate.benchmark.work import Bencher, Setup, done
from resistml.evaluate.judge import draw_judge, draw_judges
from resistml.evaluate.peers import MODEL, PEERS
from resistml.evidence import Evidence
from resistml.learn.train import fit_model
from resistml.world.laws import World
from tests.evaluate.benchmark.conftest import QUICK
from tests.patients import draw

JOB = Job("default", 700, 3, MODEL)


@pytest.fixture(scope="module")
def setup(evidence: Evidence, world: World) -> Setup:
    worlds = {"default": world, "hidden_confounding": world}
    return Setup(evidence, worlds, QUICK, judged=500, replicates=2)


@pytest.fixture(scope="module")
def bencher(setup: Setup) -> Bencher:
    return Bencher(setup)


class Failing:
    """A classifier in whose fitting the process ends."""

    def fit(self, X: object, y: object) -> None:
        os._exit(1)

    def predict_proba(self, X: object) -> None: ...

    def get_params(self, deep: bool = True) -> dict[str, object]:
        return {}


class Sleeping(Failing):
    """A classifier that takes very long."""

    def fit(self, X: object, y: object) -> None:
        time.sleep(600)


def test_a_peers_row(bencher: Bencher, world: World) -> None:
    row = bencher.run(replace(JOB, learner="constant"))
    drawn = draw(world, seed=3, n=700)
    judge = draw_judge(world, Plan(seed=9_001, n=500))
    spec = bencher._draw(JOB).spec
    t = work.Training(spec, drawn.records, drawn.strategy, drawn.y)
    p = PEERS["constant"].fit(t)(judge.oracle_records, judge.arm)
    figures = Bench.of(judge).figures(p)
    assert {name: row[name] for name in figures} == figures
    assert (row["world"], row["patients"], row["seed"]) == ("default", 700, 3)
    assert row["learner"] == "constant"
    assert row["seconds"] >= 0


def test_the_models_row(bencher: Bencher, world: World, evidence: Evidence) -> None:
    row = bencher.run(JOB)
    drawn = draw(world, seed=3, n=700)
    spec, fitted = fit_model(
        evidence, drawn.records, drawn.strategy, drawn.y, QUICK, seed=3, threads=1
    )
    judge = draw_judge(world, Plan(seed=9_001, n=500))
    p = work.as_model(spec, fitted).risk(judge.oracle_records, judge.arm).p
    figures = Bench.of(judge).figures(p)
    assert {name: row[name] for name in figures} == figures
    assert row["coverage"] >= row["coverage_bag"]  # the parts that widen it are there
    assert row["set_coverage"] > 0.7


def test_gaps_and_policy(bencher: Bencher, world: World) -> None:
    gaps = bencher.run(Job("default", 0, 1, what="gaps"))
    judges = draw_judges(world, Plan(seed=9_001, n=500))
    expected = [Bench.of(judge).gap for judge in judges]
    assert [gaps["with eligibility"], gaps["without eligibility"]] == expected
    policy = bencher.run(Job("hidden_confounding", 600, 1, what="policy"))
    assert (policy["replicates"], policy["patients"]) == (2, 600)
    assert policy["assignment"] == SCENARIOS["hidden_confounding"].assignment
    assert 0 <= policy["covered"] <= 2


def test_of_learners_of_effects_but_the_ranking_is_judged(bencher: Bencher) -> None:
    pytest.importorskip("econml")
    row = bencher.run(replace(JOB, learner="dr_learner"))
    assert all(row[name] is None for name in OF_RISKS)
    assert np.isfinite(row["captured"])


def test_another_world_has_other_training_patients(bencher: Bencher) -> None:
    job = replace(JOB, learner="constant")
    one, other = (bencher.run(replace(job, world=w)) for w in ("default", "hidden_confounding"))
    assert one["auc_fair"] == other["auc_fair"]
    assert one["mae"] != other["mae"]


def test_ones_own_learner(setup: Setup) -> None:
    own = replace(setup, own={"mine": LogisticRegression(max_iter=500)})
    assert Bencher(own).run(replace(JOB, learner="mine"))["auc"] > 0.6


@pytest.mark.slow
def test_several_processes_do_the_same(setup: Setup) -> None:
    jobs = [replace(JOB, learner=name, seed=s) for s in (1, 2) for name in ("constant", "logistic")]
    alone = dict(done(setup, jobs, 1))
    together = dict(done(setup, jobs, 2))
    for job in jobs:
        one, other = ({**rows[job], "seconds": 0} for rows in (alone, together))
        settings = one.pop("ece_by_setting"), other.pop("ece_by_setting")
        assert settings[0] == pytest.approx(settings[1], abs=1e-9)
        assert one == pytest.approx(other, abs=1e-9)
    assert not multiprocessing.active_children()


def test_a_process_that_ends_is_told(setup: Setup) -> None:
    mine = replace(setup, own={"mine": Failing()})
    with pytest.raises(ResistmlError, match="a worker process ended") as caught:
        list(done(mine, [replace(JOB, learner="mine", patients=60)], 2))
    assert "Run again" in str(caught.value)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_whoever_interrupts_does_not_wait(setup: Setup) -> None:
    mine = replace(setup, own={"mine": Sleeping()})
    jobs = [replace(JOB, learner=name, patients=60) for name in ("constant", "mine")]
    rows = done(mine, jobs, 2)
    assert next(rows)[0].learner == "constant"
    signal.signal(signal.SIGALRM, _interrupt)
    signal.alarm(1)
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        next(rows)
    for child in multiprocessing.active_children():
        child.join(30)
    assert time.monotonic() - started < 60
    assert not multiprocessing.active_children()


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
