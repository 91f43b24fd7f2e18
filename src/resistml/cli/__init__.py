"""The command line: parses, calls, prints."""

from __future__ import annotations

from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> None:
    """Run a command line; see :func:`resistml.cli.app.main`."""
    from resistml.cli.app import main as run

    run(argv)
