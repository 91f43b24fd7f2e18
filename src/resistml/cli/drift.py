"""`resistml drift`: are new profiles still like the patients that a model was trained on?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from resistml.cli import console
from resistml.cli.console import Force, Json, ModelName
from resistml.cli.scoring import Source, say_rejected

if TYPE_CHECKING:
    from resistml.drift import Drift, Row
    from resistml.predict.model import Model

#: Exit codes: profiles were rejected; drift was found, which outranks it.
REJECTED, FOUND = 3, 4
#: Rows that a terminal shows beside those that count.
_SHOWN = 8


def add(app: typer.Typer) -> None:
    """Add the command to the root."""
    app.command(rich_help_panel="Profiles")(drift)


def drift(
    profiles: Source,
    model: ModelName = None,
    out: Annotated[
        str | None,
        typer.Option(
            "-o", "--out", metavar="OUT", help="File to write: .html .csv .json .jsonl .parquet"
        ),
    ] = None,
    alpha: Annotated[
        float, typer.Option(help="Chance of a false word, over all rows.", min=0.0002, max=0.5)
    ] = 0.01,
    difference: Annotated[
        float, typer.Option(help="Least shift that counts, in standard deviations.", min=0.0)
    ] = 0.25,
    psi: Annotated[
        float, typer.Option(help="Least population stability index that counts.", min=0.0)
    ] = 0.1,
    missing: Annotated[
        float, typer.Option(help="Least change of the share without a value that counts.", min=0.0)
    ] = 0.1,
    mix: Annotated[
        bool, typer.Option(help="Whether another mix of settings and strategies counts.")
    ] = True,
    everything: Annotated[bool, typer.Option("--all", help="Show every row.")] = False,
    force: Force = False,
    json: Json = False,
) -> None:
    """Compare PROFILES with the training patients: markers, gaps, settings, score. Exit 4 = drift.

    For schedulers: 0 no drift, 4 drift, 3 no drift but rows were rejected.
    """
    from resistml.api import find_model
    from resistml.drift import Thresholds
    from resistml.drift import drift as compare
    from resistml.predict.model import load_bundle
    from resistml.tables import check_output, read_profiles

    page = out is not None and out.lower().endswith((".html", ".htm"))
    if out is not None and not page:
        check_output(out, force=force)
    elif out is not None:
        from resistml.documents import refuse_existing

        refuse_existing(Path(out), force)
    loaded = load_bundle(find_model(model))
    asked = read_profiles(profiles, loaded.spec)
    limits = Thresholds(alpha, difference, psi, missing)
    found = compare(loaded, asked, limits, mix=mix)
    if out is not None:
        _write(found, loaded, profiles, out, page=page, force=force)
    if json:
        console.print_json({"model": _named(loaded), **found.to_json()})
    else:
        show(found, loaded, everything=everything)
        console.notice()
    if asked.rejected:
        say_rejected(list(asked.rejected.values()), len(asked))
    if found.drifted:
        raise typer.Exit(FOUND)
    if asked.rejected:
        raise typer.Exit(REJECTED)


def _named(model: Model) -> dict[str, Any]:
    return {"name": model.about.get("name"), "hash": model.hash}


def _write(found: Drift, model: Model, source: str, out: str, *, page: bool, force: bool) -> None:
    from resistml.notice import NOTICE

    if page:
        from resistml.report.drift import write_page

        write_page(found, model, Path(source).name, Path(out), force=force)
    else:
        from dataclasses import fields

        from resistml.drift import Row
        from resistml.tables import write_rows

        names = [f.name for f in fields(Row)]
        columns = {name: [getattr(row, name) for row in found.rows] for name in names}
        write_rows(columns, out, force=force, notice=NOTICE)
    print(f"drift: {out}", file=sys.stderr)


def show(found: Drift, model: Model, *, everything: bool = False) -> None:
    """The comparison for people: the verdict, the rows that count, the largest of the others."""
    from resistml.report.drift_words import COLUMNS, cells, verdict

    screen = console.stdout()
    screen.print(console.styled(verdict(found), "bold"))
    rows = _rows(found, everything)
    made = console.table("", COLUMNS, right=COLUMNS[1:-1])
    for row in rows:
        made.add_row(*cells(row, model.spec), style="bold" if row.drifted else "")
    screen.print(made)
    hidden = len(found.rows) - len(rows)
    if hidden:
        screen.print(f"{hidden} rows more differ less; --all shows them")
    for remark in found.remarks:
        screen.print(f"note: {remark}")


def _rows(found: Drift, everything: bool) -> list[Row]:
    if everything:
        return list(found.rows)
    others = sorted((r for r in found.rows if not r.drifted), key=lambda r: r.p)[:_SHOWN]
    return [row for row in found.rows if row.drifted or row in others]
