"""Reading and writing YAML and JSON documents, strictly and atomically."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from resistml.errors import InputError, OutputError

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
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise error(f"is {size:,} bytes", file=path, allowed=f"at most {MAX_BYTES:,} bytes")
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise error("no such file", file=path, hint="check the path") from None
    except UnicodeDecodeError as exc:
        raise error(
            f"is not UTF-8 text (byte {exc.start})", file=path, hint="save it as UTF-8"
        ) from None
    except OSError as exc:
        raise error(f"cannot be read: {exc.strerror}", file=path) from None


def read_yaml(path: Path, error: type[InputError]) -> Any:
    """The content of a YAML file; duplicate keys, aliases and tags are refused."""
    import yaml

    class Strict(yaml.SafeLoader):
        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.events.AliasEvent):
                mark = self.peek_event().start_mark
                raise yaml.composer.ComposerError(None, None, "aliases are not allowed", mark)
            return super().compose_node(parent, index)

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            seen: set[str] = set()
            for key_node, _ in node.value:
                key = str(key_node.value)
                if key in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"key '{key}' stands twice", key_node.start_mark
                    )
                seen.add(key)
            return super().construct_mapping(node, deep)

    text = read_text(path, error)
    try:
        return yaml.load(text, Loader=Strict)  # noqa: S506 - Strict is a SafeLoader
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(exc, "problem", None) or "is not valid YAML"
        raise error(f"{line}{problem}", file=path, hint="mend the line") from None
    except RecursionError:
        raise error("is nested too deeply", file=path) from None


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
    refuse_existing(path, force)
    if path.is_dir():
        raise OutputError("is a folder", file=path, hint="name a file")
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        temporary.chmod(0o644)
        os.replace(temporary, path)
    except OSError as exc:
        raise OutputError(f"cannot be written: {exc.strerror or exc}", file=path) from None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


@contextmanager
def new_folder(path: Path, *, force: bool) -> Iterator[Path]:
    """A temporary folder beside ``path`` that takes its name only if the block succeeds."""
    refuse_existing(path, force)
    if path.exists() and not path.is_dir():
        raise OutputError("is a file", file=path, hint="name a folder")
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        yield temporary
        temporary.chmod(0o755)
        if path.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{path.name}.old.", dir=path.parent))
            os.replace(path, old / "was")
            os.replace(temporary, path)
            shutil.rmtree(old, ignore_errors=True)
        else:
            os.replace(temporary, path)
    except OSError as exc:
        raise OutputError(f"cannot be written: {exc.strerror or exc}", file=path) from None
    finally:
        if temporary is not None and temporary.exists():
            shutil.rmtree(temporary, ignore_errors=True)
