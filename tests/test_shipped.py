"""What ships is found, in a checkout and in a wheel alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from resistml import shipped
from resistml.errors import InputError


@pytest.mark.parametrize("name", ["catalog", "configs", "examples", "models", "synthetic"])
def test_folder_is_there(name: str) -> None:
    assert shipped.folder(name).is_dir()


def test_wheel_goes_before_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "_PACKAGE", tmp_path / "resistml")
    monkeypatch.setattr(shipped, "_CHECKOUT", tmp_path)
    (tmp_path / "data" / "synthetic").mkdir(parents=True)
    assert shipped.folder("synthetic") == tmp_path / "data" / "synthetic"
    (tmp_path / "resistml" / "shipped_data" / "synthetic").mkdir(parents=True)
    assert shipped.folder("synthetic") == tmp_path / "resistml" / "shipped_data" / "synthetic"
    assert shipped.folder("catalog") == tmp_path / "resistml" / "catalog"
    with pytest.raises(InputError, match="lacks its 'models' folder") as caught:
        shipped.folder("models")
    assert caught.value.hint == "install resistml again"


def test_default_model_lies_in_the_models_folder() -> None:
    assert shipped.default_model() == shipped.folder("models") / "default"


@pytest.mark.parametrize("name", ["default", "default.yaml", "quick", "randomised"])
def test_config_by_name(name: str) -> None:
    path = shipped.config(name)
    assert path.is_file()
    assert path.stem == name.removesuffix(".yaml")


@pytest.mark.parametrize(
    ("name", "hint"),
    [("defualt", "did you mean 'default'?"), ("quik.yaml", "did you mean 'quick'?"), ("zz", None)],
)
def test_unknown_config_names_the_nearest(name: str, hint: str | None) -> None:
    with pytest.raises(InputError, match=f"no config '{name}'") as caught:
        shipped.config(name)
    assert caught.value.hint == hint
    assert "default" in str(caught.value.allowed)


def test_project_root_is_the_nearest_folder_upwards_with_a_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert shipped.project_root(deep) == deep.resolve()
    (tmp_path / "resistml.yaml").write_text("")
    assert shipped.project_root(deep) == tmp_path.resolve()
    (tmp_path / "a" / "resistml.yaml").write_text("")
    assert shipped.project_root(deep) == (tmp_path / "a").resolve()
    (deep / "resistml.yaml").mkdir()  # a folder of that name marks nothing
    assert shipped.project_root(deep) == (tmp_path / "a").resolve()
    monkeypatch.chdir(deep)
    assert shipped.project_root() == (tmp_path / "a").resolve()
