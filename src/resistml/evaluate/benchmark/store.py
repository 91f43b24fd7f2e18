"""Results kept line by line, so that what was interrupted goes on where it was."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from resistml.documents import parse_json
from resistml.errors import OutputError

Row = dict[str, Any]


class Store:
    """Rows by the hash of what determines them, in a JSON-lines file.

    Each line is ``{"key": ..., "row": ...}`` and is written at once, so that an end at any
    moment leaves the lines before it whole. A line that is not whole is passed over, and its
    row made anew. Of two lines with a key the first counts. Without a path nothing is kept.

    Parameters
    ----------
    path : Path, optional
        Made with the first row.

    Raises
    ------
    OutputError
        If the file cannot be read, or holds something else.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._rows: dict[str, Row] = {}
        if path is not None:
            for key, row in _read(path):
                self._rows.setdefault(key, row)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    def __getitem__(self, key: str) -> Row:
        return self._rows[key]

    def add(self, key: str, row: Row) -> None:
        """Keep a row, on disk before this returns.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        self._rows.setdefault(key, row)
        if self.path is None:
            return
        line = json.dumps({"key": key, "row": row}, allow_nan=False, ensure_ascii=False)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _append(self.path, line)
        except OSError as exc:
            raise OutputError(
                f"cannot be written: {exc.strerror}",
                file=self.path,
                hint="what was written before is whole; mend that and run again to go on",
            ) from None


def _append(path: Path, line: str) -> None:
    """One write for the line and its end; a line broken off before is ended first."""
    with path.open("ab+", buffering=0) as handle:
        end = handle.seek(0, os.SEEK_END)
        broken = False
        if end:
            handle.seek(end - 1)
            broken = handle.read(1) != b"\n"
        handle.write((b"\n" if broken else b"") + line.encode() + b"\n")
        os.fsync(handle.fileno())


def _read(path: Path) -> Iterator[tuple[str, Row]]:
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return
    except OSError as exc:
        raise OutputError(f"cannot be read: {exc.strerror}", file=path) from None
    readable = [_parsed(line) for line in lines if line.strip()]
    if readable and not any(readable):
        raise OutputError(
            "is not a store of benchmark results", file=path, hint="name another file"
        )
    yield from (found for found in readable if found is not None)


def _parsed(line: bytes) -> tuple[str, Row] | None:
    """The key and row of a line; None if it is not whole."""
    try:
        found = parse_json(line.decode("utf-8"))
        key, row = found["key"], found["row"]
    except (ValueError, KeyError, TypeError):
        return None
    return (key, row) if isinstance(key, str) and isinstance(row, dict) else None
