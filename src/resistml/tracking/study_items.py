"""What a study of settings logs: plain data, worked out without any tracking server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from resistml.notice import NOTICE
from resistml.tracking.items import flat, resolved

if TYPE_CHECKING:
    from resistml.config import RunConfig
    from resistml.learn.tuning.trials import Trial


@dataclass(frozen=True)
class ChildItems:
    """What one trial logs; ``failed`` says whether its run is ended as one that failed."""

    run_name: str
    params: dict[str, str]
    metrics: dict[str, float]
    tags: dict[str, str]
    failed: bool


@dataclass(frozen=True)
class StudyItems:
    """What a study logs: a run of its own, with ``files`` at its top, and one per trial."""

    run_name: str
    params: dict[str, str]
    metrics: dict[str, float]
    tags: dict[str, str]
    files: tuple[Path, ...]
    children: tuple[ChildItems, ...]


def study_items(
    config: RunConfig,
    trials: Sequence[Trial],
    best: Trial,
    *,
    skip: frozenset[int],
    files: tuple[Path, ...],
    facts: dict[str, str],
) -> StudyItems:
    """What is logged of a study.

    Parameters
    ----------
    trials : sequence of Trial
        All that have ended.
    skip : frozenset of int
        Numbers of those that were logged before.
    facts : dict
        Tags of the study and of every trial: hashes, versions.
    """
    tags = {
        "config": config.name,
        "notice": NOTICE,
        "mlflow.source.name": "resistml tune",
        "mlflow.source.type": "LOCAL",
        **facts,
    }
    return StudyItems(
        run_name=config.name,
        params=dict(flat(resolved(config))),
        metrics=dict(_metrics(trials, best)),
        tags={**tags, "mlflow.note.content": NOTICE, "trials": str(len(trials))},
        files=files,
        children=tuple(_child(config, t, tags) for t in trials if t.number not in skip),
    )


def _metrics(trials: Sequence[Trial], best: Trial) -> Iterator[tuple[str, float]]:
    assert best.loss is not None
    yield "tune/loss", best.loss
    begun = next((t.loss for t in trials if t.start and t.state == "complete"), None)
    if begun is not None:
        yield "tune/gained", begun - best.loss
    counts = Counter(trial.state for trial in trials)
    for state in ("complete", "pruned", "failed"):
        yield f"tune/{state}", float(counts[state])
    yield "tune/seconds", sum(trial.seconds for trial in trials)


def _child(config: RunConfig, trial: Trial, tags: dict[str, str]) -> ChildItems:
    metrics = {"tune/seconds": trial.seconds}
    if trial.loss is not None:
        metrics["tune/loss"] = trial.loss
    words = {"trial": str(trial.number), "state": trial.state}
    if trial.message:
        words["message"] = trial.message[:500]
    return ChildItems(
        run_name=f"{config.name}-{trial.number:03d}",
        params=dict(flat({"model": trial.settings})),
        metrics=metrics,
        tags={**tags, **words},
        failed=trial.state == "failed",
    )
