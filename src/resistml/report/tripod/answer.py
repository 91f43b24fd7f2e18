"""The answer to an item of the checklist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from resistml.report.context import ReportContext

#: Begins many a reason.
VIRTUAL = "The patients are virtual"
ANSWERED, NOT_APPLICABLE = "answered", "not applicable"


@dataclass(frozen=True)
class Answer:
    """What a report says to an item.

    Attributes
    ----------
    text : str
        The answer, or why the item does not apply; plain text.
    sections : tuple of str
        Ids of the report's sections that say more.
    applies : bool
    """

    text: str
    sections: tuple[str, ...] = ()
    applies: bool = True

    @property
    def status(self) -> str:
        """``answered`` or ``not applicable``."""
        return ANSWERED if self.applies else NOT_APPLICABLE


Answering = Callable[[ReportContext], Answer]


def not_applicable(why: str) -> Answer:
    """An item that does not apply, with the reason."""
    return Answer(why, applies=False)
