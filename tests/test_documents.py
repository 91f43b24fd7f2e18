"""Documents: read strictly, written whole or not at all."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistml import documents
from resistml.documents import (
    digest,
    dump_json,
    file_digest,
    new_file,
    new_folder,
    parse_json,
    read_json,
    read_text,
    read_yaml,
    refuse_existing,
    rounded,
)
from resistml.errors import CatalogError, ConfigError, OutputError

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc"), inner, max_size=4),
    max_leaves=12,
)


def snapshot(folder: Path) -> dict[str, bytes | None]:
    """All that lies in a folder, hidden files included."""
    return {
        str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None
        for p in sorted(folder.rglob("*"))
    }


def half_written(block: AbstractContextManager[Path], error: BaseException) -> None:
    """Write something into the temporary, then fail."""
    with block as temporary:
        (temporary / "half" if temporary.is_dir() else temporary).write_text("half")
        raise error


class TestReadText:
    def test_reads_utf_8_with_and_without_a_byte_order_mark(self, tmp_path: Path) -> None:
        for name, content in (("a", "é".encode()), ("b", b"\xef\xbb\xbf" + "é".encode())):
            (tmp_path / name).write_bytes(content)
            assert read_text(tmp_path / name, ConfigError) == "é"

    @pytest.mark.parametrize(
        ("make", "words"),
        [
            (lambda p: None, ["no such file", "hint: check the path"]),
            (lambda p: p.mkdir(), ["cannot be read: Is a directory"]),
            (
                lambda p: p.write_bytes(b"ab\xff"),
                ["is not UTF-8 text (byte 2)", "save it as UTF-8"],
            ),
            (
                lambda p: p.write_bytes("a".encode("utf-16")),
                ["is not UTF-8 text (byte 0)", "save it as UTF-8"],
            ),
        ],
        ids=["missing", "folder", "latin", "utf-16"],
    )
    def test_faults_name_the_file(
        self, tmp_path: Path, make: Callable[[Path], Any], words: list[str]
    ) -> None:
        path = tmp_path / "x.yaml"
        make(path)
        with pytest.raises(CatalogError) as caught:
            read_text(path, CatalogError)
        assert caught.value.file == str(path)
        assert all(word in str(caught.value) for word in words)

    def test_large_file_is_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "x"
        path.write_text("12345678")
        monkeypatch.setattr(documents, "MAX_BYTES", 8)
        assert read_text(path, ConfigError) == "12345678"
        monkeypatch.setattr(documents, "MAX_BYTES", 7)
        with pytest.raises(ConfigError, match="larger than 7 bytes"):
            read_text(path, ConfigError)

    def test_path_with_a_null_character(self) -> None:
        with pytest.raises(ConfigError, match="cannot be read: embedded null"):
            read_text(Path("a\0b"), ConfigError)

    @pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs an endless device")
    def test_endless_file_is_refused(self) -> None:
        with pytest.raises(ConfigError, match="larger than"):
            read_text(Path("/dev/zero"), ConfigError)


class TestReadYaml:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("a: 1\nb: 2\na: 3\n", "line 3: key 'a' stands twice"),
            ("a: &x 1\nb: *x\n", "line 2: aliases are not allowed"),
            ("a: [1\n", "expected ',' or ']'"),
            ("a: !!python/name:os.system\n", "tags are not allowed"),
            ("{" * 3_000, "is nested too deeply"),
        ],
    )
    def test_faults_give_file_and_line(self, tmp_path: Path, text: str, words: str) -> None:
        path = tmp_path / "x.yaml"
        path.write_text(text)
        with pytest.raises(ConfigError) as caught:
            read_yaml(path, ConfigError)
        assert words in caught.value.message
        assert caught.value.file == str(path)
        assert caught.value.hint == "mend the line"


class TestJson:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("{", "line 1, column 2: Expecting property name"),
            ('{"a": 1,\n "a": 2}', "key 'a' stands twice"),
            ('{"a": NaN}', "NaN is not JSON"),
            ("[-Infinity]", "-Infinity is not JSON"),
            ("[" * 100_000, "is nested too deeply"),
            ("", "line 1, column 1"),
            ("[1,\n 2,, 3]", "line 2, column 4"),
        ],
    )
    def test_faults(self, tmp_path: Path, text: str, words: str) -> None:
        with pytest.raises(ValueError) as caught:
            parse_json(text)
        assert words in str(caught.value)
        path = tmp_path / "x.json"
        path.write_text(text)
        with pytest.raises(ConfigError) as wrapped:
            read_json(path, ConfigError)
        assert str(wrapped.value).startswith(f"{path}: is not valid JSON: ")
        assert words in wrapped.value.message

    def test_number_too_large_for_a_float_is_left_to_the_reader(self) -> None:
        assert parse_json("1e999") == math.inf

    @given(JSON)
    def test_what_is_written_reads_back(self, value: Any) -> None:
        assert parse_json(dump_json(value)) == value
        assert parse_json(dump_json(value, indent=None)) == value
        assert dump_json(value).endswith("\n")

    @pytest.mark.parametrize("value", [math.nan, math.inf, {"a": [-math.inf]}])
    def test_no_nan_is_written(self, value: Any) -> None:
        with pytest.raises(ValueError, match="not JSON compliant"):
            dump_json(value)

    def test_text_is_written_as_it_is(self) -> None:
        assert dump_json({"é": "–"}, indent=None) == '{"é": "–"}\n'


class TestRounded:
    @pytest.mark.parametrize(
        ("value", "digits", "found"),
        [
            (1 / 3, 3, 0.333),
            (123456.0, 2, 120000.0),
            (7, 1, 7),
            (True, 1, True),
            ("1.23456", 2, "1.23456"),
            ({"a": (0.12345, [9.9999])}, 3, {"a": [0.123, [10.0]]}),
            (-0.00012345, 2, -0.00012),
        ],
    )
    def test_examples(self, value: Any, digits: int, found: Any) -> None:
        assert rounded(value, digits) == found

    def test_not_a_number_stays(self) -> None:
        assert math.isnan(rounded(math.nan))
        assert rounded(math.inf) == math.inf

    @given(JSON)
    def test_rounding_twice_changes_nothing_more(self, value: Any) -> None:
        once = rounded(value, 10)
        assert rounded(once, 10) == once

    @given(st.floats(1e-300, 1e300), st.integers(2, 15))
    def test_relative_error(self, value: float, digits: int) -> None:
        """Half a unit of the last digit kept: at most 5 * 10^-digits of the value."""
        assert abs(rounded(value, digits) / value - 1) <= 5.0001 * 10.0**-digits


class TestDigest:
    def test_is_that_of_canonical_json(self) -> None:
        # What `printf '{"a":[1]}' | sha256sum` prints.
        assert digest({"a": [1]}) == (
            "ff5464c34287e9ec505b9f76573a4cb0bd408c96c6537b458fdd993fc7c615ce"
        )

    @given(st.dictionaries(st.text("abcd"), st.integers(), max_size=6))
    def test_order_of_keys_does_not_count(self, value: dict[str, int]) -> None:
        assert digest(value) == digest(dict(reversed(value.items())))

    @given(JSON, JSON)
    def test_differs_exactly_where_the_json_does(self, one: Any, other: Any) -> None:
        same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
        assert (digest(one) == digest(other)) == same

    def test_file_digest(self, tmp_path: Path) -> None:
        (tmp_path / "x").write_bytes(b"abc")
        # The test vector of FIPS 180-4.
        assert file_digest(tmp_path / "x") == (
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        )


class TestNewFile:
    def test_appears_whole_with_its_parents(self, tmp_path: Path) -> None:
        path = tmp_path / "a" / "b" / "x.json"
        with new_file(path, force=False) as temporary:
            temporary.write_text("new")
            assert not path.exists()
            assert temporary.parent == path.parent
        assert snapshot(tmp_path) == {"a": None, "a/b": None, "a/b/x.json": b"new"}
        assert path.stat().st_mode & 0o777 == 0o644

    @pytest.mark.parametrize("error", [RuntimeError("no"), KeyboardInterrupt(), OSError("full")])
    def test_failure_leaves_the_old_file_and_no_litter(
        self, tmp_path: Path, error: BaseException
    ) -> None:
        path = tmp_path / "x.json"
        path.write_text("old")
        with pytest.raises((type(error), OutputError)):
            half_written(new_file(path, force=True), error)
        assert snapshot(tmp_path) == {"x.json": b"old"}

    @pytest.mark.parametrize("make", [new_file, new_folder])
    def test_failure_takes_away_the_folders_it_made(self, tmp_path: Path, make: Any) -> None:
        (tmp_path / "kept").mkdir()
        with pytest.raises(RuntimeError), make(tmp_path / "kept" / "a" / "b" / "x", force=False):
            raise RuntimeError
        assert snapshot(tmp_path) == {"kept": None}

    def test_existing_file_is_refused_untouched_and_replaced_by_force(self, tmp_path: Path) -> None:
        path = tmp_path / "x"
        path.write_text("old")
        with pytest.raises(OutputError) as caught, new_file(path, force=False):
            pytest.fail("the block must not run")
        assert caught.value.message == "exists already"
        assert "--force" in str(caught.value)
        assert path.read_text() == "old"
        with new_file(path, force=True) as temporary:
            temporary.write_text("new")
        assert snapshot(tmp_path) == {"x": b"new"}

    @pytest.mark.parametrize(
        ("place", "words"),
        [
            ("folder", "is a folder"),
            ("file/x", "is a file, not a folder"),
            ("n" * 300, "File name too"),
        ],
    )
    def test_place_that_cannot_be_written(self, tmp_path: Path, place: str, words: str) -> None:
        (tmp_path / "folder").mkdir()
        (tmp_path / "file").write_text("")
        before = snapshot(tmp_path)
        with pytest.raises(OutputError, match=words), new_file(tmp_path / place, force=True):
            pytest.fail("the block must not run")
        assert snapshot(tmp_path) == before


class TestNewFolder:
    def test_appears_whole(self, tmp_path: Path) -> None:
        with new_folder(tmp_path / "a" / "out", force=False) as folder:
            (folder / "manifest.json").write_text("{}")
            assert not (tmp_path / "a" / "out").exists()
        assert snapshot(tmp_path) == {"a": None, "a/out": None, "a/out/manifest.json": b"{}"}
        assert (tmp_path / "a" / "out").stat().st_mode & 0o777 == 0o755

    def test_force_replaces_what_we_wrote(self, tmp_path: Path) -> None:
        out = tmp_path / "out"
        out.mkdir()
        (out / "manifest.json").write_text("old")
        (out / "more").write_text("old")
        with pytest.raises(OutputError, match="exists already"), new_folder(out, force=False):
            pytest.fail("the block must not run")
        with new_folder(out, force=True) as folder:
            (folder / "manifest.json").write_text("new")
        assert snapshot(tmp_path) == {"out": None, "out/manifest.json": b"new"}

    def test_force_takes_an_empty_folder(self, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        with new_folder(tmp_path / "out", force=True) as folder:
            (folder / "x").write_text("new")
        assert snapshot(tmp_path) == {"out": None, "out/x": b"new"}

    @pytest.mark.parametrize(
        ("place", "words"), [("thesis", "resistml did not write"), ("file", "is a file")]
    )
    def test_force_spares_what_we_did_not_write(
        self, tmp_path: Path, place: str, words: str
    ) -> None:
        (tmp_path / "thesis").mkdir()
        (tmp_path / "thesis" / "chapter.tex").write_text("ten years")
        (tmp_path / "file").write_text("x")
        before = snapshot(tmp_path)
        with pytest.raises(OutputError, match=words), new_folder(tmp_path / place, force=True):
            pytest.fail("the block must not run")
        assert snapshot(tmp_path) == before

    @pytest.mark.parametrize("error", [RuntimeError("no"), KeyboardInterrupt(), OSError("full")])
    def test_failure_leaves_the_old_folder_and_no_litter(
        self, tmp_path: Path, error: BaseException
    ) -> None:
        out = tmp_path / "out"
        out.mkdir()
        (out / "manifest.json").write_text("old")
        before = snapshot(tmp_path)
        with pytest.raises((type(error), OutputError)):
            half_written(new_folder(out, force=True), error)
        assert snapshot(tmp_path) == before

    def test_failure_at_the_last_step_puts_the_old_folder_back(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        out = tmp_path / "out"
        out.mkdir()
        (out / "manifest.json").write_text("old")
        before = snapshot(tmp_path)
        whole, calls = Path.replace, []

        def second_fails(self: Path, target: Any) -> Path:
            calls.append(self)
            if len(calls) == 2:
                raise OSError(28, "No space left on device")
            return whole(self, target)

        monkeypatch.setattr(Path, "replace", second_fails)
        with (
            pytest.raises(OutputError, match="cannot be written: No space left"),
            new_folder(out, force=True) as folder,
        ):
            (folder / "manifest.json").write_text("new")
        assert len(calls) == 3
        assert snapshot(tmp_path) == before

    def test_current_folder_cannot_be_lost(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "notes").write_text("mine")
        monkeypatch.chdir(tmp_path)
        with pytest.raises(OutputError), new_folder(Path(), force=True):
            pytest.fail("the block must not run")
        assert snapshot(tmp_path) == {"notes": b"mine"}


def test_refuse_existing(tmp_path: Path) -> None:
    refuse_existing(tmp_path / "x", force=False)
    refuse_existing(tmp_path, force=True)
    with pytest.raises(OutputError, match="exists already"):
        refuse_existing(tmp_path, force=False)


def test_folder_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may write anywhere, so the refusal is played."""

    def refused(*args: object, **more: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(documents.tempfile, "mkstemp", refused)
    monkeypatch.setattr(documents.tempfile, "mkdtemp", refused)
    for make in (new_file, new_folder):
        block = make(tmp_path / "a" / "x", force=False)
        with pytest.raises(OutputError, match="cannot be written: Permission denied"), block:
            pytest.fail("the block must not run")
        assert snapshot(tmp_path) == {}
