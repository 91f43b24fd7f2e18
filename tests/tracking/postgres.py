"""A PostgreSQL server of a test's own, from the system's programs."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

#: Debian keeps the programs of each release in a folder of its own.
_PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
#: Who runs the server where the tests run as root, which it refuses.
_SERVANT = "postgres"


def program(name: str) -> str | None:
    """Where a program of PostgreSQL's is; None if it is not installed."""
    places = os.pathsep.join(map(str, _PLACES))
    return shutil.which(name, path=places) or shutil.which(name)


def missing() -> str | None:
    """Why there can be no server here; None if there can."""
    for name in ("initdb", "pg_ctl"):
        if program(name) is None:
            return f"no {name} of PostgreSQL"
    try:
        import psycopg  # noqa: F401
    except ModuleNotFoundError:
        return "no psycopg: install resistml[postgres]"
    if os.getuid() == 0:
        try:
            pwd.getpwnam(_SERVANT)
        except KeyError:
            return f"PostgreSQL does not run as root, and there is no user {_SERVANT}"
    return None


@contextmanager
def server() -> Iterator[str]:
    """A server over a new database; gives the database's address."""
    with TemporaryDirectory(prefix="resistml-postgres-") as folder:  # pytest's own are root's alone
        Path(folder).chmod(0o755)
        data = Path(folder) / "data"
        data.mkdir(mode=0o700)
        if os.getuid() == 0:
            shutil.chown(data, _SERVANT)
        with _running(data) as address:
            yield address


@contextmanager
def _running(data: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    _run("initdb", "-D", data, "-U", "tester", "--auth=trust", "--no-sync")
    options = f"-p {port} -h 127.0.0.1 -k '' -c fsync=off"
    log = data / "server.log"
    _run("pg_ctl", "-D", data, "-w", "-t", 60, "-l", log, "-o", options, "start")
    try:
        yield f"postgresql://tester:secret@127.0.0.1:{port}/postgres"
    finally:
        _run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")


def _run(name: str, *arguments: object) -> None:
    before: Sequence[str] = ()
    if os.getuid() == 0:
        before = ("setpriv", f"--reuid={_SERVANT}", f"--regid={_SERVANT}", "--clear-groups")
    found = program(name)
    assert found is not None
    # No pipes: the server would keep them, and whoever reads them would wait for its end.
    done = subprocess.run(
        [*before, found, *map(str, arguments)],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{name}: exit {done.returncode}"
