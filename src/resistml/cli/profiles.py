"""`resistml profiles`: a table to fill in, and a check of one that was."""

from __future__ import annotations

from typing import Annotated

import typer

from resistml.cli import console
from resistml.cli.console import Force, Json, ModelName, Out

app = typer.Typer(no_args_is_help=True, help="Tables of patients to ask a model about.")


@app.command()
def template(
    setting: Annotated[str, typer.Argument(metavar="SETTING", help="Id of a setting.")],
    model: ModelName = None,
    out: Out = None,
    force: Force = False,
) -> None:
    """An empty table with the columns of a setting's panel; to stdout, or to a file."""
    from resistml.api import find_model
    from resistml.errors import UsageError, did_you_mean, listed
    from resistml.notice import NOTICE
    from resistml.predict.model import load_bundle
    from resistml.tables import write_rows
    from resistml.tables.categories import template_columns

    spec = load_bundle(find_model(model)).spec
    if setting not in spec.settings:
        raise UsageError(
            f"no setting '{setting}'",
            allowed=listed(spec.settings, most=30),
            hint=did_you_mean(setting, spec.settings),
        )
    chosen = spec.settings[setting]
    columns: dict[str, list[object]] = {
        "patient_id": ["P-1"],
        "setting": [setting],
        "strategy": [chosen.usual],
        "line": [chosen.line],
        **{name: [None] for name in ("age", "sex", "ecog", *template_columns(spec, chosen.panel))},
    }
    write_rows(columns, out, force=force, notice=NOTICE)
    console.notice()


@app.command()
def check(
    profiles: Annotated[str, typer.Argument(metavar="PROFILES", help="The table to check.")],
    model: ModelName = None,
    json: Json = False,
) -> None:
    """Read profiles as `score` would, and say what is wrong; exit 3 if rows would be rejected."""
    from resistml.api import find_model
    from resistml.predict.model import load_bundle
    from resistml.tables import read_profiles

    found = read_profiles(profiles, load_bundle(find_model(model)).spec)
    rejected = [{"row": row + 1, "message": text} for row, text in found.rejected.items()]
    notes = {row + 1: list(flags) for row, flags in found.notes.items()}
    if json:
        console.print_json(
            {
                "rows": len(found),
                "rejected": rejected,
                "notes": [{"row": row, "flags": flags} for row, flags in notes.items()],
                "columns_not_used": list(found.ignored),
            }
        )
    else:
        print(f"{len(found):,} profiles, {len(found) - len(rejected):,} of them fit to be scored")
        if found.ignored:
            print(f"columns not used: {', '.join(found.ignored)}")
        for fault in rejected:
            print(f"rejected: {fault['message']}")
        for row, flags in notes.items():
            print(f"row {row}: {', '.join(flags)}")
        console.notice()
    if rejected:
        raise typer.Exit(3)
