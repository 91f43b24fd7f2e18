"""Where rows come from: a file or standard input, its format, and proof that text is UTF-8."""

from __future__ import annotations

import codecs
import io
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

from resistml.documents import parse_json
from resistml.errors import TableError
from resistml.tables.words import label

Format = Literal["csv", "json", "jsonl", "parquet"]

#: Format by the ending of a file's name.
FORMATS: dict[str, Format] = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
_HEAD = 65_536
_BOM = codecs.BOM_UTF8


@dataclass(frozen=True)
class Source:
    """An open source of rows: its name in messages, its format and its bytes."""

    name: str
    format: Format
    stream: BinaryIO

    def text(self) -> io.BufferedReader:
        """The bytes, proven to be UTF-8 text without NUL as they are read; no byte order mark."""
        return io.BufferedReader(_TextBytes(self.stream, self.name), _HEAD)


@contextmanager
def open_source(source: str | Path) -> Iterator[Source]:
    """Open a file by its ending, or ``-`` or a pipe by what it starts with.

    Raises
    ------
    TableError
        If the file is missing, a folder, unreadable or of an unknown ending, or stdin closed.
    """
    name = "<stdin>" if str(source) == "-" else label(str(source), 300)
    if "\0" in str(source):
        raise TableError("is no path: it holds a NUL byte", file=name)
    with ExitStack() as stack:
        try:
            yield _opened(source, name, stack)
        except FileNotFoundError:
            raise TableError("no such file", file=name, hint="check the path") from None
        except OSError as exc:
            raise TableError(f"cannot be read: {exc.strerror or exc}", file=name) from None


def _opened(source: str | Path, name: str, stack: ExitStack) -> Source:
    if str(source) == "-":
        if sys.stdin is None:
            raise TableError("is closed", file=name, hint="pipe a table in, or name a file")
        return _sniffed(name, sys.stdin.buffer, stack)
    path = Path(source)
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise TableError("is a folder", file=name, hint="name a file in it")
    ending = FORMATS.get(path.suffix.lower())
    if ending is None and stat.S_ISREG(mode):
        known = ", ".join(FORMATS)
        raise TableError(f"has the ending '{path.suffix}'", file=name, allowed=known)
    stream = stack.enter_context(path.open("rb"))
    return Source(name, ending, stream) if ending else _sniffed(name, stream, stack)


def _sniffed(name: str, stream: BinaryIO, stack: ExitStack) -> Source:
    head = stream.read(_HEAD)
    chained = cast(BinaryIO, io.BufferedReader(_Chained(head, stream)))
    if not head.startswith(b"PAR1"):
        return Source(name, _text_format(head), chained)
    whole = cast(BinaryIO, stack.enter_context(tempfile.TemporaryFile()))  # noqa: SIM115
    shutil.copyfileobj(chained, whole)  # Parquet is read from its end
    whole.seek(0)
    return Source(name, "parquet", whole)


def _text_format(head: bytes) -> Format:
    """The format of text by how it starts; what starts with ``{`` may be lines or a document."""
    text = head.removeprefix(_BOM).lstrip()
    if text.startswith(b"["):
        return "json"
    if not text.startswith(b"{"):
        return "csv"
    try:
        first = parse_json(text.split(b"\n", 1)[0].decode())
    except ValueError:
        return "json"
    return "json" if WRAPPERS & set(first) else "jsonl"


#: Keys under which a JSON document may hold its rows.
WRAPPERS = {"profiles", "rows"}


class _Chained(io.RawIOBase):
    """Bytes read ahead, then the rest of their stream."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._head:
            data, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        else:
            data = self._rest.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _TextBytes(io.RawIOBase):
    """Bytes of UTF-8 text; raises TableError at the first line that is not.

    ``quotes`` counts the quotation marks that went by.
    """

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream = stream
        self._name = name
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._line = 1
        self._started = False
        self.quotes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        if not self._started:
            self._started = True
            data = self._start(data)
        self._check(data)
        buffer[: len(data)] = data
        return len(data)

    def _start(self, data: bytes) -> bytes:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise TableError("is UTF-16 text", file=self._name, hint="save it as UTF-8")
        if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
            raise TableError(
                "is a spreadsheet or an archive, not text", file=self._name, hint="save it as CSV"
            )
        return data.removeprefix(_BOM)

    def _check(self, data: bytes) -> None:
        at = data.find(b"\0")
        if at >= 0:
            raise self._fault(data[:at], "holds a NUL byte", "is it text? save it as UTF-8")
        try:
            self._decoder.decode(data, final=not data)
        except UnicodeDecodeError as exc:
            hint = "save it as UTF-8 (it may be Latin-1 or Windows-1252)"
            raise self._fault(data[: exc.start], "is not UTF-8 text", hint) from None
        self._line += data.count(b"\n")
        self.quotes += data.count(b'"')

    def _fault(self, before: bytes, problem: str, hint: str) -> TableError:
        line = self._line + before.count(b"\n")
        return TableError(f"line {line} {problem}", file=self._name, hint=hint)
