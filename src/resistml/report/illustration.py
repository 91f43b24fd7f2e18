"""A figure of a report with all the words it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resistml.report.words import count

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from resistml.report.context import ReportContext


@dataclass(frozen=True, eq=False)
class Illustration:
    """A figure with all the words it needs; ``alt`` says what it shows to those who see none."""

    name: str
    title: str
    alt: str
    caption: str
    figure: Figure


def listed(pairs: Mapping[str, str]) -> str:
    """``name figure; name figure``."""
    return "; ".join(f"{name} {value}" for name, value in pairs.items())


def patients(context: ReportContext) -> str:
    """How many patients most figures are of."""
    return f"{count(context.evaluation.n_judge)} fresh patients"
