"""Figures for notebooks, of a run, of a model or of a cohort: ``resistml.plots``.

>>> import resistml
>>> from resistml import plots
>>> run = resistml.train("quick")  # doctest: +SKIP
>>> plots.calibration(run)  # doctest: +SKIP
>>> plots.beeswarm(resistml.load(), "profiles.csv")  # doctest: +SKIP

They are the figures of the reports: matplotlib figures that belong to no window, which a notebook
shows as the value of a cell. ``plots.save(figure, "calibration.svg")`` writes one as SVG, PNG or
PDF.

A *run* is what :func:`resistml.train` returns, the folder of a run, its id, or an
:class:`~resistml.evaluate.evaluation.Evaluation`. A *model* is what :func:`resistml.load` returns,
or whatever that takes. *Profiles* are what its methods take. Research only, not for clinical use.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from resistml import shipped
from resistml.api import Scorer, find_model, load
from resistml.errors import ModelError, TableError, UsageError, did_you_mean, listed
from resistml.evaluate.evaluation import Evaluation
from resistml.evaluate.read import read_evaluation
from resistml.predict.score import asked_strategy
from resistml.report import figures
from resistml.report.figure_file import Words, write_figure
from resistml.report.figure_km import km_figure
from resistml.report.learning import read_learning
from resistml.report.style import mechanism_colour
from resistml.report.swarm import swarm_of
from resistml.run_reports import entry_names, read_run
from resistml.runs import Run
from resistml.tables.profiles import Profiles, profiles_from_rows, read_profiles

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from resistml.report.context import Swarm

__all__ = [
    "audit",
    "beeswarm",
    "calibration",
    "calibration_by_setting",
    "decision_curve",
    "dependence",
    "discrimination",
    "discrimination_by_setting",
    "doubt",
    "explanation",
    "fidelity",
    "groups",
    "importance",
    "learning_curve",
    "save",
    "survival",
    "survival_curves",
    "value",
    "waterfall",
]

#: What figures of a run are made from.
RunLike = Run | Evaluation | str | Path
#: Whatever :func:`resistml.load` takes or gives.
ModelLike = Scorer | str | Path | None


def discrimination(run: RunLike) -> Figure:
    """AUC of the model, its peers and both oracles, with 95% intervals."""
    return figures.discrimination_figure(_evaluation(run))


def discrimination_by_setting(run: RunLike) -> Figure:
    """AUC in each setting beside the fair oracle's."""
    return figures.setting_figure(_evaluation(run), _names(run))


def calibration(run: RunLike) -> Figure:
    """Predicted risk against the share resistant, of all patients."""
    return figures.calibration_figure(_evaluation(run))


def calibration_by_setting(run: RunLike) -> Figure:
    """The same in each setting, with the calibration slope."""
    found = _evaluation(run)
    _there(found.calibrations, "calibration by setting")
    return figures.setting_calibration_figure(found, _names(run))


def decision_curve(run: RunLike) -> Figure:
    """Net benefit by the risk from which one acts (Vickers and Elkin, 2006)."""
    return figures.decision_figure(_there(_evaluation(run).decision, "decision curve"))


def learning_curve(benchmark: str | Path | None = None) -> Figure:
    """Discrimination and ranking by number of training patients.

    Parameters
    ----------
    benchmark : path, optional
        What ``resistml benchmark -o FILE.json`` wrote; else the result that ships.

    Raises
    ------
    InputError
        If there is no such file, or it holds fewer than two numbers of patients.
    """
    path = shipped.benchmark_result() if benchmark is None else Path(benchmark)
    found = read_learning(path)
    if found is None:
        raise UsageError(
            f"no learning curve in '{path.name}'",
            allowed="the result of `resistml benchmark -o FILE.json`, of two sizes or more",
        )
    return figures.learning_figure(found)


def value(run: RunLike) -> Figure:
    """True response rate under each way of choosing a strategy."""
    return figures.value_figure(_evaluation(run))


def groups(run: RunLike) -> Figure:
    """Error in probability and calibration error in every group of patients."""
    return figures.subgroup_figure(_evaluation(run), _names(run))


def importance(run: RunLike) -> Figure:
    """How much each mechanism of resistance moves predictions."""
    return figures.importance_figure(_evaluation(run), _names(run))


def fidelity(run: RunLike) -> Figure:
    """Whether explanations agree with the truth, by mechanism."""
    return figures.fidelity_figure(_evaluation(run), _names(run))


def doubt(run: RunLike) -> Figure:
    """What 90% intervals hold, and how often the first strategy is the best."""
    found = _evaluation(run)
    judged = _there(found.doubt, "judgement of the model's doubt")
    return figures.doubt_figure(judged.uncertainty, found.n_judge, _names(run))


def survival(run: RunLike) -> Figure:
    """Predicted against observed shares free of progression and death."""
    return figures.survival_figure(_there(_evaluation(run).survival, "model of times"))


def audit(run: Run | str | Path) -> Figure:
    """What the review reports beside what the run's world gives."""
    whole = run if isinstance(run, Run) else read_run(_folder(run))
    return figures.audit_figure(whole.audit, _names(whole), whole.world.conflicts)


def survival_curves(cohort: str | Path, setting: str) -> Figure:
    """Kaplan-Meier curves of a drawn cohort's folder by strategy, in one setting.

    Raises
    ------
    UsageError
        For a setting that is not in the cohort's world.
    TableError
        If the cohort has no patients in it.
    """
    from resistml.cohort.observed import read_observed
    from resistml.cohort.survival import arm_curves
    from resistml.evidence import load_evidence
    from resistml.world.laws import read_world

    evidence = load_evidence()
    world = read_world(Path(cohort) / "world.json")
    if setting not in world.settings:
        raise UsageError(
            f"no setting '{setting}' in the cohort's world",
            allowed=listed(world.settings),
            hint=did_you_mean(setting, world.settings),
        )
    arms = arm_curves(evidence, world, read_observed(Path(cohort)), setting)
    if not arms:
        raise TableError(f"has no patients in setting '{setting}'", file=cohort)
    return km_figure(arms, entry_names(evidence))


def beeswarm(model: ModelLike, profiles: Any, *, most: int = 14) -> Figure:
    """Contributions of the strongest columns, a dot per profile (by the ``shap`` library)."""
    found = _swarm(model, profiles)
    return figures.beeswarm_figure(found.values, found.data, found.columns, most=most)


def dependence(model: ModelLike, profiles: Any, *markers: str) -> Figure:
    """Contribution against recorded value of some markers, a panel each.

    Raises
    ------
    UsageError
        For a name that is no column of the model.
    """
    found = _swarm(model, profiles)
    places = [_place(found.columns, name) for name in markers]
    if not places:
        raise UsageError("no marker is named", allowed=listed(found.columns))
    return figures.dependence_figure(
        found.values,
        found.data,
        found.columns,
        columns=[found.columns[j] for j in places],
        units=[found.units[j] for j in places],
        colours=[mechanism_colour(found.groups[j]) for j in places],
    )


def waterfall(model: ModelLike, profiles: Any, patient: str, *, most: int = 10) -> Figure:
    """How one patient's markers lead to his log-odds of resistance, under the strategy named.

    Raises
    ------
    UsageError
        If no profile has that id.
    """
    from resistml.report.illustrated_explanations import measured

    found = _swarm(model, profiles, patient)
    assert found.base is not None
    labels = [measured(found, 0, j) for j in range(len(found.columns))]
    return figures.waterfall_figure(
        found.values[0], float(found.base[0]), labels, most=most, who=found.labels[0]
    )


def explanation(model: ModelLike, profiles: Any) -> Any:
    """The contributions as a ``shap.Explanation``, for any plot that ``shap`` has."""
    from resistml.report.figure_shap import explanation as made

    found = _swarm(model, profiles)
    return made(found.values, found.data, found.columns, found.base)


def save(figure: Figure, path: str | Path, *, alt: str = "", force: bool = False) -> None:
    """Write a figure as ``.svg``, ``.png`` or ``.pdf``; ``alt`` says what it shows.

    Raises
    ------
    UsageError
        For another ending.
    OutputError
        If the file exists and ``force`` is not set.
    """
    out = Path(path)
    write_figure(figure, out, Words("figure", out.stem, alt or out.stem), force=force)


def _evaluation(run: RunLike) -> Evaluation:
    if isinstance(run, Evaluation):
        return run
    return (
        run.evaluation if isinstance(run, Run) else read_evaluation(_folder(run) / "metrics.json")
    )


def _folder(run: str | Path) -> Path:
    """The folder of a run that is named by it, or by the run's id."""
    folder = find_model(run).parent
    if not (folder / "metrics.json").is_file():
        raise ModelError("is not the folder of a run", file=folder, allowed="a run's folder or id")
    return folder


def _names(run: Any) -> Mapping[str, str]:
    from resistml.evidence import load_evidence

    return entry_names(run.evidence if isinstance(run, Run) else load_evidence())


def _there(found: Any, what: str) -> Any:
    """What a run has, or an error that says it lacks it."""
    if not found:
        raise UsageError(
            f"the run has no {what}", hint="train the config again with this release of resistml"
        )
    return found


def _swarm(model: ModelLike, profiles: Any, patient: str | None = None) -> Swarm:
    scorer = model if isinstance(model, Scorer) else load(model)
    spec = scorer.model.spec
    table: Profiles = (
        read_profiles(profiles, spec)
        if isinstance(profiles, (str, Path))
        else profiles_from_rows(profiles, spec)
    )
    rows = table.accepted
    if patient is not None:
        ids = [str(name) for name in table.records.patient_id]
        if patient not in ids:
            raise UsageError(
                f"no profile of patient '{patient}'",
                allowed=listed(ids),
                hint=did_you_mean(patient, ids),
            )
        rows = np.array([i for i in np.asarray(rows).tolist() if ids[i] == patient], dtype=int)
    if not len(rows):
        raise TableError("has no profile that could be read", hint="`resistml profiles check`")
    arms = asked_strategy(spec, table)[rows]
    return swarm_of(scorer.model, table.records.take(rows), arms)


def _place(columns: tuple[str, ...], name: str) -> int:
    if name not in columns:
        raise UsageError(
            f"'{name}' is no column of the model",
            allowed=listed(columns),
            hint=did_you_mean(name, columns),
        )
    return columns.index(name)
