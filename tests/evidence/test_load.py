"""Catalog files and overlays: how they add up, and what is refused while reading."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from resistml import shipped
from resistml.errors import CatalogError
from resistml.evidence import Evidence, load_evidence, load_folders
from tests.evidence.tiny import SOURCE, TINY, assume, base, changed, loaded, write


def refusal(tmp_path: Path, overlay: dict[str, Any] | None = None) -> CatalogError:
    """The error that the tiny catalog with the overlay folder raises."""
    if overlay is not None:
        write(tmp_path / "overlay", overlay)
    with pytest.raises(CatalogError) as caught:
        load_folders([base(tmp_path), tmp_path / "overlay"])
    return caught.value


def put(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / "overlay" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


class TestAddingUp:
    def test_overlay_comes_after_in_order(self, tmp_path: Path) -> None:
        found = loaded(tmp_path, {"markers": {"AAA": TINY["markers"]["SPARE"]}})
        assert list(found.markers) == ["PUMP", "GATE", "SPARE", "AAA"]

    def test_replacement_keeps_the_place(self, tmp_path: Path) -> None:
        found = loaded(tmp_path, changed("markers", "PUMP", "name", "Other"))
        assert list(found.markers) == ["PUMP", "GATE", "SPARE"]
        assert found.markers["PUMP"].name == "Other"

    def test_folder_of_the_shipped_catalog_loads_alone(self) -> None:
        assert load_folders([shipped.folder("catalog")]).hash == load_evidence().hash

    def test_files_may_be_left_out_or_empty(self, tmp_path: Path) -> None:
        put(tmp_path, "markers.yaml", "# all commented out\n")
        assert load_folders([base(tmp_path), tmp_path / "overlay"]).hash == loaded(tmp_path).hash

    def test_claim_takes_the_source_of_its_file_unless_it_names_its_own(
        self, tmp_path: Path
    ) -> None:
        mine, other = TINY["claims"]["s1_words"], {"source": "paper"}
        write(
            tmp_path / "overlay",
            {"claims": {"s1_a": mine, "s1_b": {**mine, **other}}},
            {"id": "second", "citation": "Another paper."},
        )
        found = load_folders([base(tmp_path), tmp_path / "overlay"])
        assert found.claims["s1_a"].source == "second"
        assert found.claims["s1_b"].source == "paper"
        assert set(found.sources) == {"paper", "second"}


class TestFiles:
    def test_entry_stands_in_the_file_that_gave_it_last(self, tmp_path: Path) -> None:
        found = loaded(tmp_path, changed("markers", "PUMP", "spread", assume(0.7)))
        assert found.files_of("PUMP") == (str(tmp_path / "overlay" / "markers.yaml"),)
        assert found.files_of("GATE") == (str(tmp_path / "base" / "markers.yaml"),)
        assert found.files_of("s1_orr") == (str(tmp_path / "base" / "claims" / "paper.yaml"),)

    def test_assumption_is_found_by_its_path(self, tmp_path: Path) -> None:
        found = loaded(tmp_path)
        for path in found.all_assumptions():
            (file,) = found.files_of(path)
            kind = path.split(".")[0] if "." in path else "assumptions"
            assert Path(file).name == f"{kind}.yaml"

    def test_every_shipped_entry_has_one(self, evidence: Evidence) -> None:
        for kind in ("claims", "markers", "settings", "strategies", "mechanisms", "endpoints"):
            for name in getattr(evidence, kind):
                assert len(evidence.files_of(name)) == 1

    def test_unknown_entry_stands_nowhere(self, evidence: Evidence) -> None:
        assert evidence.files_of("nothing") == ()
        assert evidence.files_of("markers.nothing.effect") == ()

    def test_place_makes_no_other_evidence(self, tmp_path: Path) -> None:
        first = load_folders([write(tmp_path / "a", TINY)])
        second = load_folders([write(tmp_path / "b", TINY)])
        assert first.files != second.files
        assert first == second
        assert first.hash == second.hash


class TestHash:
    def test_does_not_depend_on_the_layout_of_files(self, tmp_path: Path) -> None:
        split = {k: v for k, v in TINY.items() if k != "markers"}
        first = write(tmp_path / "a", {**split, "markers": {"PUMP": TINY["markers"]["PUMP"]}})
        rest = {k: v for k, v in TINY["markers"].items() if k != "PUMP"}
        second = write(tmp_path / "b", {"markers": rest})
        assert load_folders([first, second]).hash == loaded(tmp_path).hash

    def test_depends_on_every_number_and_on_the_order(self, tmp_path: Path) -> None:
        hashes = {loaded(tmp_path).hash}
        hashes.add(loaded(tmp_path, changed("markers", "PUMP", "spread", assume(0.81))).hash)
        hashes.add(loaded(tmp_path, changed("claims", "s1_orr", "high", 0.51)).hash)
        turned = {**TINY, "markers": dict(reversed(TINY["markers"].items()))}
        hashes.add(load_folders([write(tmp_path / "turned", turned)]).hash)
        assert len(hashes) == 4


class TestRefusals:
    def test_id_that_is_taken(self, tmp_path: Path) -> None:
        for kind in TINY:
            name = next(iter(TINY[kind]))
            error = refusal(tmp_path / kind, {kind: {name: TINY[kind][name]}})
            assert error.message == "this id is taken already"
            assert error.key == name
            assert "replace: true" in str(error.hint)
            assert error.file is not None

    def test_replacement_of_nothing(self, tmp_path: Path) -> None:
        error = refusal(
            tmp_path, {"markers": {"PAMP": {**TINY["markers"]["PUMP"], "replace": True}}}
        )
        assert error.message == "replaces nothing: there is no entry of this id"
        assert error.hint == "did you mean 'PUMP'?"

    def test_replace_that_is_no_truth_value(self, tmp_path: Path) -> None:
        error = refusal(
            tmp_path, {"markers": {"PUMP": {**TINY["markers"]["PUMP"], "replace": "no"}}}
        )
        assert error.key == "PUMP.replace"
        assert error.message == "is neither true nor false, got 'no'"

    @pytest.mark.parametrize("name", ["has space", "1st", "a.b", "a;b", "é", ""])
    def test_id_that_is_no_word(self, tmp_path: Path, name: str) -> None:
        error = refusal(tmp_path, {"markers": {name: TINY["markers"]["SPARE"]}})
        assert error.message == f"'{name}' is no id"
        assert error.allowed == "letters, digits and _, a letter first"

    @pytest.mark.parametrize(
        ("kind", "entry", "path", "value", "key", "message", "hint"),
        [
            ("markers", "PUMP", "effekt", 1, "PUMP.effekt", "unknown key", "'effect'"),
            ("markers", "PUMP", "median.lo", 1, "PUMP.median.lo", "unknown key", "'low'"),
            (
                "markers",
                "PUMP",
                "in_settings.lung.medan",
                assume(1),
                "PUMP.in_settings.lung.medan",
                "unknown key",
                "'median'",
            ),
            ("strategies", "drug", "clas", "x", "drug.clas", "unknown key", "'class'"),
            ("markers", "PUMP", "effect", None, "PUMP.effect", "is missing", "add it"),
            ("markers", "PUMP", "kind", "expresion", "PUMP.kind", "'expresion'", "'expression'"),
            ("claims", "s1_orr", "role", "targt", "s1_orr.role", "got 'targt'", "'target'"),
            ("claims", "s1_orr", "section", "8", "s1_orr.section", "got '8'", None),
            ("claims", "s1_orr", "low", "a third", "s1_orr.low", "got 'a third'", None),
            ("claims", "s1_orr", "low", 0.6, "s1_orr", "range is inverted: low 0.6 > high", None),
            ("claims", "s1_orr", "setting", [], "s1_orr", "setting is an empty list", None),
            ("endpoints", "orr", "range", [1, 0], "orr", "range is inverted: [1.0, 0.0]", None),
            (
                "markers",
                "PUMP",
                "effect",
                assume(0.5, 0.9, 0.1),
                "PUMP.effect",
                "needs low <= value <= high, got 0.9 <= 0.5 <= 0.1",
                None,
            ),
            (
                "assumptions",
                "pfs_shape",
                "value",
                3.0,
                "pfs_shape",
                "needs low <= value <= high, got 1.2 <= 3.0 <= 1.2",
                None,
            ),
            ("settings", "lung", "line", 0, "lung.line", "greater than or equal to 1, got 0", None),
        ],
    )
    def test_field_at_fault_is_named(
        self,
        tmp_path: Path,
        kind: str,
        entry: str,
        path: str,
        value: Any,
        key: str,
        message: str,
        hint: str | None,
    ) -> None:
        error = refusal(tmp_path, changed(kind, entry, path, value))
        assert error.key == key
        assert message in error.message
        assert (hint or "") in (error.hint or "")
        assert Path(str(error.file)).stem == ("paper" if kind == "claims" else kind)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("[1]", "needs a mapping of ids to entries"),
            ("PUMP: 3", "needs a mapping of fields"),
            ("PUMP: {a: 1\n", "line 2"),
            ("A: {x: 1}\nA: {x: 1}", "line 2: key 'A' stands twice"),
            ("1: {x: 1}", "'1' is no id"),
        ],
    )
    def test_file_that_is_no_catalog_file(self, tmp_path: Path, text: str, message: str) -> None:
        put(tmp_path, "markers.yaml", text)
        assert message in refusal(tmp_path).message

    @pytest.mark.parametrize(
        ("name", "hint"),
        [
            ("marker.yaml", "did you mean 'markers.yaml'?"),
            ("markers.yml", "did you mean 'markers.yaml'?"),
            ("claims.yaml", None),
            ("claims/mine.yml", None),
        ],
    )
    def test_stranger_in_the_folder(self, tmp_path: Path, name: str, hint: str | None) -> None:
        put(tmp_path, name, "{}")
        error = refusal(tmp_path)
        assert error.message == "is no file of a catalog"
        assert str(error.file).endswith(name)
        assert "claims/*.yaml" in str(error.allowed)
        assert hint is None or error.hint == hint

    def test_folder_without_a_catalog_file(self, tmp_path: Path) -> None:
        (tmp_path / "overlay").mkdir()
        assert refusal(tmp_path).message == "holds no file of a catalog"

    def test_overlay_that_is_no_folder(self, tmp_path: Path) -> None:
        with pytest.raises(CatalogError, match="no such folder"):
            load_evidence(tmp_path / "none")
        (tmp_path / "file.yaml").write_text("")
        with pytest.raises(CatalogError, match="is a file, not a folder"):
            load_evidence(tmp_path / "file.yaml")


class TestClaimFiles:
    @pytest.mark.parametrize(
        ("document", "message"),
        [
            ({"source": SOURCE}, "needs the keys 'source' and 'claims'"),
            ({"claims": {}, "sauce": SOURCE}, "needs the keys 'source' and 'claims'"),
            ([], "needs the keys 'source' and 'claims'"),
            ({"source": SOURCE, "claims": [1]}, "needs a mapping of ids to entries"),
            ({"source": {"id": "a"}, "claims": {}}, "needs an id and a citation"),
            ({"source": {"citation": "a"}, "claims": {}}, "needs an id and a citation"),
            ({"source": {**SOURCE, "year": 2025}, "claims": {}}, "or a mapping of texts"),
            ({"source": 3, "claims": {}}, "needs a source's id, or a mapping of texts"),
            ({"source": {**SOURCE, "note": "x"}, "claims": {}}, "declares the source 'paper'"),
        ],
    )
    def test_refusals(self, tmp_path: Path, document: Any, message: str) -> None:
        put(tmp_path, "claims/more.yaml", json.dumps(document))
        assert message in refusal(tmp_path).message

    def test_two_files_may_not_share_an_id(self, tmp_path: Path) -> None:
        claim = {"claims": {"s1_new": TINY["claims"]["s1_words"]}, "source": "paper"}
        put(tmp_path, "claims/a.yaml", json.dumps(claim))
        put(tmp_path, "claims/b.yaml", json.dumps(claim))
        error = refusal(tmp_path)
        assert error.message == "this id is taken already"
        assert str(error.file).endswith("b.yaml")

    def test_same_source_may_be_declared_again_alike(self, tmp_path: Path) -> None:
        put(tmp_path, "claims/a.yaml", json.dumps({"source": SOURCE, "claims": {}}))
        found = load_folders([base(tmp_path), tmp_path / "overlay"])
        assert found.sources == {"paper": SOURCE}
