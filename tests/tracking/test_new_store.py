"""A new SQLite store is whole or not there, whatever befalls the process that makes it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from resistml.errors import OutputError
from resistml.tracking import new_store
from resistml.tracking.new_store import clear_leftovers, make_whole
from resistml.tracking.opening import open_store
from resistml.tracking.place import resolve_uri, sqlite_uri

#: The least that must be in a store which MLflow is to open.
TABLES = {"alembic_version", "experiments", "runs", "logged_models"}


def tables(file: Path) -> set[str]:
    """Names of the tables of a SQLite file."""
    with sqlite3.connect(file) as store:
        return {name for (name,) in store.execute("select name from sqlite_master")}


def names(folder: Path) -> set[str]:
    """What lies in a folder."""
    return {path.name for path in folder.iterdir()}


def begun(folder: Path) -> subprocess.Popen[str]:
    """A process in the midst of making the store of a folder."""
    code = textwrap.dedent(
        f"""
        from pathlib import Path
        from resistml.cli import signals
        from resistml.tracking.opening import open_store
        from resistml.tracking.place import resolve_uri
        signals.listen()
        root = Path({str(folder)!r})
        open_store(resolve_uri(None, root), "resistml", root)
        """
    )
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 120
    while not any(part.stat().st_size for part in folder.glob("mlflow.db.new-*")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.001)
    return process


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_process_that_ends_in_the_midst_breaks_nothing(
    number: signal.Signals, tmp_path: Path
) -> None:
    process = begun(tmp_path)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert "mlflow.db" not in names(tmp_path)
    if number != signal.SIGKILL:
        assert names(tmp_path) == set()
    open_store(resolve_uri(None, tmp_path), "resistml", tmp_path)
    assert names(tmp_path) == {"mlflow.db"}
    assert tables(tmp_path / "mlflow.db") >= TABLES


def test_a_failure_in_the_midst_can_be_tried_again_in_the_same_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a notebook, where Ctrl-C ends the cell and not the process."""
    from mlflow.store.db import utils

    uri = resolve_uri(None, tmp_path)
    with monkeypatch.context() as patch:

        def broken_off(engine: Any) -> None:
            whole(engine)
            raise KeyboardInterrupt

        whole = utils.InitialBase.metadata.create_all
        patch.setattr(utils.InitialBase.metadata, "create_all", broken_off)
        with pytest.raises(KeyboardInterrupt):
            open_store(uri, "resistml", tmp_path)
    assert names(tmp_path) == set()
    open_store(uri, "resistml", tmp_path)
    assert tables(tmp_path / "mlflow.db") >= TABLES


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were made, by a stand-in that is quicker than MLflow."""
    made: list[str] = []

    def make(uri: str, artifacts: str | None) -> None:
        made.append(uri)
        Path(uri.removeprefix("sqlite:///").partition("?")[0]).write_text("whole")

    monkeypatch.setattr(new_store, "_make", make)
    return made


def test_it_is_made_beside_its_place_and_then_named(tmp_path: Path, quick: list[str]) -> None:
    file = tmp_path / "my runs.db"
    make_whole(sqlite_uri(file, "timeout=30"), file, None)
    (uri,) = quick
    assert uri.startswith(f"sqlite:///{file.as_posix()}.new-{os.getpid()}-")
    assert uri.endswith("?timeout=30")
    assert file.read_text() == "whole"
    assert names(tmp_path) == {"my runs.db"}


def test_what_is_there_stays_but_an_empty_file_is_none(tmp_path: Path, quick: list[str]) -> None:
    file = tmp_path / "mlflow.db"
    file.write_text("mine")
    make_whole(sqlite_uri(file), file, None)
    assert (file.read_text(), quick) == ("mine", [])
    file.write_text("")
    make_whole(sqlite_uri(file), file, None)
    assert file.read_text() == "whole"


def test_a_link_stays_a_link(tmp_path: Path, quick: list[str]) -> None:
    (tmp_path / "away").mkdir()
    file = tmp_path / "mlflow.db"
    file.symlink_to(tmp_path / "away" / "runs.db")
    make_whole(sqlite_uri(file), file, None)
    assert file.is_symlink()
    assert names(tmp_path / "away") == {"runs.db"}


def test_leftovers_go_and_nothing_else(tmp_path: Path, quick: list[str]) -> None:
    kept = {"mlflow.db", "mlflow.db.new-x", "mlflow.db.new-1-1.bak", "other.db.new-1-1"}
    for name in (*kept, "mlflow.db.new-1-1", "mlflow.db.new-22-3-journal"):
        (tmp_path / name).write_text("x")
    make_whole(sqlite_uri(tmp_path / "mlflow.db"), tmp_path / "mlflow.db", None)
    assert names(tmp_path) == kept


def test_leftovers_of_a_name_that_looks_like_a_pattern(tmp_path: Path) -> None:
    (tmp_path / "ab.db.new-1-1").write_text("another's")
    (tmp_path / "[ab]*.db.new-1-1").write_text("ours")
    clear_leftovers(tmp_path / "[ab]*.db")
    assert names(tmp_path) == {"ab.db.new-1-1"}


def test_a_place_that_refuses_the_name_is_told(
    tmp_path: Path, quick: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    file = tmp_path / "mlflow.db"
    with pytest.raises(OutputError, match=r"mlflow\.db: cannot be written: Permission denied"):
        make_whole(sqlite_uri(file), file, None)
    assert names(tmp_path) == set()
