"""A finished run, and what is written of it: figures, report, MLflow."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from resistml.config import RunConfig
from resistml.documents import dump_json, file_digest, new_file, new_folder
from resistml.evaluate.evaluation import Evaluation
from resistml.evidence import Evidence
from resistml.notice import NOTICE
from resistml.predict.model import Model
from resistml.tables.cohort import read_cohort
from resistml.tracking.links import redacted
from resistml.version import __version__
from resistml.world.audit import AuditRow
from resistml.world.laws import World

if TYPE_CHECKING:
    from resistml.report.context import ReportContext, Swarm
    from resistml.tracking.opening import Store
    from resistml.tracking.store import Logged

#: Patients whose contributions the report draws.
SWARM = 1_500
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

    ``folder`` holds ``config.yaml``, ``cohort/``, ``model/``, ``metrics.json``, ``audit.json``
    and ``report.html``; ``seconds`` says how long each stage took.
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
    """Write ``audit.json`` and ``metrics.json`` into the run's folder, whole and in that order.

    A folder with ``metrics.json`` is that of a finished run, so they are written last.
    """
    rows = _json_rows([asdict(row) for row in run.audit])
    metrics = {"run": run.id, **run.evaluation.to_json()}
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


def write_report(run: Run) -> Path:
    """Write ``report.html`` and the figures as PNG into the run's folder, all or nothing."""
    from resistml.report.illustrations import illustrations
    from resistml.report.model_report import render
    from resistml.report.style import png_bytes

    context = _context(run)
    out = run.folder / "report.html"
    with new_folder(run.folder / "figures", force=False) as figures:
        for shown in illustrations(context):
            (figures / f"{shown.name}.png").write_bytes(png_bytes(shown.figure))
        with new_file(out, force=False) as temporary:
            temporary.write_text(render(context), encoding="utf-8")
    return out


def _context(run: Run) -> ReportContext:
    from resistml.report.context import ReportContext

    return ReportContext(
        title=f"Model report: {run.config.name}",
        notice=NOTICE,
        config=shareable(run.config),
        evaluation=run.evaluation,
        audit=run.audit,
        claims=dict(run.evidence.claims),
        facts=run_facts(run),
        limits=[*LIMITS, *(flag["message"] for flag in run.model.about.get("flags", ()))],
        names=_names(run.evidence),
        conflicts=run.world.conflicts,
        swarm=_swarm(run),
    )


def shareable(config: RunConfig) -> dict[str, Any]:
    """The config as plain data, without this machine's folders and without passwords."""
    document = config.model_dump(mode="json")
    if document["catalog"] is not None:
        document["catalog"] = Path(document["catalog"]).name
    if document["tracking"]["uri"] is not None:
        document["tracking"]["uri"] = redacted(document["tracking"]["uri"])
    return document


def _swarm(run: Run) -> Swarm:
    """Contributions of some training patients, for the beeswarm."""
    from resistml.predict.contributions import contributions
    from resistml.report.context import Swarm

    cohort = read_cohort(run.folder / "cohort")
    rows = np.arange(min(SWARM, len(cohort)))
    records, strategy = cohort.records.take(rows), cohort.strategy[rows]
    found = contributions(run.model, records, strategy)
    data = run.model.features(records, strategy).matrix.astype(float)
    return Swarm(found.values, data, found.columns)


def _names(evidence: Evidence) -> dict[str, str]:
    """Full names of what reports speak of."""
    kinds = (evidence.endpoints, evidence.mechanisms, evidence.settings, evidence.strategies)
    return {name: entry.name for kind in kinds for name, entry in kind.items()}


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

    config = run.config
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
        versions={"resistml": __version__, **_versions()},
        git_commit=commit_of(root),
    )
    return log_run(run_items(config, run.evaluation, facts), store)


def _versions() -> dict[str, str]:
    """Releases of the packages that matter; of alternatives, the one that is installed."""
    from importlib.metadata import PackageNotFoundError, version

    found: dict[str, str] = {}
    for name in ("xgboost", "xgboost-cpu", "scikit-learn", "numpy", "mlflow"):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
