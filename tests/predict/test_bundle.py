"""Bundles: what is saved is what is loaded, and nothing else is."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resistml.errors import ModelError, OutputError
from resistml.evidence import Evidence
from resistml.learn.bundle import save_bundle
from resistml.learn.data import as_model
from resistml.learn.fit import Params
from resistml.learn.train import fit_model
from resistml.predict.model import SCHEMA, load_bundle
from tests.patients import Patients


@pytest.fixture
def bundle(small_bundle: Path, tmp_path: Path) -> Path:
    """A copy of a bundle, to be damaged."""
    return Path(shutil.copytree(small_bundle, tmp_path / "model"))


def resealed(folder: Path) -> None:
    """Make the manifest agree with the files, as one who tampers would."""
    files = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }
    (folder / "manifest.json").write_text(json.dumps({"files": files}))


def edit(folder: Path, name: str, change: Callable[[Any], None]) -> None:
    """Change a JSON file of a bundle, and its hash with it."""
    document = json.loads((folder / name).read_text())
    change(document)
    (folder / name).write_text(json.dumps(document))
    if name != "manifest.json":
        resealed(folder)


def test_round_trip(evidence: Evidence, patients: Patients, tmp_path: Path) -> None:
    params = Params(bag=2, rounds=12, checks=1)
    spec, fitted = fit_model(
        evidence, patients.records, patients.strategy, patients.y, params, seed=1, threads=1
    )
    save_bundle(fitted, spec, params, {"name": "round"}, "# card\n", tmp_path / "model")
    model, drafted = load_bundle(tmp_path / "model"), as_model(spec, fitted)
    assert model.spec == spec
    assert model.about == {
        "name": "round",
        "params": {**vars(params)},
        "rounds": fitted.rounds,
    }
    ours = model.risk(patients.records, patients.strategy)
    theirs = drafted.risk(patients.records, patients.strategy)
    np.testing.assert_allclose(ours.margins, theirs.margins, atol=1e-9)
    np.testing.assert_allclose(ours.p, theirs.p, atol=1e-9)
    assert model.hash == hashlib.sha256((tmp_path / "model/manifest.json").read_bytes()).hexdigest()


def test_same_fit_same_bytes(evidence: Evidence, patients: Patients, tmp_path: Path) -> None:
    params = Params(bag=2, rounds=3, checks=1)
    hashes = []
    for name in ("a", "b"):
        spec, fitted = fit_model(
            evidence, patients.records, patients.strategy, patients.y, params, seed=1, threads=1
        )
        save_bundle(fitted, spec, params, {}, "# card\n", tmp_path / name)
        hashes.append(load_bundle(tmp_path / name).hash)
    assert hashes[0] == hashes[1]


def test_existing_place_is_refused(
    small_bundle: Path, evidence: Evidence, patients: Patients
) -> None:
    params = Params(bag=2, rounds=1, checks=1)
    spec, fitted = fit_model(
        evidence, patients.records, patients.strategy, patients.y, params, seed=1, threads=1
    )
    before = (small_bundle / "manifest.json").read_bytes()
    with pytest.raises(OutputError, match="exists already"):
        save_bundle(fitted, spec, params, {}, "", small_bundle)
    assert (small_bundle / "manifest.json").read_bytes() == before


def test_layout(small_bundle: Path) -> None:
    files = {p.relative_to(small_bundle).as_posix() for p in small_bundle.rglob("*") if p.is_file()}
    boosters = {f"boosters/{k:02d}.ubj" for k in range(3)}
    assert files == {"model.json", "spec.json", "card.md", "manifest.json"} | boosters


@pytest.mark.parametrize("name", ["model.json", "spec.json", "card.md", "boosters/01.ubj"])
def test_byte_flipped(bundle: Path, name: str) -> None:
    content = bytearray((bundle / name).read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / name).write_bytes(content)
    with pytest.raises(ModelError) as fault:
        load_bundle(bundle)
    assert f"{name} was changed since the model was saved" in str(fault.value)
    assert str(bundle) in str(fault.value)


@pytest.mark.parametrize("name", ["model.json", "spec.json", "card.md", "boosters/01.ubj"])
def test_file_missing(bundle: Path, name: str) -> None:
    (bundle / name).unlink()
    with pytest.raises(ModelError, match=f"{name} is missing"):
        load_bundle(bundle)


@pytest.mark.parametrize("name", ["extra.txt", "boosters/99.ubj", "deep/er/x.json", ".hidden"])
def test_file_added(bundle: Path, name: str) -> None:
    (bundle / name).parent.mkdir(parents=True, exist_ok=True)
    (bundle / name).write_text("x")
    with pytest.raises(ModelError, match=f"holds {name}, which its manifest does not list"):
        load_bundle(bundle)


def test_file_renamed(bundle: Path) -> None:
    (bundle / "boosters/01.ubj").rename(bundle / "boosters/1.ubj")
    with pytest.raises(ModelError, match=r"holds boosters/1\.ubj"):
        load_bundle(bundle)


@pytest.mark.parametrize("name", ["model.json", "manifest.json", "boosters/01.ubj", "boosters"])
def test_links_are_refused(bundle: Path, tmp_path: Path, name: str) -> None:
    """Though they lead to the very same content."""
    away = tmp_path / "away"
    (bundle / name).rename(away)
    (bundle / name).symlink_to(away, target_is_directory=away.is_dir())
    with pytest.raises(ModelError, match=r"link|does not list"):
        load_bundle(bundle)


def test_link_to_a_bundle_is_a_bundle(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "latest").symlink_to(bundle)
    assert load_bundle(tmp_path / "latest").hash == load_bundle(bundle).hash


@pytest.mark.parametrize(
    "name",
    [
        "../outside.json",
        "boosters/../../outside.json",
        "/etc/hostname",
        "./model.json",
        "boosters//00.ubj",
        "C:outside.json",
        "boosters\\00.ubj",
        "",
        ".",
        "manifest.json",
        "a\0b",
    ],
)
def test_manifest_that_names_no_file_of_the_bundle(bundle: Path, name: str) -> None:
    outside = bundle.parent / "outside.json"
    outside.write_text("{}")
    digest = hashlib.sha256(b"{}").hexdigest()
    edit(bundle, "manifest.json", lambda x: x["files"].update({name: digest}))
    with pytest.raises(ModelError, match="which is no file of a bundle"):
        load_bundle(bundle)


def test_folder_in_the_manifest(bundle: Path) -> None:
    edit(bundle, "manifest.json", lambda x: x["files"].update({"boosters": "0" * 64}))
    with pytest.raises(ModelError, match="boosters is missing"):
        load_bundle(bundle)


@pytest.mark.parametrize("schema", [SCHEMA + 1, None, "1"])
def test_another_schema(bundle: Path, schema: object) -> None:
    edit(bundle, "model.json", lambda x: x.update({"schema": schema}))
    with pytest.raises(ModelError) as fault:
        load_bundle(bundle)
    for part in (f"has schema {schema!r}", f"allowed: schema {SCHEMA}", "train it again"):
        assert part in str(fault.value)


@pytest.mark.parametrize("keep", [0, 1, 100, 0.5, 0.99])
def test_truncated_booster(bundle: Path, keep: float) -> None:
    """With a manifest that was made to agree: the runtime's own check must say no."""
    path = bundle / "boosters/00.ubj"
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content)) if isinstance(keep, float) else keep])
    resealed(bundle)
    with pytest.raises(ModelError, match="is damaged"):
        load_bundle(bundle)


def _pop(key: str) -> Callable[[Any], None]:
    return lambda x: x.pop(key)


def _set(**values: Any) -> Callable[[Any], None]:
    return lambda x: x.update(values)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("model.json", _pop("members")),
        ("model.json", _pop("knots")),
        ("model.json", _pop("clinical_means")),
        ("model.json", _pop("about")),
        ("model.json", _set(members=[])),
        ("model.json", _set(members={"a": 1})),
        ("model.json", lambda x: x.update(members=x["members"][:1])),
        ("model.json", lambda x: x["members"][0].update(booster="boosters/77.ubj")),
        ("model.json", lambda x: x["members"][0].update(booster=["a"])),
        ("model.json", _set(clinical_means=[0.0])),
        ("model.json", lambda x: x["members"][0]["slopes"].pop()),
        ("model.json", lambda x: x["members"][0]["slopes"][0].pop()),
        ("model.json", lambda x: x["members"][0].pop("own")),
        ("model.json", lambda x: x["members"][0]["own"].append([0.0])),
        ("model.json", lambda x: x["members"][0].update(clinical=0.0)),
        ("model.json", lambda x: x["members"][0]["intercepts"].append(0.0)),
        ("model.json", lambda x: x["members"][0]["intercepts"].__setitem__(0, 1e999)),
        ("model.json", _set(knots=[[0, 0]])),
        ("model.json", _set(knots=[[0, 0], [0, 1]])),
        ("model.json", _set(knots=[[0, 0, 0], [1, 1, 1]])),
        ("model.json", _set(knots=[])),
        ("model.json", _set(clinical_means=["x"])),
        ("spec.json", _pop("markers")),
        ("spec.json", _set(groups=[])),
        ("spec.json", _set(markers={"A": {}})),
        ("spec.json", lambda x: x["settings"]["crc_advanced"].update(ages=[])),
        ("spec.json", lambda x: x["markers"].pop("CSC")),
        ("spec.json", lambda x: x["settings"]["crc_advanced"].pop("covariance")),
    ],
)
def test_parts_that_do_not_fit(bundle: Path, name: str, change: Callable[[Any], None]) -> None:
    edit(bundle, name, change)
    text = (bundle / name).read_text()
    if "Infinity" in text:
        (bundle / name).write_text(text.replace("Infinity", "1e999"))
        resealed(bundle)
    with pytest.raises(ModelError, match="is damaged"):
        load_bundle(bundle)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("model.json", "{", "model.json is not valid JSON: line 1"),
        ("model.json", "[]", "model.json holds no JSON object"),
        ("spec.json", '{"a": NaN}', "spec.json is not valid JSON: NaN"),
        ("spec.json", '{"a": 1, "a": 2}', "key 'a' stands twice"),
        ("model.json", "[" * 100_000, "nested too deeply"),
    ],
)
def test_not_json(bundle: Path, name: str, text: str, said: str) -> None:
    (bundle / name).write_text(text)
    resealed(bundle)
    with pytest.raises(ModelError) as fault:
        load_bundle(bundle)
    assert said in str(fault.value)


def test_not_utf8(bundle: Path) -> None:
    (bundle / "spec.json").write_bytes(b"\xff{}")
    resealed(bundle)
    with pytest.raises(ModelError, match=r"spec\.json is not valid JSON"):
        load_bundle(bundle)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "its manifest lists no files"),
        ('{"files": []}', "its manifest lists no files"),
        ('{"files": {}}', "its manifest lists no files"),
        ("[]", "manifest.json holds no JSON object"),
        ("", "manifest.json is not valid JSON"),
    ],
)
def test_manifest_that_is_none(bundle: Path, text: str, said: str) -> None:
    (bundle / "manifest.json").write_text(text)
    with pytest.raises(ModelError, match=said):
        load_bundle(bundle)


def test_a_listed_bundle_without_its_model(bundle: Path) -> None:
    (bundle / "model.json").unlink()
    resealed(bundle)
    with pytest.raises(ModelError, match=r"lacks model\.json"):
        load_bundle(bundle)


@pytest.mark.parametrize("made", [True, False])
def test_no_bundle(tmp_path: Path, made: bool) -> None:
    place = tmp_path / "nothing"
    if made:
        place.mkdir()
    with pytest.raises(ModelError) as fault:
        load_bundle(place)
    for part in (str(place), "no model bundle", "manifest.json", "hint:", "resistml train"):
        assert part in str(fault.value)


def test_file_too_large(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resistml.predict.bundle_files._MOST_BYTES", 1_000)
    with pytest.raises(ModelError, match="is larger than 1,000 bytes"):
        load_bundle(bundle)


def test_package_runs_nothing_that_a_file_brings() -> None:
    """No pickle and its like, no eval: a bundle, a cohort, a config are data."""
    import ast

    import resistml

    root = Path(resistml.__file__).parent
    modules = {"pickle", "cPickle", "joblib", "dill", "cloudpickle", "shelve", "marshal", "skops"}
    calls = {"eval", "exec", "compile", "__import__"}
    checked = 0
    for path in sorted(root.rglob("*.py")):
        checked += 1
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert not modules & {n.split(".")[0] for n in names}, path
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in calls, f"{path}:{node.lineno}"
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                raise AssertionError(path)
    assert checked > 80
