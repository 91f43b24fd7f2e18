"""The files of a bundle, read only as its manifest says."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path, PurePosixPath
from typing import Any

from resistml.documents import MAX_BYTES, parse_json
from resistml.errors import ModelError

MANIFEST = "manifest.json"
#: Larger files are refused before they are read.
_MOST_BYTES = 4 * MAX_BYTES
_AGAIN = "fetch the bundle again"


def verified_files(folder: Path) -> tuple[dict[str, bytes], str]:
    """The content of each file of a bundle by its path in it, and the manifest's SHA-256.

    Raises
    ------
    ModelError
        If the folder has no manifest, or a file is missing, changed, a link or not listed.
    """
    if not (folder / MANIFEST).is_file():
        raise ModelError(
            f"is no model bundle: it has no {MANIFEST}",
            file=folder,
            hint="name the folder that `resistml train` wrote, or leave -m out",
        )
    raw = _bytes(folder, MANIFEST)
    listed = json_object(MANIFEST, raw, folder).get("files")
    if not isinstance(listed, dict) or not listed:
        raise ModelError("its manifest lists no files", file=folder)
    for name in listed:
        _check_name(name, folder)
    added = sorted(_present(folder) - set(listed) - {MANIFEST})
    if added:
        raise ModelError(f"holds {added[0]}, which its manifest does not list", file=folder)
    files = {}
    for name, expected in listed.items():
        files[name] = _bytes(folder, name)
        if hashlib.sha256(files[name]).hexdigest() != expected:
            raise ModelError(
                f"{name} was changed since the model was saved", file=folder, hint=_AGAIN
            )
    return files, hashlib.sha256(raw).hexdigest()


def json_object(name: str, content: bytes | None, folder: Path) -> dict[str, Any]:
    """The JSON object that a file of a bundle holds; None = there is no such file."""
    if content is None:
        raise ModelError(f"lacks {name}", file=folder, hint=_AGAIN)
    try:
        document = parse_json(content.decode("utf-8"))
    except ValueError as exc:
        raise ModelError(f"{name} is not valid JSON: {exc}", file=folder, hint=_AGAIN) from None
    if not isinstance(document, dict):
        raise ModelError(f"{name} holds no JSON object", file=folder, hint=_AGAIN)
    return document


def _check_name(name: str, folder: Path) -> None:
    """Refuse a path that is not one of a file inside the bundle, in its plain form."""
    path = PurePosixPath(name)
    plain = str(path) == name and not path.is_absolute() and ".." not in path.parts
    if not plain or name in (".", MANIFEST) or "\\" in name or ":" in name or "\0" in name:
        raise ModelError(f"its manifest names {name!r}, which is no file of a bundle", file=folder)


def _present(folder: Path) -> set[str]:
    """Paths of all that lies in the folder and is no folder."""
    found = set()
    for here, folders, names in os.walk(folder, followlinks=False):
        links = [name for name in folders if (Path(here) / name).is_symlink()]
        found |= {(Path(here) / name).relative_to(folder).as_posix() for name in (*names, *links)}
    return found


def _bytes(folder: Path, name: str) -> bytes:
    path = folder / name
    inside = [path, *path.parents][: len(PurePosixPath(name).parts)]
    if any(place.is_symlink() for place in inside):
        raise ModelError(f"{name} is a link; a bundle holds files alone", file=folder)
    try:
        if not path.is_file():
            raise ModelError(f"{name} is missing", file=folder, hint=_AGAIN)
        if path.stat().st_size > _MOST_BYTES:
            raise ModelError(f"{name} is larger than {_MOST_BYTES:,} bytes", file=folder)
        return path.read_bytes()
    except OSError as exc:
        raise ModelError(f"{name} cannot be read: {exc.strerror}", file=folder) from None
