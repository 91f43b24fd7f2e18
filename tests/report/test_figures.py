"""What figures show is what the evaluation and the audit say."""

from __future__ import annotations

import dataclasses
import math
import re
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrow

from resistml.evaluate.fidelity import Fidelity
from resistml.report import figure_shap, figures, words
from resistml.report.audit_view import (
    by_endpoint,
    conflict_sets,
    letters,
    row_label,
    solved,
    tally,
)
from resistml.report.style import PALETTE
from tests.report import samples


def texts(figure: Figure) -> list[str]:
    figure.canvas.draw()
    return [t.get_text() for axes in figure.axes for t in axes.findobj(match=_is_text)]


def _is_text(artist: object) -> bool:
    return hasattr(artist, "get_text")


def test_discrimination_shows_every_learner_with_its_interval() -> None:
    shown = texts(figures.discrimination_figure(samples.evaluation()))
    for name, found in words.judged(samples.evaluation()).items():
        assert name in shown
        assert words.interval(found.auc) in shown


def test_value_says_what_is_captured_and_lost() -> None:
    shown = texts(figures.value_figure(samples.evaluation()))
    assert {"44.7%", "54.7%", "56.1%", "captures 76%", "loses 21%"} <= set(shown)


def test_importance_is_sorted_and_named() -> None:
    figure = figures.importance_figure(samples.evaluation(), {"context": "Setting"})
    labels = [t.get_text() for t in figure.axes[0].get_yticklabels()]
    assert labels[:2] == ["Setting", "accumulation"]
    assert labels[-1] == "target"
    assert figure.axes[0].patches[0].get_width() == 1.021


def test_fidelity_says_where_it_is_not_defined() -> None:
    shown = texts(figures.fidelity_figure(samples.evaluation()))
    assert "not defined" in shown
    assert "0.993" in shown


def test_fidelity_has_room_for_negative_correlations() -> None:
    changed = dataclasses.replace(
        samples.evaluation(), fidelity=Fidelity(by_mechanism={"target": -0.4})
    )
    low, _ = figures.fidelity_figure(changed).axes[0].get_xlim()
    assert low < -0.4


def test_every_axis_has_a_label() -> None:
    for draw in (figures.discrimination_figure, figures.value_figure, figures.setting_figure):
        assert draw(samples.evaluation()).axes[0].get_xlabel()
    for axes in figures.calibration_figure(samples.evaluation()).axes:
        assert "%" in axes.get_xlabel()
        assert axes.get_ylabel()


def test_settings_say_both_aucs_and_how_many_within_the_picture() -> None:
    figure = figures.setting_figure(samples.evaluation())
    assert "0.802 / 0.807   n 1,380" in texts(figure)
    figure.draw_without_rendering()
    for text in figure.axes[0].texts:
        assert text.get_window_extent().x1 <= figure.bbox.x1


def test_subgroups_have_a_row_each_under_a_heading() -> None:
    figure = figures.subgroup_figure(samples.evaluation(), {"crc_advanced": "Colorectal"})
    left, right = figure.axes
    labels = [t.get_text() for t in left.get_yticklabels()]
    assert labels == [
        *("Setting", "Colorectal", "melanoma advanced"),
        *("Sex", "female", "male"),
        *("Age", "below 50", "75 or older"),
        *("Unmeasured markers", "1"),
    ]
    bold = {t.get_text() for t in left.get_yticklabels() if t.get_fontweight() == "bold"}
    assert bold == {"Setting", "Sex", "Age", "Unmeasured markers", "75 or older", "1"}
    assert [t.get_text() for t in right.texts][:2] == ["n 1,380", "n 1,114"]
    assert left.get_xlabel()
    assert right.get_xlabel()


def test_subgroups_show_figure_and_interval_and_mark_the_worst_and_the_small() -> None:
    figure = figures.subgroup_figure(samples.evaluation())
    left, right = figure.axes
    drawn = {}
    for axes in (left, right):
        names = dict(
            zip(left.get_yticks(), (t.get_text() for t in left.get_yticklabels()), strict=True)
        )
        dots = [line for line in axes.lines if line.get_marker() == "o"]
        for line in dots:
            name = names[line.get_ydata()[0]]
            drawn[name, axes] = (line.get_xdata()[0], line.get_mec(), line.get_mfc())
    value, edge, fill = drawn["75 or older", left]
    assert value == pytest.approx(5.11)
    assert (edge, fill) == (PALETTE["vermillion"], PALETTE["vermillion"])
    assert drawn["75 or older", right][1] == PALETTE["blue"]
    assert drawn["1", right][1] == PALETTE["vermillion"]
    assert drawn["below 50", left][1:] == (PALETTE["slate"], PALETTE["paper"])
    spans = [tuple(line.get_xdata()) for line in left.lines if line.get_marker() != "o"]
    assert any(span == pytest.approx((8.71, 9.51)) for span in spans)


def test_long_names_of_groups_do_not_run_into_each_other() -> None:
    long = "Relapsed or refractory B-cell acute lymphoblastic leukaemia of childhood"
    many = {f"s{i}": samples.group(400, 0.8, 0.81) for i in range(12)}
    crowded = dataclasses.replace(samples.evaluation(), subgroups={"setting": many})
    figure = figures.subgroup_figure(crowded, dict.fromkeys(many, long))
    figure.draw_without_rendering()
    boxes = [t.get_window_extent() for t in figure.axes[0].get_yticklabels()]
    for above, below in pairwise(boxes):
        assert below.y1 <= above.y0 + 0.5


def test_nothing_known_can_still_be_drawn() -> None:
    nothing = samples.figures(math.nan, math.nan, math.nan)
    empty = dataclasses.replace(
        samples.evaluation(),
        learners={"xgboost": nothing},
        fair=nothing,
        oracle=nothing,
        value_given=math.nan,
        value_fixed_rule=math.nan,
    )
    for draw in (figures.discrimination_figure, figures.value_figure):
        draw(empty).canvas.draw()
    assert "nothing to gain" in texts(figures.value_figure(empty))


def test_wilson_interval_is_the_published_one() -> None:
    # Newcombe (1998), Statistics in Medicine 17:857, table I, method 3: 81 of 263, 0 of 20.
    low, high = figures.wilson(np.array([81 / 263, 0.0]), np.array([263.0, 20.0]))
    assert low == pytest.approx([0.2553, 0.0], abs=5e-5)
    assert high == pytest.approx([0.3662, 0.1611], abs=5e-5)


def test_audit_has_a_panel_per_endpoint_and_a_row_per_solved_claim() -> None:
    figure = figures.audit_figure(samples.audit_rows(), {"orr": "Response rate"})
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == [
        "Response rate (%)",
        "Complete response rate (%)",
        "Median overall survival (months)",
    ]
    assert [len(axes.get_yticks()) for axes in figure.axes] == [3, 1, 1]
    assert texts(figure).count("A") == 2


def test_audit_of_ninety_claims_keeps_its_rows_apart() -> None:
    rows = [dataclasses.replace(samples.audit_rows()[0], claim=f"c{i}") for i in range(90)]
    figure = figures.audit_figure(rows)
    figure.canvas.draw()
    height = figure.axes[0].get_window_extent().height / 72 / 90
    assert height > 1.2 * 7 / 72  # inches; the labels are 7 points high


def test_units_follow_from_the_figures_of_an_endpoint() -> None:
    groups = {g.endpoint: g for g in by_endpoint(samples.audit_rows())}
    assert [g.unit for g in groups.values()] == ["%", "%", "months", "%"]
    row = groups["orr"].rows[0]
    assert groups["orr"].reported(row) == "45 to 50"
    assert groups["orr"].with_unit(groups["orr"].obtained(row)) == "48.2%"
    assert groups["orr"].error(row) == "0.11"
    assert groups["median_os"].reported(groups["median_os"].rows[0]) == "15"
    assert groups["relapse_rate"].obtained(groups["relapse_rate"].rows[0]) == "–"


def test_conflict_sets_come_from_rows_or_from_the_world() -> None:
    rows = samples.audit_rows()
    (found,) = conflict_sets(rows)
    assert found.claims == ("s4_kras_orr", "s6_ras_orr")
    assert letters([found]) == {"s4_kras_orr": "A", "s6_ras_orr": "A"}
    told = conflict_sets(
        rows,
        [samples.Conflict(("s1_orr", "s4_kras_orr"), "why"), samples.Conflict(("s1_orr",), "")],
    )
    assert [one.reason for one in told] == ["why", ""]
    assert letters(told)["s1_orr"] == "A, B"


def test_tally_and_solved_rows() -> None:
    rows = samples.audit_rows()
    assert tally(rows) == {"within": 2, "tension": 2, "out": 1, "due": 1}
    assert len(solved(rows)) == 5
    assert tally([]) == {"within": 0, "tension": 0, "out": 0, "due": 0}


def test_row_labels_are_short_and_count_pooled_settings() -> None:
    rows = samples.audit_rows()
    assert row_label(rows[1]) == "crc advanced · folfox [KRAS_mut = 0]"
    assert row_label(rows[3]) == "3 settings · chemotherapy"
    long = dataclasses.replace(rows[1], population="A_LONG_NAME > 0.5 and " * 5)
    assert len(row_label(long)) == 60


#: All figures of a report, by what draws them.
EVERY = {
    "audit": lambda: figures.audit_figure(samples.audit_rows()),
    "discrimination": lambda: figures.discrimination_figure(samples.evaluation()),
    "calibration": lambda: figures.calibration_figure(samples.evaluation()),
    "calibration-settings": lambda: figures.setting_calibration_figure(samples.evaluation()),
    "decision": lambda: figures.decision_figure(samples.decision()),
    "learning": lambda: figures.learning_figure(samples.learning()),
    "value": lambda: figures.value_figure(samples.evaluation()),
    "importance": lambda: figures.importance_figure(samples.evaluation()),
    "fidelity": lambda: figures.fidelity_figure(samples.evaluation()),
    "setting": lambda: figures.setting_figure(samples.evaluation()),
    "subgroups": lambda: figures.subgroup_figure(samples.evaluation()),
    "survival": lambda: figures.survival_figure(samples.survival()),
    "doubt": lambda: figures.doubt_figure(samples.doubt().uncertainty, 12_345),
    "beeswarm": lambda: figures.beeswarm_figure(VALUES, DATA, NAMES),
    "dependence": lambda: figures.dependence_figure(
        VALUES, DATA, NAMES, columns=NAMES, units=("fold", "%", "years")
    ),
    "waterfall": lambda: figures.waterfall_figure(VALUES[0], -0.2, NAMES, who="P1"),
}
_RNG = np.random.default_rng(2)
VALUES, DATA = _RNG.normal(size=(30, 3)), _RNG.lognormal(size=(30, 3))
NAMES = ("ABCB1", "BCL2", "age")
#: What an axis is measured in: one of these is in its label, or in the title of the panel.
UNITS = (
    *(
        "%",
        "per 100",
        "points",
        "log-odds",
        "Log-odds",
        "AUC",
        "Correlation",
        "months",
        "log scale",
    ),
    *("fold", "years", "Value of the column"),
)


@pytest.mark.parametrize("name", EVERY)
def test_every_figure_says_how_many_and_in_what_unit(name: str) -> None:
    figure = EVERY[name]()
    figure.draw_without_rendering()
    said = [*texts(figure), figure.get_supxlabel()]
    assert any(re.search(r"\bn (= )?[\d,]+", text) for text in said), said
    for axes in figure.axes:
        if not axes.axison:
            continue
        labels = (axes.get_xlabel(), axes.get_ylabel(), axes.get_title(loc="left"))
        shown = axes.xaxis.get_tick_params().get("labelbottom", True)
        if shown and axes.get_xticks().size and axes.xaxis.get_visible():
            assert any(unit in text for text in labels for unit in UNITS), (name, labels)


@pytest.mark.parametrize("name", EVERY)
def test_nothing_of_a_figure_is_cut_off(name: str) -> None:
    figure = EVERY[name]()
    figure.draw_without_rendering()
    whole = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert whole.x0 >= -0.06
    assert whole.x1 <= width + 0.06
    assert whole.y0 >= -0.06
    assert whole.y1 <= height + 0.06


def test_decision_curve_draws_the_values_and_the_band() -> None:
    figure = figures.decision_figure(samples.decision())
    left, right = figure.axes
    lines = {line.get_label(): line for line in left.lines}
    assert {"XGBoost (the model)", "Fair oracle", "Act on all", "Act on none", "mine"} <= set(lines)
    model = lines["XGBoost (the model)"]
    assert model.get_ydata()[0] == pytest.approx(47.5)
    above = {line.get_label(): line for line in right.lines}["XGBoost (the model)"]
    # At 50% acting on all is worth nothing: what the model gains is all above it.
    assert above.get_ydata()[45] == pytest.approx(25.0)
    assert any(collection.get_alpha() for collection in left.collections)


def test_setting_calibration_has_a_panel_each_with_n_and_slope() -> None:
    figure = figures.setting_calibration_figure(samples.evaluation(), {"crc_advanced": "Colon"})
    titles = [axes.get_title(loc="left") for axes in figure.axes if axes.axison]
    assert titles == ["Colon", "melanoma advanced"]
    (said,) = [text.get_text() for text in figure.axes[0].texts]
    assert said == "n 1,200\nslope 1.03\n(0.98 to 1.08)"


def test_learning_curve_names_the_model_and_its_peers() -> None:
    figure = figures.learning_figure(samples.learning())
    gap, captured = figure.axes
    lines = {line.get_label(): line.get_ydata().tolist() for line in gap.lines}
    assert lines["XGBoost (the model)"] == pytest.approx([0.02, 0.005, 0.001])
    assert "Other peers" in lines
    assert captured.get_ylabel() == "Captured of what a ranking can gain (%)"
    assert [t.get_text() for t in gap.get_xticklabels()] == ["5,000", "20,000", "100,000"]


def test_doubt_shows_coverage_from_the_worst_setting_on() -> None:
    figure = figures.doubt_figure(samples.doubt().uncertainty, 9_000, {"crc_advanced": "Colon"})
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == ["All settings", "melanoma advanced", "Colon"]
    assert "91%  n 5,000" in texts(figure)


def test_dependence_leaves_out_whom_a_marker_does_not_bear_on() -> None:
    values, data = VALUES.copy(), DATA.copy()
    values[:4, 0], data[4:6, 0] = 0.0, np.nan
    figure = figures.dependence_figure(values, data, NAMES, columns=["ABCB1"], units=["fold"])
    axes = figure.axes[0]
    assert axes.get_title(loc="center") == "" or "n = 24" in axes.get_title(loc="center")
    assert "ABCB1  n = 24" in (axes.get_title(loc="left"), axes.get_title(loc="center"))
    assert axes.get_xlabel() == "Recorded value (fold)"


def test_waterfall_leads_from_the_base_to_the_margin() -> None:
    figure = figures.waterfall_figure(
        np.array([0.5, -0.25, 0.125]), -1.0, ["a = 1", "b, 2 fold", "c"], most=3, who="P7"
    )
    said = texts(figure)
    assert {" setting and strategy −1.00", " this patient −0.62"} <= set(said)
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == ["c", "b, 2 fold", "a ≈ 1"]
    assert figure.get_supxlabel() == "n = 1 patient: P7"
    colours = {mpl.colors.to_hex(patch.get_facecolor()) for patch in figure.axes[0].patches
               if isinstance(patch, FancyArrow)}  # fmt: skip
    assert colours == {PALETTE["vermillion"], PALETTE["blue"]}


def test_shap_figures_leave_no_window_open() -> None:
    from matplotlib import pyplot as plt

    before = plt.get_fignums()
    for name in ("beeswarm", "dependence", "waterfall"):
        EVERY[name]()
    assert plt.get_fignums() == before


def test_explanations_are_bounded_and_keep_what_they_are_of() -> None:
    many = np.ones((figure_shap.MOST_DOTS + 10, 2))
    found = figure_shap.explanation(many, many * 2, ("a", "b"), np.zeros(len(many)))
    assert found.values.shape == (figure_shap.MOST_DOTS, 2)
    assert found.data[0].tolist() == [2.0, 2.0]
    assert found.feature_names == ["a", "b"]
