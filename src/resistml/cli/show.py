"""Answers about profiles as tables that a person likes to read."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from resistml.cli import console
from resistml.cli.console import SHOWN, percent

if TYPE_CHECKING:
    from rich.text import Text

    from resistml.predict.model import Model
    from resistml.tables.profiles import Profiles

Rows = dict[str, Any]

#: Half the width of a bar of contributions, in characters; one log-odds fills a third of it.
BAR = 12
#: Heads of what is ranked by, beside response.
BASIS = {"pfs": "PFS, months", "os": "OS, months", "utility": "utility"}


def _lines(rows: Rows) -> list[dict[str, Any]]:
    names = list(rows)
    return [dict(zip(names, line, strict=True)) for line in zip(*rows.values(), strict=True)]


def _interval(line: dict[str, Any]) -> str:
    """The interval for the training patients; under it, where there is one, for the evidence."""
    if line["lower"] is None or line["lower"] != line["lower"]:
        return ""
    said = f"{percent(line['lower'])} to {percent(line['upper'])}"
    if "evidence_lower" not in line:
        return said
    ends = percent(line["evidence_lower"]), percent(line["evidence_upper"])
    return f"{said}\nevidence: {ends[0]} to {ends[1]}"


def _more(total: int, shown: int, what: str) -> None:
    if total > shown:
        rest = f"... and {total - shown:,} more {what}; `-o FILE` writes all of them"
        console.stdout().print(rest, style="dim")


def scores(model: Model, profiles: Profiles, rows: Rows) -> None:
    """A row per profile."""
    columns = (
        "patient",
        "setting",
        "strategy",
        "p(resistance)",
        "90% interval",
        "status",
        "unmeasured",
        "message",
    )
    made = console.table("Risk of resistance", columns, right=("p(resistance)",))
    lines = _lines(rows)
    for line in lines[:SHOWN]:
        unmeasured = sum(flag.startswith("unmeasured:") for flag in line["flags"])
        bad = line["status"] == "rejected"
        made.add_row(
            str(line["patient_id"]),
            str(line["setting"]),
            str(line["strategy"]),
            console.styled(percent(line["p_resistance"]), "bold"),
            "" if bad else _interval(line),
            console.styled(str(line["status"]), "red" if bad else ""),
            "" if bad else str(unmeasured),
            str(line["message"]),
        )
    console.stdout().print(made)
    _more(len(lines), SHOWN, "profiles")


def ranks(model: Model, profiles: Profiles, rows: Rows, by: str = "response") -> None:
    """A table per profile, best first; what is ranked by is shown where it is not response."""
    screen = console.stdout()
    groups = [
        (patient, list(lines))
        for patient, lines in groupby(_lines(rows), key=lambda line: line["patient_id"])
    ]
    for patient, lines in groups[: SHOWN // 3]:
        setting = model.spec.settings.get(lines[0]["setting"])
        name = setting.name if setting else lines[0]["setting"]
        valued = () if by == "response" else (BASIS[by],)
        columns = ("rank", "strategy", *valued, "p(response)", "90% interval", "p(best)")
        made = console.table(
            f"{patient} · {name}",
            (*columns, "tied", "to mind"),
            right=("rank", *valued, "p(response)", "p(best)"),
        )
        for line in lines:
            cells = _rank_cells(model, line)
            value = "" if line["rank"] is None else f"{line['value']:.3g}"
            made.add_row(*cells[:2], *(value for _ in valued), *cells[2:])
        screen.print(made)
    screen.print(
        "p(best): probability that no other strategy is better. =: cannot be told "
        "from the first by the training patients at hand.",
        style="dim",
    )
    _more(len(groups), SHOWN // 3, "profiles")


def _rank_cells(model: Model, line: dict[str, Any]) -> list[str | Text]:
    strategy = model.spec.strategies.get(line["strategy"])
    name = strategy.name if strategy else ""
    if line["rank"] is None:
        return ["", console.styled(name or line["status"], "dim"), "–", "", "", "", line["message"]]
    notes = console.styled("\n".join(line["cautions"]), "")
    if line["message"]:
        notes.append("\n" if line["cautions"] else "").append(line["message"], style="dim")
    return [
        str(line["rank"]),
        name,
        console.styled(percent(line["p_response"]), "bold"),
        _interval(line),
        percent(line["p_best"]),
        "=" if line["tied"] else "",
        notes,
    ]


def explanations(model: Model, profiles: Profiles, rows: Rows) -> None:
    """A table per profile: mechanisms as signed bars of log-odds towards resistance."""
    screen = console.stdout()
    groups = [
        (patient, list(lines))
        for patient, lines in groupby(_lines(rows), key=lambda line: line["patient_id"])
    ]
    for patient, lines in groups[: SHOWN // 4]:
        strategy = model.spec.strategies[lines[0]["strategy"]].name
        total = sum(line["contribution"] for line in lines)
        columns = ("mechanism", "log-odds", "less  |  more resistance", "markers", "claims")
        made = console.table(f"{patient} under {strategy}", columns, right=("log-odds",))
        for line in lines:
            made.add_row(
                line["mechanism"],
                f"{line['contribution']:+.2f}",
                _bar(line["contribution"]),
                ", ".join(line["markers"][:4]),
                ", ".join(line["claims"][:3]) + (" ..." if len(line["claims"]) > 3 else ""),
            )
        made.add_row("margin", f"{total:+.2f}", "", "", "", style="bold")
        screen.print(made)
    _more(len(groups), SHOWN // 4, "profiles")


def moved(model: Model, profiles: Profiles, rows: Rows) -> None:
    """A table per profile: each quantity before and after a change."""
    screen = console.stdout()
    groups = [
        (patient, list(lines))
        for patient, lines in groupby(_lines(rows), key=lambda line: line["patient_id"])
    ]
    for patient, lines in groups[: SHOWN // 4]:
        asked = model.spec.strategies[lines[0]["strategy"]].name
        columns = ("", "before", "after", "change", "to mind")
        made = console.table(
            f"{patient} under {asked}: what if", columns, right=("before", "after", "change")
        )
        for line in lines:
            made.add_row(*_moved_cells(model, line))
        screen.print(made)
    _more(len(groups), SHOWN // 4, "profiles")


def _moved_cells(model: Model, line: dict[str, Any]) -> list[str]:
    quantity, ends = line["quantity"], (line["before"], line["after"])
    change = line["change"]
    nothing = change != change
    if quantity in ("p_response", "rank"):
        name = model.spec.strategies[line["strategy"]].name
        label = f"{'p(response)' if quantity == 'p_response' else 'rank'}: {name}"
    else:
        label = "p(resistance)" if quantity == "p_resistance" else quantity
    if quantity in ("p_response", "p_resistance"):
        told = ["–" if x != x else percent(x) for x in ends]
        difference = "" if nothing else f"{100 * change:+.1f} points"
    elif quantity == "rank":
        told = ["–" if x != x else f"{x:.0f}" for x in ends]
        difference = "" if nothing or change == 0 else f"{change:+.0f}"
    else:
        told, difference = [f"{x:+.2f}" for x in ends], f"{change:+.2f}"
    return [label, *told, difference, line["message"]]


def reached(model: Model, profiles: Profiles, rows: Rows) -> None:
    """A row per profile: the smallest change that is enough."""
    columns = ("patient", "change", "size, sd", "best strategy", "p(response)", "to mind")
    made = console.table("The smallest change of the record", columns, right=("size, sd",))
    lines = _lines(rows)
    for line in lines[:SHOWN]:
        name = model.spec.strategies[line["strategy"]].name if line["strategy"] else "–"
        ends = (line["p_response_before"], line["p_response_after"])
        made.add_row(
            str(line["patient_id"]),
            "\n".join(
                f"{m}: {old} to {new}"
                for m, old, new in zip(line["markers"], line["from"], line["to"], strict=True)
            ),
            "" if line["size"] != line["size"] else f"{line['size']:.2f}",
            name,
            "" if ends[0] != ends[0] else f"{percent(ends[0])} to {percent(ends[1])}",
            line["message"],
        )
    console.stdout().print(made)
    _more(len(lines), SHOWN, "profiles")


def _bar(amount: float) -> Text:
    """A bar to the right (more resistance) or to the left (less) of the middle."""
    size = min(round(abs(amount) * BAR / 3), BAR)
    if amount < 0:
        return console.styled(" " * (BAR - size), "").append("█" * size, "blue").append("│")
    return console.styled(f"{' ' * BAR}│", "").append("█" * size, "red")
