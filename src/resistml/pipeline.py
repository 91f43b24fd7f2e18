"""Runs the whole flow: world, cohort, model, judgement, explanation, report, tracking."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from resistml.cohort.files import generate
from resistml.cohort.plan import plan_of
from resistml.config import RunConfig
from resistml.errors import ConfigError
from resistml.evaluate.doubly_robust import Observed
from resistml.evaluate.doubt import judge_doubt
from resistml.evaluate.evaluation import Evaluation, evaluate
from resistml.evaluate.judge import draw_judge
from resistml.evaluate.learners import constant, logistic
from resistml.evaluate.off_policy import RUN_FOLDS, bagged, off_policy
from resistml.evaluate.survival_figures import survival_figures
from resistml.evidence import Evidence, load_evidence
from resistml.features.spec import FeatureSpec
from resistml.learn.bundle import save_bundle
from resistml.learn.data import as_model
from resistml.learn.fit import Fitted, Params
from resistml.learn.guards import Flag, training_flags
from resistml.learn.parts import fit_parts
from resistml.learn.train import fit_model
from resistml.notice import NOTICE
from resistml.pipeline_own import OwnRun, survival_params, train_own
from resistml.predict.model import Model, load_bundle
from resistml.predict.parts import Parts
from resistml.progress import Silent, Stages, Told
from resistml.report.card import card
from resistml.rng import derived_seed
from resistml.run_reports import write_report
from resistml.runs import (
    Run,
    findings,
    headline,
    new_run_folder,
    open_run_store,
    shareable,
    track,
    write_figures,
)
from resistml.tables.cohort import Cohort, read_cohort
from resistml.version import __version__
from resistml.world.audit import AuditRow
from resistml.world.audit_all import audit_all
from resistml.world.laws import World
from resistml.world.solve import solve_world

if TYPE_CHECKING:
    from resistml.tracking.opening import Store

T = TypeVar("T")


def train(config: RunConfig, root: Path, progress: Stages | None = None) -> Run | OwnRun:
    """Do all that a config says, into a new folder ``runs/<id>/`` under ``root``.

    With a section ``data`` it is :func:`resistml.pipeline_own.train_own`.

    Raises
    ------
    InputError
        For any fault of the config, the catalog or the training data.
    """
    if config.data is not None:
        return train_own(config, root, progress)
    if config.cohort.worlds > 1:
        raise ConfigError(
            f"a model is trained on one world, not on {config.cohort.worlds}",
            key="cohort.worlds",
            allowed="1",
            hint="`resistml cohort generate` draws the cohorts of an ensemble",
        )
    return _Training(config, root, progress or Silent()).run()


class _Training:
    """The stages of a run, in order, each timed."""

    def __init__(self, config: RunConfig, root: Path, progress: Stages) -> None:
        self.config = config
        self.progress = progress
        self.seconds: dict[str, float] = {}
        self.root = root
        self.id = ""
        self.folder: Path | None = None
        self.has_model = False

    def run(self) -> Run:
        """Go through the stages.

        What fails before there is a model leaves nothing behind, nor does what is interrupted
        before the run is whole. A fault after the model was saved leaves the model; one after
        the run is whole, the run.
        """
        config = self.config
        evidence = load_evidence(config.catalog)
        store = None
        if config.tracking.enabled:  # a store that cannot be written is told before the work
            store = self._timed("open the store", lambda told: open_run_store(config, self.root))
        world = self._timed(
            "calibrate the world",
            lambda told: solve_world(evidence, config.cohort.variant, config.seed),
        )
        rows = self._timed("audit the world", lambda told: audit_all(evidence, world))
        try:
            self.id, self.folder = new_run_folder(config, self.root / "runs")
            finished = self._make(self.folder, evidence, world, rows)
            if config.report:
                self._timed("write the report", lambda told: write_report(finished))
            write_figures(finished)  # by these a run is known to be whole
        except BaseException as exc:
            self._leave(exc)
            raise
        return finished if store is None else self._logged(finished, store)

    def _leave(self, exc: BaseException) -> None:
        """Clear away a run that is not whole, but for a model that somebody may want."""
        if self.folder is None:
            return
        if self.has_model and isinstance(exc, Exception):
            exc.add_note(
                f"The model was saved in {self.folder / 'model'}; the run is not whole, and "
                "`resistml runs list` leaves it out."
            )
            return
        try:
            shutil.rmtree(self.folder, ignore_errors=True)
        finally:  # also where somebody is impatient and interrupts again
            shutil.rmtree(self.folder, ignore_errors=True)
            with suppress(OSError):  # it holds other runs
                self.folder.parent.rmdir()

    def _make(self, folder: Path, evidence: Evidence, world: World, rows: list[AuditRow]) -> Run:
        """Draw, train, judge and save."""
        config = self.config
        self._write_config(folder)
        plan = plan_of(config.seed, config.cohort)
        self._timed(
            "draw the cohort",
            lambda told: generate(world, plan, folder / "cohort", evidence=evidence, progress=told),
        )
        cohort = read_cohort(folder / "cohort")
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
        worlds = ", draw worlds" if config.ensemble.worlds else ""
        parts = self._timed(
            f"describe the training patients{worlds}",
            lambda told: fit_parts(
                evidence,
                cohort,
                spec,
                fitted,
                seed=derived_seed(config.seed, "parts"),
                threads=config.model.threads,
                survival=survival_params(config),
                worlds=config.ensemble.worlds,
                told=told,
            ),
        )
        draft = as_model(spec, fitted, parts=parts)
        evaluation = self._timed(
            "judge on fresh patients", lambda told: judge_model(draft, world, cohort, config)
        )
        flags = training_flags(spec, cohort.records, cohort.strategy)
        checks = findings(config, evaluation, rows, flags)
        model = self._timed(
            "save the model",
            lambda told: self._save(
                folder / "model",
                evidence,
                world,
                spec,
                fitted,
                parts,
                evaluation,
                flags,
                checks,
            ),
        )
        return Run(self.id, folder, config, evidence, world, model, evaluation, rows, self.seconds)

    def _timed(self, name: str, job: Callable[[Told], T]) -> T:
        told = self.progress.stage(name)
        start = time.perf_counter()
        result = job(told)
        told(1, 1)
        self.seconds[name] = time.perf_counter() - start
        return result

    def _write_config(self, folder: Path) -> None:
        import yaml

        resolved = shareable(self.config)
        if self.config.catalog is not None:  # so that the run can be repeated from its folder
            _copy_catalog(self.config.catalog, folder / "catalog")
            resolved["catalog"] = "catalog"
        text = yaml.safe_dump(resolved, sort_keys=False, allow_unicode=True)
        (folder / "config.yaml").write_text(text, encoding="utf-8")

    def _save(
        self,
        out: Path,
        evidence: Evidence,
        world: World,
        spec: FeatureSpec,
        fitted: Fitted,
        parts: Parts,
        evaluation: Evaluation,
        flags: tuple[Flag, ...],
        checks: list[dict[str, str]],
    ) -> Model:
        about: dict[str, Any] = {
            "name": self.config.name,
            "notice": NOTICE,
            "resistml": __version__,
            "seed": self.config.seed,
            "trained_on": {"kind": "virtual", "patients": evaluation.n_train},
            "catalog_hash": evidence.hash,
            "world_hash": world.hash,
            "ranking": self.config.ranking.model_dump(),
            "flags": [flag.to_json() for flag in flags],
            "checks": checks,
            "figures": headline(evaluation),
        }
        params = learner_params(self.config)
        save_bundle(fitted, spec, params, about, card(about, evaluation), out, parts=parts)
        self.has_model = True
        return load_bundle(out)

    def _logged(self, run: Run, store: Store) -> Run:
        try:
            tracked = self._timed("log to MLflow", lambda told: track(run, self.root, store))
        except BaseException as exc:
            exc.add_note(f"The run is whole, in {run.folder}; MLflow may not have all of it.")
            raise
        return replace(run, tracked=tracked)


def _copy_catalog(source: Path, target: Path) -> None:
    """Copy the files of a catalog, and nothing else that lies there, such as the runs."""
    for path in (*source.glob("*.yaml"), *source.glob("claims/*.yaml")):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def learner_params(config: RunConfig) -> Params:
    """The learner's settings from a config."""
    return Params(**config.model.model_dump(exclude={"threads"}))


def judge_model(model: Model, world: World, cohort: Cohort, config: RunConfig) -> Evaluation:
    """Judge a model beside its peers on fresh patients of the world it was trained on."""
    seed = derived_seed(config.seed, "judge")
    plan = replace(plan_of(seed, config.cohort, config.evaluate.n), oracle=True)
    judge = draw_judge(world, plan)
    spec, records, strategy, y = model.spec, cohort.records, cohort.strategy, cohort.resistant
    others = {
        "logistic": logistic(spec, records, strategy, y),
        "constant": constant(spec, records, strategy, y),
    }
    valued = derived_seed(config.seed, "off_policy")
    # As many trees as the model kept: to choose anew in every fold would cost more than all else.
    kept = model.members[0].booster.num_boosted_rounds()
    params = replace(learner_params(config), rounds=max(kept, 1), checks=1)
    learner = bagged(params, seed=valued, threads=config.model.threads)
    observed = Observed.of(spec, records, strategy, y)
    return evaluate(
        model,
        others,
        judge,
        n_train=len(records),
        resamples=config.evaluate.resamples,
        seed=derived_seed(config.seed, "bootstrap"),
        policy=off_policy(observed, learner, judge=judge, folds=RUN_FOLDS, seed=valued),
        survival=survival_figures(
            model,
            cohort,
            judge,
            plan.observed(world),
            seed=derived_seed(config.seed, "judge.survival"),
        ),
        doubt=judge_doubt(model, judge, derived_seed(config.seed, "judge.doubt")),
        inert=[name for name, law in world.markers.items() if law.bend == "inert"],
    )
