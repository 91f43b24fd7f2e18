"""The run on one's own cohort: read, judge in nested folds, fit, validate, save."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from resistml.config import RunConfig
from resistml.config_data import DataConfig
from resistml.config_paths import expanded
from resistml.documents import dump_json, file_digest, new_file
from resistml.errors import ConfigError, did_you_mean, listed
from resistml.evaluate.judged import Judged, write_judged
from resistml.evaluate.own import evaluation as judging
from resistml.evaluate.own.evaluation import OwnEvaluation
from resistml.evaluate.own.figures import in_words, validated
from resistml.evaluate.own.nested import MODEL, Nested, nested
from resistml.evaluate.own.ranking import Allocation, allocation
from resistml.evaluate.own.survival import TimeFigures, as_cohort, time_figures
from resistml.evidence import Evidence, load_evidence
from resistml.learn.bundle import save_bundle
from resistml.learn.data import as_model
from resistml.learn.guards import training_flags
from resistml.learn.own_folds import Split
from resistml.learn.own_patients import OwnPatients
from resistml.learn.own_train import OwnFit, OwnLearner, OwnSettings
from resistml.learn.params import Params
from resistml.learn.parts import fit_parts
from resistml.learn.survival import SurvivalParams
from resistml.notice import NOTICE
from resistml.predict.model import Model, load_bundle
from resistml.predict.parts import Parts
from resistml.progress import Silent, Stages, Told
from resistml.report.own_card import own_card
from resistml.rng import derived_seed
from resistml.runs import new_run_folder, open_run_store, shareable
from resistml.tables.own import OwnCohort, read_external, read_own
from resistml.version import __version__
from resistml.world.solve import solve_world

if TYPE_CHECKING:
    from resistml.tracking.opening import Store
    from resistml.tracking.store import Logged

T = TypeVar("T")
#: Repeats of cross-validation by which the value of the ranking is told, at most.
REPEATS = 5


@dataclass(frozen=True, repr=False)
class OwnRun:
    """A finished run on one's own cohort.

    ``folder`` holds ``config.yaml``, ``model/``, ``judged.parquet`` and ``metrics.json``, and
    nothing of the table; ``seconds`` says how long each stage took.
    """

    id: str
    folder: Path
    config: RunConfig
    evidence: Evidence
    model: Model
    evaluation: OwnEvaluation
    seconds: dict[str, float]
    tracked: Logged | None = None

    def __repr__(self) -> str:
        found = self.evaluation.validation.figures[MODEL]["auc"]
        return f"<resistml run {self.id!r}: AUC {found.value:.3f} on patients left out>"


def train_own(config: RunConfig, root: Path, progress: Stages | None = None) -> OwnRun:
    """Do all that a config with a section ``data`` says, into a new folder ``runs/<id>/``.

    Raises
    ------
    InputError
        For any fault of the config, the catalog or the tables.
    """
    return _OwnTraining(config, root, progress or Silent()).run()


class _OwnTraining:
    """The stages of the run, in order, each timed."""

    def __init__(self, config: RunConfig, root: Path, progress: Stages) -> None:
        if config.data is None:
            raise ConfigError("names no table to train on", key="data")
        self.config, self.root, self.progress = config, root, progress
        self.data: DataConfig = config.data
        self.seconds: dict[str, float] = {}
        self.folder: Path | None = None

    def run(self) -> OwnRun:
        """Go through the stages; what fails before the run is whole leaves nothing behind."""
        config, evidence = self.config, load_evidence(self.config.catalog)
        store = None
        if config.tracking.enabled:  # a store that cannot be written is told before the work
            store = self._timed("open the store", lambda told: open_run_store(config, self.root))
        cohort = self._timed("read the table", lambda told: read_own(self.data, evidence))
        others = self._timed(
            "read the tables to validate on",
            lambda told: read_external(self.data, evidence, cohort),
        )
        check_groups(self.data, cohort)
        try:
            run_id, self.folder = new_run_folder(config, self.root / "runs")
            finished = self._made(run_id, self.folder, evidence, cohort, others)
        except BaseException:
            if self.folder is not None:
                shutil.rmtree(self.folder, ignore_errors=True)
                with suppress(OSError):  # it holds other runs
                    self.folder.parent.rmdir()
            raise
        return finished if store is None else self._logged(finished, store)

    def _made(
        self,
        run_id: str,
        folder: Path,
        evidence: Evidence,
        cohort: OwnCohort,
        others: Mapping[str, OwnCohort],
    ) -> OwnRun:
        """Judge, fit and save."""
        config, groups = self.config, self.data.groups
        _write_config(config, folder)
        world = None
        if self.data.prior == "world":
            world = self._timed("calibrate the world", lambda told: solve_world(evidence))
        learner = OwnLearner(evidence, own_settings(config), world)
        patients, split = OwnPatients.of(cohort, groups), split_of(self.data, cohort)
        seed = derived_seed(config.seed, "own")
        found = self._timed(
            "judge in nested folds", lambda told: nested(learner, patients, split, seed, told)
        )
        fit = self._timed("train the model", lambda told: learner.fit(patients, split, seed, told))
        parts = self._timed(
            "describe the training patients",
            lambda told: self._parts(evidence, patients, fit, told),
        )
        evaluation = self._judged(learner, patients, split, found, fit, cohort, others)
        model = self._timed(
            "save the model",
            lambda told: self._save(folder / "model", evidence, patients, fit, parts, evaluation),
        )
        run = OwnRun(run_id, folder, config, evidence, model, evaluation, self.seconds)
        _write_figures(run)
        return run

    def _judged(
        self,
        learner: OwnLearner,
        patients: OwnPatients,
        split: Split,
        found: Nested,
        fit: OwnFit,
        cohort: OwnCohort,
        others: Mapping[str, OwnCohort],
    ) -> OwnEvaluation:
        seed = derived_seed(self.config.seed, "own")
        without = None
        if learner.settings.prior != "none":
            prepared = learner.prepared(patients)
            without = learner.fitted(prepared, fit.choice, fit.choice.without, seed)
        apart = {name: OwnPatients.of(one, self.data.groups) for name, one in others.items()}
        external, left_out = self._timed(
            "validate on patients apart",
            lambda told: judging.judged_external(learner, fit, without, patients, apart),
        )
        values = self._timed(
            "value the ranking", lambda told: self._allocation(fit, patients, found, told)
        )
        times = self._timed(
            "judge the models of times",
            lambda told: self._times(learner, patients, split, seed, told),
        )
        if patients.treatments:
            no_ranking = judging.ONE_ARM if values is None else ""
        else:
            no_ranking = judging.NO_TREATMENTS
        notes = [*cohort.notes, *(note for one in others.values() for note in one.notes)]
        return OwnEvaluation(
            label=patients.label,
            responded=patients.responded,
            patients=len(patients),
            events=int(patients.resistant.sum()),
            split=split.kind,
            validation=validated(found),
            calibration=judging.calibration_bins(found),
            importance=judging.importance(as_model(fit.spec, fit.fitted), patients),
            prior=judging.prior_use(learner, patients),
            chosen=in_words(fit.choice.best),
            losses={in_words(c): loss for c, loss in fit.choice.losses.items()},
            external=external,
            left_out=left_out,
            allocation=values,
            no_ranking=no_ranking,
            times=times,
            notes=tuple(note.to_json() for note in notes),
            judged=Judged(
                patients.records.setting,
                patients.strategy,
                patients.resistant,
                found.mean_p(MODEL),
            ),
        )

    def _allocation(
        self, fit: OwnFit, patients: OwnPatients, found: Nested, told: Told
    ) -> Allocation | None:
        if not patients.treatments:
            return None
        return allocation(fit.spec, patients, found, repeats=REPEATS, told=told)

    def _times(
        self, learner: OwnLearner, patients: OwnPatients, split: Split, seed: int, told: Told
    ) -> dict[str, TimeFigures]:
        params = survival_params(self.config)
        if params is None or not patients.times:
            return {}
        return time_figures(learner, patients, split, params, seed, told)

    def _parts(self, evidence: Evidence, patients: OwnPatients, fit: OwnFit, told: Told) -> Parts:
        return fit_parts(
            evidence,
            as_cohort(patients),
            fit.spec,
            fit.fitted,
            seed=derived_seed(self.config.seed, "parts"),
            threads=self.config.model.threads,
            survival=survival_params(self.config),
            worlds=0,
            told=told,
        )

    def _save(
        self,
        out: Path,
        evidence: Evidence,
        patients: OwnPatients,
        fit: OwnFit,
        parts: Parts,
        evaluation: OwnEvaluation,
    ) -> Model:
        flags = training_flags(fit.spec, patients.records, patients.strategy)
        about: dict[str, Any] = {
            "name": self.config.name,
            "notice": NOTICE,
            "resistml": __version__,
            "seed": self.config.seed,
            "trained_on": {"kind": "own", "patients": len(patients)},
            "outcome": {"1": patients.label, "0": patients.responded},
            "catalog_hash": evidence.hash,
            "ranking": self.config.ranking.model_dump(),
            "no_ranking": evaluation.no_ranking,
            "flags": [*evaluation.notes, *(flag.to_json() for flag in flags)],
            "figures": own_headline(evaluation),
        }
        card = own_card(about, evaluation)
        save_bundle(fit.fitted, fit.spec, fit.params, about, card, out, parts=parts)
        return load_bundle(out)

    def _timed(self, name: str, job: Callable[[Told], T]) -> T:
        told = self.progress.stage(name)
        start = time.perf_counter()
        result = job(told)
        told(1, 1)
        self.seconds[name] = time.perf_counter() - start
        return result

    def _logged(self, run: OwnRun, store: Store) -> OwnRun:
        try:
            tracked = self._timed("log to MLflow", lambda told: _track(run, self.root, store))
        except BaseException as exc:
            exc.add_note(f"The run is whole, in {run.folder}; MLflow may not have all of it.")
            raise
        return replace(run, tracked=tracked)


def own_settings(config: RunConfig) -> OwnSettings:
    """What the learner is told by a config with a section ``data``."""
    assert config.data is not None  # held by the caller
    return OwnSettings(
        params=Params(**config.model.model_dump(exclude={"threads"})),
        families=config.data.families,
        prior=config.data.prior,
        threads=config.model.threads,
    )


def survival_params(config: RunConfig) -> SurvivalParams | None:
    """The settings of the models of times from a config; None if there are to be none."""
    stated = config.survival
    return SurvivalParams(**stated.model_dump(exclude={"enabled"})) if stated.enabled else None


def split_of(data: DataConfig, cohort: OwnCohort) -> Split:
    """How the patients are split, in the order of their ids."""
    stated, by = data.split, None
    if stated.column is not None:
        order = np.argsort(cohort.records.patient_id.astype(str), kind="stable")
        by = cohort.split[stated.column][order]
        if stated.by == "time" and not all(isinstance(x, str) for x in by.tolist()):
            by = by.astype(float)
    return Split(stated.by, by, stated.folds, stated.repeats, stated.inner)


def check_groups(data: DataConfig, cohort: OwnCohort) -> None:
    """Raise ConfigError if what makes groups is no feature of the table."""
    names = [feature.name for feature in cohort.features]
    for name in data.groups:
        if name not in names:
            raise ConfigError(
                f"'{name}' is no feature of the table",
                key="data.groups",
                allowed=listed(names),
                hint=did_you_mean(name, names),
            )


def own_headline(evaluation: OwnEvaluation) -> dict[str, float | None]:
    """The few figures that a bundle carries and a terminal shows."""
    metrics = evaluation.metrics()
    names = ("auc", "auc_low", "auc_high", "brier", "logloss")
    return {name: metrics.get(f"cv/{name}") for name in names}


def _write_config(config: RunConfig, folder: Path) -> None:
    import yaml

    text = yaml.safe_dump(shareable(config), sort_keys=False, allow_unicode=True)
    (folder / "config.yaml").write_text(text, encoding="utf-8")


def _write_figures(run: OwnRun) -> None:
    """Write what the run came to; a folder with ``metrics.json`` is that of a finished run."""
    assert run.evaluation.judged is not None
    write_judged(run.evaluation.judged, run.folder)
    text = dump_json({"notice": NOTICE, "run": run.id, **run.evaluation.to_json()})
    with new_file(run.folder / "metrics.json", force=False) as temporary:
        temporary.write_text(text, encoding="utf-8")


def tables_digest(data: DataConfig) -> str:
    """SHA-256 of the table trained on; of a folder, of its files' digests in order."""
    path = expanded(data.train)
    if path.is_file():
        return file_digest(path)
    from hashlib import sha256

    files = sorted(x for x in path.rglob("*") if x.is_file())
    return sha256("".join(file_digest(x) for x in files).encode()).hexdigest()


def _track(run: OwnRun, root: Path, store: Store) -> Logged:
    """Log the run to MLflow."""
    from resistml.runs import versions
    from resistml.tracking.commit import commit_of
    from resistml.tracking.items import RunFacts, run_items
    from resistml.tracking.store import log_run

    data, judged = run.config.data, run.evaluation.judged
    assert data is not None
    assert judged is not None
    facts = RunFacts(
        run_id=run.id,
        seed=run.config.seed,
        rows=run.evaluation.patients,
        catalog_hash=run.evidence.hash,
        world_hash="",
        dataset_digest=tables_digest(data),
        run_folder=run.folder,
        bundle=run.folder / "model",
        versions={"resistml": __version__, **versions()},
        git_commit=commit_of(root),
        cohort_kind="own",
        judged=run.folder / "judged.parquet",
        judge_digest=judged.digest,
    )
    return log_run(run_items(run.config, run.evaluation, facts), store)
