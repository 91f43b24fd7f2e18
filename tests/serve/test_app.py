"""The web application: the answers of the commands, limits, errors as JSON, no other origin."""

from __future__ import annotations

import json
from typing import Any

import pytest

from resistml.columns import SERVED
from resistml.explain.mechanisms import explain_profiles
from resistml.notice import NOTICE
from resistml.predict.model import Model
from resistml.predict.rank import rank
from resistml.predict.score import score
from resistml.serve.app import make_app
from resistml.serve.limits import Limits
from resistml.tables import json_lines, profiles_from_rows
from tests.serve.asgi import Answer, ask
from tests.serve.conftest import LIMITS, Post, Row


def refused(answer: Answer, status: int, code: str) -> dict[str, Any]:
    """The refusal, which says what programs and people need."""
    assert answer.status == status, answer.body
    assert set(answer.json) == {"notice", "error_code", "message", "allowed", "hint"}
    assert answer.json["notice"] == NOTICE
    assert answer.json["error_code"] == code
    assert answer.json["message"]
    document: dict[str, Any] = answer.json
    return document


class TestAnswers:
    @pytest.mark.parametrize(
        ("path", "ask_model"),
        [
            ("/score", score),
            ("/rank", rank),
            ("/rank?all=true", lambda m, p: rank(m, p, everything=True)),
            ("/explain", explain_profiles),
            ("/explain?full=true", lambda m, p: explain_profiles(m, p, full=True)),
        ],
    )
    def test_rows_are_those_that_the_command_prints(
        self, post: Post, model: Model, rows: list[Row], path: str, ask_model: Any
    ) -> None:
        told = [json.loads(x) for x in json_lines(ask_model(model, _profiles(rows, model)))]
        assert len(told) >= len(rows)
        answer = post(path, rows)
        assert answer.status == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.json["notice"] == NOTICE
        assert answer.json["model"] == {"name": "small", "hash": model.hash}
        assert answer.json["rows"] == told

    def test_a_wrapped_array_is_the_same(self, post: Post, rows: list[Row]) -> None:
        wrapped = post("/score", {"profiles": rows, "notice": NOTICE})
        assert wrapped.body == post("/score", rows).body

    def test_a_row_at_fault_spoils_no_other(self, post: Post, rows: list[Row]) -> None:
        whole = post("/score", rows).json["rows"]
        bad = [rows[0], rows[1] | {"setting": "nowhere"}, rows[2] | {"age": "old"}, *rows[3:]]
        found = post("/score", bad).json
        assert [r["row"] for r in found["rejected"]] == [2, 3]
        assert "'nowhere' is not a known setting" in found["rejected"][0]["message"]
        assert found["rejected"][1]["patient_id"] == rows[2]["patient_id"]
        assert [r["status"] for r in found["rows"][1:3]] == ["rejected", "rejected"]
        assert found["rows"][1]["p_resistance"] is None
        assert found["rows"][3:] == whole[3:]

    def test_columns_not_used_are_named(self, post: Post, rows: list[Row]) -> None:
        found = post("/score", [rows[0] | {"height_in_feet": 6}])
        assert found.json["ignored"] == ["height_in_feet"]

    @pytest.mark.parametrize("path", ["/ping", "/health"])
    def test_health(self, app: Any, path: str) -> None:
        assert ask(app, "GET", path).json == {"notice": NOTICE, "status": "ok"}

    def test_it_says_what_it_is(self, app: Any, model: Model) -> None:
        found = ask(app, "GET", "/").json
        assert found["model"]["hash"] == model.hash
        assert found["limits"] == {"body_bytes": LIMITS.body, "rows": LIMITS.rows}
        assert set(found["paths"]["POST"]) == {"/invocations", "/score", "/rank", "/explain"}


class TestInvocations:
    def test_every_form_of_mlflows_schema_gives_the_same(
        self, post: Post, model: Model, rows: list[Row]
    ) -> None:
        names = list(rows[0])
        forms = {
            "dataframe_records": rows,
            "instances": rows,
            "dataframe_split": {
                "columns": names,
                "data": [[row[name] for name in names] for row in rows],
            },
            "inputs": {name: [row[name] for row in rows] for name in names},
        }
        told = score(model, _profiles(rows, model))
        expected = [json.loads(x) for x in json_lines({name: told[name] for name in SERVED})]
        assert set(expected[0]) == set(SERVED)
        for key, given in forms.items():
            answer = post("/invocations", {key: given})
            assert answer.json == {"notice": NOTICE, "predictions": expected}, key

    @pytest.mark.parametrize(
        ("document", "words"),
        [
            ([], "0 of the keys"),
            ({"rows": []}, "0 of the keys"),
            ({"instances": [], "inputs": []}, "2 of the keys"),
            ({"instances": []}, "no rows"),
            ({"instances": 3}, "no array of rows"),
            ({"instances": [{"patient_id": "a"}], "params": {"k": 1}}, "takes no params"),
            ({"dataframe_split": [1]}, "no columns or no data"),
            ({"dataframe_split": {"columns": ["a", "a"], "data": []}}, "stands twice"),
            ({"dataframe_split": {"columns": ["a"], "data": [[1], [1, 2]]}}, "row 2"),
            ({"inputs": {"patient_id": ["a"], "setting": ["b", "c"]}}, "different lengths"),
            ({"instances": [{"patient_id": "a"}]}, "setting"),
            ({"instances": [{"patient_id": "a", "seting": "b"}]}, "seting"),
            ({"instances": [7]}, "not an object"),
        ],
    )
    def test_malformed(self, post: Post, document: Any, words: str) -> None:
        found = refused(post("/invocations", document), 400, "BAD_REQUEST")
        assert words in found["message"]


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (b"", "not valid JSON"),
            (b"{", "not valid JSON: line 1"),
            (b'[{"age": NaN}]', "NaN"),
            (b'[{"age": 1, "age": 2}]', "twice"),
            (b"\xff", "not UTF-8"),
            (b"3", "no array of rows"),
            (b"[]", "no rows"),
            (b'{"patient_id": "a"}', "keys are patient_id"),
            (b'[{"patient_id": ["a"], "setting": "b"}]', "holds"),
            (b"[" * 100_000, "not valid JSON"),
        ],
    )
    def test_bodies(self, app: Any, body: bytes, words: str) -> None:
        found = refused(ask(app, "POST", "/score", body), 400, "BAD_REQUEST")
        assert words in found["message"]

    @pytest.mark.parametrize(
        ("path", "words"),
        [
            ("/score?full=true", "no option 'full'"),
            ("/rank?al=true", "no option 'al'"),
            ("/rank?all=yes", "option 'all' is 'yes'"),
            ("/rank?by=luck", "luck"),
        ],
    )
    def test_options(self, post: Post, rows: list[Row], path: str, words: str) -> None:
        assert words in refused(post(path, rows), 400, "BAD_REQUEST")["message"]

    def test_unknown_paths_and_methods(self, app: Any) -> None:
        refused(ask(app, "GET", "/nowhere"), 404, "NOT_FOUND")
        found = refused(ask(app, "GET", "/score"), 405, "METHOD_NOT_ALLOWED")
        assert found["allowed"] == "POST"

    def test_a_body_of_another_kind(self, app: Any) -> None:
        answer = ask(app, "POST", "/score", b"[]", {"content-type": "text/plain"})
        refused(answer, 415, "UNSUPPORTED_MEDIA_TYPE")

    def test_a_body_that_is_too_large_is_not_read_to_its_end(self, app: Any) -> None:
        read = 0

        def pieces() -> Any:
            nonlocal read
            for _ in range(10):
                read += 1
                yield b"x" * 100_000

        answer = ask(app, "POST", "/score", pieces())
        found = refused(answer, 413, "REQUEST_TOO_LARGE")
        assert "400,000 bytes" in found["message"]

    def test_too_many_rows(self, post: Post) -> None:
        rows = [{"patient_id": str(i), "setting": "a"} for i in range(LIMITS.rows + 1)]
        found = refused(post("/score", rows), 413, "REQUEST_TOO_LARGE")
        assert found["allowed"] == "200 rows a request"

    def test_a_body_that_does_not_come(self, app: Any) -> None:
        refused(ask(app, "POST", "/score", b"[", stuck=True), 408, "REQUEST_TIMEOUT")

    def test_a_fault_of_ours_tells_nothing_of_itself(
        self, app: Any, rows: list[Row], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from resistml.serve import answers

        def broken(*args: Any) -> Any:
            raise RuntimeError("/secret/path")

        monkeypatch.setitem(answers.QUESTIONS, "/score", (broken, {}))
        with pytest.raises(RuntimeError):  # for the server's log
            ask(app, "POST", "/score", json.dumps(rows).encode())


class TestOrigins:
    def test_pages_of_other_origins_are_not_answered(self, app: Any, post: Post) -> None:
        for origin in ("http://evil.example", "null", "http://127.0.0.1:9"):
            refused(post("/score", [], origin=origin), 403, "FORBIDDEN")
        own = ask(app, "GET", "/ping", headers={"origin": "http://127.0.0.1:5001"})
        assert own.status == 200

    def test_no_answer_allows_another_origin(self, app: Any, post: Post, rows: list[Row]) -> None:
        asked = {"origin": "http://evil.example", "access-control-request-method": "POST"}
        answers = [
            post("/score", rows),
            ask(app, "OPTIONS", "/score", headers=asked),
            ask(app, "GET", "/ping", headers=asked),
        ]
        for answer in answers:
            assert not [name for name in answer.headers if name.startswith("access-control")]
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["cache-control"] == "no-store"

    def test_another_name_for_this_machine_is_not_answered(self, app: Any, model: Model) -> None:
        for host, status in (("evil.example", 403), ("localhost:5001", 200), ("[::1", 403)):
            assert ask(app, "GET", "/ping", headers={"host": host}).status == status
        anywhere = make_app(model, Limits())
        assert ask(anywhere, "GET", "/ping", headers={"host": "evil.example"}).status == 200


def _profiles(rows: list[Row], model: Model) -> Any:
    return profiles_from_rows(rows, model.spec)
