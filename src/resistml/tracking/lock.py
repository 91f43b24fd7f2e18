"""A lock between processes, held on a file and released by the system if its holder dies."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from resistml.errors import OutputError


@contextmanager
def locked(path: Path, timeout: float = 120.0) -> Iterator[None]:
    """Hold the lock on ``path`` while the block runs; the file goes with its last holder.

    Parameters
    ----------
    path : Path
        Made if it is not there, with its folder.
    timeout : float
        Seconds to wait for another holder.

    Raises
    ------
    OutputError
        If the file cannot be made, or another process holds it for longer.
    """
    end = time.monotonic() + timeout
    while True:
        handle = _opened(path)
        with handle:
            _wait(handle, path, end)
            if not _is(path, handle):  # its last holder took the file away meanwhile
                continue
            try:
                yield
            finally:
                with suppress(OSError):  # Windows keeps the file of an open handle
                    path.unlink()
                _release(handle)
            return


def _opened(path: Path) -> IO[bytes]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a+b")
    except OSError as exc:
        raise OutputError(f"cannot be written: {exc.strerror}", file=path) from None


def _is(path: Path, handle: IO[bytes]) -> bool:
    """Whether the open file is the one that has the name."""
    try:
        return os.path.samestat(path.stat(), os.fstat(handle.fileno()))
    except FileNotFoundError:
        return False


def _wait(handle: IO[bytes], path: Path, end: float) -> None:
    while not _taken(handle):
        if time.monotonic() > end:
            raise OutputError(
                "is held by another process", file=path, hint="wait until its run has ended"
            )
        time.sleep(0.05)


if sys.platform == "win32":
    import msvcrt

    def _taken(handle: IO[bytes]) -> bool:
        try:
            handle.seek(0)
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _release(handle: IO[bytes]) -> None:
        handle.seek(0)
        msvcrt.locking(handle.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _taken(handle: IO[bytes]) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _release(handle: IO[bytes]) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)
