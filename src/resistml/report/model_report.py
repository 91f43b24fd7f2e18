"""The model report: one HTML file that needs no network and says what a run came to."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from resistml.evaluate.subgroups import LEAST
from resistml.report import words
from resistml.report.audit_view import (
    STATUS,
    by_endpoint,
    by_role,
    conflict_sets,
    letters,
    solved,
    tally,
)
from resistml.report.context import ReportContext, Swarm
from resistml.report.illustrations import Illustration, illustrations
from resistml.report.style import PALETTE, inline_svg

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["Illustration", "ReportContext", "Swarm", "illustrations", "render"]


def render(context: ReportContext) -> str:
    """The report as one self-contained HTML page; equal contexts give equal pages."""
    evaluation = context.evaluation
    drawn = {shown.name: shown for shown in illustrations(context)}
    rows = context.audit
    targets, parameters = by_role(rows)
    sets = conflict_sets(rows, context.conflicts)
    return (
        _environment()
        .get_template("model_report.html.j2")
        .render(
            context=context,
            evaluation=evaluation,
            model=evaluation.learners[words.MODEL],
            summary=words.summary(evaluation, context.names),
            illustrations=drawn,
            svg={name: _svg(shown) for name, shown in drawn.items()},
            learners=words.judged(evaluation),
            worst=words.worst_words(evaluation, context.names),
            least=LEAST,
            groups=by_endpoint(rows),
            targets=targets,
            tally=tally(targets),
            parameters=parameters,
            set_tally=tally(parameters),
            status_words=STATUS,
            sets=sets,
            letters=letters(sets),
            audited=solved(targets),
            palette=PALETTE,
            model_name=words.learner_label(words.MODEL),
            rows={row.claim: row for row in rows},
            group_of={row.claim: group for group in by_endpoint(rows) for row in group.rows},
            caveats=lambda members: _caveats(context, members),
            config_text=_config_text(context.config),
            label=lambda name: words.label(str(name), context.names),
        )
    )


def _svg(shown: Illustration) -> str:
    return inline_svg(shown.figure, f"figure-{shown.name}", shown.title, shown.alt)


def _caveats(context: ReportContext, members: tuple[str, ...]) -> list[str]:
    """What an expert would object to in these claims, each thing once."""
    found = [context.claims[claim].caveat for claim in members if claim in context.claims]
    return [caveat for caveat in dict.fromkeys(found) if caveat]


def _config_text(config: dict[str, Any]) -> str:
    import yaml

    plain = json.loads(json.dumps(config, default=str))
    return str(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)).strip()


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("resistml.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=words.number,
        percent=words.percent,
        count=words.count,
        interval=words.interval,
        percent_interval=words.percent_interval,
        captured=words.captured_words,
        sentence=words.sentence,
    )
    return environment
