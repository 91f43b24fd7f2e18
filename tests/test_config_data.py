"""The section `data:`: what it must say, and what it may not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from resistml.config import RunConfig, load_config, validated
from resistml.config_data import DataConfig
from resistml.errors import ConfigError

OUTCOME = {"column": "y", "response": 1, "resistant": 0}
LEAST: dict[str, Any] = {"train": "own.csv", "outcome": OUTCOME, "features": {"x": {}}}


def read(**changes: Any) -> DataConfig:
    data = validated({"data": {**LEAST, **changes}}).data
    assert data is not None
    return data


def fault(**changes: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read(**changes)
    assert caught.value.exit_code == 2
    return caught.value


def test_the_least_that_it_says() -> None:
    data = read()
    assert data.outcome.response == (1,)
    assert (data.setting, data.treatment) == (None, None)
    assert (data.split.by, data.split.folds) == ("stratified", 5)
    assert RunConfig().data is None


def test_reads_back_from_its_own_dump() -> None:
    whole = {
        "train": "a.csv",
        "external": {"b": "b.csv"},
        "outcome": {"kind": "time", "time": "os", "horizon": 12},
        "times": {"os": {"time": "t", "event": "e", "unit": "days", "seen": "Dead"}},
        "where": {"stage": ["I", 2, True]},
        "features": {"x": {"direction": -1}, "mut_*": {"kind": "flag"}},
        "markers": {"CD274": {"column": "PDL1_TPS(%)", "unit": "fraction"}},
    }
    config = validated({"data": whole})
    assert validated(json.loads(json.dumps(config.model_dump(mode="json")))) == config


@pytest.mark.parametrize(
    ("changes", "key", "message"),
    [
        ({"outcome": {"column": "y"}}, "data.outcome", "which values are which"),
        ({"outcome": {"column": "y", "response": 1}}, "data.outcome", "which values are which"),
        ({"outcome": {**OUTCOME, "column": None}}, "data.outcome", "needs `column`"),
        ({"outcome": {**OUTCOME, "horizon": 6}}, "data.outcome", "takes neither time nor horizon"),
        ({"outcome": {"kind": "time", "time": "os"}}, "data.outcome", "needs `time` and `horizon`"),
        (
            {"outcome": {"kind": "time", "time": "os", "horizon": 6}},
            "data",
            "the outcome is of `os`, which `times` lacks",
        ),
        (
            {"outcome": {"kind": "time", "time": "os", "horizon": 6, "column": "y"}},
            "data.outcome",
            "takes no column",
        ),
        ({"outcome": {**OUTCOME, "response": []}}, "data.outcome.response", "needs a value"),
        ({"outcome": {**OUTCOME, "response": {"a": 1}}}, "data.outcome.response", "needs a value"),
        ({"outcome": {**OUTCOME, "kind": "binry"}}, "data.outcome.kind", "got 'binry'"),
        ({"features": {}}, "data", "names nothing to learn from"),
        ({"features": {"age": {}}}, "data", "has the name of the column 'age'"),
        ({"features": {"Response": {}}}, "data", "has the name of the column 'response'"),
        ({"features": {"a;b": {}}}, "data", "a list of names cannot hold"),
        ({"features": {"m_*": {"column": "x"}}}, "data", "is a pattern, which takes no column"),
        ({"features": {"x": {"low": 3, "high": 2}}}, "data.features.x", "not below high"),
        (
            {"features": {"x": {"kind": "category", "direction": 1}}},
            "data.features.x",
            "has no direction",
        ),
        ({"features": {"x": {"kind": "flag", "log": True}}}, "data.features.x", "neither log nor"),
        ({"features": {"x": {"direction": 2}}}, "data.features.x.direction", "got 2"),
        ({"features": {"x": {"factor": 0}}}, "data.features.x.factor", "greater than 0"),
        ({"times": {"pfss": {"time": "t", "event": "e"}}}, "data.times.pfss", "got 'pfss'"),
        ({"times": {"os": {"time": "t"}}}, "data.times.os.event", "is missing"),
        ({"split": {"by": "site"}}, "data.split", "by site needs `column`"),
        ({"split": {"column": "site"}}, "data.split", "by stratified takes no column"),
        ({"split": {"folds": 1}}, "data.split.folds", "greater than or equal to 2"),
        ({"train": None}, "data.train", "valid string"),
        ({"featurs": {}}, "data.featurs", "unknown key"),
    ],
)
def test_faults(changes: dict[str, Any], key: str, message: str) -> None:
    error = fault(**changes)
    assert error.key == key
    assert message in error.message


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        ({"featurs": {}}, "did you mean 'features'?"),
        ({"features": {"x": {"direcion": 1}}}, "did you mean 'direction'?"),
        ({"times": {"os": {"time": "t", "event": "e", "units": "days"}}}, "did you mean 'unit'?"),
        ({"outcome": {**OUTCOME, "kind": "binry"}}, "did you mean 'binary'?"),
        ({"markers": {"CD274": {"unit": "percents"}}}, "did you mean 'percent'?"),
    ],
)
def test_the_nearest_valid_word(changes: dict[str, Any], hint: str) -> None:
    assert fault(**changes).hint == hint


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MY_TABLES", raising=False)
    return tmp_path


def write(path: Path, train: str, more: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    outcome = "outcome: {column: y, response: 1, resistant: 0}"
    path.write_text(f"data:\n  train: {train}\n  {outcome}\n  features: {{x: {{}}}}\n{more}")
    return path


class TestPaths:
    def test_from_where_the_file_is(self, here: Path) -> None:
        (here / "sub").mkdir()
        (here / "sub" / "own.csv").touch()
        write(here / "sub" / "a.yaml", "own.csv")
        (here / "b.yaml").write_text("extends: sub/a.yaml\nname: b\n")
        data = load_config(here / "b.yaml").data
        assert data is not None
        assert data.train == str((here / "sub" / "own.csv").resolve())

    def test_with_a_variable_they_stay_as_written(
        self, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (here / "own.csv").touch()
        monkeypatch.setenv("MY_TABLES", str(here))
        data = load_config(write(here / "sub" / "a.yaml", "${MY_TABLES}/own.csv")).data
        assert data is not None
        assert data.train == "${MY_TABLES}/own.csv"

    def test_a_variable_that_is_not_set(self, here: Path) -> None:
        path = write(here / "a.yaml", "${MY_TABLES}/own.csv")
        with pytest.raises(ConfigError, match="variable MY_TABLES is not set") as caught:
            load_config(path)
        assert (caught.value.key, caught.value.file) == ("data.train", str(path))
        assert "export MY_TABLES=" in str(caught.value.hint)

    @pytest.mark.parametrize(
        ("train", "message"),
        [
            ("nowhere.csv", "is not there"),
            ('"${MY-TABLES}/own.csv"', "names no environment variable"),
            ('"a\\0b"', "is no path"),
            ("x" * 300, "cannot be read: File name too long"),
        ],
    )
    def test_a_table_that_is_not_there(self, here: Path, train: str, message: str) -> None:
        with pytest.raises(ConfigError, match=message) as caught:
            load_config(write(here / "a.yaml", train))
        assert caught.value.key == "data.train"

    def test_external_tables_too(self, here: Path) -> None:
        (here / "own.csv").touch()
        path = write(here / "a.yaml", "own.csv", "  external: {later: nowhere.csv}\n")
        with pytest.raises(ConfigError, match="is not there") as caught:
            load_config(path)
        assert caught.value.key == "data.external.later"

    def test_set_is_blamed_for_its_own(self, here: Path) -> None:
        (here / "own.csv").touch()
        path = write(here / "a.yaml", "own.csv")
        with pytest.raises(ConfigError, match=r"is not there \(put in by --set\)") as caught:
            load_config(path, ("data.train=nowhere.csv",))
        assert caught.value.file is None

    def test_variables_are_for_paths_alone(
        self, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MY_TABLES", "secret")
        (here / "own.csv").touch()
        path = write(here / "a.yaml", "own.csv", '  id: "${MY_TABLES}"\n')
        data = load_config(path).data
        assert data is not None
        assert data.id == "${MY_TABLES}"

    def test_a_catalog_may_have_one(self, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (here / "extra").mkdir()
        (here / "a.yaml").write_text("catalog: ${MY_TABLES}/extra\n")
        with pytest.raises(ConfigError, match="MY_TABLES is not set") as caught:
            load_config("a.yaml")
        assert caught.value.key == "catalog"
        monkeypatch.setenv("MY_TABLES", str(here))
        assert load_config("a.yaml").catalog == here / "extra"


class TestTraps:
    """YAML words that look like something else mean what they look like to a person."""

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("NO", "NO"),
            ("12:30", "12:30"),
            ("1e-3", 0.001),
            ("010", 10),
            ("2024-01-01", "2024-01-01"),
            ("true", True),
            ('"1"', "1"),
        ],
    )
    def test_values(self, here: Path, text: str, value: object) -> None:
        (here / "own.csv").touch()
        path = write(here / "a.yaml", "own.csv", f"  where: {{country: {text}}}\n")
        data = load_config(path).data
        assert data is not None
        (found,) = data.where["country"]
        assert found == value
        assert type(found) is type(value)

    @pytest.mark.parametrize(
        ("more", "message"),
        [
            ("  train: again.csv\n", "key 'train' stands twice"),
            ("  where: &a {x: 1}\n  external: *a\n", "aliases are not allowed"),
            ("  id: !!str x\n", "tags are not allowed"),
        ],
    )
    def test_refused(self, here: Path, more: str, message: str) -> None:
        with pytest.raises(ConfigError, match=message):
            load_config(write(here / "a.yaml", "own.csv", more))


def test_schema_tells_editors_what_may_stand() -> None:
    schema = RunConfig.model_json_schema()
    known = schema["$defs"]["DataConfig"]["properties"]
    assert set(known) == set(DataConfig.model_fields)
    assert all(part.get("description") or "$ref" in part for part in known.values())
    values = schema["$defs"]["OutcomeConfig"]["properties"]["response"]["anyOf"]
    assert {"type": ["string", "number", "boolean"]} in values
    assert schema["$defs"]["DataConfig"]["additionalProperties"] is False


def test_a_run_does_not_say_where_this_machine_keeps_its_tables() -> None:
    from resistml.runs import shareable

    data = {**LEAST, "train": "/home/me/own.csv", "external": {"b": "${X}/b.csv"}}
    found = shareable(validated({"data": data}))["data"]
    assert found["train"] == "own.csv"
    assert found["external"] == {"b": "${X}/b.csv"}
