"""A finished run, and what is written of it: figures, report, MLflow."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from resistml.checks.registry import run_checks
from resistml.config import RunConfig
from resistml.config_data import with_paths
from resistml.config_paths import named
from resistml.documents import digest, dump_json, file_digest, new_file
from resistml.errors import OutputError
from resistml.evaluate.evaluation import Evaluation
from resistml.evaluate.judged import FILE, write_judged
from resistml.evidence import Evidence
from resistml.learn.guards import Flag
from resistml.notice import NOTICE
from resistml.predict.model import Model
from resistml.tracking.links import redacted
from resistml.version import __version__
from resistml.world.audit import AuditRow
from resistml.world.laws import World

if TYPE_CHECKING:
    from resistml.tracking.opening import Store
    from resistml.tracking.store import Logged

#: What the figures of a run on a virtual cohort do not show.
LIMITS = (
    "The patients are virtual: figures say how well the world's own truth is learned, "
    "not how well real patients are predicted.",
    "The review gives no reference per figure and some of its figures are doubtful; the caveat "
    "stands beside each claim.",
    "Effects within a strategy, correlations and prevalences that the review does not report are "
    "assumptions, each with its reason and range.",
    "The model is told which markers bear on which strategy; where that is wrong, so is the model, "
    "but for what its training patients show against it.",
    "Intervals cover the sampling of training patients and what the form of the learner costs; "
    "those for the evidence, where the model has them, what the catalog's ranges leave open. "
    "Neither covers ranges that are wrong.",
)


@dataclass(frozen=True, repr=False)
class Run:
    """A finished run.

    ``folder`` holds ``config.yaml``, ``cohort/``, ``model/``, ``judged.parquet``, ``audit.json``,
    ``metrics.json`` and ``report.html``; ``seconds`` says how long each stage took.
    """

    id: str
    folder: Path
    config: RunConfig
    evidence: Evidence
    world: World
    model: Model
    evaluation: Evaluation
    audit: list[AuditRow]
    seconds: dict[str, float]
    tracked: Logged | None = None

    def __repr__(self) -> str:
        mine = self.evaluation.learners["xgboost"]
        return f"<resistml run {self.id!r}: AUC {mine.auc.value:.3f}, captured {mine.captured:.0%}>"


def write_figures(run: Run) -> None:
    """Write ``judged.parquet``, ``audit.json`` and ``metrics.json`` into the run's folder, whole.

    A folder with ``metrics.json`` is that of a finished run, so they are written last.
    """
    if run.evaluation.judged is not None:
        write_judged(run.evaluation.judged, run.folder)
    rows = _json_rows([asdict(row) for row in run.audit])
    checks = list(run.model.about.get("checks", ()))
    metrics = {"run": run.id, **run.evaluation.to_json(), "checks": checks}
    documents = {"audit.json": {"rows": rows}, "metrics.json": metrics}
    texts = {name: dump_json({"notice": NOTICE, **said}) for name, said in documents.items()}
    for name, text in texts.items():
        with new_file(run.folder / name, force=False) as temporary:
            temporary.write_text(text, encoding="utf-8")


def _json_rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {k: None if isinstance(v, float) and not np.isfinite(v) else v for k, v in row.items()}
        for row in rows
    ]


def findings(
    config: RunConfig, evaluation: Evaluation, audit: list[AuditRow], flags: Iterable[Flag]
) -> list[dict[str, str]]:
    """What the honesty checks find in a run, as the bundle and ``metrics.json`` carry it."""
    report = {
        **evaluation.to_json(),
        "audit": _json_rows([asdict(row) for row in audit]),
        "flags": [flag.to_json() for flag in flags],
        "config": shareable(config),
    }
    return [finding.to_json() for finding in run_checks(report)]


def headline(evaluation: Evaluation) -> dict[str, float | None]:
    """The few figures that a bundle carries and a terminal shows."""
    mine = evaluation.learners["xgboost"]
    figures = {
        "auc": mine.auc.value,
        "auc_low": mine.auc.low,
        "auc_high": mine.auc.high,
        "auc_fair": evaluation.fair.auc.value,
        "logloss": mine.logloss,
        "mae": mine.mae,
        "ece": mine.ece,
        "value_learned": mine.value,
        "value_fixed_rule": evaluation.value_fixed_rule,
        "value_fair": evaluation.fair.value,
        "captured": mine.captured,
    }
    return {name: x if np.isfinite(x) else None for name, x in figures.items()}


def new_run_folder(config: RunConfig, runs: Path) -> tuple[str, Path]:
    """A run's id, and its folder, which no other run has: two may begin in the same second."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    base = f"{config.name}-{stamp}-{digest(config.model_dump(mode='json'))[:6]}"
    for k in count(1):
        name = base if k == 1 else f"{base}-{k}"
        try:
            (runs / name).mkdir(parents=True)
        except OSError as exc:
            if isinstance(exc, FileExistsError) and (runs / name).exists():
                continue
            raise OutputError(f"cannot be written: {exc.strerror}", file=runs) from None
        return name, runs / name
    raise AssertionError("count() does not end")


def shareable(config: RunConfig) -> dict[str, Any]:
    """The config as plain data, without this machine's folders and without passwords."""
    document = config.model_dump(mode="json")
    if document["catalog"] is not None:
        document["catalog"] = Path(document["catalog"]).name
    if document["data"] is not None:
        document["data"] = with_paths(document["data"], named)
    if document["tracking"]["uri"] is not None:
        document["tracking"]["uri"] = redacted(document["tracking"]["uri"])
    return document


def run_facts(run: Run) -> dict[str, str]:
    """Where a run's figures come from."""
    return {
        "run": run.id,
        "resistml": __version__,
        "seed": str(run.config.seed),
        "catalog": run.evidence.hash,
        "world": run.world.hash,
        "model": run.model.hash,
        "cohort": file_digest(run.folder / "cohort" / "cohort.parquet"),
        "training patients": f"{run.evaluation.n_train:,}",
        "fresh patients judged on": f"{run.evaluation.n_judge:,}",
    }


def open_run_store(config: RunConfig, root: Path) -> Store:
    """The MLflow store and experiment that a config names."""
    from resistml.tracking.opening import open_store
    from resistml.tracking.place import resolve_uri

    uri = resolve_uri(config.tracking.uri, root)
    return open_store(uri, config.tracking.experiment, root)


def track(run: Run, root: Path, store: Store) -> Logged:
    """Log a run to MLflow."""
    from resistml.tracking.commit import commit_of
    from resistml.tracking.items import RunFacts, run_items
    from resistml.tracking.store import log_run

    config, judged = run.config, run.evaluation.judged
    facts = RunFacts(
        run_id=run.id,
        seed=config.seed,
        rows=run.evaluation.n_train,
        catalog_hash=run.evidence.hash,
        world_hash=run.world.hash,
        dataset_digest=file_digest(run.folder / "cohort" / "cohort.parquet"),
        run_folder=run.folder,
        bundle=run.folder / "model",
        figures=run.folder / "figures" if config.report else None,
        versions={"resistml": __version__, **versions()},
        git_commit=commit_of(root),
        checks=tuple(dict.fromkeys(x["code"] for x in run.model.about.get("checks", ()))),
        judged=None if judged is None else run.folder / FILE,
        judge_digest="" if judged is None else judged.digest,
    )
    return log_run(run_items(config, run.evaluation, facts), store)


def versions() -> dict[str, str]:
    """Releases of the packages that matter; of alternatives, the one that is installed."""
    from importlib.metadata import PackageNotFoundError, version

    found: dict[str, str] = {}
    for name in ("xgboost", "xgboost-cpu", "scikit-learn", "numpy", "mlflow"):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
