"""The page's script against the Python it follows: every number it shows, to 1e-6."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resistml.explain.groups import by_mechanism
from resistml.predict.contributions import contributions
from resistml.predict.model import Model, load_bundle
from resistml.predict.rank import rank
from resistml.predict.score import score
from resistml.report.patient import script
from resistml.report.patient.script import fits_in_page, nodes, script_model
from resistml.world.laws import World
from tests.report.patient.conftest import Record, as_profiles, drawn_records

NODE = shutil.which("node")
ASKED = """
const model = require(process.argv[1]), asked = JSON.parse(require("fs").readFileSync(0));
console.log(JSON.stringify(asked.records.map((r) => model.answer(asked.model, r))));
"""
needs_node = pytest.mark.skipif(
    NODE is None and not os.environ.get("CI"), reason="no node on PATH: tests/browser asks instead"
)
#: What the issue of the page is held to.
CLOSE = 1e-6


def answers(document: dict[str, Any], records: list[Record]) -> list[dict[str, Any]]:
    """What the script answers about records, in node."""
    assert NODE is not None
    where = str(files("resistml.report.patient") / "assets" / "model.js")
    done = subprocess.run(
        [NODE, "-e", ASKED, where],
        input=json.dumps({"model": document, "records": records}),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def check(model: Model, setting: str, seed: int, n: int = 25) -> None:
    """All that the script says of n records of a setting is what Python says."""
    spec, law = model.spec, model.spec.settings[setting]
    asked = law.strategies[-1]
    records = drawn_records(spec, setting, np.random.default_rng(seed), n)
    profiles = as_profiles(spec, setting, asked, records)
    found = answers(script_model(model, setting, asked), records)
    named = np.full(n, asked, dtype=object)
    risk = model.risk(profiles.records, named)
    low, high = risk.interval()
    told = contributions(model, profiles.records, named)
    for name, wanted in {
        "risk": risk.p,
        "lower": low,
        "upper": high,
        "margin": risk.margin,
        "mechanisms": by_mechanism(spec, told),
    }.items():
        np.testing.assert_allclose([a[name] for a in found], wanted, rtol=0, atol=CLOSE)
    scored = score(model, profiles)
    for answer, status, outcomes in zip(
        found, scored["status"], scored["prediction_set"], strict=True
    ):
        silent = bool(answer["doubts"]) or not answer["supported"]
        assert silent == (status == "abstained")
        assert silent or answer["set"] == outcomes
    _check_ranking(found, rank(model, profiles))


def _check_ranking(found: list[dict[str, Any]], ranked: dict[str, Any]) -> None:
    lines = [dict(zip(ranked, cells, strict=True)) for cells in zip(*ranked.values(), strict=True)]
    for i, answer in enumerate(found):
        mine = [x for x in lines if x["patient_id"] == f"p{i}" and x["rank"] is not None]
        assert answer["doubts"] or [x["strategy"] for x in mine] == answer["order"]
        arms = {arm["strategy"]: arm for arm in answer["arms"]}
        for line in mine:
            arm = arms[line["strategy"]]
            shown = [arm["p"], arm["lower"], arm["upper"], *(arm["evidence"] or [])]
            ends = ["evidence_lower", "evidence_upper"] if arm["evidence"] else []
            wanted = [line[name] for name in ("p_response", "lower", "upper", *ends)]
            np.testing.assert_allclose(shown, wanted, rtol=0, atol=CLOSE)
            assert (arm["tied"], arm["cautions"]) == (line["tied"], list(line["cautions"]))


@needs_node
@pytest.mark.parametrize(
    "setting", ["nsclc_advanced", "crc_advanced", "aml_untreated", "all_relapsed_child"]
)
def test_it_is_the_shipped_model(shipped_model: Model, setting: str) -> None:
    """With ensemble, widths, support and prediction sets; AML has an intensity, ALL children."""
    check(shipped_model, setting, seed=1)


@needs_node
@pytest.mark.parametrize("setting", ["melanoma_advanced", "breast_resistant"])
def test_it_is_a_model_with_trees(model: Model, setting: str) -> None:
    assert nodes(model) > 0
    check(model, setting, seed=2)


@needs_node
@pytest.mark.slow
def test_it_is_each_setting_of_the_shipped_model(shipped_model: Model) -> None:
    for seed, setting in enumerate(shipped_model.spec.settings):
        check(shipped_model, setting, seed, n=40)


@needs_node
@pytest.mark.slow
def test_it_is_a_model_with_deep_trees(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of four columns on a path, whose Shapley values no longer halve."""
    import tests.small as small
    from resistml.learn.fit import Params

    deep = Params(bag=3, rounds=30, checks=1, depth=4, min_child_weight=5)
    monkeypatch.setattr(small, "PARAMS", deep)
    model = load_bundle(small.train_small_bundle(tmp_path / "deep", world=world))
    for setting in ("nsclc_advanced", "dlbcl_relapsed"):
        check(model, setting, seed=3)


@needs_node
def test_a_difference_would_be_seen(model: Model) -> None:
    """The check fails where the script is told of another slope."""
    asked = model.spec.settings["crc_advanced"].strategies[0]
    document = script_model(model, "crc_advanced", asked)
    records = drawn_records(model.spec, "crc_advanced", np.random.default_rng(4), 5)
    before = answers(document, records)
    document["members"][0]["clinical"][0] += 1e-3
    after = answers(document, records)
    apart = [abs(a["risk"] - b["risk"]) for a, b in zip(before, after, strict=True)]
    assert max(apart) > CLOSE


def test_it_is_plain_data_of_the_setting_alone(shipped_model: Model) -> None:
    law = shipped_model.spec.settings["cll_relapsed"]
    document = script_model(shipped_model, "cll_relapsed", law.usual)
    assert json.loads(json.dumps(document, allow_nan=False)) is not None
    assert [m["id"] for m in document["panel"]] == list(law.panel)
    assert [a["strategy"] for a in document["arms"]] == list(law.strategies)
    assert document["arms"][document["asked"]]["strategy"] == law.usual


def test_a_model_of_too_many_trees_is_not_put_into_a_page(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fits_in_page(model)
    monkeypatch.setattr(script, "MOST_NODES", nodes(model) - 1)
    assert not fits_in_page(model)
