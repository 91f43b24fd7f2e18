"""The index of many patients' pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resistml.notice import NOTICE
from resistml.report.patient.render import asset, environment
from resistml.report.patient.view import Ends, PatientPage
from resistml.report.style import PALETTE
from resistml.tables.encode import unicode

#: Columns of the table.
HEADS = ("Patient", "Setting", "Asked about", "Risk", "First", "Measured", "Status")


@dataclass(frozen=True)
class IndexRow:
    """A patient in the index.

    Attributes
    ----------
    file : str
        The page beside the index; "" where the profile was rejected.
    p, interval
        Risk and its 90% interval; None where the model does not answer.
    first : str
        The strategy that stands first, "" if none.
    tied : int
        Strategies that cannot be told from it.
    status : str
        ``answered``, ``abstained`` or ``rejected``; ``message`` says why.
    """

    file: str
    patient_id: str
    setting: str
    strategy: str
    p: float | None
    interval: Ends | None
    first: str
    tied: int
    measured: int
    panel: int
    status: str
    message: str

    @property
    def share(self) -> float:
        """Share of the panel that was measured, 0 to 1."""
        return self.measured / self.panel if self.panel else 0.0


def index_row(page: PatientPage, file: str) -> IndexRow:
    """What the index says of a page."""
    return IndexRow(
        file=file,
        patient_id=page.patient_id,
        setting=page.setting_name,
        strategy=page.strategy_name,
        p=None if page.risk is None else page.risk.p,
        interval=None if page.risk is None else page.risk.interval,
        first=page.ranked[0].name if page.ranked else "",
        tied=sum(row.tied for row in page.ranked[1:]),
        measured=page.measured,
        panel=page.panel,
        status="answered" if page.answered else "abstained",
        message="; ".join(said.rstrip(".") for said in (*page.reasons, *page.notes)),
    )


def rejected_row(patient_id: str, setting: str, message: str) -> IndexRow:
    """A profile that was rejected, and why."""
    name, place, why = (unicode(text) for text in (patient_id, setting, message))
    return IndexRow("", name, place, "", None, None, "", 0, 0, 0, "rejected", why)


def render_index(rows: Sequence[IndexRow], model: Sequence[tuple[str, str]]) -> str:
    """The index as a self-contained HTML page; equal rows give equal text."""
    return (
        environment()
        .get_template("index.html.j2")
        .render(
            rows=rows,
            heads=[(i, name) for i, name in enumerate(HEADS)],
            tally=_tally(rows),
            notice=NOTICE,
            model=model,
            palette=PALETTE,
            index_js=asset("index.js"),
        )
    )


def _tally(rows: Sequence[IndexRow]) -> str:
    counts = {s: sum(row.status == s for row in rows) for s in ("abstained", "rejected")}
    said = [f"{n:,} {status}" for status, n in counts.items() if n]
    answered = len(rows) - sum(counts.values())
    return f"{', '.join([f'{answered:,} answered', *said])}."
