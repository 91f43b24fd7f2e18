"""Where runs are kept: the config's word, else the environment's, else the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from resistml.errors import ConfigError, OutputError
from resistml.tracking.place import artifact_root, is_there, resolve_uri, sqlite_file


def test_the_default_is_an_absolute_file_in_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    uri = resolve_uri(None, Path())
    assert uri == f"sqlite:///{(tmp_path / 'mlflow.db').as_posix()}"
    assert artifact_root(uri, Path()) == (tmp_path / "mlartifacts").as_uri()


def test_the_config_goes_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://from-environment")
    assert resolve_uri("http://from-config", tmp_path) == "http://from-config"
    assert resolve_uri(None, tmp_path) == "http://from-environment"


def test_an_empty_variable_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", " ")
    assert resolve_uri(None, tmp_path).startswith("sqlite:///")


def test_a_relative_file_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project, here = tmp_path / "project", tmp_path / "here"
    for folder in (project, here):
        folder.mkdir()
    monkeypatch.chdir(here)
    assert sqlite_file(resolve_uri("sqlite:///sub/r.db", project)) == project / "sub" / "r.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///r.db")
    assert sqlite_file(resolve_uri(None, project)) == here / "r.db"


def test_an_absolute_file_stays_with_its_artifacts_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "elsewhere" / "my runs.db"
    uri = resolve_uri(f"sqlite:///{file.as_posix()}", tmp_path / "project")
    assert sqlite_file(uri) == file
    assert artifact_root(uri, tmp_path) == (file.parent / "mlartifacts").as_uri()


def test_a_quoted_file_is_read_as_mlflow_writes_it(tmp_path: Path) -> None:
    quoted = f"sqlite:///{(tmp_path / 'my runs.db').as_posix()}".replace(" ", "%20")
    assert sqlite_file(resolve_uri(quoted, tmp_path)) == tmp_path / "my runs.db"


def test_options_of_a_file_stay(tmp_path: Path) -> None:
    uri = resolve_uri("sqlite:///r.db?timeout=30", tmp_path)
    assert uri.endswith("r.db?timeout=30")
    assert sqlite_file(uri) == tmp_path / "r.db"


@pytest.mark.parametrize(
    "uri", ["http://host:5000", "https://host", "databricks", "databricks://p"]
)
def test_a_server_decides_where_artifacts_go(uri: str, tmp_path: Path) -> None:
    assert resolve_uri(uri, tmp_path) == uri
    assert artifact_root(uri, tmp_path) is None
    assert sqlite_file(uri) is None


def test_another_database_keeps_artifacts_in_the_project(tmp_path: Path) -> None:
    uri = resolve_uri("postgresql://db/runs", tmp_path)
    assert artifact_root(uri, tmp_path) == (tmp_path / "mlartifacts").as_uri()


@pytest.mark.parametrize(
    "uri",
    ["mlruns", "./mlflow.db", "file:///mlruns", "sqlite:runs.db", "sqlite:///", "sqlite://"],
)
def test_an_address_that_cannot_be_logged_to_is_refused(uri: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve_uri(uri, tmp_path)
    assert caught.value.exit_code == 2
    assert caught.value.key == "tracking.uri"
    assert "sqlite:///FILE" in str(caught.value)


def test_the_environment_is_named_when_it_is_at_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "./mlruns")
    with pytest.raises(ConfigError, match="MLFLOW_TRACKING_URI"):
        resolve_uri(None, tmp_path)


@pytest.mark.parametrize("name", ["a%20b", "what?"])
def test_a_folder_that_mlflow_would_misread_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="'%' or"):
        resolve_uri(None, tmp_path / name)


def test_the_place_of_an_address_is_named_when_it_is_at_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve_uri("mlruns", tmp_path, key="--uri")
    assert caught.value.key == "--uri"


def test_a_file_is_a_store_only_if_something_is_in_it(tmp_path: Path) -> None:
    uri = resolve_uri(None, tmp_path)
    assert not is_there(uri)
    (tmp_path / "mlflow.db").touch()
    assert not is_there(uri)
    (tmp_path / "mlflow.db").write_text("x")
    assert is_there(uri)
    assert is_there("http://host")
