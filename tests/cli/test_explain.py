"""Options of `resistml explain`: more columns, what if, the smallest change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resistml.columns import EXPLAIN, EXPLAIN_FULL, REACH, WHAT_IF
from resistml.explain.what_if import NOTE
from resistml.notice import NOTICE
from tests.cli.conftest import Cli, lines


@pytest.fixture
def one(examples: Path, tmp_path: Path) -> Path:
    """The first of the examples alone."""
    head, first, *_ = examples.read_text(encoding="utf-8").splitlines()
    path = tmp_path / "one.csv"
    path.write_text(f"{head}\n{first}\n", encoding="utf-8")
    return path


def test_full_adds_columns_and_changes_none(cli: Cli, one: Path, small_bundle: Path) -> None:
    plain = lines(cli("explain", one, "-m", small_bundle, "--json"))
    full = lines(cli("explain", one, "-m", small_bundle, "--json", "--full"))
    assert all(tuple(row) == (*EXPLAIN, *EXPLAIN_FULL) for row in full)
    assert [{k: row[k] for k in EXPLAIN} for row in full] == plain
    by_name = {row["mechanism"]: row for row in full}
    assert any(text.startswith("ABCB1=") for text in by_name["accumulation"]["percentiles"])
    for row in full:
        assert row["absolute"] >= abs(row["contribution"]) - 1e-5
        assert row["shapley"] == pytest.approx(row["contribution"], abs=1e-5)


def test_set_shows_before_and_after(cli: Cli, one: Path, small_bundle: Path) -> None:
    words = ("--set", "ABCB1=0.2", "--set", "ecog=0")
    done = cli("explain", one, "-m", small_bundle, "--json", *words)
    rows = lines(done)
    assert all(tuple(row) == WHAT_IF for row in rows)
    found = {(row["strategy"], row["quantity"]): row for row in rows}
    moved = found["platinum_taxane_pd1", "accumulation"]
    assert moved["after"] < moved["before"]
    assert moved["change"] == pytest.approx(moved["after"] - moved["before"], abs=1e-5)
    assert {quantity for _, quantity in found} >= {"p_resistance", "margin", "rank", "p_response"}
    assert NOTE in done.stderr
    assert NOTICE in done.stderr


def test_a_table_of_what_moves_for_people(cli: Cli, one: Path, small_bundle: Path) -> None:
    done = cli("explain", one, "-m", small_bundle, "--strategy", "platinum_taxane")
    assert "what if" in done.stdout
    assert "before: under platinum_taxane_pd1" in " ".join(done.stdout.split())
    assert NOTE in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--set", "ABCB1=-3"), "allowed: 0.0001 to 10000 fold of reference"),
        (("--set", "ABCB=3"), "did you mean 'ABCB1'?"),
        (("--set", "CD19=0.5"), "in the panel of none of the settings"),
        (("--set", "ABCB1"), "COLUMN=VALUE"),
        (("--strategy", "folfox"), "not open in setting nsclc_advanced"),
        (("--reach", "60"), "allowed: above 0, below 1"),
        (("--reach", "0.6", "--full"), "do not go together"),
        (("--set", "ABCB1=1", "--full"), "do not go together"),
    ],
)
def test_impossible_changes_are_refused_and_nothing_is_written(
    cli: Cli, one: Path, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    done = cli("explain", one, "-o", "out.csv", *words, code=2)
    assert said in done.stderr
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.slow
def test_the_smallest_change_of_the_shipped_model(cli: Cli, one: Path, tmp_path: Path) -> None:
    cli("explain", one, "--reach", "0.9", "-o", "out.json")
    (row,) = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["rows"]
    assert tuple(row) == REACH
    assert row["p_response_before"] < 0.9
    assert row["p_response_after"] == pytest.approx(0.9, abs=0.005)
    assert len(row["markers"]) in (1, 2)


def test_a_model_that_does_not_say_on_whom_it_was_trained_has_no_smallest_change(
    cli: Cli, one: Path, small_bundle: Path
) -> None:
    done = cli("explain", one, "-m", small_bundle, "--reach", "0.9", code=2)
    assert "on worlds alone" in done.stderr
    assert "--set" in done.stderr
