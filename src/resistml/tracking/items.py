"""What a finished run logs: plain data, worked out without any tracking server."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resistml.documents import dump_json
from resistml.notice import NOTICE
from resistml.tracking.links import redacted
from resistml.tracking.metrics import metrics_of

if TYPE_CHECKING:
    from resistml.config import RunConfig
    from resistml.evaluate.evaluation import Evaluation
    from resistml.evaluate.own.evaluation import OwnEvaluation

#: Files of a report.
REPORT = ("report.html", "tripod_ai.json")

#: Rendered above the runs of an experiment.
EXPERIMENT_NOTE = f"""\
**{NOTICE}**

Every run trains one model on a virtual cohort, whose truth is known. Look first, on the *Charts*
of "Model training", at what shows differences between runs:

- `gap/auc`: AUC of the fair oracle (which knows the truth, but sees only what was recorded) less
  the model's; 0 is as good as can be, and the oracle's own AUC lies well below 1
- `gain/captured`: share of what ranking strategies can gain over the best fixed rule; 1 is all
- `error/mae`, `error/ece`: mean distance of the model's probability from the fair oracle's, and
  its calibration error against it

Beside them: `auc/`, `value/` (true response rate under each policy), `loss/`, `mechanism/`
(importance), `fidelity/` (agreement of explanations with the truth), `setting_auc/`, `policy/`
(what the training patients alone say of following the ranking), `doubt/` (what the model's 90%
intervals hold, and from how many it abstains), `calibration/`, `times/` (concordance), and
`interval/` with the ends of the 95% intervals of all of these; of a study of settings, `tune/loss`
(out of bag, the best trial's) with the trials nested in it.

To filter: `tags.config = 'quick'`, `tags.cohort = 'virtual'`, `tags.catalog_hash`,
`tags.git_commit`, `tags.judge_sha256` (runs with the same were judged on the same patients, and
`resistml runs promote` can pair them).
"""


@dataclass(frozen=True)
class RunFacts:
    """What is logged of a run beside its config and its figures.

    Attributes
    ----------
    run_id : str
        The run's name under ``runs/``.
    seed, rows : int
        Seed of the cohort and number of patients trained on.
    catalog_hash, world_hash, dataset_digest : str
        SHA-256 of the catalog, of the world, and of the training cohort.
    run_folder : Path
        Holds ``report.html`` and ``tripod_ai.json`` if the config asks for a report.
    bundle : Path
        The model bundle's folder.
    figures : Path or None
        Folder of the figures.
    versions : mapping of str to str
        Release of each package that matters; ``resistml`` among them.
    git_commit : str or None
        Commit of the project, where there is one.
    cohort_kind : str
        ``virtual``: no patient is real.
    checks : tuple of str
        Codes of the honesty checks that found something.
    judged : Path or None
        What the model said of each patient whom it was judged on, as a file.
    judge_digest : str
        SHA-256 of those patients and their outcomes; empty where that is not known.
    """

    run_id: str
    seed: int
    rows: int
    catalog_hash: str
    world_hash: str
    dataset_digest: str
    run_folder: Path
    bundle: Path
    figures: Path | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    git_commit: str | None = None
    cohort_kind: str = "virtual"
    checks: tuple[str, ...] = ()
    judged: Path | None = None
    judge_digest: str = ""


@dataclass(frozen=True)
class DatasetFacts:
    """A dataset by its digest and origin, without a row of it."""

    name: str
    digest: str
    rows: int
    origin: dict[str, str]


@dataclass(frozen=True)
class Items:
    """All that a run logs.

    Attributes
    ----------
    run_name : str
    params, tags : dict of str to str
    metrics : dict of str to float
        All finite; named ``group/name``, alike in every run.
    dataset : DatasetFacts
    texts : dict of str to str
        Artifacts by path, as text.
    files : tuple of Path
        Artifacts at the top, as files that must exist.
    folders : dict of str to Path
        Artifacts by folder, as folders that must exist.
    bundle : Path
        The model bundle.
    """

    run_name: str
    params: dict[str, str]
    metrics: dict[str, float]
    tags: dict[str, str]
    dataset: DatasetFacts
    texts: dict[str, str]
    files: tuple[Path, ...]
    folders: dict[str, Path]
    bundle: Path


def run_items(config: RunConfig, evaluation: Evaluation | OwnEvaluation, facts: RunFacts) -> Items:
    """What is logged of a finished run.

    Metrics that are not finite are left out, since a store keeps them as huge numbers, and
    named in the tag ``not_finite``.
    """
    document = resolved(config)
    named = figures_of(evaluation)
    metrics = {name: value for name, value in named.items() if math.isfinite(value)}
    return Items(
        run_name=facts.run_id,
        params=dict(flat(document)),
        metrics=metrics,
        tags=_tags(config, facts, [name for name in named if name not in metrics]),
        dataset=_dataset(config, facts),
        texts={
            "config.yaml": _yaml(document),
            "metrics.json": dump_json(evaluation.to_json()),
        },
        files=tuple(_files(config, facts)),
        folders={} if facts.figures is None else {"figures": facts.figures},
        bundle=facts.bundle,
    )


def figures_of(evaluation: Evaluation | OwnEvaluation) -> dict[str, float]:
    """Every metric by name, whatever the cohort was."""
    from resistml.evaluate.own.evaluation import OwnEvaluation

    if isinstance(evaluation, OwnEvaluation):
        return {_STRANGE.sub("_", name): x for name, x in evaluation.metrics().items()}
    return dict(metrics_of(evaluation))


def _files(config: RunConfig, facts: RunFacts) -> Iterator[Path]:
    if config.report and config.data is None:
        yield from (facts.run_folder / name for name in REPORT)
    if facts.judged is not None:
        yield facts.judged
    if (facts.run_folder / "audit.json").is_file():
        yield facts.run_folder / "audit.json"


#: What a store does not take in the name of a parameter or metric.
_STRANGE = re.compile(r"[^A-Za-z0-9_.:/ -]")


def resolved(config: RunConfig) -> dict[str, Any]:
    """The config as plain data, without a password in its tracking address."""
    document = config.model_dump(mode="json")
    uri = document["tracking"]["uri"]
    document["tracking"]["uri"] = None if uri is None else redacted(uri)
    return document


def flat(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested keys joined by dots; values as JSON, text without its quotes."""
    for key, value in document.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{key}.")
        else:
            name = _STRANGE.sub("_", f"{prefix}{key}")  # columns of a table may be called anything
            yield name, value if isinstance(value, str) else json.dumps(value)


def _yaml(document: Mapping[str, Any]) -> str:
    import yaml

    return str(yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True))


def _tags(config: RunConfig, facts: RunFacts, not_finite: list[str]) -> dict[str, str]:
    tags = {
        "config": config.name,
        "cohort": facts.cohort_kind,
        "run_id": facts.run_id,
        "catalog_hash": facts.catalog_hash,
        "world_hash": facts.world_hash,
        "dataset_sha256": facts.dataset_digest,
        "notice": NOTICE,
        "mlflow.note.content": NOTICE,
        "mlflow.source.name": "resistml train",
        "mlflow.source.type": "LOCAL",
        **{f"version.{name}": version for name, version in facts.versions.items()},
    }
    if facts.checks:
        tags["checks"] = ", ".join(facts.checks)
    if facts.judge_digest:
        tags["judge_sha256"] = facts.judge_digest
    if facts.git_commit:  # twice: MLflow links its own, and nobody has to quote ours in a filter
        tags["mlflow.source.git.commit"] = tags["git_commit"] = facts.git_commit
    if not_finite:
        tags["not_finite"] = ", ".join(not_finite)
    return tags


def _dataset(config: RunConfig, facts: RunFacts) -> DatasetFacts:
    return DatasetFacts(
        name=f"{facts.cohort_kind}-{config.name}",
        digest=facts.dataset_digest,
        rows=facts.rows,
        origin={
            "kind": facts.cohort_kind,
            "seed": str(facts.seed),
            "assignment": config.cohort.assignment,
            "catalog_hash": facts.catalog_hash,
            "world_hash": facts.world_hash,
        },
    )
