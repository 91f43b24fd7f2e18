"""Figures as files."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from resistml.errors import OutputError, UsageError
from resistml.report.figure_audit import audit_poster
from resistml.report.figure_file import Words, check_ending, figure_bytes, write_figure
from tests.report import samples

WORDS = Words("audit", "Title <one>", "What it shows & how")


@pytest.mark.parametrize(
    ("kind", "head"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")]
)
def test_the_ending_decides_and_the_bytes_never_vary(
    tmp_path: Path, kind: str, head: bytes
) -> None:
    path = tmp_path / f"a.{kind.upper()}"
    write_figure(audit_poster(samples.audit_rows()), path, WORDS)
    content = path.read_bytes()
    assert content.startswith(head)
    assert content == figure_bytes(audit_poster(samples.audit_rows()), kind, WORDS)
    assert b"CreationDate" not in content


def test_svg_parses_and_has_words_for_those_who_do_not_see(tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    write_figure(audit_poster(samples.audit_rows()), path, WORDS)
    root = ElementTree.parse(path).getroot()  # noqa: S314
    texts = [element.text for element in root if element.tag.endswith(("title", "desc"))]
    assert texts == ["Title <one>", "What it shows & how"]


@pytest.mark.parametrize("name", ["a.sgv", "a", "a.html"])
def test_another_ending_is_refused_and_nothing_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="names no kind of figure") as caught:
        write_figure(audit_poster(samples.audit_rows()), tmp_path / name, WORDS)
    assert ".svg, .png, .pdf" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_the_nearest_ending_is_suggested() -> None:
    with pytest.raises(UsageError, match=r"did you mean '\.svg'"):
        check_ending(Path("a.sgv"))


def test_an_existing_file_is_kept_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    path.write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        write_figure(audit_poster(samples.audit_rows()), path, WORDS)
    assert path.read_text() == "mine"
    write_figure(audit_poster(samples.audit_rows()), path, WORDS, force=True)
    assert path.read_text().startswith("<?xml")
