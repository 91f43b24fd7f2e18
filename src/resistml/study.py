"""A study: settings are tried on one cohort, and the best of them become a config."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resistml.cohort.files import generate
from resistml.cohort.plan import plan_of
from resistml.config import ModelConfig, RunConfig, load_config
from resistml.documents import file_digest
from resistml.errors import ConfigError, OutputError
from resistml.evidence import Evidence, load_evidence
from resistml.learn.params import TrainingData
from resistml.learn.train import arranged
from resistml.learn.tuning.measure import out_of_bag_loss
from resistml.learn.tuning.search import Search
from resistml.learn.tuning.space import Settings, Space
from resistml.learn.tuning.trials import Trial, best_of
from resistml.pipeline import learner_params
from resistml.progress import Silent, Stages, Told
from resistml.rng import derived_seed
from resistml.runs import open_run_store
from resistml.study_files import Study, about, log, write_study
from resistml.tables.cohort import read_cohort
from resistml.tracking.lock import locked
from resistml.world.solve import solve_world

if TYPE_CHECKING:
    from resistml.tracking.opening import Store

Say = Callable[[str], None]


def tune(
    source: str | Path,
    changes: tuple[str, ...],
    root: Path,
    progress: Stages | None = None,
    *,
    force: bool = False,
    say: Say = lambda line: None,
) -> Study:
    """Do the trials that a config's ``tune:`` wants, in ``runs/<name>/`` under ``root``.

    A study that has some of them is gone on with. An interrupted one keeps what it has, and the
    best so far is written.

    Parameters
    ----------
    source : str or Path
        A config's path, or the name of a shipped one.
    changes : tuple of str
        ``key=value`` changes to it.
    force : bool
        Whether a study of that name is deleted, and begun anew.
    say : callable
        Takes lines for the user.

    Raises
    ------
    InputError
        For any fault of the config, the catalog or the study.
    """
    config = load_config(source, changes)
    _check(config)
    folder = root / "runs" / config.name
    _check_folder(folder)
    lock = folder.with_name(f".{folder.name}.lock")
    try:
        with locked(lock, timeout=1.0):
            return _Tuning(source, changes, config, folder, progress or Silent(), say).run(
                root, force
            )
    finally:
        with suppress(OSError):  # it holds something
            folder.parent.rmdir()


def _check(config: RunConfig) -> None:
    if config.tune is None:
        raise ConfigError(
            "is missing: the config says nothing of what to try",
            key="tune",
            hint="`resistml tune tune` does the shipped study; `extends: tune` takes it over",
        )
    if config.cohort.worlds > 1:
        raise ConfigError(
            f"settings are tried on one world, not on {config.cohort.worlds}",
            key="cohort.worlds",
            allowed="1",
        )


def _check_folder(folder: Path) -> None:
    """A folder that is no study's is neither written to nor deleted."""
    if folder.exists() and not (folder / "study.db").is_file():
        raise OutputError(
            "is there, and no study", file=folder, hint="choose another name: --set name=NAME"
        )


@dataclass
class _Tuning:
    """The stages of a study, in order, each timed."""

    source: str | Path
    changes: tuple[str, ...]
    config: RunConfig
    folder: Path
    progress: Stages
    say: Say
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self, root: Path, force: bool) -> Study:
        """Go through the stages."""
        config = self.config
        evidence = load_evidence(config.catalog)
        store = None
        if config.tracking.enabled:  # a store that cannot be written is told before the work
            store = self._timed("open the store", lambda told: open_run_store(config, root))
        data, cohort_digest = self._cohort(evidence)
        facts = about(config, evidence.hash, cohort_digest)
        if force and self.folder.exists():
            shutil.rmtree(self.folder)
        study = self._searched(data, facts)
        if store is not None:
            self._log(study, store, facts, root)
        return study

    def _cohort(self, evidence: Evidence) -> tuple[TrainingData, str]:
        """The patients that a run of the config trains on, without the truth about them."""
        config = self.config
        world = self._timed(
            "calibrate the world",
            lambda told: solve_world(evidence, config.cohort.variant, config.seed),
        )
        plan = plan_of(config.seed, config.cohort.model_copy(update={"oracle": False}))
        with tempfile.TemporaryDirectory(prefix="resistml-") as place:
            out = Path(place) / "cohort"
            self._timed("draw the cohort", lambda told: generate(world, plan, out, progress=told))
            cohort = read_cohort(out)
            digest = file_digest(out / "cohort.parquet")
        _, data = arranged(evidence, cohort.records, cohort.strategy, cohort.resistant)
        return data, digest

    def _searched(self, data: TrainingData, facts: dict[str, str]) -> Study:
        """Do the trials, and write what came of them, also where they are interrupted."""
        how = self.config.tune
        assert how is not None
        model = self.config.model
        start = {key: getattr(model, key) for key in how.space}
        file = self.folder / "study.db"
        space = Space(how.space, start)
        search = Search(file, space, how, _measure(self.config, data), facts, self.say)
        try:
            trials = self._timed("try settings", search.run)
        except Exception:
            raise
        except BaseException as exc:
            with suppress(Exception):  # that it was interrupted is what the user must hear
                exc.add_note(self._so_far(search))
            raise
        return self._written(trials)

    def _so_far(self, search: Search) -> str:
        """Write what there is, and say it."""
        trials = search.so_far()
        best = best_of(trials)
        again = f"The study is in {self.folder}; the same command goes on with it."
        if best is None:
            return again
        self._written(trials)
        return (
            f"Best of {len(trials)} trials so far: number {best.number}, log-loss "
            f"{best.loss:.5f}, in {self.folder / 'best.yaml'}.\n{again}"
        )

    def _written(self, trials: list[Trial]) -> Study:
        best = best_of(trials)
        assert best is not None
        study = Study(self.config, self.folder, trials, best, self.seconds)
        write_study(study, self.source, self.changes)
        return study

    def _log(self, study: Study, store: Store, facts: dict[str, str], root: Path) -> None:
        try:
            self._timed("log to MLflow", lambda told: log(study, store, facts, root))
        except BaseException as exc:
            exc.add_note(f"The study is whole, in {study.folder}; MLflow may not have all of it.")
            raise

    def _timed(self, name: str, job: Callable[[Told], Any]) -> Any:
        told = self.progress.stage(name)
        start = time.perf_counter()
        result = job(told)
        told(1, 1)
        self.seconds[name] = time.perf_counter() - start
        return result


def _measure(config: RunConfig, data: TrainingData) -> Callable[[Settings, int, Told], float]:
    """Gives the out-of-bag log-loss of settings; the k-th bag has the same seed in every trial."""

    def measure(settings: Settings, repeat: int, told: Told) -> float:
        model = ModelConfig.model_validate({**config.model.model_dump(), **settings})
        params = learner_params(config.model_copy(update={"model": model}))
        seed = derived_seed(config.seed, f"tune.bag.{repeat}")
        return out_of_bag_loss(data, params, seed, model.threads, told)

    return measure
