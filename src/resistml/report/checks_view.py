"""The honesty checks as a report shows them: each with what it found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resistml.checks.finding import SEVERITIES
from resistml.checks.registry import CHECKS
from resistml.report.words import join


@dataclass(frozen=True)
class CheckRow:
    """A check; ``messages`` is empty where it found nothing."""

    code: str
    title: str
    severity: str
    asks: str
    messages: tuple[str, ...]


@dataclass(frozen=True)
class ChecksView:
    """All checks, those that found something first, by severity.

    Attributes
    ----------
    rows : tuple of CheckRow
    silent : int
        Checks that found nothing.
    found : int
        Findings.
    counted : str
        Findings by severity in words; "" if there are none.
    """

    rows: tuple[CheckRow, ...]
    silent: int
    found: int
    counted: str


def checks_view(findings: Sequence[Mapping[str, Any]]) -> ChecksView:
    """What was found, beside what was asked; findings of a check that is no longer there stay."""
    rows = [
        CheckRow(
            check.code, check.title, check.severity, check.asks, _messages(findings, check.code)
        )
        for check in CHECKS
    ]
    known = {row.code for row in rows}
    for finding in findings:
        if finding["code"] not in known:
            known.add(finding["code"])
            title, severity = str(finding["title"]), str(finding["severity"])
            said = _messages(findings, finding["code"])
            rows.append(CheckRow(finding["code"], title, severity, title, said))
    order: dict[str, int] = {severity: place for place, severity in enumerate(SEVERITIES)}
    rows.sort(key=lambda row: (not row.messages, order.get(row.severity, 9) * bool(row.messages)))
    counts = {s: sum(f["severity"] == s for f in findings) for s in SEVERITIES}
    counted = [f"{n} {s}{'' if n == 1 else 's'}" for s, n in counts.items() if n]
    return ChecksView(
        rows=tuple(rows),
        silent=sum(not row.messages for row in rows),
        found=len(findings),
        counted=join(counted) if counted else "",
    )


def _messages(findings: Sequence[Mapping[str, Any]], code: str) -> tuple[str, ...]:
    return tuple(str(finding["message"]) for finding in findings if finding["code"] == code)
