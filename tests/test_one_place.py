"""One place each: a new marker, claim, strategy, setting and mechanism are one entry apiece.

An overlay with five entries, each in a file of its own, goes through the whole flow from the
catalog to a ranked and explained profile, with no other edit anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import yaml

from resistml.cohort.draw import Drawer, Drawn
from resistml.cohort.plan import Plan
from resistml.evaluate.judge import records_of
from resistml.evidence import Evidence, check_evidence, load_evidence
from resistml.explain.mechanisms import explain_profiles
from resistml.learn.bundle import save_bundle
from resistml.learn.train import fit_model
from resistml.predict.model import Model, load_bundle
from resistml.predict.rank import rank
from resistml.predict.score import score
from resistml.tables.profiles import read_profiles
from resistml.world.audit import audit
from resistml.world.compiled import compile_setting
from resistml.world.laws import World
from resistml.world.solve import solve_world
from tests.small import PARAMS

MECHANISM = """
epigenetics:
  name: "Epigenetic silencing"
  summary: "Genes that a drug needs are silenced."
  section: "1"
"""
MARKER = """
EZH2:
  name: "EZH2 expression"
  gene: EZH2
  mechanism: epigenetics
  kind: expression
  unit: "fold of reference"
  range: [0.001, 1000]
  section: "1"
  panel: [bladder_advanced]
  median: {value: 2.0, low: 1.2, high: 3.0, reason: "raised in most urothelial tumours"}
  spread: {value: 0.8, low: 0.5, high: 1.1, reason: "several-fold between tumours"}
  effect: {value: 0.9, low: 0.3, high: 1.5, reason: "large, so that a small model sees it"}
  error: {value: 0.2, low: 0.1, high: 0.4, reason: "routine antibody"}
  missing: {value: 0.1, low: 0.05, high: 0.2, reason: "measured on request"}
  exposure:
    chemotherapy: {value: 1.0, low: 0.7, high: 1.2, reason: "silences what chemotherapy needs"}
    immunotherapy: {value: -0.5, low: -0.8, high: 0.0, reason: "marks tumours that immunity sees"}
"""
STRATEGY = """
gemcitabine_cisplatin:
  name: "Gemcitabine and cisplatin"
  class: chemotherapy
  drugs: [gemcitabine, cisplatin]
  section: "1"
  arms:
    bladder_advanced:
      median_pfs: {value: 7.4, low: 6.5, high: 8.5, reason: "von der Maase and colleagues"}
      median_os: {value: 13.8, low: 12.5, high: 15, reason: "von der Maase and colleagues"}
"""
SETTING = """
bladder_advanced:
  name: "Advanced urothelial cancer, first line"
  oncotree: BLCA
  line: 1
  section: "1"
  usual: gemcitabine_cisplatin
  share: {value: 6, low: 5, high: 7, reason: "large, so that a small cohort holds enough"}
  age_mean: {value: 66, low: 63, high: 69, reason: "medians of first-line trials"}
  age_sd: {value: 9, low: 8, high: 10, reason: "usual spread of trials"}
  age_range: [35, 90]
  female: {value: 0.25, low: 0.2, high: 0.3, reason: "a quarter are women"}
  ecog_1: {value: 0.45, low: 0.35, high: 0.55, reason: "about half"}
  ecog_2: {value: 0.15, low: 0.1, high: 0.2, reason: "fewer in trials"}
  panel: [ABCB1, BCL2, CD274]
  arms:
    checkpoint_inhibitor:
      orr: {value: 0.25, low: 0.2, high: 0.3, reason: "single agents in the first line"}
      median_pfs: {value: 3, low: 2, high: 4, reason: "single agents in the first line"}
      median_os: {value: 12, low: 10, high: 16, reason: "single agents in the first line"}
"""
CLAIM = """
source: {id: von_der_maase, citation: "von der Maase H et al. J Clin Oncol 2000."}
claims:
  bladder_gc_orr:
    section: "1"
    summary: "Gemcitabine with cisplatin: 49% respond in urothelial cancer"
    tumour: "urothelial cancer"
    setting: bladder_advanced
    strategy: gemcitabine_cisplatin
    endpoint: orr
    low: 0.49
    high: 0.49
    evidence_level: clinical
    role: target
    markers: [EZH2]
"""
FILES = {
    "mechanisms.yaml": MECHANISM,
    "markers.yaml": MARKER,
    "strategies.yaml": STRATEGY,
    "settings.yaml": SETTING,
    "claims/bladder.yaml": CLAIM,
}
PROFILES = """patient_id,setting,strategy,age,sex,ecog,EZH2,ABCB1,BCL2,CD274
low,bladder_advanced,gemcitabine_cisplatin,60,male,0,0.4,1.5,1.5,10
high,bladder_advanced,gemcitabine_cisplatin,60,male,0,10,1.5,1.5,10
unmeasured,bladder_advanced,,60,male,0,,1.5,1.5,10
"""


@dataclass(frozen=True)
class Flow:
    """What each stage made of the overlay."""

    evidence: Evidence
    world: World
    drawn: Drawn
    model: Model
    profiles: Path


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Flow:
    folder = tmp_path_factory.mktemp("one_place")
    for name, text in FILES.items():
        path = folder / "catalog" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    evidence = load_evidence(folder / "catalog")
    world = solve_world(evidence)
    drawn = Drawer(world, Plan(seed=4, n=3_000)).block(0)
    cohort = drawn.cohort
    spec, fitted = fit_model(
        evidence,
        records_of(cohort, tuple(world.markers)),
        np.asarray(cohort["strategy"], dtype=object),
        np.asarray(cohort["resistant"], dtype=float),
        PARAMS,
        seed=1,
    )
    save_bundle(fitted, spec, PARAMS, {"name": "one place"}, "# one place\n", folder / "model")
    profiles = folder / "profiles.csv"
    profiles.write_text(PROFILES)
    return Flow(evidence, world, drawn, load_bundle(folder / "model"), profiles)


@pytest.mark.parametrize("name", FILES)
def test_each_is_a_single_entry_in_a_single_file(name: str) -> None:
    raw = yaml.safe_load(FILES[name])
    assert len(raw["claims"] if name.startswith("claims/") else raw) == 1


def test_catalog_holds_together(flow: Flow) -> None:
    assert check_evidence(flow.evidence) == []
    assert flow.evidence.panel_of("bladder_advanced") == ("ABCB1", "BCL2", "CD274", "EZH2")
    assert list(flow.evidence.arms_of("bladder_advanced")) == [
        "gemcitabine_cisplatin",
        "checkpoint_inhibitor",
    ]


def test_world_meets_the_claim(flow: Flow) -> None:
    rows = {row.claim: row for row in audit(flow.evidence, flow.world, patients=20_000)}
    row = rows["bladder_gc_orr"]
    assert row.status == "within"
    # A point claim is met within one percentage point, here on 20,000 fresh patients.
    assert abs(row.obtained - 0.49) < 0.01 + 4 * row.se
    assert not [r.claim for r in rows.values() if r.status == "out"]


def test_markers_of_a_new_mechanism_are_correlated_by_the_default(flow: Flow) -> None:
    c = compile_setting(flow.world, "bladder_advanced")
    constants = flow.world.constants
    i, j = c.continuous.index("EZH2"), c.continuous.index("ABCB1")
    within = constants["correlation_within_default"], constants["correlation_within_accumulation"]
    expected = constants["correlation_between_mechanisms"] * np.sqrt(within[0] * within[1])
    assert c.covariance[i, j] == pytest.approx(expected)


def test_cohort_holds_patients_and_the_truth_by_the_new_mechanism(flow: Flow) -> None:
    cohort, oracle = flow.drawn.cohort, flow.drawn.oracle
    here = cohort["setting"] == "bladder_advanced"
    assert here.sum() > 300
    assert np.isfinite(np.asarray(cohort["EZH2"], dtype=float)[here]).mean() > 0.8
    assert np.isnan(np.asarray(cohort["EZH2"], dtype=float)[~here]).all()
    truth = np.asarray(oracle["truth_epigenetics"], dtype=float)
    mine = np.isin(oracle["patient_id"], cohort["patient_id"][here])
    assert truth[mine].std() > 0.3
    assert not truth[~mine].any()
    groups = [np.asarray(v, dtype=float) for k, v in oracle.items() if k.startswith("truth_")]
    p = np.asarray(oracle["p_response"], dtype=float)
    assert np.allclose(sum(groups), -np.log(p / (1 - p)))


def test_model_has_learned_the_marker(flow: Flow) -> None:
    found = score(flow.model, read_profiles(flow.profiles, flow.model.spec))
    p = dict(zip(found["patient_id"], found["p_resistance"], strict=True))
    assert p["low"] + 0.1 < p["unmeasured"] < p["high"] - 0.1
    assert list(found["strategy"]) == ["gemcitabine_cisplatin"] * 3


def test_profile_is_ranked_with_the_claim_beside_it(flow: Flow) -> None:
    found = rank(flow.model, read_profiles(flow.profiles, flow.model.spec))
    rows = list(zip(found["patient_id"], found["rank"], found["strategy"], strict=True))
    assert [row[:2] for row in rows] == [
        (name, place) for name in ("low", "high", "unmeasured") for place in (1, 2)
    ]
    first = {name: strategy for name, place, strategy in rows if place == 1}
    assert first["low"] == "gemcitabine_cisplatin"
    assert first["high"] == "checkpoint_inhibitor"
    claims = dict(zip(found["strategy"], found["claims"], strict=True))
    assert "bladder_gc_orr" in claims["gemcitabine_cisplatin"]


def test_explanation_names_mechanism_marker_and_claim(flow: Flow) -> None:
    found = explain_profiles(flow.model, read_profiles(flow.profiles, flow.model.spec))
    rows = {
        (p, m): (c, markers, claims)
        for p, m, c, markers, claims in zip(
            *(found[k] for k in ("patient_id", "mechanism", "contribution", "markers", "claims")),
            strict=True,
        )
    }
    low, high = rows["low", "epigenetics"], rows["high", "epigenetics"]
    assert low[0] < 0 < high[0]
    assert high[1][0].startswith("EZH2=10 (+")
    assert "bladder_gc_orr" in high[2]
