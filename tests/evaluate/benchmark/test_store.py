"""Results line by line, whatever happens in between."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from resistml.errors import OutputError
from resistml.evaluate.benchmark.store import Store

ROW = {"learner": "mine", "captured": 0.5, "auc": None}


def test_what_is_added_is_found_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "store.jsonl"
    store = Store(path)
    assert len(store) == 0
    assert not path.exists()
    store.add("a", ROW)
    store.add("b", {"x": "ü\n"})
    again = Store(path)
    assert len(again) == 2
    assert again["a"] == ROW
    assert again["b"] == {"x": "ü\n"}
    assert "a" in again
    assert "c" not in again
    assert path.read_bytes().count(b"\n") == 2


def test_without_a_path_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = Store(None)
    store.add("a", ROW)
    assert store["a"] == ROW
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("cut", [1, 5, 20])
def test_a_line_that_was_broken_off_is_made_anew(cut: int, tmp_path: Path) -> None:
    path = tmp_path / "store.jsonl"
    store = Store(path)
    store.add("a", ROW)
    store.add("b", ROW)
    path.write_bytes(path.read_bytes()[:-cut])
    again = Store(path)
    assert "a" in again
    assert ("b" in again) == (cut == 1)  # then but the end of the line is missing
    again.add("c", ROW)
    again.add("b", ROW)
    assert {"a", "b", "c"} == {k for k in "abc" if k in Store(path)}


def test_the_first_line_of_a_key_counts(tmp_path: Path) -> None:
    path = tmp_path / "store.jsonl"
    lines = [{"key": "a", "row": {"n": 1}}, {"key": "a", "row": {"n": 2}}]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert Store(path)["a"] == {"n": 1}


def test_two_processes_may_share_a_store(tmp_path: Path) -> None:
    path = tmp_path / "store.jsonl"
    code = """
        import sys
        from pathlib import Path
        from resistml.evaluate.benchmark.store import Store
        store = Store(Path(sys.argv[1]))
        for i in range(60):
            store.add(f"{sys.argv[2]}{i}", {"text": "x" * 3_000})
    """
    run = [sys.executable, "-c", textwrap.dedent(code), str(path)]
    workers = [subprocess.Popen([*run, name]) for name in "ab"]
    assert [worker.wait(timeout=120) for worker in workers] == [0, 0]
    assert len(Store(path)) == 120


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_sudden_end_leaves_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "store.jsonl"
    code = """
        import sys
        from itertools import count
        from pathlib import Path
        from resistml.evaluate.benchmark.store import Store
        store = Store(Path(sys.argv[1]))
        for i in count():
            store.add(str(i), {"text": "x" * 10_000})
            print(i, flush=True)
    """
    worker = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), str(path)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout is not None
    for line in worker.stdout:
        if int(line) >= 30:
            os.kill(worker.pid, signal.SIGKILL)
            break
    told = worker.communicate()[0]
    last = max([30, *map(int, told.split())])
    store = Store(path)
    assert all(str(i) in store for i in range(last + 1))


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("milk\nbread\n")
    with pytest.raises(OutputError, match="not a store") as caught:
        Store(path)
    assert str(path) in str(caught.value)
    assert path.read_text() == "milk\nbread\n"


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be read"):
        Store(tmp_path)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "new.jsonl")
    store.path = tmp_path / "file" / "store.jsonl"
    with pytest.raises(OutputError, match="cannot be written"):
        store.add("a", ROW)


def test_rows_hold_no_nan(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.jsonl")
    with pytest.raises(ValueError, match="not JSON compliant"):
        store.add("a", {"x": float("nan")})
