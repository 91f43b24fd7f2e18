"""The root of the command line, and what becomes of errors."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from resistml.errors import ResistmlError
from resistml.notice import NOTICE
from resistml.version import __version__

#: Exit code after Ctrl-C.
INTERRUPTED = 130

app = typer.Typer(
    name="resistml",
    help="Tumour drug resistance: from reported evidence to scored, ranked and explained profiles.",
    epilog=NOTICE,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"resistml {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    if debug:
        os.environ["RESISTML_DEBUG"] = "1"


def main(argv: Sequence[str] | None = None) -> None:
    """Run a command line and exit with its code; see `docs/commands.md`."""
    from resistml.cli import register

    register.all_commands(app)
    sys.exit(_run(list(sys.argv[1:] if argv is None else argv)))


def _run(argv: list[str]) -> int:
    try:
        code = typer.main.get_command(app).main(argv, prog_name="resistml", standalone_mode=False)
        if code == INTERRUPTED:  # Typer has caught the signal, and says nothing
            return _failed("interrupted", INTERRUPTED)
        return int(code) if isinstance(code, int) else 0
    except ResistmlError as exc:
        return _failed(str(exc), exc.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        return _failed("interrupted", INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output has gone, as `head` does: nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as exc:
        if hasattr(exc, "show") and hasattr(exc, "exit_code"):  # a fault of usage
            exc.show()
            return int(exc.exit_code)
        hint = "This is a fault of resistml's; `resistml --debug ...` shows where."
        return _failed(f"{type(exc).__name__}: {exc}\n  hint: {hint}", 1)


def _failed(message: str, code: int) -> int:
    """Say what went wrong on stderr; the traceback too, where it was asked for."""
    if os.environ.get("RESISTML_DEBUG"):
        import traceback

        traceback.print_exc()
    print(f"Error: {message}", file=sys.stderr)
    return code
