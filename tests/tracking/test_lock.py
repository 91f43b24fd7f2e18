"""The lock between processes: one holder at a time, freed when its holder dies."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from resistml.errors import OutputError
from resistml.tracking.lock import locked


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "x.lock"
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        for _ in range(5):
            with locked(path):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.002)
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 20
    assert max(most) == 1


def test_it_is_freed_when_the_block_fails(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    with pytest.raises(RuntimeError), locked(path):
        raise RuntimeError
    with locked(path, timeout=0.0):
        pass


def test_who_waits_too_long_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    with locked(path), pytest.raises(OutputError, match="another process"), locked(path, 0.1):
        pass


def test_a_holder_that_dies_frees_it(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    code = textwrap.dedent(
        f"""
        import os
        from pathlib import Path
        from resistml.tracking.lock import locked
        with locked(Path({str(path)!r})):
            print("held", flush=True)
            input()
        """
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert holder.stdout.readline().strip() == b"held"
    with pytest.raises(OutputError), locked(path, timeout=0.1):
        pass
    holder.kill()
    holder.communicate()
    with locked(path, timeout=5.0):
        pass


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="file"), locked(tmp_path / "file" / "x.lock"):
        pass


def test_its_file_goes_with_its_last_holder(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    with locked(path):
        assert path.exists()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(RuntimeError), locked(path):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_who_waited_on_a_file_that_went_holds_the_new_one(tmp_path: Path) -> None:
    """Else he would hold a lock that nobody else can see."""
    path = tmp_path / "x.lock"
    held = threading.Event()

    def wait() -> None:
        with locked(path):
            held.set()
            time.sleep(0.3)

    waiting = threading.Thread(target=wait)
    with locked(path):
        waiting.start()
        time.sleep(0.15)
    assert held.wait(5.0)
    with pytest.raises(OutputError), locked(path, timeout=0.1):
        pass
    waiting.join()


def test_a_file_that_was_left_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "x.lock").write_text("")
    with locked(tmp_path / "x.lock", timeout=0.0):
        pass
