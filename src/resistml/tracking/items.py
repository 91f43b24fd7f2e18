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

if TYPE_CHECKING:
    from resistml.config import RunConfig
    from resistml.evaluate.evaluation import Evaluation

#: The learner that a run is about; the others stand beside it.
MODEL = "xgboost"

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
(importance), `fidelity/` (agreement of explanations with the truth), `setting_auc/`, and
`interval/` with the 95% bootstrap interval of the model's AUC; of a study of settings, `tune/loss`
(out of bag, the best trial's) with the trials nested in it.
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
        Holds ``report.html`` if the config asks for one.
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


def run_items(config: RunConfig, evaluation: Evaluation, facts: RunFacts) -> Items:
    """What is logged of a finished run.

    Metrics that are not finite are left out, since a store keeps them as huge numbers, and
    named in the tag ``not_finite``.
    """
    document = resolved(config)
    named = dict(_metrics(evaluation))
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
        files=(facts.run_folder / "report.html",) if config.report else (),
        folders={} if facts.figures is None else {"figures": facts.figures},
        bundle=facts.bundle,
    )


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
            yield f"{prefix}{key}", value if isinstance(value, str) else json.dumps(value)


def _yaml(document: Mapping[str, Any]) -> str:
    import yaml

    return str(yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True))


def _metrics(evaluation: Evaluation) -> Iterator[tuple[str, float]]:
    """Every metric by name.

    A chart's title is cut after a few letters and charts are grouped by what stands before
    the slash, so groups are few and the telling word comes first.
    """
    model, fair = evaluation.learners[MODEL], evaluation.fair
    yield "gap/auc", fair.auc.value - model.auc.value
    yield "gap/log", model.logloss - fair.logloss
    yield "gap/value", fair.value - model.value
    yield "gain/captured", model.captured
    yield "gain/value", model.value - evaluation.value_fixed_rule
    yield "error/mae", model.mae
    yield "error/ece", model.ece
    yield "loss/log", model.logloss
    yield "loss/brier", model.brier
    for name, learner in evaluation.learners.items():
        yield _name("auc", name), learner.auc.value
    yield "auc/fair", fair.auc.value
    yield "auc/oracle", evaluation.oracle.auc.value
    yield "interval/auc_low", model.auc.low
    yield "interval/auc_high", model.auc.high
    yield "value/learned", model.value
    yield "value/fixed", evaluation.value_fixed_rule
    yield "value/fair", fair.value
    yield "value/oracle", evaluation.oracle.value
    yield "value/given", evaluation.value_given
    for mechanism, value in evaluation.importance.items():
        yield _name("mechanism", mechanism), value
    for mechanism, value in evaluation.fidelity.items():
        yield _name("fidelity", mechanism), value
    for setting, figures in evaluation.by_setting.items():
        yield _name("setting_auc", setting), figures.auc.value


def _name(group: str, name: str) -> str:
    """A metric's name, of letters that a store takes."""
    return f"{group}/{re.sub(r'[^A-Za-z0-9_.-]', '_', name)}"


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
    if facts.git_commit:
        tags["mlflow.source.git.commit"] = facts.git_commit
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
