"""Columns of a drawn cohort that are there whatever its markers: patients, outcomes, oracle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from resistml.cohort.plan import Plan
from resistml.cohort.truth import groups
from resistml.world.laws import World

RESPONSES = {
    "CR": "complete response",
    "PR": "partial response",
    "SD": "stable disease",
    "PD": "progressive disease",
}
#: When resistance shows itself, by the word for it.
KINDS = {
    "primary": "no objective response from the start",
    "acquired": "progression seen after a response",
    "none": "a response that lasted until death or the end of follow-up",
}


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    table, name, type, unit : str
        ``type`` is text, int or float.
    low, high : float or None
        Least and greatest value there can be; None where there is no such end.
    values : dict
        What each value means, where there are few.
    meaning : str
    missing : float
        Share of all rows without a value, expected under the plan; outside a panel all are.
    missing_in_panel : float or None
        The same among patients of the settings that measure it; None for other columns.
    panel : tuple of str
        Settings that measure it; empty for columns that are no markers.
    source : tuple of str
        Claims, and assumptions by their path in the catalog, that the column rests on.
    """

    table: str
    name: str
    type: str
    unit: str
    meaning: str
    low: float | None = None
    high: float | None = None
    values: dict[str, str] = field(default_factory=dict)
    missing: float = 0.0
    missing_in_panel: float | None = None
    panel: tuple[str, ...] = ()
    source: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """As plain data, what does not apply left out."""
        out: dict[str, Any] = {
            "table": self.table,
            "name": self.name,
            "type": self.type,
            "unit": self.unit,
            "range": [self.low, self.high],
            "values": self.values,
            "meaning": self.meaning,
            "missing": round(self.missing, 6),
            "missing_in_panel": self.missing_in_panel,
            "panel": list(self.panel),
            "source": list(self.source),
        }
        if self.low is None and self.high is None:
            del out["range"]
        return {key: value for key, value in out.items() if value not in ({}, [], None, "")}


def patient_columns(world: World) -> Iterator[Column]:
    """Who a patient is, and what was given to him."""
    laws = list(world.settings.values())
    yield Column("cohort", "patient_id", "text", "", "The patient; the key that joins the tables.")
    yield Column(
        "cohort",
        "setting",
        "text",
        "",
        "The tumour at a stage of its treatment.",
        values={s: f"line {law.line}" for s, law in world.settings.items()},
        source=_each(world, "share"),
    )
    lines = [law.line for law in laws]
    yield Column("cohort", "line", "int", "", "Line of treatment.", min(lines), max(lines))
    yield Column(
        "cohort",
        "strategy",
        "text",
        "",
        "The treatment given, one of those that the record makes the patient eligible for.",
        source=("assignment_guideline_usual", "assignment_marker_slope"),
    )
    yield from _clinical(world)


def _clinical(world: World) -> Iterator[Column]:
    laws = list(world.settings.values())
    yield Column(
        "cohort",
        "age",
        "float",
        "years",
        "Age in whole years.",
        min(law.age_low for law in laws),
        max(law.age_high for law in laws),
        source=_each(world, "age_mean", "age_sd"),
    )
    yield Column(
        "cohort",
        "sex",
        "text",
        "",
        "Sex; it has no bearing on any outcome.",
        values={"female": "female", "male": "male"},
        source=_each(world, "female"),
    )
    yield Column(
        "cohort",
        "ecog",
        "int",
        "",
        "Performance status.",
        0,
        2,
        values={"0": "fully active", "1": "restricted", "2": "2 or worse"},
        source=_each(world, "ecog_1", "ecog_2"),
    )


def _each(world: World, *names: str) -> tuple[str, ...]:
    """Paths of what every setting states; ``*`` stands for its id."""
    return tuple(f"settings.*.{name}" for name in names)


def outcome_columns(plan: Plan) -> Iterator[Column]:
    """What came of the strategy given."""
    yield Column(
        "cohort",
        "response",
        "text",
        "",
        "Best response to the strategy given.",
        values=RESPONSES,
        source=("stable_share",),
    )
    yield Column(
        "cohort",
        "resistant",
        "int",
        "1 = resistant, 0 = responded",
        "What models predict: no objective response to the strategy given.",
        0,
        1,
        values={"0": "response (CR or PR)", "1": "no objective response (SD or PD)"},
    )
    yield Column(
        "cohort",
        "resistance_kind",
        "text",
        "",
        "When resistance to the strategy given showed itself.",
        values=KINDS,
        source=("s1_primary_and_acquired",),
    )
    yield from _times(plan)


def _times(plan: Plan) -> Iterator[Column]:
    """Months followed, and whether the event was seen."""
    ends = "death" if plan.complete_followup else "the end of follow-up"
    for time, what, law in (
        ("pfs", "progression or death", ("pfs_shape", "pfs_ratio", "risk_slope")),
        ("os", "death", ("post_shape", "post_ratio")),
    ):
        yield Column(
            "cohort",
            f"{time}_months",
            "float",
            "months",
            f"From the start of treatment until {what}, or until {ends}.",
            0,
            source=law,
        )
        yield Column(
            "cohort",
            f"{time}_event",
            "int",
            "1 = seen, 0 = censored",
            f"Whether {what} was seen.",
            0,
            1,
            values={"0": "still free of it when last seen", "1": f"{what} was seen"},
            source=() if plan.complete_followup else ("dropout_per_year",),
        )


def oracle_columns(world: World, plan: Plan) -> Iterator[Column]:
    """What would have come of each strategy, and the truth behind it."""
    whose = "any strategy of the setting" if plan.all_arms else "a strategy open to the patient"
    yield Column("oracle", "patient_id", "text", "", "The patient.")
    yield Column("oracle", "strategy", "text", "", f"Each row is of {whose}.")
    for name, meaning in (
        ("propensity", "Chance with which the patient was given it."),
        ("p_response", "True probability of a response, given the true markers."),
        ("p_cr", "True probability of a complete response, given the true markers."),
        ("p_response_fair", "Expectation of p_response given only what was recorded."),
    ):
        yield Column("oracle", name, "float", "probability", meaning, 0, 1)
    would = "What would have come of it"
    yield Column("oracle", "response", "text", "", f"{would}: best response.", values=RESPONSES)
    for time, what in (("pfs", "progression or death"), ("os", "death")):
        meaning = f"{would}: time to {what}, uncensored."
        yield Column("oracle", f"{time}_months", "float", "months", meaning, 0)
    for prefix, what in (("truth", "given the true markers"), ("fair_truth", "given the record")):
        for group in groups(world):
            meaning = f"What {group} adds to the log-odds of resistance, {what}."
            yield Column("oracle", f"{prefix}_{group}", "float", "log-odds", meaning)
