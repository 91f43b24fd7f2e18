"""What `resistml train` prints of a run on one's own cohort."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from resistml.cli import console

if TYPE_CHECKING:
    from resistml.evaluate.own.evaluation import OwnEvaluation
    from resistml.evaluate.own.intervals import Estimate
    from resistml.pipeline_own import OwnRun

_WORDS = {
    "model": "the model",
    "without prior": "without the evidence",
    "logistic": "logistic regression",
    "constant": "rates alone",
}


def print_own_run(run: OwnRun) -> None:
    """A run's figures, and where everything is."""
    screen, evaluation = console.stdout(), run.evaluation
    screen.print(_validation(evaluation))
    for name in evaluation.external:
        screen.print(_external(evaluation, name))
    if evaluation.allocation is not None:
        screen.print(_values(evaluation))
    for head, line in _lines(run):
        screen.print(f"{head:<9}{line}", soft_wrap=True, markup=False)


def own_document(run: OwnRun) -> dict[str, Any]:
    """The same as plain data."""
    from resistml.pipeline_own import own_headline

    return {
        "run": run.id,
        "folder": str(run.folder),
        "model": str(run.folder / "model"),
        "figures": own_headline(run.evaluation),
        "metrics": run.evaluation.metrics(),
        "no_ranking": run.evaluation.no_ranking,
        "seconds": {name: round(s, 3) for name, s in run.seconds.items()},
    }


def _interval(x: Estimate) -> str:
    return f"{x.value:.3f} ({x.low:.3f} to {x.high:.3f})" if x.value == x.value else "-"


def _table(title: str, figures: dict[str, dict[str, Estimate]]) -> Any:
    heads = ("", "AUC", "Brier score", "log-loss", "calibration slope")
    made = console.table(title, heads, right=heads[1:])
    keys = ("auc", "brier", "logloss", "calibration_slope")
    for name, mine in figures.items():
        cells = [_interval(mine[key]) for key in keys]
        made.add_row(_WORDS.get(name, name), *cells, style="bold" if name == "model" else "")
    return made


def _validation(evaluation: OwnEvaluation) -> Any:
    found = evaluation.validation
    return _table(
        f"{evaluation.label}, {evaluation.patients:,} patients left out in {found.folds} folds "
        f"({found.repeats} repeat(s)); 95% intervals",
        found.figures,
    )


def _external(evaluation: OwnEvaluation, name: str) -> Any:
    found = evaluation.external[name]
    title = (
        f"{name}: {found.patients:,} patients apart; Brier score of the rate {found.base_brier:.3f}"
    )
    return _table(title, found.figures)


def _values(evaluation: OwnEvaluation) -> Any:
    found = evaluation.allocation
    assert found is not None  # held by the caller
    heads = ("rule", evaluation.responded, "standard error", "95% interval")
    made = console.table(
        f"What rules are worth, {found.patients:,} patients", heads, right=heads[1:]
    )
    for name, x in found.values.items():
        made.add_row(name, f"{x.value:.1%}", f"{x.error:.1%}", f"{x.low:.1%} to {x.high:.1%}")
    gain = found.difference
    cells = (f"{gain.value:.1%}", f"{gain.error:.1%}", f"{gain.low:.1%} to {gain.high:.1%}")
    made.add_row("learned less best arm", *cells)
    return made


def _lines(run: OwnRun) -> list[tuple[str, str]]:
    from resistml.evaluate.own.evaluation import NOT_CONCURRENT

    evaluation = run.evaluation
    said = [("ranking", evaluation.no_ranking or NOT_CONCURRENT)]
    for name, found in evaluation.times.items():
        each = ", ".join(
            f"{learner} {_interval(figures['concordance'])}"
            for learner, figures in found.figures.items()
            if learner != "kaplan_meier"
        )
        said.append((name, f"concordance: {each}"))
    said += [
        ("chosen", evaluation.chosen),
        ("evidence", evaluation.prior.said),
        ("model", str(run.folder / "model")),
    ]
    if run.tracked is not None:
        said.append(("MLflow", "`resistml ui` starts its pages and says where they are"))
    return said
