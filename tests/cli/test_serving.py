"""`resistml serve` and `mlflow models serve` as processes, asked over a socket."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from resistml.columns import SERVED
from resistml.notice import NOTICE
from resistml.predict.model import load_bundle
from resistml.predict.score import score
from resistml.tables import json_lines, profiles_from_rows
from tests.cli.conftest import Cli, environment, started

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

JSON = {"Content-Type": "application/json"}


def asked(port: int, method: str, path: str, document: Any = None) -> tuple[int, Any]:
    """Status and JSON of a request."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        body = None if document is None else json.dumps(document)
        link.request(method, path, body, JSON)
        answer = link.getresponse()
        return answer.status, json.loads(answer.read(), parse_constant=_no_constant)
    finally:
        link.close()


def _no_constant(name: str) -> Any:
    raise AssertionError(f"{name} is no JSON")


def rows_of(bundle: Path) -> list[dict[str, Any]]:
    """A row per setting, all of its panel measured; the second of a setting that is not there."""
    from resistml.tracking.logged_model import example

    spec = load_bundle(bundle).spec
    frame = example(spec, most=4)
    rows = [{k: v for k, v in row.items() if v == v} for row in frame.to_dict("records")]
    return [rows[0], rows[1] | {"setting": "nowhere"}, *rows[2:]]


def expected(bundle: Path, rows: list[dict[str, Any]], digits: int | None) -> list[dict[str, Any]]:
    model = load_bundle(bundle)
    told = score(model, profiles_from_rows(rows, model.spec))
    lines = json_lines({name: told[name] for name in SERVED}, digits=digits)
    return [json.loads(line) for line in lines]


@contextmanager
def serving(folder: Path, *args: object) -> Iterator[tuple[subprocess.Popen[str], int, list[str]]]:
    """The server as a process once it is up, its port, and what it has said until then."""
    process = started(folder, "serve", "--port", 0, *args)
    said: list[str] = []
    try:
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line.rstrip())
            if found := re.search(r"http://127\.0\.0\.1:(\d+) is up", line):
                yield process, int(found[1]), said
                return
        raise AssertionError("\n".join(said))
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=30)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_it_answers_and_ends_when_it_is_asked_to(
    small_bundle: Path, tmp_path: Path, number: int, code: int
) -> None:
    rows = rows_of(small_bundle)
    with serving(tmp_path, "-m", small_bundle) as (process, port, said):
        assert said[0] == "resistml serve: starting"
        assert NOTICE in said
        assert asked(port, "GET", "/health") == (200, {"notice": NOTICE, "status": "ok"})
        status, found = asked(port, "POST", "/invocations", {"dataframe_records": rows})
        assert status == 200
        assert found["predictions"] == expected(small_bundle, rows, digits=6)
        assert [p["status"] for p in found["predictions"]] == ["ok", "rejected", "ok", "ok"]
        for path in ("/score", "/rank", "/explain"):
            status, found = asked(port, "POST", path, rows)
            assert (status, found["rejected"][0]["row"]) == (200, 2)
        assert asked(port, "POST", "/score", [])[0] == 400
        process.send_signal(number)
        _, rest = process.communicate(timeout=30)
        assert process.returncode == code
        assert "Traceback" not in rest
        with socket.socket() as again:
            again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            again.bind(("127.0.0.1", port))  # nothing holds it any more


@pytest.mark.slow
def test_a_port_that_is_taken_and_a_host_that_is_not(cli: Cli, small_bundle: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        done = cli("serve", "-m", small_bundle, "--port", port, code=2)
    assert f"127.0.0.1:{port} cannot be listened on" in done.stderr
    assert "hint: close what holds it" in done.stderr
    done = cli("serve", "-m", small_bundle, "--port", 70_000, code=2)
    assert "70000 is no port" in done.stderr
    done = cli("serve", "-m", small_bundle, "--host", "no.such.host.invalid", code=2)
    assert "there is no host 'no.such.host.invalid'" in done.stderr


@pytest.fixture(scope="module")
def logged(small_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The small model in a store: the store's address and the model's."""
    from resistml.tracking.place import resolve_uri
    from resistml.tracking.store import log_run, open_store
    from tests.tracking.conftest import bare_items

    root = tmp_path_factory.mktemp("store")
    store = open_store(resolve_uri(None, root), "resistml", root)
    return store.uri, log_run(bare_items(small_bundle), store).model_uri


@pytest.fixture(scope="module")
def mlflow_server(logged: tuple[str, str]) -> Iterator[int]:
    """The port of `mlflow models serve`, as its documentation tells users to start it."""
    uri, model = logged
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    here = str(Path(sys.executable).parent)
    words = ["models", "serve", "-m", model, "--env-manager", "local"]
    process = subprocess.Popen(
        [sys.executable, "-m", "mlflow", *words, "-h", "127.0.0.1", "-p", str(port)],
        env=environment()
        | {"MLFLOW_TRACKING_URI": uri, "PATH": os.pathsep.join([here, os.environ["PATH"]])},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        end = time.monotonic() + 180
        while True:
            assert process.poll() is None, "it ended by itself"
            assert time.monotonic() < end, "it does not answer"
            try:
                link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                link.request("GET", "/ping")
                if link.getresponse().status == 200:
                    break
            except OSError:
                time.sleep(0.3)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


@pytest.mark.slow
class TestMlflow:
    def test_it_gives_what_resistml_gives(self, mlflow_server: int, small_bundle: Path) -> None:
        rows = rows_of(small_bundle)
        status, found = asked(mlflow_server, "POST", "/invocations", {"dataframe_records": rows})
        assert status == 200
        told = expected(small_bundle, rows, digits=None)
        for row, ours in zip(found["predictions"], told, strict=True):
            numbers = ("p_resistance", "lower", "upper")
            assert {k: v for k, v in row.items() if k not in numbers} == {
                k: v for k, v in ours.items() if k not in numbers
            }
            for name in numbers:
                assert row[name] == pytest.approx(ours[name], abs=1e-9)
        assert [row["status"] for row in found["predictions"]] == ["ok", "rejected", "ok", "ok"]
        assert "'nowhere' is not a known setting" in found["predictions"][1]["message"]
        assert found["predictions"][1]["p_resistance"] is None

    @pytest.mark.parametrize(
        ("document", "words"),
        [
            ({"rows": []}, "exactly one of the input fields"),
            ({"dataframe_records": [{"patient_id": "a"}]}, "setting"),
            (
                {"dataframe_records": [{"patient_id": "a", "setting": "b", "ABCB1": "high"}]},
                "Failed to convert column ABCB1",
            ),
        ],
    )
    def test_malformed(self, mlflow_server: int, document: Any, words: str) -> None:
        status, found = asked(mlflow_server, "POST", "/invocations", document)
        assert status == 400
        assert found["error_code"] in ("BAD_REQUEST", "INVALID_PARAMETER_VALUE")
        assert words in found["message"]
