"""Figures for notebooks are those of the reports, of whatever names a run, a model or a cohort."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

import resistml
from resistml import plots, shipped
from resistml.documents import dump_json
from resistml.errors import ModelError, TableError, UsageError
from resistml.predict.contributions import contributions
from resistml.report.style import png_bytes
from tests.report import samples

PROFILES = shipped.folder("examples") / "profiles.csv"
OF_A_RUN = (
    *("discrimination", "discrimination_by_setting", "calibration", "calibration_by_setting"),
    *("decision_curve", "value", "groups", "importance", "fidelity", "doubt", "survival"),
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder of a run, as far as figures are made from it."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "manifest.json").write_text("{}", encoding="utf-8")
    metrics = {"run": "x", **samples.evaluation().to_json()}
    (tmp_path / "metrics.json").write_text(dump_json(metrics), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", OF_A_RUN)
def test_figures_of_an_evaluation_and_of_its_run_are_the_same(name: str, run: Path) -> None:
    draw = getattr(plots, name)
    first, second = draw(samples.evaluation()), draw(run)
    assert isinstance(first, Figure)
    assert png_bytes(first, 40) == png_bytes(second, 40)


def test_all_that_is_public_is_there_and_told() -> None:
    assert resistml.plots is plots
    for name in plots.__all__:
        assert getattr(plots, name).__doc__
    assert set(OF_A_RUN) < set(plots.__all__)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("calibration_by_setting", "calibrations"),
        ("decision_curve", "decision"),
        ("doubt", "doubt"),
        ("survival", "survival"),
    ],
)
def test_what_a_run_lacks_is_said(name: str, field: str, run: Path) -> None:
    document = json.loads((run / "metrics.json").read_text("utf-8"))
    del document[field]
    (run / "metrics.json").write_text(dump_json(document), encoding="utf-8")
    with pytest.raises(UsageError, match="the run has no"):
        getattr(plots, name)(run)


def test_a_folder_without_figures_is_no_run(run: Path) -> None:
    (run / "metrics.json").unlink()
    with pytest.raises(ModelError, match="not the folder of a run"):
        plots.value(run)


def test_contributions_are_the_models_own(small_bundle: Path) -> None:
    model = resistml.load(small_bundle)
    found = plots.explanation(model, PROFILES)
    assert found.values.shape == (10, len(model.model.spec.columns))
    margin = found.base_values + found.values.sum(axis=1)
    profiles = model._profiles(PROFILES)
    from resistml.predict.score import asked_strategy

    arms = asked_strategy(model.model.spec, profiles)
    own = contributions(model.model, profiles.records, arms)
    assert margin == pytest.approx(own.margin, abs=1e-6)
    j = found.feature_names.index("ABCB1")
    assert np.allclose(found.data[:, j], profiles.records.column("ABCB1"), equal_nan=True)


def test_figures_of_a_model_take_a_path_or_a_loaded_one(small_bundle: Path) -> None:
    loaded = plots.beeswarm(resistml.load(small_bundle), PROFILES, most=5)
    assert png_bytes(loaded, 40) == png_bytes(plots.beeswarm(small_bundle, PROFILES, most=5), 40)
    panels = plots.dependence(small_bundle, PROFILES, "BCL2", "ABCB1").axes
    titles = [axes.get_title(loc="center") + axes.get_title(loc="left") for axes in panels]
    assert ["BCL2" in titles[0], "ABCB1" in titles[1]] == [True, True]
    assert panels[1].get_xlabel() == "Recorded value (fold of reference)"
    shown = plots.waterfall(small_bundle, PROFILES, "EX-04")
    assert "EX-04, Advanced melanoma" in shown.get_supxlabel()


def test_what_is_not_there_is_told_with_what_is(small_bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no profile of patient 'EX-4'"):
        plots.waterfall(small_bundle, PROFILES, "EX-4")
    with pytest.raises(UsageError, match="did you mean 'ABCB1'"):
        plots.dependence(small_bundle, PROFILES, "ABCB11")
    with pytest.raises(UsageError, match="no marker is named"):
        plots.dependence(small_bundle, PROFILES)
    with pytest.raises(UsageError, match="no learning curve"):
        plots.learning_curve(tmp_path / "none.json")
    none = [{"patient_id": "a", "setting": "nowhere"}]
    with pytest.raises(TableError, match="no profile that could be read"):
        plots.beeswarm(small_bundle, none)


def test_learning_curve_is_that_of_a_benchmarks_file(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    path.write_text(json.dumps(samples.benchmark()), encoding="utf-8")
    labels = [line.get_label() for line in plots.learning_curve(path).axes[0].lines]
    assert "XGBoost (the model)" in labels


def test_survival_curves_of_a_drawn_cohort() -> None:
    folder = shipped.folder("synthetic")
    figure = plots.survival_curves(folder, "melanoma_advanced")
    assert len(figure.axes) > 1
    with pytest.raises(UsageError, match="no setting 'melanoma'"):
        plots.survival_curves(folder, "melanoma")


def test_a_figure_is_saved_with_its_words(tmp_path: Path) -> None:
    figure = plots.value(samples.evaluation())
    plots.save(figure, tmp_path / "v.svg", alt="Six dots <here>")
    assert "Six dots &lt;here&gt;" in (tmp_path / "v.svg").read_text("utf-8")
    with pytest.raises(UsageError, match="names no kind of figure"):
        plots.save(figure, tmp_path / "v.txt")
