"""Trials that have ended, and the file that a study is kept in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from resistml.documents import new_file
from resistml.errors import OutputError
from resistml.learn.tuning.space import Settings, Space

if TYPE_CHECKING:
    import optuna

State = Literal["complete", "pruned", "failed"]

#: Name of the one study in a file.
_NAME = "resistml"
_ANEW = "choose another name, or say --force to begin it anew"


@dataclass(frozen=True)
class Trial:
    """A trial that has ended.

    Attributes
    ----------
    number : int
        From 0, in the order of the search. A trial that was interrupted has none.
    state : str
        ``complete``, ``pruned`` (given up for its first losses) or ``failed``.
    loss : float or None
        Mean out-of-bag log-loss of the bags that were fitted; None if it failed.
    settings : dict
        The keys of the space, with what was tried.
    seconds : float
        How long it took.
    message : str
        Why it failed; else empty.
    start : bool
        Whether these are the settings that the search began with.
    """

    number: int
    state: State
    loss: float | None
    settings: Settings
    seconds: float = 0.0
    message: str = ""
    start: bool = False


def best_of(trials: list[Trial]) -> Trial | None:
    """The complete trial of the least loss, of equals the first; None if there is none."""
    whole = [(trial.loss, trial) for trial in trials if trial.state == "complete"]
    known = [(loss, trial.number, trial) for loss, trial in whole if loss is not None]
    return min(known, default=(0.0, 0, None))[2]


@contextmanager
def kept_study(file: Path, about: dict[str, Any]) -> Iterator[optuna.Study]:
    """The study in a file, which is made whole, or not at all, if it is not there.

    Parameters
    ----------
    file : Path
        SQLite.
    about : dict
        JSON facts of what is measured.

    Raises
    ------
    OutputError
        If the file holds no study, one of other facts, or cannot be written.
    """
    if not file.exists():
        with new_file(file, force=False) as temporary, _opened(temporary, file) as study:
            study.set_user_attr("about", about)
    with _opened(file, file) as study:
        known = study.user_attrs.get("about", {})
        if known != about:
            said = ", ".join(_differences(known, about))
            raise OutputError(f"is of another search: {said}", file=file, hint=_ANEW)
        yield study


def ended(study: optuna.Study, space: Space) -> list[Trial]:
    """The trials that have ended, in order, numbered anew without those that were interrupted."""
    of = [(t, _state(t)) for t in study.get_trials(deepcopy=False)]
    counted = [(trial, state) for trial, state in of if state is not None]
    return [_trial(number, t, state, space) for number, (t, state) in enumerate(counted)]


def _state(trial: optuna.trial.FrozenTrial) -> State | None:
    """What has become of a trial; None if it is not over, or was interrupted."""
    if trial.state.name == "FAIL":
        return "failed" if "message" in trial.user_attrs else None
    words: dict[str, State] = {"COMPLETE": "complete", "PRUNED": "pruned"}
    return words.get(trial.state.name)


def _trial(number: int, trial: optuna.trial.FrozenTrial, state: State, space: Space) -> Trial:
    told = trial.user_attrs
    return Trial(
        number=number,
        state=state,
        loss=None if state == "failed" else trial.value,
        settings=settings_of(trial, space),
        seconds=told.get("seconds", 0.0),
        message=told.get("message", ""),
        start="start" in told,
    )


def settings_of(trial: optuna.trial.BaseTrial, space: Space) -> Settings:
    """What a trial tries."""
    params: Settings = trial.params
    return (
        {k: params[k] for k in space.ranges} if "start" in trial.user_attrs else space.tidy(params)
    )


@contextmanager
def _opened(file: Path, named: Path) -> Iterator[optuna.Study]:
    """A study in a SQLite file, closed at the end; ``named`` is how messages call it."""
    import optuna
    from sqlalchemy.exc import SQLAlchemyError

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = None
    try:
        storage = optuna.storages.RDBStorage(f"sqlite:///{file.as_posix()}")
        yield optuna.create_study(storage=storage, study_name=_NAME, load_if_exists=True)
    except (SQLAlchemyError, optuna.exceptions.OptunaError) as exc:
        reason = str(exc.__cause__ or exc).splitlines()[0]
        said = f"is no study that can be gone on with: {reason}"
        raise OutputError(said, file=named, hint=_ANEW) from None
    finally:
        optuna.logging.set_verbosity(before)
        if storage is not None:
            storage.remove_session()
            storage.engine.dispose()


def _differences(known: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What differs between two flat documents, in words."""
    keys = [key for key in (*known, *now) if known.get(key) != now.get(key)]
    return [f"{k} was {known.get(k)}, is {now.get(k)}" for k in dict.fromkeys(keys)]
