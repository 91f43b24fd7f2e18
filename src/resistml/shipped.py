"""Finds what ships with resistml, in a checkout and in an installed wheel alike."""

from __future__ import annotations

from pathlib import Path

from resistml.errors import InputError, did_you_mean, listed

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parents[1]

#: Name of the folder in a checkout; the wheel holds it as ``resistml/shipped_data/NAME``.
_FOLDERS = {
    "catalog": "src/resistml/catalog",
    "configs": "configs",
    "examples": "examples",
    "models": "models",
    "synthetic": "data/synthetic",
}


def folder(name: str) -> Path:
    """The shipped folder called ``name``.

    Raises
    ------
    InputError
        If the installation lacks it.
    """
    if name == "catalog":
        return _PACKAGE / "catalog"
    for candidate in (_PACKAGE / "shipped_data" / name, _CHECKOUT / _FOLDERS[name]):
        if candidate.is_dir():
            return candidate
    raise InputError(f"this installation lacks its '{name}' folder", hint="install resistml again")


def default_model() -> Path:
    """The bundle that scores when no model is named."""
    return folder("models") / "default"


def benchmark_result() -> Path:
    """Where the benchmark's committed result is, or would be."""
    inside = _PACKAGE / "shipped_data" / "benchmark.json"
    return inside if inside.is_file() else _CHECKOUT / "docs" / "benchmark.json"


def config(name: str) -> Path:
    """The shipped config called ``name``, with or without ``.yaml``."""
    stem = name.removesuffix(".yaml")
    known = {path.stem: path for path in sorted(folder("configs").glob("*.yaml"))}
    if stem not in known:
        raise InputError(
            f"no config '{name}'", allowed=listed(known), hint=did_you_mean(stem, known)
        )
    return known[stem]


def project_root(start: Path | None = None) -> Path:
    """The nearest folder upwards that holds ``resistml.yaml``, else the current folder."""
    here = (start or Path.cwd()).resolve()
    for candidate in (here, *here.parents):
        if (candidate / "resistml.yaml").is_file():
            return candidate
    return here
