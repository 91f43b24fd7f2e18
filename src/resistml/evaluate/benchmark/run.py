"""The benchmark: the model, its peers and the oracles on the same draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from resistml.documents import rounded
from resistml.errors import UsageError
from resistml.evaluate.benchmark.figures import MORE, More
from resistml.evaluate.benchmark.keys import Keys
from resistml.evaluate.benchmark.marks import marks
from resistml.evaluate.benchmark.scenarios import (
    JUDGE,
    POLICY_COUNT,
    SCENARIOS,
    Job,
    check_worlds,
    planned,
)
from resistml.evaluate.benchmark.store import Store
from resistml.evaluate.benchmark.summary import summary
from resistml.evaluate.benchmark.work import Row, Setup, done
from resistml.evaluate.peers import MODEL, Peer, chosen_peers, own_peers
from resistml.evidence import load_evidence
from resistml.learn.params import Params
from resistml.progress import Stages

#: Significant digits of figures.
DIGITS = 6
#: What a row of the results says of its job before its figures.
_JOB = ("world", "patients", "seed", "learner")


def run_benchmark(
    *,
    full: bool = False,
    progress: Stages,
    params: Params | None = None,
    sizes: Sequence[int] | None = None,
    seeds: Sequence[int] | None = None,
    judged: int = JUDGE,
    worlds: Sequence[str] = tuple(SCENARIOS),
    peers: Sequence[str] | None = None,
    learners: Mapping[str, Any] | None = None,
    store: Path | None = None,
    workers: int = 1,
    replicates: int = POLICY_COUNT,
    more: tuple[More, ...] = MORE,
) -> dict[str, Any]:
    """Figures per world, learner, size and seed, judged on one fresh draw of each world.

    Parameters
    ----------
    full : bool
        More sizes and seeds, and the value of a policy from data alone.
    params : Params, optional
        Of the model.
    sizes, seeds : sequence of int, optional
        Numbers of training patients, and seeds, in place of the usual ones.
    judged : int
        Patients judged on.
    worlds : sequence of str
        Keys of :data:`~resistml.evaluate.benchmark.scenarios.SCENARIOS`.
    peers : sequence of str, optional
        Keys of :data:`~resistml.evaluate.peers.PEERS`; by default all.
    learners : mapping of str to estimator, optional
        One's own scikit-learn classifiers, as further peers.
    store : Path, optional
        Keeps each result as soon as it is there; what it holds already is not done again, if
        everything that determines it is the same.
    workers : int
        Processes. The result does not depend on it.
    replicates : int
        Cohorts in which the value of a policy is told.
    more : tuple of callables
        Further figures of the model, (model, judge) -> dict.

    Returns
    -------
    dict
        ``judge``: number of patients judged on; ``world_hashes``; ``learners``: per learner its
        ``words``, what it ``knows`` and ``gives``, and why it is ``skipped`` (or None);
        ``results``: rows with ``world, patients, seed, learner, auc, auc_oracle, auc_fair,
        logloss, mae, ece, ece_by_setting, value_learned, value_fixed_rule, value_oracle,
        value_fair, captured, seconds``, and for the model what ``more`` gives; ``summary`` and
        ``marks``, see there; ``gaps``: per world, what the fair oracle has over the best fixed
        rule, with and without eligibility; ``policy``: per world, how often the value of a policy
        was told rightly.

    Raises
    ------
    ConfigError
        For a world or learner that is not known, or an estimator that is no classifier.
    OutputError
        If the store cannot be read or written.
    """
    check_worlds(worlds)
    if workers < 1:
        raise UsageError(f"{workers} workers", key="--workers", allowed="1 or more")
    own = dict(learners or {})
    chosen = chosen_peers(peers, own_peers(own))
    kept = Store(store)
    evidence = load_evidence()
    solved = {}
    for name in dict.fromkeys(worlds):
        told = progress.stage(f"{name}: calibrate the world")
        solved[name] = SCENARIOS[name].world(evidence)
        told(1, 1)
    setup = Setup(
        evidence=evidence,
        worlds=solved,
        params=params or Params(),
        own=own,
        judged=judged,
        replicates=replicates,
        more=more,
    )
    usable = {name: peer for name, peer in chosen.items() if peer.missing is None}
    jobs = planned(tuple(solved), usable, full=full, sizes=sizes, seeds=seeds)
    rows = _rows(setup, jobs, Keys(setup, usable), kept, workers, progress)
    return _document(setup, chosen, rows)


def _rows(
    setup: Setup, jobs: list[Job], keys: Keys, kept: Store, workers: int, progress: Stages
) -> dict[Job, Row]:
    """The row of each job, from the store or done now."""
    key = {job: keys.of(job) for job in jobs}
    found = {job: kept[key[job]] for job in jobs if key[job] in kept}
    missing = [job for job in jobs if job not in found]
    try:
        for job, row in _told(setup, missing, len(found), workers, progress):
            kept.add(key[job], row)
            found[job] = row
    except BaseException as exc:
        if kept.path is not None:
            exc.add_note(
                f"{len(found)} of {len(jobs)} results are in {kept.path}; "
                "the same command goes on from there."
            )
        raise
    return {job: found[job] for job in jobs}


def _told(
    setup: Setup, jobs: list[Job], kept: int, workers: int, progress: Stages
) -> Iterator[tuple[Job, Row]]:
    """Jobs as they are done: a stage for each draw, or one for all where several work at once."""
    if not jobs:
        return
    if workers > 1:
        said = f", {kept} of before" if kept else ""
        told = progress.stage(f"{len(jobs)} results by {workers} processes{said}")
        for count, finished in enumerate(done(setup, jobs, workers), start=1):
            told(count, len(jobs))
            yield finished
        return
    work = done(setup, jobs, workers)
    for stage, together in groupby(jobs, _stage):
        of, told = len(list(together)), progress.stage(stage)
        for count, finished in enumerate(islice(work, of), start=1):
            told(count, of)
            yield finished


def _stage(job: Job) -> str:
    if job.what == "gaps":
        return f"{job.world}: draw the patients to judge on"
    if job.what == "policy":
        return f"{job.world}: the value of a policy from data alone"
    return f"{job.world}: train on {job.patients:,}, seed {job.seed}"


def _document(setup: Setup, peers: Mapping[str, Peer], rows: Mapping[Job, Row]) -> dict[str, Any]:
    results = [_result(row) for job, row in rows.items() if job.what == "learner"]
    policy = {job.world: _found(row) for job, row in rows.items() if job.what == "policy"}
    averaged = summary(results)
    model = {"words": "the model", "knows": "exposures", "gives": "risk", "skipped": None}
    told = {
        name: {
            "words": peer.words,
            "knows": peer.knows,
            "gives": peer.gives,
            "skipped": peer.missing,
        }
        for name, peer in peers.items()
    }
    document = {
        "judge": setup.judged,
        "world_hashes": {name: world.hash for name, world in setup.worlds.items()},
        "learners": {MODEL: model, **told},
        "results": results,
        "summary": averaged,
        "gaps": {job.world: _found(row) for job, row in rows.items() if job.what == "gaps"},
        "policy": policy,
        "marks": marks(averaged, policy),
    }
    plain: dict[str, Any] = rounded(document, DIGITS)
    return plain


def _result(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "what"}


def _found(row: Row) -> Row:
    """A row without what says which job it was."""
    return {name: value for name, value in row.items() if name not in (*_JOB, "what")}
