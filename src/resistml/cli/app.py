"""The root of the command line, and what becomes of errors."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from resistml.cli import signals
from resistml.errors import ResistmlError
from resistml.notice import NOTICE
from resistml.version import __version__

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

    _fill_streams()
    signals.listen()
    _speak_utf8()
    register.all_commands(app)
    sys.exit(_run(list(sys.argv[1:] if argv is None else argv)))


def _fill_streams() -> None:
    """Give closed standard streams a place that swallows: a file of ours must not get theirs."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115


def _speak_utf8() -> None:
    """Whatever the locale, files and pipes get UTF-8; a terminal gets what it can show."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        if sys.stdout.isatty():
            sys.stdout.reconfigure(errors="replace")
        else:
            sys.stdout.reconfigure(encoding="utf-8")
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors="backslashreplace")


def _run(argv: list[str]) -> int:
    try:
        code = typer.main.get_command(app).main(argv, prog_name="resistml", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
        if code == signals.INTERRUPTED:  # Typer has caught the signal, and says nothing
            return _failed("interrupted", signals.INTERRUPTED)
        return int(code) if isinstance(code, int) else 0
    except ResistmlError as exc:
        return _failed(str(exc), exc.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        return _failed("interrupted", signals.INTERRUPTED)
    except SystemExit as exc:
        return _ended(exc)
    except OSError as exc:
        return _refused(exc)
    except Exception as exc:
        if hasattr(exc, "show") and hasattr(exc, "exit_code"):  # a fault of usage
            exc.show()
            return int(exc.exit_code)
        hint = "This is a fault of resistml's; `resistml --debug ...` shows where."
        return _failed(f"{type(exc).__name__}: {exc}\n  hint: {hint}", 1)


def _ended(exc: SystemExit) -> int:
    """Typer exits by itself when the reader of our output has gone, as `head` does."""
    if isinstance(exc.__context__, OSError) and exc.__context__.errno == errno.EPIPE:
        return _refused(exc.__context__)
    code = exc.code if isinstance(exc.code, int) else 1
    return _failed("ended by a signal", code) if code == signals.TERMINATED else code


def _refused(exc: OSError) -> int:
    """The system said no to a file that no reader or writer of ours has named; or to stdout."""
    if exc.errno == errno.EPIPE:  # nobody reads on: nothing is wrong
        _give_up_stdout()
        return 0
    where = f"{exc.filename}: " if exc.filename else ""
    if exc.errno == errno.ENOSPC and not exc.filename:
        _give_up_stdout()
    said = exc.strerror or str(exc)
    return _failed(f"{where}{said}\n  hint: see to the file's permissions and room", 2)


def _give_up_stdout() -> None:
    """What is still to be written goes nowhere, so that ending does not fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _failed(message: str, code: int) -> int:
    """Say what went wrong on stderr; the traceback too, where it was asked for."""
    if os.environ.get("RESISTML_DEBUG"):
        import traceback

        traceback.print_exc()
    print(f"Error: {message}", file=sys.stderr)
    return code
