"""Reading and writing YAML and JSON documents, strictly and atomically."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from resistml.errors import InputError, OutputError
from resistml.plain_yaml import parse_yaml

#: Larger documents are refused before they are parsed.
MAX_BYTES = 16 * 1024 * 1024


def read_text(path: Path, error: type[InputError]) -> str:
    """The text of a UTF-8 file, with or without a byte order mark.

    Raises
    ------
    InputError
        Of the given type, if the file is missing, a folder, too large or not UTF-8.
    """
    try:
        with path.open("rb") as handle:
            content = handle.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise error("no such file", file=path, hint="check the path") from None
    except (OSError, ValueError) as exc:  # ValueError: a path that holds a null character
        reason = exc.strerror if isinstance(exc, OSError) else exc
        raise error(f"cannot be read: {reason}", file=path) from None
    if len(content) > MAX_BYTES:
        raise error(
            f"is larger than {MAX_BYTES:,} bytes", file=path, allowed=f"at most {MAX_BYTES:,} bytes"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise error(
            f"is not UTF-8 text (byte {exc.start})", file=path, hint="save it as UTF-8"
        ) from None


def read_yaml(path: Path, error: type[InputError]) -> Any:
    """The content of a YAML file, parsed by :func:`parse_yaml`."""
    try:
        return parse_yaml(read_text(path, error))
    except ValueError as exc:
        raise error(str(exc), file=path, hint="mend the line") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in pairs:
        if key in out:
            raise ValueError(f"key '{key}' stands twice")
        out[key] = value
    return out


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def parse_json(text: str) -> Any:
    """Parse JSON strictly: no NaN or Infinity, no key twice.

    A number too large for a float, such as 1e999, is JSON, and comes as an infinity: what is
    a cell's fault, its reader says.

    Raises
    ------
    ValueError
        With the line and column where the text stops being JSON.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as exc:
        raise ValueError(f"line {exc.lineno}, column {exc.colno}: {exc.msg}") from None
    except RecursionError:
        raise ValueError("is nested too deeply") from None


def read_json(path: Path, error: type[InputError]) -> Any:
    """The content of a JSON file, parsed by :func:`parse_json`."""
    try:
        return parse_json(read_text(path, error))
    except ValueError as exc:
        raise error(f"is not valid JSON: {exc}", file=path) from None


def rounded(value: Any, digits: int = 12) -> Any:
    """``value`` with every float rounded to ``digits`` significant digits."""
    if isinstance(value, float) and math.isfinite(value):
        return float(f"{value:.{digits}g}")
    if isinstance(value, dict):
        return {key: rounded(item, digits) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(item, digits) for item in value]
    return value


def dump_json(value: Any, *, indent: int | None = 2) -> str:
    """JSON text with a newline at its end; NaN and infinities raise ``ValueError``."""
    return json.dumps(value, indent=indent, allow_nan=False, ensure_ascii=False) + "\n"


def digest(value: Any) -> str:
    """SHA-256 of a JSON value in canonical form (sorted keys, no spaces)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def refuse_existing(path: Path, force: bool) -> None:
    """Raise OutputError if ``path`` exists and ``force`` is not set."""
    if path.exists() and not force:
        raise OutputError(
            "exists already", file=path, hint="choose another path, or say --force to replace it"
        )


@contextmanager
def new_file(path: Path, *, force: bool) -> Iterator[Path]:
    """A temporary path beside ``path`` that takes its name only if the block succeeds."""
    with _written(path) as made:
        if path.is_dir():
            raise OutputError("is a folder", file=path, hint="name a file")
        refuse_existing(path, force)
        made.parents_of(path)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
        temporary = made.temporary = Path(name)
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)


@contextmanager
def new_folder(path: Path, *, force: bool) -> Iterator[Path]:
    """A temporary folder beside ``path`` that takes its name only if the block succeeds.

    With ``force`` it replaces an empty folder, or one that resistml wrote (it holds a
    ``manifest.json``); any other folder is refused, so that no slip of the hand deletes it.
    """
    with _written(path) as made:
        refuse_existing(path, force)
        _refuse_foreign(path)
        made.parents_of(path)
        temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        made.temporary = temporary
        yield temporary
        temporary.chmod(0o755)
        _take_place(temporary, path)


def _refuse_foreign(path: Path) -> None:
    if not path.exists():
        return
    if not path.is_dir():
        raise OutputError("is a file", file=path, hint="name a folder")
    if any(path.iterdir()) and not (path / "manifest.json").is_file():
        raise OutputError(
            "is a folder that resistml did not write, so is not replaced",
            file=path,
            hint="choose another path, or delete the folder yourself",
        )


def _take_place(temporary: Path, path: Path) -> None:
    """Give a folder its name; what had the name before is put back if that fails."""
    if not path.exists():
        temporary.replace(path)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{path.name}.old.", dir=path.parent))
    try:
        path.replace(old / "was")
        try:
            temporary.replace(path)
        except BaseException:
            (old / "was").replace(path)
            raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


class _Made:
    """What was made on the way to an output, to be cleared away if it is not finished."""

    def __init__(self) -> None:
        self.temporary: Path | None = None
        self.parents: list[Path] = []

    def parents_of(self, path: Path) -> None:
        """Make the folders above ``path`` that are missing."""
        self.parents = [folder for folder in path.parents if not folder.exists()]
        above = next((folder for folder in path.parents if folder.exists()), None)
        if above is not None and not above.is_dir():
            raise OutputError(f"'{above}' is a file, not a folder", file=path, hint="move it away")
        path.parent.mkdir(parents=True, exist_ok=True)

    def clear(self) -> None:
        """Delete the temporary, and the folders made if nothing is in them."""
        if self.temporary is not None and self.temporary.is_dir():
            shutil.rmtree(self.temporary, ignore_errors=True)
        elif self.temporary is not None:
            self.temporary.unlink(missing_ok=True)
        for folder in self.parents:
            with suppress(OSError):
                folder.rmdir()


@contextmanager
def _written(path: Path) -> Iterator[_Made]:
    made = _Made()
    try:
        yield made
    except OSError as exc:
        made.clear()
        raise OutputError(f"cannot be written: {exc.strerror or exc}", file=path) from None
    except BaseException:
        made.clear()
        raise
