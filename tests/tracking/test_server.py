"""The server as a child process, with a small stand-in for MLflow's."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from resistml.errors import ResistmlError, UsageError
from resistml.tracking.server import Server, check_port

#: Answers /health and has a worker of its own, as MLflow's server has.
HEALTHY = """
import http.server, os, subprocess, sys
worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open("worker", "w").write(str(worker.pid))
open("environment", "w").write(os.environ["MLFLOW_BACKEND_STORE_URI"])
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""


@pytest.fixture
def port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that is listened on."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield int(holder.getsockname()[1])


def stand_in(code: str, port: int, folder: Path) -> Server:
    """A server that runs ``code`` in place of MLflow."""
    server = Server("sqlite:///secret.db", None, port, folder)
    server._command = [sys.executable, "-c", textwrap.dedent(code), str(port)]
    return server


def alive(pid: int) -> bool:
    """Whether a process runs (an unreaped one does not)."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2][:3]
    except FileNotFoundError:
        return False


def gone(pid: int, patience: float = 5.0) -> bool:
    """Whether a process ends in time."""
    end = time.monotonic() + patience
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.05)
    return not alive(pid)


def test_a_free_port_is_taken_as_it_is(port: int) -> None:
    check_port(port)


def test_a_taken_port_is_refused_with_another(taken: int) -> None:
    with pytest.raises(UsageError) as caught:
        check_port(taken)
    assert caught.value.exit_code == 2
    assert str(taken) in caught.value.message
    assert "--port" in str(caught.value.hint)


@pytest.mark.parametrize("number", [0, -1, 65_536])
def test_what_is_no_port_is_refused(number: int) -> None:
    with pytest.raises(UsageError, match="65535"):
        check_port(number)


def test_the_command_holds_no_store_address_and_one_worker(tmp_path: Path) -> None:
    server = Server("postgresql://me:secret@db/runs", "file:///a", 5000, tmp_path)
    command = " ".join(server._command)
    assert "secret" not in command
    assert "--host 127.0.0.1" in command
    assert "--workers 1" in command
    assert "--default-artifact-root file:///a" in command


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at processes through /proc")
def test_it_answers_and_ends_with_its_workers(port: int, tmp_path: Path) -> None:
    with stand_in(HEALTHY, port, tmp_path) as server:
        server.wait_ready(20.0)
        pid, worker = server.pid, int((tmp_path / "worker").read_text("ascii"))
        assert alive(pid)
        assert alive(worker)
        assert (tmp_path / "environment").read_text("ascii") == "sqlite:///secret.db"
    assert gone(pid)
    assert gone(worker)
    check_port(port)


def test_one_that_dies_at_the_start_says_its_last_lines(port: int, tmp_path: Path) -> None:
    code = """
        import sys
        print("\\n".join(f"line {i}" for i in range(40)))
        print("no such table: runs", file=sys.stderr)
        sys.exit(7)
    """
    with (
        pytest.raises(ResistmlError, match="no such table") as caught,
        stand_in(code, port, tmp_path) as server,
    ):
        server.wait_ready(20.0)
    assert "exit 7" in str(caught.value)
    assert "line 39" in str(caught.value)
    assert "line 5\n" not in str(caught.value)


def test_one_that_dies_later_is_an_error_too(port: int, tmp_path: Path) -> None:
    code = "import time; time.sleep(0.3); raise SystemExit('disk full')"
    with (
        pytest.raises(ResistmlError, match="disk full"),
        stand_in(code, port, tmp_path) as server,
    ):
        server.wait_end()


def test_one_that_never_answers_is_given_up_and_ended(port: int, tmp_path: Path) -> None:
    with (
        pytest.raises(ResistmlError, match="did not answer"),
        stand_in("import time; time.sleep(600)", port, tmp_path) as server,
    ):
        server.wait_ready(0.5)
    assert server._process.returncode is not None


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 0)])
def test_a_signal_to_us_ends_the_server(
    number: signal.Signals, code: int, port: int, tmp_path: Path
) -> None:
    (tmp_path / "code.py").write_text(HEALTHY, encoding="utf-8")
    ours = textwrap.dedent(
        f"""
        import sys
        from pathlib import Path
        from resistml.tracking import server, ui
        folder = Path({str(tmp_path)!r})
        class StandIn(server.Server):
            def __init__(self, *args):
                super().__init__(*args)
                self._command = [sys.executable, str(folder / "code.py"), "{port}"]
        ui.Server = StandIn
        ui.open_ui(folder, ui_uri := "sqlite:///" + str(folder / "mlflow.db"), {port})
        """
    )
    process = subprocess.Popen([sys.executable, "-c", ours], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("Ctrl-C"):
            break
    worker = int((tmp_path / "worker").read_text("ascii"))
    os.kill(process.pid, number)
    said = process.communicate(timeout=30)[1]
    assert process.returncode == code, said
    assert "Traceback" not in said
    assert gone(worker)
