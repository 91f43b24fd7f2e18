"""What is written of a study: the best as a config, the trials as a table, a figure, MLflow."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resistml import shipped
from resistml.config import RunConfig
from resistml.config_sources import found
from resistml.documents import dump_json, new_file, parse_json
from resistml.learn.tuning.trials import Trial
from resistml.notice import NOTICE
from resistml.tables.write import write_rows
from resistml.tracking.items import flat
from resistml.version import __version__

if TYPE_CHECKING:
    from resistml.tracking.opening import Store

#: Sections of a config that change what a trial gives, and keys in them that do not.
_MATTER = ("seed", "cohort", "model", "tune")
_NO_MATTER = ("cohort.oracle", "model.threads", "tune.trials", "tune.timeout")
#: Longest name of a run.
_LONGEST = 64


@dataclass(frozen=True)
class Study:
    """A study with all that was asked of it.

    Attributes
    ----------
    config : RunConfig
        As it was given.
    folder : Path
        Holds ``study.db``, ``best.yaml``, ``trials.csv``, ``study.json`` and ``trials.png``.
    trials : list of Trial
        All that have ended.
    best : Trial
        The complete one of the least loss.
    seconds : dict
        How long each stage took, this time.
    """

    config: RunConfig
    folder: Path
    trials: list[Trial]
    best: Trial
    seconds: dict[str, float]

    @property
    def start(self) -> Trial | None:
        """The trial of the config's own settings; None if there was none, or it failed."""
        whole = [trial for trial in self.trials if trial.start and trial.loss is not None]
        return whole[0] if whole else None

    def to_json(self) -> dict[str, Any]:
        """The study as plain data."""
        states = Counter(trial.state for trial in self.trials)
        return {
            "study": self.config.name,
            "objective": "mean out-of-bag log-loss, before calibration",
            "patients": self.config.cohort.n,
            "best": asdict(self.best),
            "start": None if self.start is None else asdict(self.start),
            "counts": {state: states[state] for state in ("complete", "pruned", "failed")},
            "trials": [asdict(trial) for trial in self.trials],
        }


def about(config: RunConfig, catalog_hash: str, cohort_digest: str) -> dict[str, str]:
    """What a trial's loss depends on, flat; a study of anything else is another one."""
    told = config.model_dump(mode="json", include=set(_MATTER))
    said = {key: value for key, value in flat(told) if key not in _NO_MATTER}
    hashes = {"catalog_hash": catalog_hash, "dataset_sha256": cohort_digest}
    return {**said, **hashes, "version.resistml": __version__}


def write_study(study: Study, source: str | Path, changes: tuple[str, ...]) -> None:
    """Write the best as a config, and the trials as table, JSON and figure, in place of older.

    Parameters
    ----------
    source, changes
        What the study's config came of, which the best one extends.
    """
    best = best_config(study, found(source), changes)
    _write(study.folder / "best.yaml", best)
    _write(study.folder / "study.json", dump_json({"notice": NOTICE, **study.to_json()}))
    table = study.folder / "trials.csv"
    write_rows(trial_columns(study.trials), table, force=True, notice=NOTICE, digits=None)
    _draw(study)


def _write(path: Path, text: str) -> None:
    with new_file(path, force=True) as temporary:
        temporary.write_text(text, encoding="utf-8")


def best_config(study: Study, file: Path, changes: tuple[str, ...]) -> str:
    """A config that says what the study's said, with the best settings, and tunes no more."""
    import yaml

    config, best, start = study.config, study.best, study.start
    model = config.model.model_copy(update=best.settings)
    told = config.model_copy(update={"model": model}).model_dump(mode="json")
    if told["catalog"] is not None:
        told["catalog"] = str(Path(told["catalog"]).resolve())
    document: dict[str, Any] = {
        "extends": _extended(file, study.folder),
        "name": f"{config.name[: _LONGEST - 5]}-best",
        "tune": None,
    }
    put = [change.partition("=")[0].strip().split(".") for change in changes]
    for place in put:
        if place[0] not in ("name", "tune"):
            _copy(told, document, place)
    for key in best.settings:
        _copy(told, document, ["model", key])
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
    begun = "" if start is None else f"; of the settings that it began with, {start.loss:.5f}"
    return (
        f"# The best of {len(study.trials)} trials of the study {config.name}.\n"
        f"# Its mean out-of-bag log-loss is {best.loss:.5f}{begun}.\n{text}"
    )


def _extended(file: Path, folder: Path) -> str:
    """A shipped config by its name, another by its way from the folder."""
    if file.resolve().parent == shipped.folder("configs").resolve():
        return file.stem
    return Path(os.path.relpath(file.resolve(), folder.resolve())).as_posix()


def _copy(source: dict[str, Any], target: dict[str, Any], place: list[str]) -> None:
    """Copy what stands at a place of one document to the same place of another."""
    *parents, last = place
    for parent in parents:
        source, target = source[parent], target.setdefault(parent, {})
    target[last] = source[last]


def trial_columns(trials: list[Trial]) -> dict[str, list[Any]]:
    """Trials as columns: number, state, loss, what was tried, seconds, message."""
    keys = list(trials[0].settings) if trials else []
    return {
        "trial": [t.number for t in trials],
        "state": [t.state for t in trials],
        "logloss": [t.loss for t in trials],
        "start": [t.start for t in trials],
        **{key: [t.settings[key] for t in trials] for key in keys},
        "seconds": [t.seconds for t in trials],
        "message": [t.message for t in trials],
    }


def _draw(study: Study) -> None:
    from resistml.report.figure_file import Words, write_figure
    from resistml.report.figure_trials import trials_figure

    title = f"Trials of the study {study.config.name}"
    alt = f"Out-of-bag log-loss of {len(study.trials)} trials against each setting that was tried"
    assert study.config.tune is not None
    figure = trials_figure(study.trials, study.best, study.config.tune.space)
    write_figure(figure, study.folder / "trials.png", Words("trials", title, alt), force=True)


def log(study: Study, store: Store, facts: dict[str, str], root: Path) -> None:
    """Log to MLflow what was not logged before: a run of the study, with the trials nested."""
    from resistml.tracking.commit import commit_of
    from resistml.tracking.study import log_study
    from resistml.tracking.study_items import study_items

    mark = study.folder / "logged.json"
    before: frozenset[int] = frozenset()
    parent = None
    if mark.is_file():
        said = parse_json(mark.read_text("utf-8"))
        before, parent = frozenset(said["trials"]), said.get("run")
    if all(trial.number in before for trial in study.trials):
        return
    names = ("best.yaml", "trials.csv", "study.json", "trials.png")
    tags = {k: facts[k] for k in ("catalog_hash", "dataset_sha256", "version.resistml")}
    commit = commit_of(root)
    if commit:
        tags["mlflow.source.git.commit"] = tags["git_commit"] = commit
    items = study_items(
        study.config,
        study.trials,
        study.best,
        skip=before,
        files=tuple(study.folder / name for name in names),
        facts=tags,
    )
    parent = log_study(items, store, parent)
    logged = [trial.number for trial in study.trials]
    _write(mark, dump_json({"run": parent, "trials": logged}))
