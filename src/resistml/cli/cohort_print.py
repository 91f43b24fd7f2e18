"""What the commands of `resistml cohort` print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from resistml.cli import console

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from resistml.cohort.estimate import Estimate
    from resistml.report.audit_view import Group
    from resistml.world.audit import AuditRow
    from resistml.world.laws import World

Estimates = Mapping[str, "Estimate"]
_STYLE = {"within": "green", "tension": "yellow", "out": "bold red"}
#: Characters of a table with many columns, where nobody looks at a terminal.
_WIDE = 200


def json_row(row: AuditRow, found: Estimate | None = None) -> dict[str, Any]:
    """A row of the audit as JSON, with what the cohort says of it under ``sample``."""
    out = _plain(asdict(row))
    if found is not None:
        out["sample"] = {k: v for k, v in _plain(asdict(found)).items() if k != "claim"}
    return out


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Without what JSON has no word for: NaN (nothing) and infinite (not reached) become null."""
    lost = (float("inf"), float("-inf"))
    return {
        k: None if isinstance(v, float) and (v != v or v in lost) else v for k, v in values.items()
    }


def print_audit(
    rows: Sequence[AuditRow],
    world: World,
    estimates: Estimates | None = None,
    remarks: Sequence[str] = (),
) -> None:
    """The audit as tables of targets and parameters, with notes and conflicts in words."""
    judged = [row for row in rows if row.status != "due"]
    targets = [row for row in judged if row.role == "target"]
    others = [row for row in judged if row.role != "target"]
    screen = _screen(wide=estimates is not None)
    screen.print(_targets(targets, estimates))
    if others:
        screen.print(_parameters(others))
    counts = {s: sum(row.status == s for row in judged) for s in _STYLE}
    screen.print("  ".join(f"{name} {count}" for name, count in counts.items()))
    for conflict in world.conflicts:
        screen.print(f"tension ({conflict.proof}): {conflict.reason}", style="yellow")
    _notes(screen, judged, estimates or {})
    for remark in remarks:
        screen.print(remark, style="yellow")
    _due(screen, [row for row in rows if row.status == "due"])
    console.notice()


def _screen(*, wide: bool) -> Console:
    screen = console.stdout()
    if wide and not screen.is_terminal:
        screen.width = max(screen.width, _WIDE)
    return screen


def _targets(rows: Sequence[AuditRow], estimates: Estimates | None) -> Table:
    columns = ("claim", "setting", "strategy", "endpoint", "reported", "obtained")
    extra = () if estimates is None else ("cohort", "95% interval", "n")
    made = console.table(
        "Reported against obtained",
        (*columns, *extra, "status"),
        right=("reported", "obtained", *extra),
    )
    made.columns[columns.index("endpoint")].no_wrap = True
    units = _units(rows)
    for row in rows:
        group = units[row.claim]
        cells = [row.claim, _where(row), row.strategy, _endpoint(row), *_figures(group, row)]
        if estimates is not None:
            cells += _sample(group, estimates.get(row.claim))
        made.add_row(*cells, console.styled(row.status, _STYLE[row.status]))
    return made


def _parameters(rows: Sequence[AuditRow]) -> Table:
    columns = ("claim", "setting", "endpoint", "sets", "reported", "obtained", "rests on", "status")
    made = console.table(
        "Distributions and cut-offs that claims set", columns, right=("reported", "obtained")
    )
    units = _units(rows)
    for row in rows:
        status = console.styled(row.status, _STYLE[row.status])
        figures = _figures(units[row.claim], row)
        cells = (row.claim, _where(row), row.endpoint, row.statistic, *figures, row.label)
        made.add_row(*cells, status)
    return made


def _units(rows: Sequence[AuditRow]) -> dict[str, Group]:
    """The group that each claim's figures are printed in the unit of."""
    from resistml.report.audit_view import by_endpoint

    return {row.claim: group for group in by_endpoint(rows) for row in group.rows}


def _where(row: AuditRow) -> str:
    """The setting, or how many are pooled."""
    settings = row.setting.split(", ")
    return row.setting if len(settings) == 1 else f"{len(settings)} settings"


def _endpoint(row: AuditRow) -> str:
    ratio = " ratio" if row.measure == "ratio" else ""
    at = "" if row.at_months is None else f", {row.at_months:g} months"
    return f"{row.endpoint}{ratio}{at}"


def _figures(group: Group, row: AuditRow) -> tuple[str, str]:
    return group.with_unit(group.reported(row)), group.with_unit(group.obtained(row))


def _sample(group: Group, found: Estimate | None) -> tuple[str, str, str]:
    if found is None:
        return "–", "–", "–"
    value = group.figure(found.value)
    reached = found.value < float("inf")
    return group.with_unit(value) if reached else value, group.interval(found), f"{found.n:,}"


def _notes(screen: Console, rows: Sequence[AuditRow], estimates: Estimates) -> None:
    for row in rows:
        if row.note:
            screen.print(f"{row.claim}: {row.note}")
    for name, found in estimates.items():
        if found.note:
            screen.print(f"{name}, cohort: {found.note}")


def _due(screen: Console, rows: Sequence[AuditRow]) -> None:
    """What is not audited yet, by reason."""
    reasons: dict[str, list[str]] = {}
    for row in rows:
        reasons.setdefault(row.reason or "no law in the world yet", []).append(row.claim)
    for reason, names in reasons.items():
        screen.print(f"due ({reason}): {', '.join(names)}")


def print_description(found: dict[str, Any]) -> None:
    """A world's arms and a cohort's columns as tables."""
    screen = _screen(wide=True)
    screen.print(_arms(found["arms"]))
    screen.print(_dictionary(found))
    screen.print(
        "Rates are population values of the true response probability; times in months. Missing: "
        "share of all rows, then of those of the settings that measure it."
    )
    console.notice()


def _arms(rows: Sequence[dict[str, Any]]) -> Table:
    right = ("share", "eligible", "response", "median PFS", "median OS")
    made = console.table(
        "Strategies by setting",
        ("setting", "share", "strategy", "eligible", "response", "median PFS", "median OS"),
        right=right,
    )
    for row in rows:
        made.add_row(
            row["setting"],
            f"{row['share']:.1%}",
            row["strategy"],
            f"{row['eligible']:.0%}",
            f"{row['orr']:.0%}",
            _months(row["median_pfs"]),
            _months(row["median_os"]),
        )
    return made


def _months(x: float | None) -> str:
    return "not reached" if x is None else f"{x:.1f}"


def _dictionary(found: dict[str, Any]) -> Table:
    """The columns of all tables; those of markers_true repeat the markers, so are left out."""
    effects = {row["marker"]: row for row in found["markers"]}
    columns = ("column", "table", "type", "unit", "range", "missing", "settings", "effect")
    right = ("range", "missing", "settings", "effect")
    made = console.table("Data dictionary", (*columns, "meaning"), right=right)
    made.columns[0].no_wrap = True
    for column in found["dictionary"]:
        if column["table"] == "markers_true":
            continue
        marker = effects.get(column["name"])
        made.add_row(
            column["name"],
            column["table"],
            column["type"],
            column.get("unit", ""),
            _range(column),
            _missing(column),
            "" if marker is None else str(marker["settings"]),
            "" if marker is None else f"{marker['effect']:.2f}",
            _meaning(column),
        )
    return made


def _range(column: dict[str, Any]) -> str:
    low, high = column.get("range", (None, None))
    if low is None and high is None:
        return ""
    return f"{low:g} to {high:g}" if high is not None else f"from {low:g}"


def _missing(column: dict[str, Any]) -> str:
    inside = column.get("missing_in_panel")
    text = f"{column['missing']:.0%}"
    return text if inside is None else f"{text}, {inside:.0%}"


def _meaning(column: dict[str, Any]) -> str:
    few = column.get("values", {})
    if not few or len(few) > 4:
        return str(column["meaning"])
    said = ", ".join(f"{k} = {v}" if k != v else k for k, v in few.items())
    return f"{column['meaning']} ({said})"
