"""The report is one well-formed page that fetches nothing, escapes text and misstates nothing."""

from __future__ import annotations

import dataclasses
import math
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from resistml.evaluate.fidelity import Fidelity
from resistml.evaluate.metrics import Interval
from resistml.evaluate.off_policy import PolicyValue
from resistml.report import tripod, words
from resistml.report.model_report import illustrations, render
from resistml.report.sections import SECTIONS
from tests.report import samples

VOID = {"meta", "br", "link", "img", "hr", "input"}
FETCHES = ("src", "href", "xlink:href", "srcset", "action", "poster", "data")


class Page(HTMLParser):
    """Holds what a page says, and stops at a tag that is closed out of turn."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute stands twice in <{tag}>"
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes out of turn, at {self.getpos()}"

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.seen if name == tag]


@pytest.fixture(scope="module")
def html() -> str:
    return render(samples.context())


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_page_is_well_formed_and_says_its_language(html: str, page: Page) -> None:
    assert html.startswith("<!DOCTYPE html>")
    assert page.all("html") == [{"lang": "en"}]
    ids = [attrs["id"] for _, attrs in page.seen if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_page_fetches_nothing(html: str, page: Page) -> None:
    assert not page.all("script")
    assert not page.all("link")
    for _, attrs in page.seen:
        for name in FETCHES:
            value = attrs.get(name)
            assert value is None or value.startswith(("#", "data:image/png;base64,")), value
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", html))
    assert "@import" not in html
    assert "http" not in html.lower().replace("http-equiv", "")


def test_links_lead_somewhere(page: Page) -> None:
    ids = {attrs["id"] for _, attrs in page.seen if "id" in attrs}
    targets = [str(attrs["href"])[1:] for attrs in page.all("a")]
    assert targets[: len(SECTIONS) + 1] == ["main", *SECTIONS]
    assert set(targets) <= ids


def test_text_is_escaped(html: str, page: Page) -> None:
    assert "<script" not in html
    assert "<script>alert(1)</script>" in page.text
    assert "Trial <b>one</b>" in page.text
    assert "FOLFOX <i>" in page.text
    assert not page.all("b")
    assert not page.all("i")


def test_every_figure_has_a_title_and_a_text_alternative(page: Page) -> None:
    drawings = page.all("svg")
    assert len(drawings) == len(illustrations(samples.context())) == len(page.all("figure")) == 16
    ids = {attrs["id"] for _, attrs in page.seen if "id" in attrs}
    for attrs in drawings:
        assert attrs["role"] == "img"
        assert set(str(attrs["aria-labelledby"]).split()) <= ids
    assert len(page.all("figcaption")) == 16
    for shown in illustrations(samples.context()):
        assert shown.alt in page.text
        assert "n = " in shown.caption


def test_headings_step_down_one_level_at_a_time(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.seen if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_scrolling_boxes_can_be_reached_by_keyboard(page: Page) -> None:
    boxes = [a for a in page.all("div") if a.get("class") == "scroll"]
    assert boxes
    assert all(a["tabindex"] == "0" and a["aria-label"] and a["role"] == "region" for a in boxes)


def test_notice_limits_facts_and_config_are_there(page: Page) -> None:
    context = samples.context()
    assert page.text.startswith(f"{context.title} Skip to the content resistml, on virtual")
    assert page.text.count(context.notice) >= 2
    assert page.text.endswith(context.notice)
    for part in (*context.limits, *context.facts, *context.facts.values(), "seed: 7", "n: 20000"):
        assert part in page.text


def test_numbers_are_the_evaluations_own(page: Page) -> None:
    evaluation = samples.evaluation()
    for name, found in words.judged(evaluation).items():
        cells = [words.interval(found.auc)]
        cells += [words.number(x) for x in (found.logloss, found.brier, found.mae, found.ece)]
        assert " ".join([name, *cells]) in page.text
    for name, found in evaluation.by_setting.items():
        values = (found.value_fixed_rule, found.value, found.value_fair)
        said = " ".join([words.count(found.n), *(words.percent(x.value) for x in values)])
        assert words.label(name, samples.context().names) in page.text
        assert said in page.text
    for size in evaluation.importance.values():
        assert words.number(size) in page.text


def test_every_figure_of_every_group_is_there(page: Page) -> None:
    names = samples.context().names
    for division, groups in samples.evaluation().subgroups.items():
        assert f"Every figure by {division} ({len(groups)})" in page.text
        for name, found in groups.items():
            title = words.label(name, names) if division == "setting" else name
            shown = [found.auc, found.auc_fair, found.logloss, found.mae, found.ece]
            cells = [with_interval(x) for x in shown]
            assert " ".join([title, words.count(found.n), *cells]) in page.text
            shares = [found.value_fixed_rule, found.value, found.value_fair]
            cells = [with_interval(x, percent=1) for x in shares]
            cells.append(with_interval(found.captured, percent=0))
            assert " ".join([title, words.count(found.n), *cells]) in page.text


def with_interval(x: Interval, percent: int | None = None) -> str:
    def said(value: float) -> str:
        return words.number(value) if percent is None else words.percent(value, percent)

    if math.isnan(x.low):
        return said(x.value)
    return f"{said(x.value)} {said(x.low)} to {said(x.high)}"


def test_the_worst_groups_are_named_and_small_ones_are_not(page: Page) -> None:
    assert (
        "Worst by error in probability is age 75 or older: 0.051 (0.047 to 0.055), n = 2,100. "
        "Worst by calibration error is 1 unmeasured marker: 0.031 (0.029 to 0.033), n = 900."
    ) in page.text
    assert "groups of fewer than 300 are left out" in page.text


def test_what_observed_data_say_stands_beside_the_truth(page: Page) -> None:
    for part in (
        "It says 56.5% (55.4% to 57.6%); truly 55.9% would respond "
        "(Monte-Carlo standard error 0.19%). The interval holds the truth.",
        "the model's own is worth 56.1%",
        "The outcome model alone 56.1%",
        "Weighting alone 57.2%",
        "The truth, on 12,345 fresh patients 55.9%",
        "48.1% of patients; worth 6,543 after weighting",
        "least 0.8%; 1% of patients below 9.1%; 5% of patients below 12.1%; median 34.0%",
        "31.4; chances below 1% count as that, which 0.1% of those weighted were",
    ):
        assert part in page.text


def shown_with(policy: PolicyValue | None) -> str:
    changed = dataclasses.replace(samples.evaluation(), policy=policy)
    return Page(render(samples.context(evaluation=changed), ())).text


def test_an_interval_that_misses_is_said_to() -> None:
    missed = samples.policy(true=0.52, covered=False)
    assert "The interval misses the truth." in shown_with(missed)


def test_without_a_truth_none_is_told() -> None:
    unknown = samples.policy(true=math.nan, true_error=math.nan, covered=None)
    text = shown_with(unknown)
    assert "It says 56.5% (55.4% to 57.6%). What is valued" in text
    assert "The truth, on" not in text
    assert "What would real data say?" not in shown_with(None)


def test_audit_table_and_conflicts_are_told(page: Page) -> None:
    for part in (
        "45 to 50 48.2 0.11 within",
        "45 42.6 0.12 in tension A",
        "s3_cr 30 to 40 45.1 0.20 out",
        "s4_os 15 15.3 0.07 within",
        "s4_late 60 – – not solved for",
        "Of the other 5 target claims, 2 come out within",
        "Set A",
    ):
        assert part in page.text
    assert page.text.count("One lies inside the other.") == 3  # once in the set, twice in the table


def test_the_worlds_own_reason_is_shown() -> None:
    conflict = samples.Conflict(("s4_kras_orr", "s6_ras_orr"), "one lies <inside> the other")
    assert (
        "One lies <inside> the other."
        in Page(render(samples.context(conflicts=[conflict]), ())).text
    )


def test_colours_used_are_defined_for_both_schemes(html: str) -> None:
    used = set(re.findall(r"var\((--[a-z-]+)\)", html))
    assert used <= set(re.findall(r"(--[a-z-]+):", html))
    assert "prefers-color-scheme: dark" in html
    assert "@media print" in html


def test_page_is_small_and_the_same_each_time(html: str) -> None:
    assert len(html.encode()) < 1_500_000
    assert render(samples.context()) == html


LITTLE = dataclasses.replace(
    samples.evaluation(),
    fixed_rule={},
    subgroups={},
    importance={},
    fidelity=Fidelity(),
    survival={},
    doubt=None,
    decision=None,
    calibrations=None,
    policy=None,
)


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        ({"audit": [], "claims": {}, "swarm": None, "names": {}}, 12),
        ({"audit": samples.audit_rows()[-1:], "evaluation": LITTLE, "swarm": None}, 4),
        (
            {
                "evaluation": dataclasses.replace(samples.evaluation(), subgroups={}),
                **dict.fromkeys(("model", "characteristics", "checks", "learning")),
                **{"facts": {}, "limits": [], "config": {}},
            },
            13,
        ),
    ],
    ids=["no audit, no swarm", "nothing solved, no parts", "bare"],
)
def test_what_is_missing_is_left_out(changes: dict[str, object], left: int) -> None:
    shown = Page(render(samples.context(**changes)))
    assert samples.NOTICE in shown.text
    assert "nan" not in shown.text.lower().split()
    assert len(shown.all("figure")) == left


def test_a_page_with_ninety_claims_stays_small() -> None:
    row = samples.audit_rows()[0]
    rows = [dataclasses.replace(row, claim=f"claim_{i}") for i in range(90)]
    assert len(render(samples.context(audit=rows)).encode()) < 1_500_000


def parameter(claim: str, status: str = "within", obtained: float = 3.2) -> samples.Row:
    """A claim that sets a fold change."""
    base = samples.Row(claim, "fold_change", "s", "", "", 2.0, 5.0, obtained, 0.1, status)
    return dataclasses.replace(base, role="parameter", unit="fold")


def test_parameters_stand_apart_from_targets_in_their_own_unit() -> None:
    more = [parameter("p_fold"), parameter("p_lead", "due", float("nan"))]
    page = Page(render(samples.context(audit=[*samples.audit_rows(), *more])))
    for part in (
        "Of the other 5 target claims, 2 come out within",  # as without parameters
        "2 more claims set a distribution or a cut-off and are no targets: 1 holds in the world"
        "; of 1 the world has no law yet.",
        "Set by claims (fold)",
        "p_fold 2 to 5 3.2 0.10 within",
        "n = 5 target claims and 1 that set a distribution or a cut-off.",
        "Every audited claim, reported and obtained (8)",
    ):
        assert part in page.text, part
    assert "more claims set a distribution" not in Page(render(samples.context(), ())).text


def text_with(**changes: object) -> str:
    """The page's words, without its figures."""
    return Page(render(samples.context(**changes), ())).text


def test_sections_stand_in_their_order(page: Page) -> None:
    sections = [attrs["id"] for attrs in page.all("section")]
    assert sections == list(SECTIONS)


def test_who_the_patients_are_stands_beside_those_judged_on(page: Page) -> None:
    assert "female 10,400 (52.0%) 6,100 (49.4%)" in page.text
    assert "Advanced colorectal cancer 9,000 (45.0%) 1,380 (11.2%)" in page.text
    assert "ABCB1 fold 12.6%" in page.text
    assert "resistant to the strategy given 11,111 (55.6%) 6,172 (50.0%)" in page.text


def test_calibration_is_told_in_figures(page: Page) -> None:
    assert "The calibration slope is 0.98 (0.93 to 1.03)" in page.text
    assert "Advanced colorectal cancer 1,200 1.03 0.98 to 1.08" in page.text


def test_net_benefit_is_told_in_figures_and_words(page: Page) -> None:
    assert "50% 25.0 24.0 to 26.0 25.0 0.0 0.0" in page.text
    assert "at thresholds from 14% to 95% (of 5% to 95% looked at)" in page.text
    without = dataclasses.replace(samples.evaluation(), decision=None)
    assert "This run has no decision curve" in text_with(evaluation=without)


def test_doubt_and_times_are_told(page: Page) -> None:
    assert "It holds 91.3% of them, at a mean width of 12.4 points" in page.text
    assert "one marker ten-fold 1,900 43.1% 99.2%" in page.text
    assert "7 3 100.0%" not in page.text  # too few answers
    assert "The model 0.715 0.639 – 0.136" in page.text
    assert "90% intervals hold 92.0% of the fair oracle's medians" in page.text


def test_explanations_are_held_against_the_truth_or_said_not_to_be(page: Page) -> None:
    assert "Over all mechanisms of resistance it is 0.960." in page.text
    assert "is named rightly in 87.0%" in page.text
    assert "would be right in 55.0%" in page.text
    without = dataclasses.replace(samples.evaluation(), fidelity=Fidelity())
    assert "So nothing here says that they are right." in text_with(evaluation=without)


def test_honesty_checks_say_what_they_found(page: Page) -> None:
    assert "14 of 16 found nothing; else 1 error and 1 warning" in page.text
    assert (
        "warning: Calibration error above 0.03 in 1 of 2 settings: <b>crc</b> (0.041)" in page.text
    )
    assert "H99 Of an older release error: Of an older release gone" in page.text
    assert "None found anything." in text_with(checks=[])
    assert "The honesty checks were not run on this model" in text_with(checks=None)


def test_a_learning_curve_is_shown_or_missed(page: Page) -> None:
    assert "The benchmark trains the same learner" in page.text
    assert "There is no learning curve here." in text_with(learning=None)


def test_every_item_of_the_checklist_is_on_the_page(page: Page) -> None:
    context = samples.context()
    for row in tripod.answered(context):
        assert " ".join(row.answer.text.split()) in page.text
        assert row.item.asks in page.text
