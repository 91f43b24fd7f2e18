"""Makes a SQLite store beside its place and gives it its name when it is whole.

MLflow makes one in some seventy steps, and a store that was left in the midst of them cannot be
opened by anybody again.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from itertools import count
from pathlib import Path

from resistml.errors import OutputError
from resistml.tracking.place import is_there, sqlite_uri

_LEFTOVER = r"\.new-\d+-\d+(-journal|-wal|-shm)?"

#: Tells the attempts of one process apart: MLflow keeps a connection per address.
_attempt = count(1)


def make_whole(uri: str, file: Path, artifacts: str | None) -> None:
    """Make the SQLite store of a tracking URI, unless it is there; the caller holds its lock.

    Parameters
    ----------
    uri : str
        As :func:`resistml.tracking.place.resolve_uri` gives it.
    file : Path
        The file that it names.
    artifacts : str or None
        Where the artifacts of MLflow's own experiment ``Default`` go.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    place = Path(os.path.realpath(file))  # a link to a file stays one
    clear_leftovers(place)
    if is_there(uri):
        return
    temporary = place.with_name(f"{place.name}.new-{os.getpid()}-{next(_attempt)}")
    try:
        _make(sqlite_uri(temporary, uri.partition("?")[2]), artifacts)
        temporary.replace(place)
    except OSError as exc:
        raise OutputError(f"cannot be written: {exc.strerror or exc}", file=file) from None
    finally:
        clear_leftovers(place)


def clear_leftovers(file: Path) -> None:
    """Delete what killed processes have left of a store's making.

    Only the holder of the lock makes the store, so none of them still does.
    """
    pattern = re.compile(re.escape(file.name) + _LEFTOVER)
    for path in file.parent.iterdir():
        if pattern.fullmatch(path.name):
            with suppress(OSError):
                path.unlink()


def _make(uri: str, artifacts: str | None) -> None:
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    made = SqlAlchemyStore(uri, artifacts)  # type: ignore[no-untyped-call]
    made.engine.dispose()  # not every system renames an open file
