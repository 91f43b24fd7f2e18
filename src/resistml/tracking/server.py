"""MLflow's server as a child process: started, watched and ended as a whole."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from resistml.errors import ResistmlError, UsageError
from resistml.tracking.links import HOST
from resistml.tracking.session import environment

#: Lines of the server's output that are shown when it dies.
TAIL = 12
#: Seconds that the server has to end by itself.
GRACE = 10.0

#: Without the eight processes for jobs that no run of ours asks for.
_LEAN = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}


def check_port(port: int) -> None:
    """Raise UsageError unless the port can be listened on."""
    if not 1 <= port <= 65_535:
        raise UsageError(f"{port} is no port", allowed="1 to 65535")
    with socket.socket() as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise UsageError(
                f"port {port} is not for you to use", hint="choose one above 1023: --port 5000"
            ) from None
        except OSError:
            other = port + 1 if port < 65_535 else port - 1
            raise UsageError(
                f"port {port} is taken; the UI may be open already at http://{HOST}:{port}",
                hint=f"close what holds it, or choose another: --port {other}",
            ) from None


class Server:
    """``mlflow server`` with one worker, ended with the block whatever happens in it.

    Parameters
    ----------
    uri : str
        The store. It goes by the environment, since a command line can be read by all.
    artifacts : str or None
        Root of new artifacts.
    port : int
    folder : Path
        Where the server runs.
    """

    def __init__(self, uri: str, artifacts: str | None, port: int, folder: Path) -> None:
        self.port = port
        self._folder = folder
        self._environment = {**_LEAN, **environment(), "MLFLOW_BACKEND_STORE_URI": uri}
        for name in ("MLFLOW_REGISTRY_STORE_URI", "MLFLOW_TRACKING_URI"):
            self._environment.pop(name, None)
        self._command = [sys.executable, "-m", "mlflow", "server"]
        self._command += ["--host", HOST, "--port", str(port), "--workers", "1"]
        if artifacts is not None:
            self._command += ["--default-artifact-root", artifacts]
            self._command += ["--artifacts-destination", artifacts]
        self._old_handler: Any = None

    def __enter__(self) -> Server:
        apart: dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        self._log = tempfile.TemporaryFile()
        if threading.current_thread() is threading.main_thread():
            self._old_handler = signal.signal(signal.SIGTERM, _leave)
        self._process = subprocess.Popen(
            self._command,
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            **apart,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._stop()
        finally:
            if self._old_handler is not None:
                signal.signal(signal.SIGTERM, self._old_handler)
            self._log.close()

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return self._process.pid

    def wait_ready(self, patience: float) -> None:
        """Wait until the server answers; raise with its last lines if it does not."""
        end = time.monotonic() + patience
        while not self._healthy():
            self._check_alive()
            if time.monotonic() > end:
                raise ResistmlError(
                    f"the MLflow UI did not answer within {patience:.0f} s\n{self._tail()}"
                )
            time.sleep(0.2)

    def wait_end(self) -> None:
        """Wait as long as the server runs; raise with its last lines when it ends by itself."""
        while True:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=1.0)
            self._check_alive()

    def _check_alive(self) -> None:
        code = self._process.poll()
        if code is not None:
            raise ResistmlError(f"the MLflow UI ended by itself (exit {code})\n{self._tail()}")

    def _healthy(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=2.0)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _tail(self) -> str:
        self._log.seek(0)
        lines = self._log.read().decode("utf-8", "replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-TAIL:])

    def _stop(self) -> None:
        """End the server and its workers: asked first, then made to."""
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=GRACE)
        except subprocess.TimeoutExpired:
            pass
        finally:
            if sys.platform != "win32":
                self._signal(signal.SIGKILL)
            else:
                self._process.kill()
            self._process.wait()

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                self._process.terminate()
            else:
                os.killpg(self._process.pid, number)


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
