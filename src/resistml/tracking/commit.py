"""The commit that a folder stands at, read from its repository's files."""

from __future__ import annotations

import re
from pathlib import Path

_HASH = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


def commit_of(folder: Path) -> str | None:
    """The commit checked out in the nearest repository upwards; None if there is none."""
    here = folder.resolve()
    for candidate in (here, *here.parents):
        if (candidate / ".git").exists():
            try:
                return _head(_repository(candidate / ".git"))
            except (OSError, UnicodeDecodeError):
                return None
    return None


def _repository(mark: Path) -> Path:
    """The folder of a repository; a worktree has a file that names it."""
    if mark.is_dir():
        return mark
    return (mark.parent / mark.read_text("utf-8").removeprefix("gitdir:").strip()).resolve()


def _head(repository: Path) -> str | None:
    head = (repository / "HEAD").read_text("utf-8").strip()
    if not head.startswith("ref:"):
        return _hash(head)
    ref = head.removeprefix("ref:").strip()
    shared = repository / "commondir"
    places = [repository]
    if shared.is_file():
        places.append(repository / shared.read_text("utf-8").strip())
    for place in places:
        if (place / ref).is_file():
            return _hash((place / ref).read_text("utf-8").strip())
        if (place / "packed-refs").is_file():
            for line in (place / "packed-refs").read_text("utf-8").splitlines():
                if line.endswith(f" {ref}"):
                    return _hash(line.partition(" ")[0])
    return None


def _hash(text: str) -> str | None:
    return text if _HASH.fullmatch(text) else None
