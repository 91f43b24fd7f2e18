"""What a check is, and what it finds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

#: A finished run as plain data: all of ``metrics.json`` (see
#: :meth:`resistml.evaluate.evaluation.Evaluation.to_json`), and beside it ``audit`` (rows of
#: ``audit.json``), ``flags`` (of the training data) and ``config``. None stands for NaN; a check
#: whose figures are not there finds nothing.
Report = Mapping[str, Any]
#: ``error``: what the run says must not be used for what the check is about. ``warning``: it falls
#: short of what it promises. ``notice``: to be known beside the figures.
Severity = Literal["error", "warning", "notice"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "notice")


@dataclass(frozen=True)
class Finding:
    """What a check found: its code, title and severity, with the figures in a message."""

    code: str
    title: str
    severity: Severity
    message: str

    def to_json(self) -> dict[str, str]:
        """Plain data."""
        return dict(asdict(self))


@dataclass(frozen=True)
class Check:
    """A check.

    Attributes
    ----------
    code : str
        H and two digits. A code is never given to another check.
    title : str
        What is wrong where it finds something.
    severity : str
    asks : str
        When it finds something, in a sentence.
    messages : callable
        Takes a report and gives a message per thing found; none where all is well.
    """

    code: str
    title: str
    severity: Severity
    asks: str
    messages: Callable[[Report], list[str]]

    def run(self, report: Report) -> list[Finding]:
        """What it finds in a run."""
        said = self.messages(report)
        return [Finding(self.code, self.title, self.severity, text) for text in said]


def figure(report: Report, *path: str) -> float:
    """The figure at the end of a path of keys; NaN where there is none."""
    found: Any = report
    for key in path:
        if not isinstance(found, Mapping) or key not in found:
            return math.nan
        found = found[key]
    return float(found) if isinstance(found, (int, float)) else math.nan


def part(report: Report, *path: str) -> Mapping[str, Any]:
    """The mapping at the end of a path of keys; empty where there is none."""
    found: Any = report
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def rows(report: Report, key: str) -> list[Mapping[str, Any]]:
    """The rows under a key; none where there are none."""
    found = report.get(key)
    return list(found) if isinstance(found, (list, tuple)) else []
