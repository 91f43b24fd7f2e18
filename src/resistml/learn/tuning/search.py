"""Searches for settings, trial by trial, in a study that is kept and can be gone on with."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resistml.config_tune import TuneConfig
from resistml.errors import ModelError
from resistml.learn.tuning.space import Settings, Space
from resistml.learn.tuning.trials import Trial, best_of, ended, kept_study, settings_of
from resistml.progress import Told
from resistml.rng import derived_seed

if TYPE_CHECKING:
    import optuna

#: The loss of settings, measured for the k-th time; told how far it is.
Measure = Callable[[Settings, int, Told], float]

#: Trials that must be complete before one is given up for being worse than half of them.
BEFORE_PRUNING = 5
#: Parts that the progress of a search with a time limit is told in.
SHARES = 1_000


@dataclass
class Search:
    """A search, in a study that is kept in a file.

    Each trial's sampler has a seed of its own, keyed by how many trials have ended, and learns
    from those alone: a study that was interrupted and gone on with tries what it would have tried
    in a single go.

    Attributes
    ----------
    file : Path
        SQLite; made if it is not there.
    space : Space
        What may be tried.
    how : TuneConfig
        How many trials, for how long, by which seed.
    measure : callable
        Gives a loss. What it raises fails the trial, not the search. The k-th time of every trial
        should have the same seed, for differences between trials with little noise.
    about : dict
        JSON facts of what is measured; a study is gone on with only if they are as they were.
    say : callable
        Takes lines for the user: of a new best, of a failure.
    """

    file: Path
    space: Space
    how: TuneConfig
    measure: Measure
    about: dict[str, Any]
    say: Callable[[str], None] = field(default=lambda line: None)

    def run(self, told: Told) -> list[Trial]:
        """Go on until there are as many trials as wanted, or the time is over; give all of them.

        Raises
        ------
        OutputError
            If the file holds no study, or one of another search.
        ModelError
            If no trial was complete.
        """
        with kept_study(self.file, self.about) as study:
            self._begin(study)
            self._go_on(study, told)
            trials = ended(study, self.space)
        if best_of(trials) is None:
            reasons = [f": {trial.message}" for trial in trials if trial.message]
            raise ModelError(
                f"none of {len(trials)} trials was complete{reasons[0] if reasons else ''}",
                file=self.file,
                hint="mend tune.space or allow more time, then begin anew with --force",
            )
        return trials

    def so_far(self) -> list[Trial]:
        """The trials that have ended until now."""
        with kept_study(self.file, self.about) as study:
            return ended(study, self.space)

    def _begin(self, study: optuna.Study) -> None:
        """Clear away what a killed process has left; see that the start is tried first."""
        from optuna.trial import TrialState

        for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            study.tell(trial.number, state=TrialState.FAIL)
        waiting = study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
        if waiting or ended(study, self.space):
            return
        first = self.space.first()
        if first is None:
            self.say("the config's own settings lie outside the space, so are not tried")
        else:
            study.enqueue_trial(first, {"start": True})

    def _go_on(self, study: optuna.Study, told: Told) -> None:
        begun = time.monotonic()
        end = None if self.how.timeout is None else begun + self.how.timeout
        told = self._in_time(told, begun)
        trials = ended(study, self.space)
        while len(trials) < self.how.trials:
            if end is not None and time.monotonic() > end:
                self.say(f"the time is over after {len(trials)} of {self.how.trials} trials")
                return
            self._next(study, len(trials), told)
            trials = ended(study, self.space)
            self._tell_of(trials)

    def _in_time(self, told: Told, begun: float) -> Told:
        """Tells of the trials or, where there is a limit, of the time if more of that is over."""
        limit = self.how.timeout
        if limit is None:
            return told

        def of_either(done: int, of: int) -> None:
            over = min((time.monotonic() - begun) / limit, 1.0)
            told(round(SHARES * max(done / of, over)), SHARES)

        return of_either

    def _next(self, study: optuna.Study, number: int, told: Told) -> None:
        """Do one trial; if it is interrupted, it does not count."""
        from optuna.pruners import MedianPruner, NopPruner
        from optuna.samplers import TPESampler
        from optuna.trial import TrialState

        study.sampler = TPESampler(seed=derived_seed(self.how.seed, f"tune.{number}"))
        study.pruner = MedianPruner(BEFORE_PRUNING) if self.how.prune else NopPruner()
        trial = study.ask(self.space.distributions())
        begun = time.perf_counter()
        try:
            loss, state = self._measured(trial, number, told)
            trial.set_user_attr("seconds", round(time.perf_counter() - begun, 3))
            study.tell(trial, loss, TrialState[state])
        except BaseException:
            with suppress(Exception):  # that it was interrupted is what the user must hear
                study.tell(trial, state=TrialState.FAIL)
            raise

    def _measured(self, trial: optuna.Trial, number: int, told: Told) -> tuple[float | None, str]:
        """A trial's loss, and its state in Optuna's words."""
        settings, bags, total = settings_of(trial, self.space), self.how.repeats, 0.0
        for bag in range(bags):
            before = number * bags + bag

            def part(done: int, of: int, before: int = before) -> None:
                told(before * of + done, self.how.trials * bags * of)

            part(0, 1)
            try:
                loss = self.measure(settings, bag, part)
                if not isfinite(loss):
                    raise ValueError(f"the log-loss is {loss}")
            except Exception as exc:
                trial.set_user_attr("message", f"{type(exc).__name__}: {exc}")
                return None, "FAIL"
            total += loss
            trial.report(total / (bag + 1), bag)
            if bag + 1 < bags and trial.should_prune():
                return None, "PRUNED"
        return total / bags, "COMPLETE"

    def _tell_of(self, trials: list[Trial]) -> None:
        last = trials[-1]
        if last.state == "failed":
            self.say(f"trial {last.number} failed: {last.message}")
        elif last == best_of(trials):
            self.say(f"trial {last.number}: log-loss {last.loss:.5f}, the best so far")
