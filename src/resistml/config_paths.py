"""Paths of a config: environment variables in them, and where they lead from."""

from __future__ import annotations

import os
import re
from pathlib import Path

from resistml.errors import ConfigError

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def expanded(text: str) -> Path:
    """A path with the environment variables ``${NAME}`` in it put in.

    Raises
    ------
    ConfigError
        If one is not set, is empty, or has no name that a variable can have.
    """

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if not _NAME.match(name):
            raise ConfigError(
                f"'{match.group(0)}' names no environment variable",
                allowed="${NAME}, of letters, digits and _",
                hint="write ${NAME}, or the path itself",
            )
        found = os.environ.get(name, "")
        if not found:
            raise ConfigError(
                f"the environment variable {name} is not set",
                hint=f"`export {name}=FOLDER` before, with the folder that it stands for; "
                "or write the path itself",
            )
        return found

    return Path(_VARIABLE.sub(value, text))


def named(text: str) -> str:
    """A path without this machine's folders: as written if it begins with a variable."""
    return text if text.startswith("${") else Path(text).name


def beside(folder: Path, text: str) -> str:
    """A path that a file in ``folder`` names, from where the file is; variables stay as written."""
    if text.startswith("${"):
        return text
    try:
        return str((folder / text).resolve())
    except (OSError, RuntimeError, ValueError):  # that it is no path is told later
        return str(folder / text)
