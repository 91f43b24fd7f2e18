"""Where runs and their artifacts are kept, as absolute addresses."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote

from resistml.errors import ConfigError, OutputError
from resistml.tracking.links import is_server, redacted

_SQLITE = "sqlite:///"
_ALLOWED = "http(s)://..., sqlite:///FILE, postgresql://..., mysql://..., mssql://..., databricks"


def resolve_uri(config_uri: str | None, root: Path, key: str = "tracking.uri") -> str:
    """The tracking address: the config's, else MLFLOW_TRACKING_URI, else ``mlflow.db`` in ``root``.

    A relative SQLite file is made absolute: from ``root`` in the config, from the current folder
    in the environment. ``key`` says where ``config_uri`` stands.

    Raises
    ------
    ConfigError
        If it is not an address of a store that MLflow still writes to.
    OutputError
        If MLflow cannot write to a file of that name.
    """
    from_env = os.environ.get("MLFLOW_TRACKING_URI", "").strip()
    if config_uri is not None:
        return _checked(config_uri.strip(), root, key)
    if from_env:
        return _checked(from_env, Path.cwd(), "MLFLOW_TRACKING_URI")
    return sqlite_uri(root.resolve() / "mlflow.db")


def _checked(uri: str, base: Path, key: str) -> str:
    if uri.startswith(_SQLITE):
        path, _, query = uri.removeprefix(_SQLITE).partition("?")
        if path and not path.startswith(":memory:"):
            return sqlite_uri(base.resolve() / unquote(path), query)
    if ("://" not in uri and uri != "databricks") or uri.startswith(("file:", "sqlite:")):
        raise ConfigError(
            f"'{redacted(uri)}' is no address that runs can be logged to",
            key=key,
            allowed=_ALLOWED,
            hint="for a file, say sqlite:///runs.db",
        )
    return uri


def sqlite_uri(path: Path, query: str = "") -> str:
    """The address of a file, as it stands: MLflow makes folders of a quoted one's name.

    Raises
    ------
    OutputError
        If MLflow cannot write to a file of that name.
    """
    text = path.as_posix()
    if "%" in text or "?" in text:
        raise OutputError(
            "MLflow cannot keep runs in a path with '%' or '?' in it",
            file=path,
            hint="move the project, or name another file in tracking.uri",
        )
    return f"{_SQLITE}{text}?{query}" if query else _SQLITE + text


def sqlite_file(uri: str) -> Path | None:
    """The file of a SQLite store; None for any other."""
    if not uri.startswith(_SQLITE):
        return None
    return Path(uri.removeprefix(_SQLITE).partition("?")[0])


def is_there(uri: str) -> bool:
    """Whether there may be a store: False for a SQLite file that is missing or empty."""
    file = sqlite_file(uri)
    try:
        return file is None or file.stat().st_size > 0
    except OSError:
        return False


def artifact_root(uri: str, root: Path) -> str | None:
    """Where artifacts of new experiments go, as an absolute file address.

    ``mlartifacts`` beside a SQLite file, or in ``root`` for another database; None where a
    server decides.
    """
    if is_server(uri) or uri.startswith("databricks"):
        return None
    file = sqlite_file(uri)
    folder = root.resolve() if file is None else file.parent
    return (folder / "mlartifacts").as_uri()
