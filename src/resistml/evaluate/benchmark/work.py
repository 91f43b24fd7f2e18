"""Fits a learner on a draw and judges it; in this process or in several."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from resistml.cohort.draw import Drawer
from resistml.cohort.plan import Plan
from resistml.errors import ResistmlError
from resistml.evaluate.benchmark.figures import MORE, Bench, More
from resistml.evaluate.benchmark.scenarios import (
    JUDGE,
    POLICY_COUNT,
    POLICY_JUDGED,
    SCENARIOS,
    Job,
)
from resistml.evaluate.judge import draw_judges, records_of
from resistml.evaluate.off_policy import replicates
from resistml.evaluate.peers import MODEL, PEERS, Training, own_peers
from resistml.evidence import Evidence
from resistml.learn.data import as_model
from resistml.learn.params import Params
from resistml.learn.parts import fit_parts
from resistml.learn.spec import build_spec
from resistml.learn.train import fit_model
from resistml.predict.model import Model
from resistml.tables.cohort import Cohort
from resistml.world.draft import draft_world
from resistml.world.laws import World

Row = dict[str, Any]

#: Seconds that a process has to end when it is told to.
JOINED = 5.0


@dataclass(frozen=True)
class Setup:
    """What is the same for all jobs, and goes to every process.

    Attributes
    ----------
    evidence : Evidence
        The catalog.
    worlds : dict
        The solved world of each scenario.
    params : Params
        Of the model.
    own : dict
        A user's estimators by name.
    judged : int
        Patients judged on.
    threads : int
        Of each process. With one, several processes do not stand in each other's way.
    replicates : int
        Cohorts in which the value of a policy is told.
    more : tuple of callables
        Further figures of the model.
    """

    evidence: Evidence
    worlds: dict[str, World]
    params: Params
    own: dict[str, Any] = field(default_factory=dict)
    judged: int = JUDGE
    threads: int = 1
    replicates: int = POLICY_COUNT
    more: tuple[More, ...] = MORE


@dataclass(frozen=True)
class _Judged:
    """The judge of a world, and what the fair oracle has over the best fixed rule there."""

    name: str
    bench: Bench
    gaps: dict[str, float]


class Bencher:
    """Does jobs one after another; keeps the judge and the draw of the last one."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._evidence = setup.evidence
        self._peers = {**PEERS, **own_peers(setup.own)}
        self._last: _Judged | None = None
        self._training: tuple[tuple[str, int, int], Training] | None = None

    def run(self, job: Job) -> Row:
        """The job's row: what it is, and what was found; of a learner also the ``seconds``
        of processor time that fitting took."""
        with threadpool_limits(limits=self._setup.threads or None):
            found = {"learner": self._learner, "gaps": self._gaps, "policy": self._policy}
            return {**asdict(job), **found[job.what](job)}

    def _learner(self, job: Job) -> Row:
        bench, training = self._judge(job.world), self._draw(job)
        records, arm = bench.judge.oracle_records, bench.judge.arm
        started = time.process_time()
        if job.learner == MODEL:
            model = self._model(training)
            seconds = time.process_time() - started
            figures = bench.figures(model.risk(records, arm).p)
            for more in self._setup.more:
                figures |= more(model, bench.judge)
        else:
            peer = self._peers[job.learner]
            predict = peer.fit(training)
            seconds = time.process_time() - started
            figures = bench.figures(predict(records, arm), of_risks=peer.gives == "risk")
        return {**figures, "seconds": round(seconds, 2)}

    def _model(self, t: Training) -> Model:
        """The model with the parts that its intervals and sets need."""
        evidence, params, threads = self._evidence, self._setup.params, t.threads
        spec, fitted = fit_model(
            evidence, t.records, t.strategy, t.y, params, seed=t.seed, threads=threads
        )
        cohort = Cohort(t.records, t.strategy, t.y, {})
        parts = fit_parts(evidence, cohort, spec, fitted, seed=t.seed, threads=threads)
        return as_model(spec, fitted, parts=parts)

    def _gaps(self, job: Job) -> Row:
        self._judge(job.world)
        assert self._last is not None
        return self._last.gaps

    def _policy(self, job: Job) -> Row:
        found = replicates(
            self._evidence,
            self._setup.worlds[job.world],
            count=self._setup.replicates,
            patients=job.patients,
            assignment=SCENARIOS[job.world].assignment,
            judged=min(self._setup.judged, POLICY_JUDGED),
            seed=job.seed,
        )
        return asdict(found)

    def _judge(self, name: str) -> Bench:
        if self._last is None or self._last.name != name:
            world, plan = self._setup.worlds[name], SCENARIOS[name].judging(self._setup.judged)
            judge, open_to_all = draw_judges(world, plan)
            bench = Bench.of(judge)
            gaps = {"with eligibility": bench.gap, "without eligibility": Bench.of(open_to_all).gap}
            self._last = _Judged(name, bench, gaps)
        return self._last.bench

    def _draw(self, job: Job) -> Training:
        which = job.world, job.patients, job.seed
        if self._training is None or self._training[0] != which:
            world = self._setup.worlds[job.world]
            plan = SCENARIOS[job.world].training(job.seed, job.patients)
            self._training = which, self._drawn(world, plan)
        return self._training[1]

    def _drawn(self, world: World, plan: Plan) -> Training:
        drawer = Drawer(world, plan)
        parts = [drawer.block(block).cohort for block in range(plan.blocks)]
        cohort = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        records = records_of(cohort, tuple(world.markers))
        return Training(
            spec=build_spec(self._evidence, draft_world(self._evidence), records),
            records=records,
            strategy=np.asarray(cohort["strategy"], dtype=object),
            y=np.asarray(cohort["resistant"], dtype=float),
            seed=plan.seed,
            threads=self._setup.threads,
            params=self._setup.params,
        )


def done(setup: Setup, jobs: Sequence[Job], workers: int) -> Iterator[tuple[Job, Row]]:
    """Each job with its row, as they are finished.

    Raises
    ------
    ResistmlError
        If a process ended before its job did.
    """
    if workers == 1:
        bencher = Bencher(setup)
        for job in jobs:
            yield job, bencher.run(job)
        return
    before = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(
        min(workers, max(len(jobs), 1)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(setup,),
    )
    try:
        waiting: dict[Future[Row], Job] = {pool.submit(_run, job): job for job in jobs}
        while waiting:
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                yield waiting.pop(future), future.result()
        pool.shutdown()
    except BrokenProcessPool:
        raise ResistmlError(
            "a worker process ended before its work was done",
            hint="was there memory enough? Run again to go on, with one worker",
        ) from None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for child in set(multiprocessing.active_children()) - before:
            child.terminate()  # whoever interrupts does not wait for a fit to end
            child.join(JOINED)


_bencher: list[Bencher] = []


def _begin(setup: Setup) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it, and ends this process
    _bencher.append(Bencher(setup))


def _run(job: Job) -> Row:
    return _bencher[0].run(job)
