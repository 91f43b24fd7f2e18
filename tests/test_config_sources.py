"""Who said what of a config: faults are laid on the file, or the `--set`, that they come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from resistml.config import load_config
from resistml.errors import ConfigError, InputError


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, text: str) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def failure(source: str | Path, *changes: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load_config(source, changes)
    assert caught.value.exit_code == 2
    return caught.value


class TestBlame:
    @pytest.mark.parametrize(
        ("child", "parent", "blamed"),
        [
            ("name: a", "seed: -1", "parent.yaml"),
            ("seed: -1", "seed: 1", "child.yaml"),
            ("cohort: {assignment: randomised}", "cohort: {n: 1}", "parent.yaml"),
            ("cohort: {n: 1}", "cohort: {n: 900}", "child.yaml"),
            ("name: a", "cohrt: {n: 1}", "parent.yaml"),
            ("name: a", "catalog: nowhere", "parent.yaml"),
            ("catalog: nowhere", "catalog: elsewhere", "child.yaml"),
            ("name: a", "1: 2", "parent.yaml"),
        ],
    )
    def test_the_file_that_says_it(self, child: str, parent: str, blamed: str) -> None:
        write("parent.yaml", parent)
        error = failure(write("child.yaml", f"extends: parent\n{child}"))
        assert Path(str(error.file)).name == blamed

    @pytest.mark.parametrize(
        ("change", "key"),
        [
            ("seed=-1", "seed"),
            ("cohort=5", "cohort"),
            ("cohort={n: 1}", "cohort.n"),
            ("cohort={1: 600}", "cohort.1"),
            ("cohort.n.x=3", "cohort.n.x"),
            ("tracking.uri.x=3", "tracking.uri"),
            ("catalog=nowhere", "catalog"),
            ('catalog="a\\0b"', "catalog"),
            ("model={depth: 2, depth: 3}", "model"),
        ],
    )
    def test_set_and_no_file(self, change: str, key: str) -> None:
        error = failure(write("run.yaml", "cohort: {n: 900}\ncatalog: also nowhere"), change)
        assert (error.file, error.key) == (None, key)
        assert "(put in by --set)" in error.message

    def test_a_catalog_that_set_replaces_need_not_be_there(self) -> None:
        Path("mine").mkdir()
        path = write("run.yaml", "catalog: nowhere")
        assert load_config(path, ("catalog=mine",)).catalog == Path("mine")
        assert load_config(path, ("catalog=",)).catalog is None

    def test_a_file_is_blamed_though_set_changed_another_key(self) -> None:
        error = failure(write("run.yaml", "cohort: {n: 1}"), "cohort.assignment=randomised")
        assert str(error.file) == "run.yaml"
        assert "--set" not in error.message


class TestKeys:
    @pytest.mark.parametrize(
        ("text", "key"),
        [
            ("1: 2", "1"),
            ("seed: 1\ntrue: 1", "true"),
            ("null: 1", "null"),
            ("cohort: {1.5: 2}", "cohort.1.5"),
            ("cohort: {follow_up: {2: 2}}", "cohort.follow_up.2"),
        ],
    )
    def test_one_that_is_no_text_is_named(self, text: str, key: str) -> None:
        error = failure(write("run.yaml", text))
        assert (error.message, error.key) == ("a key must be text", key)
        assert error.file == "run.yaml"

    @pytest.mark.parametrize("change", ["cohort..n=600", ".n=600", "cohort.=1", "=", "n"])
    def test_set_needs_a_key(self, change: str) -> None:
        assert f"needs KEY=VALUE, got '{change}'" in failure("quick", change).message

    def test_one_that_stands_twice_in_a_set_is_named(self) -> None:
        assert "'n' stands twice" in failure("quick", "cohort={n: 500, n: 600}").message


class TestExtends:
    @pytest.mark.parametrize("parent", ["mine", "mine.yaml", "./mine", "../{here}/mine.yaml"])
    def test_a_config_that_extends_itself_is_told_so(self, here: Path, parent: str) -> None:
        error = failure(write("mine.yaml", f"extends: {parent.format(here=here.name)}"))
        assert error.message == "extends itself: mine.yaml -> mine.yaml"
        assert (error.key, error.file) == ("extends", "mine.yaml")

    @pytest.mark.parametrize("parent", ["a" * 300, "a/" + "b" * 300, "a/" * 3_000 + "b"])
    def test_a_name_too_long_for_a_file_is_no_config(self, parent: str) -> None:
        error = failure(write("mine.yaml", f"extends: {parent}"))
        assert error.key == "extends"
        assert error.message.startswith("no config 'a")
        assert len(error.message) < 100

    @pytest.mark.parametrize("source", ["a" * 300, "x/" + "a" * 300 + ".yaml"])
    def test_a_source_too_long_for_a_file_is_none(self, source: str) -> None:
        with pytest.raises(InputError) as caught:
            load_config(source)
        assert caught.value.exit_code == 2

    def test_a_link_that_leads_to_itself_cannot_be_read(self) -> None:
        Path("mine.yaml").symlink_to("mine.yaml")
        assert "cannot be read" in failure("./mine.yaml").message


class TestCatalog:
    @pytest.mark.parametrize(
        ("said", "problem"),
        [
            ("nowhere", "is not there"),
            ("run.yaml", "is a file, not a folder"),
            ("run.yaml/deeper", "cannot be read: Not a directory"),
            ('"a\\0b"', "'a\\x00b' is no path: it holds a NUL character"),
            ("a" * 300, "cannot be read: File name too long"),
            ("loop", "cannot be read: Too many levels of symbolic links"),
        ],
    )
    def test_one_that_is_no_folder_is_told(self, said: str, problem: str) -> None:
        Path("loop").symlink_to("loop")
        error = failure(write("run.yaml", f"catalog: {said}"))
        assert problem in error.message
        assert (error.key, error.file) == ("catalog", "run.yaml")
        assert len(error.message) < 200

    def test_one_that_is_a_folder_is_found_beside_its_file(self, here: Path) -> None:
        (here / "sub" / "mine").mkdir(parents=True)
        path = write("sub/run.yaml", "catalog: mine")
        assert load_config(path).catalog == (here / "sub" / "mine").resolve()
