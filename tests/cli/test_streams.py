"""What becomes of output: shown as it is, to readers that go, disks that fill, narrow locales."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from resistml.notice import NOTICE
from tests.cli.conftest import Cli, lines, started

ODD = ("[/bold]", "[red]x[/red]", ":smile:", "[", "é")
FULL = Path("/dev/full")


def redirected(how: str) -> tuple[str, ...]:
    """Words that run a command with its streams redirected as a shell says."""
    return ("sh", "-c", f'exec "$@" {how}', "sh")


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """Profiles whose ids mean something to those who print them."""
    path = tmp_path / "odd.csv"
    rows = [f"{name},crc_advanced,2,0.1\n" for name in ODD]
    path.write_text("patient_id,setting,ABCB1,CSC\n" + "".join(rows), encoding="utf-8")
    return path


@pytest.fixture
def many(examples: Path) -> Path:
    """More profiles than a pipe holds the answers of."""
    head, *rows = examples.read_text("utf-8").splitlines()
    copies = [row.replace("EX-", f"E{k}-", 1) for k in range(300) for row in rows]
    examples.write_text("\n".join([head, *copies]) + "\n", encoding="utf-8")
    return examples


@pytest.mark.parametrize("command", ["score", "rank", "explain"])
def test_ids_are_shown_as_they_are(cli: Cli, odd: Path, small_bundle: Path, command: str) -> None:
    shown = cli(command, odd, "-m", small_bundle).stdout
    assert all(name in shown for name in ODD)


def test_names_of_files_are_shown_as_they_are(cli: Cli) -> None:
    assert "[red]p:smile:.csv: no such file" in cli("score", "[red]p:smile:.csv", code=2).stderr


@pytest.mark.parametrize(
    "args", [("score",), ("score", "--json"), ("rank",)], ids=["table", "lines", "tables"]
)
def test_a_reader_that_goes_away_is_no_fault(
    many: Path, small_bundle: Path, args: tuple[str, ...]
) -> None:
    """As `resistml rank profiles.csv | head -1`."""
    process = started(many.parent, *args, many, "-m", small_bundle)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    said = process.stderr.read()
    assert process.wait(timeout=60) == 0, said
    assert said.replace(NOTICE, "").strip() == ""


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize(
    "args",
    [("--version",), ("config", "schema"), ("score",), ("score", "--json")],
    ids=["version", "schema", "table", "lines"],
)
def test_a_disk_that_is_full_is_told(
    cli: Cli, examples: Path, small_bundle: Path, args: tuple[str, ...]
) -> None:
    args = (*args, str(examples), "-m", str(small_bundle)) if args[0] == "score" else args
    done = cli(*args, before=redirected("> /dev/full"), code=2)
    assert "Error: No space left on device" in done.stderr


@pytest.mark.parametrize("more", [("--json",), ()], ids=["lines", "table"])
def test_a_locale_of_ascii_alone_changes_nothing(
    cli: Cli, odd: Path, small_bundle: Path, more: tuple[str, ...]
) -> None:
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = cli("score", odd, "-m", small_bundle, *more, env=plain)
    assert done.stdout == cli("score", odd, "-m", small_bundle, *more).stdout
    assert "é" in done.stdout


def test_standard_input_that_is_closed_is_told(cli: Cli) -> None:
    done = cli("score", "-", before=redirected("<&-"), code=2)
    assert "<stdin>: is closed" in done.stderr


def test_what_was_for_a_closed_stderr_does_not_go_to_stdout(
    cli: Cli, examples: Path, small_bundle: Path
) -> None:
    done = cli("score", examples, "-m", small_bundle, "--json", before=redirected("2>&-"))
    assert all(json.loads(line)["patient_id"] for line in done.stdout.splitlines())
    assert done.stdout.count("\n") == 10


def test_what_was_for_closed_streams_does_not_go_into_files(
    cli: Cli, examples: Path, small_bundle: Path, tmp_path: Path
) -> None:
    """A file that is opened while they are closed gets their number."""
    args = ("score", examples, "-m", small_bundle)
    cli(*args, "-o", "out.csv", before=redirected("<&- >&- 2>&-"))
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as handle:
        found = [row["patient_id"] for row in csv.DictReader(handle)]
    assert found == [row["patient_id"] for row in lines(cli(*args, "--json"))]
