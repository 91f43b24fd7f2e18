"""A search: the same whether done at once or with interruptions, and a fault fails one trial."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest

from resistml.config_tune import Range, TuneConfig
from resistml.errors import InputError, OutputError
from resistml.learn.tuning import search as tuning
from resistml.learn.tuning.search import BEFORE_PRUNING, Measure, Search
from resistml.learn.tuning.space import Settings, Space
from resistml.learn.tuning.trials import Trial, best_of
from resistml.progress import Told

pytestmark = pytest.mark.filterwarnings("error")

SPACE = Space(
    {
        "x": Range(low=0.01, high=10, log=True),
        "n": Range(low=1, high=5),
        "f": Range(choices=("a", "b")),
    },
    {"x": 1.0, "n": 3, "f": "a"},
)


def loss(settings: Settings, repeat: int, told: Told) -> float:
    """Least at x = 0.3, n = 1, f = a."""
    return (float(settings["x"]) - 0.3) ** 2 + 0.1 * float(settings["n"]) + (settings["f"] == "b")


def bare(trials: list[Trial]) -> list[Trial]:
    """Trials without how long they took."""
    return [replace(trial, seconds=0.0) for trial in trials]


@pytest.fixture
def search(tmp_path: Path) -> Callable[..., Search]:
    """`search(trials=5)`: in the file of this test, or another."""

    def make(
        trials: int = 4,
        measure: Measure = loss,
        *,
        file: str = "study.db",
        space: Space = SPACE,
        about: dict[str, Any] | None = None,
        say: Callable[[str], None] = lambda line: None,
        **how: Any,
    ) -> Search:
        made = TuneConfig(trials=trials, **{"repeats": 1, **how})
        return Search(tmp_path / file, space, made, measure, about or {"seed": "1"}, say)

    return make


def run(search: Search) -> list[Trial]:
    return search.run(lambda done, of: None)


def test_the_settings_that_are_there_come_first(search: Callable[..., Search]) -> None:
    first, *others = run(search())
    assert first.start
    assert first.settings == SPACE.start
    assert first.loss == pytest.approx(loss(dict(SPACE.start), 0, lambda done, of: None))
    assert not any(trial.start for trial in others)
    assert [trial.number for trial in (first, *others)] == [0, 1, 2, 3]


def test_if_they_lie_outside_it_is_told(search: Callable[..., Search]) -> None:
    said: list[str] = []
    space = Space(SPACE.ranges, {**SPACE.start, "x": 100.0})
    trials = run(search(2, space=space, say=said.append))
    assert said[0] == "the config's own settings lie outside the space, so are not tried"
    assert not any(trial.start for trial in trials)


def test_same_seed_same_trials(search: Callable[..., Search]) -> None:
    one, two = run(search(file="one.db")), run(search(file="two.db"))
    other = run(search(file="three.db", seed=2))
    assert bare(one) == bare(two)
    assert [t.settings for t in one[1:]] != [t.settings for t in other[1:]]


def test_trials_learn_from_those_before(search: Callable[..., Search]) -> None:
    """After ten at random the sampler looks where the loss is low: for most, the better family."""
    late = run(search(30))[15:]
    assert sum(trial.settings["f"] == "a" for trial in late) >= 11  # at random 7.5, SE 1.9


@pytest.mark.parametrize(("stop", "repeats"), [(0, 1), (1, 2), (5, 1), (7, 2)])
def test_gone_on_with_it_is_the_same(
    search: Callable[..., Search], stop: int, repeats: int
) -> None:
    """Interrupted in the midst of any trial, the first too."""
    calls: list[Settings] = []

    def interrupted(settings: Settings, repeat: int, told: Told) -> float:
        calls.append(settings)
        if len(calls) == stop + 1:
            raise KeyboardInterrupt
        return loss(settings, repeat, told)

    whole = run(search(6, file="whole.db", repeats=repeats))
    with pytest.raises(KeyboardInterrupt):
        run(search(6, interrupted, repeats=repeats))
    kept = search(6, repeats=repeats).so_far()
    assert len(kept) == stop // repeats
    assert bare(kept) == bare(whole[: len(kept)])
    assert bare(run(search(6, repeats=repeats))) == bare(whole)


def test_what_a_killed_process_left_does_not_count(
    search: Callable[..., Search], tmp_path: Path
) -> None:
    whole = run(search(6, file="whole.db"))
    run(search(3))
    storage = f"sqlite:///{tmp_path / 'study.db'}"
    study = optuna.load_study(study_name="resistml", storage=storage)
    study.ask(SPACE.distributions())  # and never told
    assert bare(run(search(6))) == bare(whole)
    with sqlite3.connect(tmp_path / "study.db") as db:
        assert db.execute("select count(*) from trials where state='RUNNING'").fetchone() == (0,)


def test_a_study_that_has_all_its_trials_does_none(search: Callable[..., Search]) -> None:
    whole = run(search(4))

    def never(settings: Settings, repeat: int, told: Told) -> float:
        raise AssertionError("tried")

    assert run(search(4, never)) == whole
    assert run(search(2, never)) == whole


def test_a_fault_fails_its_trial_alone(search: Callable[..., Search]) -> None:
    said: list[str] = []

    def faulty(settings: Settings, repeat: int, told: Told) -> float:
        if settings["f"] == "b":
            raise ValueError("no such family")
        return loss(settings, repeat, told)

    trials = run(search(12, faulty, say=said.append))
    failed = [trial for trial in trials if trial.state == "failed"]
    assert 0 < len(failed) < 12
    assert {trial.message for trial in failed} == {"ValueError: no such family"}
    assert all(trial.loss is None for trial in failed)
    for trial in failed:
        assert f"trial {trial.number} failed: ValueError: no such family" in said
    best = best_of(trials)
    assert best is not None
    assert best.settings["f"] == "a"
    assert run(search(12)) == trials  # they are not tried again


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_is_a_fault(search: Callable[..., Search], bad: float) -> None:
    def odd(settings: Settings, repeat: int, told: Told) -> float:
        return loss(settings, repeat, told) if settings == SPACE.start else bad

    first, second = run(search(2, odd))
    assert (first.state, second.state) == ("complete", "failed")
    assert f"the log-loss is {bad}" in second.message


def test_if_none_is_complete_it_is_told_why(search: Callable[..., Search]) -> None:
    def broken(settings: Settings, repeat: int, told: Told) -> float:
        raise RuntimeError("out of order")

    with pytest.raises(InputError, match=r"none of 3 trials was complete: RuntimeError: out of"):
        run(search(3, broken))


def test_one_that_does_badly_is_given_up(search: Callable[..., Search]) -> None:
    calls: list[int] = []

    def counted(settings: Settings, repeat: int, told: Told) -> float:
        calls.append(repeat)
        return loss(settings, repeat, told)

    trials = run(search(20, counted, repeats=3))
    pruned = [trial for trial in trials if trial.state == "pruned"]
    assert pruned
    assert not any(trial.state == "pruned" for trial in trials[:BEFORE_PRUNING])
    assert len(calls) <= 3 * 20 - len(pruned)
    complete = sorted(t.loss or 0.0 for t in trials if t.state == "complete")
    for trial in pruned:  # each was worse than the better half of those before it
        assert trial.loss is not None
        assert trial.loss > complete[0]
    calls.clear()
    whole = run(search(20, counted, file="whole.db", repeats=3, prune=False))
    assert {trial.state for trial in whole} == {"complete"}
    assert calls == [0, 1, 2] * 20


def test_the_mean_over_the_bags_counts(search: Callable[..., Search]) -> None:
    (only,) = run(search(1, lambda settings, repeat, told: float(repeat), repeats=4))
    assert only.loss == pytest.approx(1.5)


def test_time_that_is_over_is_told(search: Callable[..., Search]) -> None:
    said: list[str] = []
    with pytest.raises(InputError, match="none of 0 trials"):
        run(search(50, timeout=1e-9, say=said.append))
    assert said == ["the time is over after 0 of 50 trials"]


def test_a_new_best_is_told_once(search: Callable[..., Search]) -> None:
    said: list[str] = []
    trials = run(search(12, say=said.append))
    best = best_of(trials)
    assert best is not None
    assert said[0].startswith("trial 0: log-loss")
    assert said[-1] == f"trial {best.number}: log-loss {best.loss:.5f}, the best so far"
    losses = [float(line.split()[3].rstrip(",")) for line in said]
    assert losses == sorted(losses, reverse=True)


def test_progress_goes_from_nothing_to_all(search: Callable[..., Search]) -> None:
    shares: list[float] = []

    def halfway(settings: Settings, repeat: int, told: Told) -> float:
        told(1, 2)
        return loss(settings, repeat, told)

    search(3, halfway, repeats=2).run(lambda done, of: shares.append(done / of))
    assert shares == sorted(shares)
    assert shares[:2] == [0.0, pytest.approx(1 / 12)]
    assert shares[-1] == pytest.approx(11 / 12)


def test_with_a_limit_progress_is_told_by_whatever_is_nearer_its_end(
    search: Callable[..., Search], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(1_000))
    monkeypatch.setattr(tuning.time, "monotonic", lambda: float(next(clock)))
    shares: list[float] = []
    said: list[str] = []
    search(1_000, timeout=20.0, say=said.append).run(lambda done, of: shares.append(done / of))
    assert shares == sorted(shares)
    assert shares[0] <= 0.1
    assert shares[-1] > 0.8  # of the time; of the trials it would be a hundredth
    assert said[-1].startswith("the time is over after ")


def test_another_search_is_refused_and_what_differs_is_named(
    search: Callable[..., Search],
) -> None:
    trials = run(search())
    with pytest.raises(OutputError) as caught:
        run(search(about={"seed": "2", "new": "x"}))
    assert "seed was 1, is 2, new was None, is x" in caught.value.message
    assert "--force" in (caught.value.hint or "")
    assert run(search()) == trials


@pytest.mark.parametrize("content", [b"not a database at all, but long enough", b""])
def test_a_file_that_is_no_study(
    search: Callable[..., Search], tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "study.db").write_bytes(content)
    with pytest.raises(OutputError) as caught:
        run(search())
    assert caught.value.file == str(tmp_path / "study.db")


def test_a_study_is_made_whole_or_not_at_all(
    search: Callable[..., Search], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*args: object, **more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(optuna, "create_study", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(search())
    assert list(tmp_path.iterdir()) == []


def test_optuna_is_left_as_it_was(search: Callable[..., Search]) -> None:
    before = optuna.logging.get_verbosity()
    run(search(1))
    assert optuna.logging.get_verbosity() == before
