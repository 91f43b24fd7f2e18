"""Runs the whole flow: world, cohort, model, judgement, explanation, report, tracking."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from resistml.cohort.draw import Plan
from resistml.cohort.files import generate
from resistml.config import RunConfig
from resistml.documents import digest
from resistml.errors import OutputError
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
from resistml.runs import (
    Run,
    headline,
    open_run_store,
    shareable,
    track,
    write_figures,
    write_report,
)
from resistml.tables.cohort import Cohort, read_cohort
from resistml.version import __version__
from resistml.world.audit import AuditRow, audit
from resistml.world.laws import World
from resistml.world.solve import solve_world

if TYPE_CHECKING:
    from resistml.tracking.store import Store

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
        self.id = ""
        self.folder = root

    def run(self) -> Run:
        """Go through the stages; what fails before there is a model leaves nothing behind."""
        config = self.config
        evidence = load_evidence(config.catalog)
        store = None
        if config.tracking.enabled:  # a store that cannot be written is told before the work
            store = self._timed("open the store", lambda told: open_run_store(config, self.root))
        world = self._timed("calibrate the world", lambda told: solve_world(evidence))
        rows = self._timed("audit the world", lambda told: audit(evidence, world))
        self.id, self.folder = _new_folder(config, self.root / "runs")
        try:
            finished = self._make(evidence, world, rows)
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            with suppress(OSError):  # it holds other runs
                self.folder.parent.rmdir()
            raise
        return self._publish(finished, store)

    def _make(self, evidence: Evidence, world: World, rows: list[AuditRow]) -> Run:
        """Draw, train, judge and save."""
        config = self.config
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
        return Run(
            self.id, self.folder, config, evidence, world, model, evaluation, rows, self.seconds
        )

    def _timed(self, name: str, job: Callable[[Callable[[int, int], None]], T]) -> T:
        told = self.progress.stage(name)
        start = time.perf_counter()
        result = job(told)
        told(1, 1)
        self.seconds[name] = time.perf_counter() - start
        return result

    def _write_config(self) -> None:
        import yaml

        resolved = shareable(self.config)
        if self.config.catalog is not None:  # so that the run can be repeated from its folder
            shutil.copytree(self.config.catalog, self.folder / "catalog")
            resolved["catalog"] = "catalog"
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

    def _publish(self, run: Run, store: Store | None) -> Run:
        write_figures(run)
        if self.config.report:
            self._timed("write the report", lambda told: write_report(run))
        if store is not None:
            tracked = self._timed("log to MLflow", lambda told: track(run, self.root, store))
            return replace(run, tracked=tracked)
        return run


def _new_folder(config: RunConfig, runs: Path) -> tuple[str, Path]:
    """A run's id, and its folder, which no other run has: two may begin in the same second."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    base = f"{config.name}-{stamp}-{digest(config.model_dump(mode='json'))[:6]}"
    for k in count(1):
        name = base if k == 1 else f"{base}-{k}"
        try:
            (runs / name).mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as exc:
            raise OutputError(f"cannot be written: {exc.strerror}", file=runs) from None
        return name, runs / name
    raise AssertionError("count() does not end")


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
