"""The model report: one HTML file that needs no network and says what a run came to."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from resistml.evaluate.subgroups import LEAST
from resistml.report import tripod, words
from resistml.report.audit_view import (
    STATUS,
    AuditLike,
    by_endpoint,
    by_role,
    conflict_sets,
    letters,
    solved,
    tally,
)
from resistml.report.checks_view import checks_view
from resistml.report.context import ReportContext, Swarm
from resistml.report.decision_view import benefits, useful_words
from resistml.report.illustration import Illustration
from resistml.report.illustrations import illustrations
from resistml.report.page import environment
from resistml.report.sections import SECTIONS
from resistml.report.style import inline_svg

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["Illustration", "ReportContext", "Swarm", "illustrations", "render"]


def render(context: ReportContext, figures: Sequence[Illustration] | None = None) -> str:
    """The report as one self-contained HTML page; equal contexts give equal pages.

    Parameters
    ----------
    context : ReportContext
    figures : sequence of Illustration, optional
        :func:`illustrations` of it, where they are at hand already.
    """
    evaluation = context.evaluation
    found = illustrations(context) if figures is None else figures
    drawn = {shown.name: shown for shown in found}
    return (
        environment()
        .get_template("model_report.html.j2")
        .render(
            context=context,
            evaluation=evaluation,
            model=evaluation.learners[words.MODEL],
            summary=words.summary(evaluation, context.names),
            sections=SECTIONS,
            illustrations=drawn,
            draw=_drawer(drawn),
            learners=words.judged(evaluation),
            worst=words.worst_words(evaluation, context.names),
            least=LEAST,
            useful=useful_words(evaluation.decision),
            benefits=benefits(evaluation.decision),
            times=words.TIMES,
            planted=words.PLANTED,
            time_learners=words.TIME_LEARNERS,
            checks=None if context.checks is None else checks_view(context.checks),
            model_name=words.learner_label(words.MODEL),
            config_text=_config_text(context.config),
            label=lambda name: words.label(str(name), context.names),
            **_audit(context),
            **_tripod(context),
        )
    )


def _drawer(drawn: dict[str, Illustration]) -> Callable[[str], Markup | str]:
    """What puts a figure into the page; nothing where the run has none of that name."""
    picture: Any = environment().get_template("macros.html.j2").module

    def draw(name: str) -> Markup | str:
        shown = drawn.get(name)
        if shown is None:
            return ""
        svg = inline_svg(shown.figure, f"figure-{shown.name}", shown.title, shown.alt)
        made: Markup = picture.picture(shown, svg)
        return made

    return draw


def _audit(context: ReportContext) -> dict[str, Any]:
    """What the page says of the world."""
    rows = context.audit
    targets, parameters = by_role(rows)
    sets = conflict_sets(rows, context.conflicts)
    groups = by_endpoint(rows)
    return {
        "groups": groups,
        "targets": targets,
        "tally": tally(targets),
        "parameters": parameters,
        "set_tally": tally(parameters),
        "status_words": STATUS,
        "sets": sets,
        "letters": letters(sets),
        "audited": solved(targets),
        "rows": {row.claim: row for row in rows},
        "group_of": {row.claim: group for group in groups for row in group.rows},
        "caveats": lambda members: _caveats(context, members),
        "by_endpoint": _by_endpoint(context),
        "drawn_claims": len(solved(rows)),
    }


def _by_endpoint(context: ReportContext) -> dict[str, dict[str, int]]:
    """How many claims of each endpoint there are, and of each status."""
    found: dict[str, list[AuditLike]] = {}
    for group in by_endpoint(context.audit):
        found.setdefault(words.label(group.endpoint, context.names), []).extend(group.rows)
    return {name: {"claims": len(rows), **tally(rows)} for name, rows in found.items()}


def _caveats(context: ReportContext, members: tuple[str, ...]) -> list[str]:
    """What an expert would object to in these claims, each thing once."""
    found = [context.claims[claim].caveat for claim in members if claim in context.claims]
    return [caveat for caveat in dict.fromkeys(found) if caveat]


def _tripod(context: ReportContext) -> dict[str, Any]:
    rows = tripod.answered(context)
    by_section = [(name, list(mine)) for name, mine in groupby(rows, lambda r: r.item.section)]
    return {"tripod": rows, "tripod_sections": by_section}


def _config_text(config: dict[str, Any]) -> str:
    import yaml

    plain = json.loads(json.dumps(config, default=str))
    return str(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)).strip()
