"""How things are printed: tables for people, JSON for programs, progress on stderr."""

from __future__ import annotations

import errno
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Annotated, Any

import typer

from resistml.cli import signals
from resistml.notice import NOTICE

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

#: Options that several commands share.
Json = Annotated[bool, typer.Option("--json", help="Print JSON to stdout, and nothing else.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what exists at the output's place.")]
Out = Annotated[
    str | None,
    typer.Option("-o", "--out", metavar="OUT", help="File to write: .csv .json .jsonl .parquet"),
]
ModelName = Annotated[
    str | None,
    typer.Option(
        "-m",
        "--model",
        metavar="MODEL",
        help="A bundle's folder, a run's id or models:/NAME@alias; else the shipped one.",
    ),
]
#: Rows that a table on a terminal shows.
SHOWN = 60


def stdout() -> Console:
    """The console for results."""
    from rich.console import Console

    class Piped(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError(errno.EPIPE, "the reader has gone")  # `main` knows what to do

    # No markup and no emoji: what stands in an id, a name or a path is shown as it is.
    console = Piped(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = max(console.width, 140)
    return console


def styled(text: str, style: str) -> Text:
    """Text in a style; nothing in it is taken for markup."""
    from rich.text import Text

    return Text(text, style=style)


def notice() -> None:
    """The notice, on stderr, where the output itself has no room for it."""
    print(NOTICE, file=sys.stderr)


def print_json(document: Mapping[str, Any]) -> None:
    """One JSON document, with the notice as its first key."""
    print(json.dumps({"notice": NOTICE, **document}, indent=2, ensure_ascii=False, allow_nan=False))


def table(title: str, columns: Sequence[str], *, right: Sequence[str] = ()) -> Table:
    """An empty table in the house style; columns named in ``right`` are aligned to the right."""
    from rich import box
    from rich.table import Table

    made = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for name in columns:
        made.add_column(
            name,
            justify="right" if name in right else "left",
            overflow="fold",
            no_wrap=name in ("id", "claim", "patient", "status"),
        )
    return made


def percent(value: float | None) -> str:
    """A probability for people; an en dash where there is none."""
    return "–" if value is None or value != value else f"{value:.0%}"


class Watched:
    """Progress of a run: a bar per stage on a terminal, a line per stage elsewhere."""

    def __init__(self, progress: Any) -> None:
        self._progress = progress

    def say(self, line: str) -> None:
        """Say a line on stderr, above the bars."""
        if self._progress is None:
            print(line, file=sys.stderr, flush=True)
        else:
            self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def stage(self, name: str) -> Callable[[int, int], None]:
        """Begin a stage, unless the run was told to stop in the one before."""
        signals.heed()
        task = None
        if self._progress is None:
            print(f"{name} ...", file=sys.stderr, flush=True)
        else:
            task = self._progress.add_task(name, total=None)

        def told(done: int, of: int) -> None:
            signals.heed()
            if task is not None:
                self._progress.update(task, completed=done, total=of)

        return told


@contextmanager
def watched() -> Iterator[Watched]:
    """Show the progress of what runs inside, on stderr, and what it says of itself if it fails."""
    try:
        with _progress() as progress:
            yield Watched(progress)
    except BaseException as exc:
        for note in getattr(exc, "__notes__", ()):
            print(note, file=sys.stderr)
        raise


def _progress() -> AbstractContextManager[Any]:
    if not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("  {task.description:<26}"),
        BarColumn(bar_width=32),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
