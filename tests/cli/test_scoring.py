"""`score`, `rank` and `explain` as processes: columns, formats, exit codes, notices."""

from __future__ import annotations

import csv
import json
import math
import shutil
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from resistml.documents import file_digest
from resistml.explain.mechanisms import COLUMNS as EXPLAIN_COLUMNS
from resistml.notice import NOTICE
from resistml.predict.rank import COLUMNS as RANK_COLUMNS
from resistml.predict.score import COLUMNS as SCORE_COLUMNS
from tests.cli.conftest import Cli, lines

COLUMNS = {"score": SCORE_COLUMNS, "rank": RANK_COLUMNS, "explain": EXPLAIN_COLUMNS}


def _rewrite(examples: Path, **cells: str) -> None:
    """Change cells of the first example profile; a column that is not there is added."""
    with examples.open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    rows[0].update(cells)
    with examples.open("w", newline="") as handle:
        writer = csv.DictWriter(handle, fieldnames=list(rows[0]), restval="")
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize("command", COLUMNS)
def test_columns_are_those_of_the_design(
    cli: Cli, examples: Path, small_bundle: Path, command: str
) -> None:
    rows = lines(cli(command, examples, "-m", small_bundle, "--json"))
    assert all(tuple(row) == COLUMNS[command] for row in rows)
    assert len({row["patient_id"] for row in rows}) == 10


@pytest.mark.parametrize("command", COLUMNS)
def test_a_table_for_people_and_the_notice(
    cli: Cli, examples: Path, small_bundle: Path, command: str
) -> None:
    done = cli(command, examples, "-m", small_bundle)
    assert "EX-01" in done.stdout
    assert NOTICE in done.stderr


@pytest.mark.parametrize("ending", ["csv", "json", "jsonl", "parquet"])
def test_every_format_says_the_same(
    cli: Cli, examples: Path, small_bundle: Path, tmp_path: Path, ending: str
) -> None:
    shown = lines(cli("score", examples, "-m", small_bundle, "--json"))
    out = tmp_path / f"scores.{ending}"
    cli("score", examples, "-m", small_bundle, "-o", out)
    p = {
        "csv": lambda: [float(r["p_resistance"]) for r in csv.DictReader(out.open(newline=""))],
        "json": lambda: [r["p_resistance"] for r in json.loads(out.read_text())["rows"]],
        "jsonl": lambda: [json.loads(x)["p_resistance"] for x in out.read_text().splitlines()],
        "parquet": lambda: pq.read_table(out)["p_resistance"].to_pylist(),
    }[ending]()
    # Text holds six significant digits.
    np.testing.assert_allclose(p, [row["p_resistance"] for row in shown], rtol=1e-5)
    held = {
        "csv": lambda: (tmp_path / "scores.csv.notice.txt").read_text(),
        "jsonl": lambda: (tmp_path / "scores.jsonl.notice.txt").read_text(),
        "json": lambda: json.loads(out.read_text())["notice"],
        "parquet": lambda: pq.read_schema(out).metadata[b"notice"].decode(),
    }[ending]()
    assert NOTICE in held


@pytest.mark.parametrize("ending", ["json", "jsonl", "parquet"])
def test_profiles_are_read_from_every_format(
    cli: Cli, examples: Path, small_bundle: Path, tmp_path: Path, ending: str
) -> None:
    from resistml.tables import write_rows

    with examples.open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    text = {"patient_id", "setting", "strategy", "sex"}
    columns = {
        name: [row[name] if name in text else float(row[name] or "nan") for row in rows]
        for name in rows[0]
    }
    source = tmp_path / f"profiles.{ending}"
    write_rows(columns, source)
    expected = lines(cli("score", examples, "-m", small_bundle, "--json"))
    assert lines(cli("score", source, "-m", small_bundle, "--json")) == expected


def test_stdin_is_a_source(cli: Cli, examples: Path, small_bundle: Path) -> None:
    done = cli("score", "-", "-m", small_bundle, "--json", stdin=examples.read_text())
    assert lines(done) == lines(cli("score", examples, "-m", small_bundle, "--json"))


def test_probabilities_and_their_interval(cli: Cli, examples: Path, small_bundle: Path) -> None:
    for row in lines(cli("score", examples, "-m", small_bundle, "--json")):
        assert 0 < row["lower"] <= row["p_resistance"] <= row["upper"] < 1
        assert row["status"] == "ok"


def test_a_profile_without_a_strategy_is_scored_against_the_usual_one(
    cli: Cli, examples: Path, small_bundle: Path
) -> None:
    rows = lines(cli("score", examples, "-m", small_bundle, "--json"))
    silent = [row for row in rows if "usual_strategy" in row["flags"]]
    assert {row["patient_id"] for row in silent} == {"EX-02", "EX-05", "EX-08"}
    assert all(row["strategy"] in row["message"] for row in silent)


def test_unmeasured_markers_are_said(cli: Cli, examples: Path, small_bundle: Path) -> None:
    with examples.open(newline="") as handle:
        first = next(csv.DictReader(handle))
    rows = lines(cli("score", examples, "-m", small_bundle, "--json"))
    missing = {
        f.removeprefix("unmeasured:") for f in rows[0]["flags"] if f.startswith("unmeasured:")
    }
    assert missing
    assert all(first[marker] == "" for marker in missing)


def test_a_ranking_is_in_order_and_of_eligible_strategies(
    cli: Cli, examples: Path, small_bundle: Path
) -> None:
    rows = lines(cli("rank", examples, "-m", small_bundle, "--json"))
    for patient in {row["patient_id"] for row in rows}:
        mine = [row for row in rows if row["patient_id"] == patient]
        assert [row["rank"] for row in mine] == list(range(1, len(mine) + 1))
        p = [row["p_response"] for row in mine]
        assert p == sorted(p, reverse=True)
        assert sum(row["p_best"] for row in mine) == pytest.approx(1, abs=1e-6)
    # EX-03 carries a KRAS mutation: an anti-EGFR antibody is not open to him.
    assert "folfox_cetuximab" not in {r["strategy"] for r in rows if r["patient_id"] == "EX-03"}


def test_the_reason_for_ineligibility_on_request(
    cli: Cli, examples: Path, small_bundle: Path
) -> None:
    rows = lines(cli("rank", examples, "-m", small_bundle, "--json", "--all"))
    (row,) = [r for r in rows if r["patient_id"] == "EX-03" and r["strategy"] == "folfox_cetuximab"]
    assert row["rank"] is None
    assert "KRAS_mut == 0" in row["message"]


def test_an_explanation_adds_up_to_the_margin(cli: Cli, examples: Path, small_bundle: Path) -> None:
    from resistml.predict.model import load_bundle
    from resistml.tables import read_profiles

    model = load_bundle(small_bundle)
    profiles = read_profiles(examples, model.spec)
    strategy = profiles.strategy.copy()
    for i, setting in enumerate(profiles.records.setting):
        strategy[i] = strategy[i] or model.spec.settings[setting].usual
    margin = model.risk(profiles.records, strategy).margin
    rows = lines(cli("explain", examples, "-m", small_bundle, "--json"))
    for patient, expected in zip(profiles.records.patient_id, margin, strict=True):
        mine = [row for row in rows if row["patient_id"] == patient]
        assert mine[0]["mechanism"] == "baseline"
        assert len(mine) == 8
        assert math.fsum(row["contribution"] for row in mine) == pytest.approx(expected, abs=1e-4)


def test_mechanisms_come_with_markers_and_claims(
    cli: Cli, examples: Path, small_bundle: Path
) -> None:
    rows = lines(cli("explain", examples, "-m", small_bundle, "--json"))
    (row,) = [r for r in rows if r["patient_id"] == "EX-03" and r["mechanism"] == "accumulation"]
    assert any(marker.startswith("ABCB1=6.3") for marker in row["markers"])
    assert "s2_abcb1_positive_orr" in row["claims"]


FAULTS = {
    "a missing file": ({}, ["score", "absent.csv"], ["absent.csv", "no such file"]),
    "an unknown format": ({}, ["score", "profiles.xlsx"], ["profiles.xlsx"]),
    "a missing model": (
        {},
        ["score", "profiles.csv", "-m", "nowhere"],
        ["nowhere", "no such model"],
    ),
    "a mistyped column": ({"ABCBI": "1"}, ["score", "profiles.csv"], ["ABCBI", "ABCB1"]),
    "an unknown ending of the output": (
        {},
        ["score", "profiles.csv", "-o", "out.txt"],
        [".txt", ".csv"],
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_of_the_call_exit_2_and_write_nothing(
    cli: Cli, examples: Path, small_bundle: Path, tmp_path: Path, name: str
) -> None:
    cells, args, words = FAULTS[name]
    if cells:
        text = examples.read_text().splitlines()
        head, *rest = text
        examples.write_text("\n".join([head.replace("ABCB1", next(iter(cells)), 1), *rest]) + "\n")
    before = sorted(p.name for p in tmp_path.iterdir())
    if "-m" not in args:
        args = [*args, "-m", str(small_bundle)]
    done = cli(*args, code=2)
    assert done.stderr.startswith("Error: ")
    for word in words:
        assert word in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == before


ROW_FAULTS = {
    "an unknown setting": ({"setting": "nsclc_advance"}, ["row 1", "setting", "nsclc_advanced"]),
    "an unknown strategy": ({"strategy": "folfoxx"}, ["row 1", "strategy", "folfoxx"]),
    "a strategy of another setting": ({"strategy": "chop"}, ["row 1", "chop"]),
    "a marker out of range": ({"CSC": "1.5"}, ["row 1", "CSC", "1.5"]),
    "a negative count": ({"ecog": "-1"}, ["row 1", "ecog"]),
    "an impossible age": ({"age": "250"}, ["row 1", "age"]),
    "text for a number": ({"ABCB1": "high"}, ["row 1", "ABCB1", "high"]),
    "a decimal comma": ({"ABCB1": "2,5"}, ["row 1", "ABCB1", "comma"]),
    "an infinite value": ({"ABCB1": "1e999"}, ["row 1", "ABCB1"]),
}


@pytest.mark.parametrize("name", ROW_FAULTS)
def test_a_bad_row_is_rejected_and_the_rest_scored(
    cli: Cli, examples: Path, small_bundle: Path, name: str
) -> None:
    cells, words = ROW_FAULTS[name]
    good = lines(cli("score", examples, "-m", small_bundle, "--json"))
    _rewrite(examples, **cells)
    done = cli("score", examples, "-m", small_bundle, "--json", code=3)
    rows = lines(done)
    assert rows[0]["status"] == "rejected"
    assert rows[0]["p_resistance"] is None
    for word in words:
        assert word in rows[0]["message"]
        assert word in done.stderr
    assert rows[1:] == good[1:]


def test_an_existing_output_is_refused_without_force(
    cli: Cli, examples: Path, small_bundle: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    out.write_text("precious")
    done = cli("score", examples, "-m", small_bundle, "-o", out, code=2)
    assert "--force" in done.stderr
    assert out.read_text() == "precious"
    cli("score", examples, "-m", small_bundle, "-o", out, "--force")
    assert out.read_text().startswith("patient_id,")


def test_all_markers_unmeasured_is_abstained_not_ranked(cli: Cli, small_bundle: Path) -> None:
    text = "patient_id,setting,age,sex,ecog\nX,prostate_crpc,70,male,1\n"
    (row,) = lines(cli("score", "-", "-m", small_bundle, "--json", stdin=text))
    assert row["status"] == "abstained"
    assert row["p_resistance"] is None
    (row,) = lines(cli("rank", "-", "-m", small_bundle, "--json", stdin=text))
    assert (row["status"], row["rank"]) == ("abstained", None)


def test_ids_stay_text_and_formulas_are_disarmed(
    cli: Cli, small_bundle: Path, tmp_path: Path
) -> None:
    text = "patient_id,setting,ABCB1\n007,prostate_crpc,2\n=HYPERLINK(1),prostate_crpc,3\n"
    out = tmp_path / "out.csv"
    cli("score", "-", "-m", small_bundle, "-o", out, stdin=text)
    ids = [row["patient_id"] for row in csv.DictReader(out.open(newline=""))]
    assert ids == ["007", "'=HYPERLINK(1)"]


@pytest.mark.slow
def test_a_hundred_thousand_profiles(
    cli: Cli, small_bundle: Path, tmp_path: Path, world: object
) -> None:
    from resistml.cohort.files import generate
    from resistml.cohort.plan import Plan

    generate(world, Plan(seed=3, n=100_000, oracle=False), tmp_path / "many")  # type: ignore[arg-type]
    out = tmp_path / "many.parquet"
    start = time.perf_counter()
    cli("score", tmp_path / "many" / "cohort.parquet", "-m", small_bundle, "-o", out)
    table = pq.read_table(out)
    assert table.num_rows == 100_000
    assert set(table["status"].to_pylist()) <= {"ok", "abstained"}
    # Generous: it takes a few seconds; a quadratic step would take minutes.
    assert time.perf_counter() - start < 120


@pytest.mark.parametrize(
    ("by", "said"),
    [
        ("pfs", "cannot rank by pfs: this bundle has no survival model"),
        ("utility", "this bundle states no utility"),
        ("oss", "did you mean 'os'?"),
    ],
)
def test_what_cannot_be_ranked_by_is_told_and_nothing_written(
    cli: Cli, examples: Path, small_bundle: Path, tmp_path: Path, by: str, said: str
) -> None:
    out = tmp_path / "ranked.csv"
    done = cli("rank", examples, "-m", small_bundle, "--by", by, "-o", out, code=2)
    assert said in done.stderr
    assert not out.exists()


def test_what_is_ranked_by_is_shown(
    cli: Cli, examples: Path, small_bundle: Path, tmp_path: Path
) -> None:
    """By a utility of ten times the response the order is the same, and the value is beside it."""
    stated = {"response": 10.0, "pfs_months": 0.0, "os_months": 0.0, "caution": 0.0}
    bundle = tmp_path / "stating"
    shutil.copytree(small_bundle, bundle)
    document = json.loads((bundle / "model.json").read_text())
    document["about"]["ranking"] = stated
    (bundle / "model.json").write_text(json.dumps(document))
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["files"]["model.json"] = file_digest(bundle / "model.json")
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    plain = lines(cli("rank", examples, "-m", bundle, "--json"))
    found = lines(cli("rank", examples, "-m", bundle, "--by", "utility", "--json"))
    assert [x["strategy"] for x in found] == [x["strategy"] for x in plain]
    assert all(x["value"] == pytest.approx(10 * x["p_response"]) for x in found if x["rank"])
    shown = cli("rank", examples, "-m", bundle, "--by", "utility").stdout
    assert "utility" in shown
    assert "utility" not in cli("rank", examples, "-m", bundle).stdout


def test_a_profile_with_little_measured_is_abstained(
    cli: Cli, examples: Path, small_bundle: Path
) -> None:
    """Of the first example but one marker is left: said in both commands, and no fault."""
    with examples.open(newline="") as handle:
        (row, *_) = csv.DictReader(handle)
    keep = ("patient_id", "setting", "strategy", "ABCB1")
    examples.write_text(f"{','.join(keep)}\n{','.join(row[k] for k in keep)}\n")
    (scored,) = lines(cli("score", examples, "-m", small_bundle, "--json"))
    (ranked,) = lines(cli("rank", examples, "-m", small_bundle, "--json"))
    assert scored["status"] == ranked["status"] == "abstained"
    assert "mostly_unmeasured" in scored["flags"]
    assert ranked["rank"] is None
    for answer in (scored, ranked):
        assert "13 of the setting's 14 markers were not measured" in answer["message"]
