"""Runs the whole flow: world, cohort, model, judgement, explanation, report, tracking."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from resistml import __version__
from resistml.cohort.draw import Plan
from resistml.cohort.files import generate
from resistml.config import RunConfig
from resistml.documents import digest, dump_json, file_digest
from resistml.evaluate.evaluation import Evaluation, evaluate
from resistml.evaluate.judge import draw_judge
from resistml.evaluate.learners import constant, logistic
from resistml.evidence import Evidence, load_evidence
from resistml.features.spec import FeatureSpec
from resistml.learn.bundle import save_bundle
from resistml.learn.data import as_model
from resistml.learn.fit import Fitted, Params
from resistml.learn.train import fit_model
from resistml.notice import NOTICE
from resistml.predict.model import Model, load_bundle
from resistml.report.card import card
from resistml.rng import derived_seed
from resistml.tables.cohort import Cohort, read_cohort
from resistml.world.audit import AuditRow, audit
from resistml.world.laws import World
from resistml.world.solve import solve_world

Floats = npt.NDArray[np.float64]
T = TypeVar("T")


class Progress(Protocol):
    """Told of each stage of a run, and of how far it is."""

    def stage(self, name: str) -> Callable[[int, int], None]:
        """Begin a stage; the callable returned is told (done, of)."""


class Silent:
    """Progress that nobody watches."""

    def stage(self, name: str) -> Callable[[int, int], None]:
        """Begin a stage."""
        return lambda done, of: None


@dataclass(frozen=True)
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
    tracked: Any = None


def train(config: RunConfig, root: Path, progress: Progress | None = None) -> Run:
    """Do all that a config says, into a new folder ``runs/<id>/`` under ``root``.

    Raises
    ------
    InputError
        For any fault of the config, the catalog or the training data.
    """
    return _Training(config, root, progress or Silent()).run()


class _Training:
    """The stages of a run, in order, each timed."""

    def __init__(self, config: RunConfig, root: Path, progress: Progress) -> None:
        self.config = config
        self.progress = progress
        self.seconds: dict[str, float] = {}
        self.root = root
        self.started = datetime.now(UTC)
        self.id = _new_id(config, root, self.started)
        self.folder = root / "runs" / self.id

    def run(self) -> Run:
        config = self.config
        evidence = load_evidence(config.catalog)
        world = self._timed("calibrate the world", lambda told: solve_world(evidence))
        rows = self._timed("audit the world", lambda told: audit(evidence, world))
        self.folder.mkdir(parents=True)
        self._write_config()
        plan = Plan(config.seed, config.cohort.n, config.cohort.assignment)
        self._timed(
            "draw the cohort",
            lambda told: generate(world, plan, self.folder / "cohort", progress=told),
        )
        cohort = read_cohort(self.folder / "cohort")
        spec, fitted = self._timed(
            "train the model",
            lambda told: fit_model(
                evidence,
                cohort.records,
                cohort.strategy,
                cohort.resistant,
                learner_params(config),
                seed=derived_seed(config.seed, "train"),
                threads=config.model.threads,
                told=told,
            ),
        )
        draft = as_model(spec, fitted)
        evaluation = self._timed(
            "judge on fresh patients", lambda told: judge_model(draft, world, cohort, config)
        )
        model = self._timed(
            "save the model", lambda told: self._save(evidence, world, spec, fitted, evaluation)
        )
        finished = Run(
            self.id, self.folder, config, evidence, world, model, evaluation, rows, self.seconds
        )
        return self._publish(finished)

    def _timed(self, name: str, job: Callable[[Callable[[int, int], None]], T]) -> T:
        told = self.progress.stage(name)
        start = time.perf_counter()
        result = job(told)
        told(1, 1)
        self.seconds[name] = time.perf_counter() - start
        return result

    def _write_config(self) -> None:
        import yaml

        resolved = self.config.model_dump(mode="json")
        text = yaml.safe_dump(resolved, sort_keys=False, allow_unicode=True)
        (self.folder / "config.yaml").write_text(text, encoding="utf-8")

    def _save(
        self,
        evidence: Evidence,
        world: World,
        spec: FeatureSpec,
        fitted: Fitted,
        evaluation: Evaluation,
    ) -> Model:
        about = {
            "name": self.config.name,
            "notice": NOTICE,
            "resistml": __version__,
            "seed": self.config.seed,
            "trained_on": {"kind": "virtual", "patients": evaluation.n_train},
            "catalog_hash": evidence.hash,
            "world_hash": world.hash,
            "figures": headline(evaluation),
        }
        out = self.folder / "model"
        params = learner_params(self.config)
        save_bundle(fitted, spec, params, about, card(about, evaluation), out)
        return load_bundle(out)

    def _publish(self, run: Run) -> Run:
        metrics = {"notice": NOTICE, "run": run.id, **run.evaluation.to_json()}
        (run.folder / "metrics.json").write_text(dump_json(metrics), encoding="utf-8")
        rows = [asdict(row) for row in run.audit]
        audit_json = dump_json({"notice": NOTICE, "rows": _json_rows(rows)})
        (run.folder / "audit.json").write_text(audit_json, encoding="utf-8")
        if self.config.report:
            self._timed("write the report", lambda told: write_report(run))
        if self.config.tracking.enabled:
            tracked = self._timed("log to MLflow", lambda told: track(run, self.root))
            return Run(**{**run.__dict__, "tracked": tracked})
        return run


def _new_id(config: RunConfig, root: Path, now: datetime) -> str:
    stamp = now.strftime("%Y%m%d-%H%M%S")
    short = digest(config.model_dump(mode="json"))[:6]
    base = f"{config.name}-{stamp}-{short}"
    names = (base, *(f"{base}-{k}" for k in range(2, 100)))
    return next(name for name in names if not (root / "runs" / name).exists())


def _json_rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {k: None if isinstance(v, float) and not np.isfinite(v) else v for k, v in row.items()}
        for row in rows
    ]


def learner_params(config: RunConfig) -> Params:
    """The learner's settings from a config."""
    return Params(**config.model.model_dump(exclude={"threads"}))


def judge_model(model: Model, world: World, cohort: Cohort, config: RunConfig) -> Evaluation:
    """Judge a model beside its peers on fresh patients of the world it was trained on."""
    seed = derived_seed(config.seed, "judge")
    judge = draw_judge(world, Plan(seed, config.evaluate.n, config.cohort.assignment))
    spec, records, strategy, y = model.spec, cohort.records, cohort.strategy, cohort.resistant
    others = {
        "logistic": logistic(spec, records, strategy, y),
        "constant": constant(spec, records, strategy, y),
    }
    return evaluate(
        model,
        others,
        judge,
        n_train=len(records),
        resamples=config.evaluate.resamples,
        seed=derived_seed(config.seed, "bootstrap"),
    )


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
    """Write ``report.html`` and the figures as PNG into the run's folder."""
    from resistml.report.context import ReportContext
    from resistml.report.illustrations import illustrations
    from resistml.report.model_report import render
    from resistml.report.style import png_bytes

    context = ReportContext(
        title=f"Model report: {run.config.name}",
        notice=NOTICE,
        config=shareable(run.config),
        evaluation=run.evaluation,
        audit=run.audit,
        claims=dict(run.evidence.claims),
        facts=run_facts(run),
        limits=list(LIMITS),
        names=_names(run.evidence),
        conflicts=run.world.conflicts,
        swarm=_swarm(run),
    )
    out = run.folder / "report.html"
    out.write_text(render(context), encoding="utf-8")
    (run.folder / "figures").mkdir()
    for shown in illustrations(context):
        (run.folder / "figures" / f"{shown.name}.png").write_bytes(png_bytes(shown.figure))
    return out


def shareable(config: RunConfig) -> dict[str, Any]:
    """The config as plain data, without the folders of this machine."""
    document = config.model_dump(mode="json")
    if document["catalog"] is not None:
        document["catalog"] = Path(document["catalog"]).name
    return document


def _swarm(run: Run) -> Any:
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
    "The model is told which markers bear on which strategy; where that knowledge is wrong, so is it.",
    "Intervals cover the sampling of training patients, not the uncertainty of the evidence.",
)


def track(run: Run, root: Path) -> Any:
    """Log a run to MLflow."""
    from importlib.metadata import version

    from resistml.tracking.commit import commit_of
    from resistml.tracking.items import RunFacts, run_items
    from resistml.tracking.place import resolve_uri
    from resistml.tracking.store import log_run, open_store

    config = run.config
    packages = ("xgboost", "scikit-learn", "numpy", "mlflow")
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
        versions={"resistml": __version__, **{name: version(name) for name in packages}},
        git_commit=commit_of(root),
    )
    store = open_store(resolve_uri(config.tracking.uri, root), config.tracking.experiment, root)
    return log_run(run_items(config, run.evaluation, facts), store)
