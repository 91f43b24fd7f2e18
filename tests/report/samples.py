"""A hand-made evaluation and audit, small enough to know every number of."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from resistml.evaluate.abstention import Abstention
from resistml.evaluate.calibration_curves import CalibrationCurve, Calibrations
from resistml.evaluate.doubt import Doubt
from resistml.evaluate.evaluation import Evaluation, LearnerFigures
from resistml.evaluate.fidelity import Fidelity
from resistml.evaluate.metrics import Interval
from resistml.evaluate.net_benefit import THRESHOLDS, DecisionCurve
from resistml.evaluate.off_policy import PolicyValue
from resistml.evaluate.subgroups import Group
from resistml.evaluate.uncertainty import Best, Held, Sets, Uncertainty
from resistml.report.characteristics import Characteristics
from resistml.report.context import ModelFacts
from resistml.report.learning import LearningCurve, learning_curve
from resistml.report.model_report import ReportContext, Swarm

NOTICE = "For research only, never for clinical use."


@dataclass(frozen=True)
class Row:
    """What the report reads of an audit row."""

    claim: str
    endpoint: str
    setting: str
    strategy: str
    population: str
    low: float
    high: float
    obtained: float
    se: float
    status: str
    conflict: tuple[str, ...] = ()
    role: str = "target"
    measure: str = "level"
    bound: str = "about"
    at_months: float | None = None
    unit: str = ""


@dataclass(frozen=True)
class Claim:
    """What the report reads of a claim."""

    summary: str
    section: str = "4"
    caveat: str = ""


@dataclass(frozen=True)
class Conflict:
    """What the report reads of a conflict."""

    claims: tuple[str, ...]
    reason: str


def figures(auc: float, value: float, captured: float, mae: float = 0.031) -> LearnerFigures:
    return LearnerFigures(
        auc=Interval(auc, auc - 0.0061, auc + 0.0057),
        logloss=1.3 - auc,
        brier=1.0 - auc,
        mae=mae,
        ece=mae / 7,
        value=value,
        captured=captured,
    )


def about(value: float, half: float = 0.004) -> Interval:
    """A figure with an interval of so much on either side."""
    return Interval(value, value - half, value + half)


def group(n: int, auc: float, fair: float, mae: float = 0.0421, ece: float = 0.0087) -> Group:
    return Group(
        n=n,
        auc=about(auc),
        auc_fair=about(fair),
        logloss=about(0.4871),
        mae=about(mae),
        ece=about(ece, 0.002),
        value=about(0.5123),
        value_fair=about(0.5234),
        value_fixed_rule=about(0.4987),
        captured=about(0.551),
    )


def policy(**changes: object) -> PolicyValue:
    """What 20,000 patients say of a ranking that is truly worth 55.9%."""
    fields: dict[str, object] = {
        "estimate": Interval(0.5652, 0.5541, 0.5763),
        "standard_error": 0.00566,
        "modelled": 0.5611,
        "weighted": 0.5721,
        "true": 0.5592,
        "true_error": 0.0019,
        "covered": True,
        "patients": 20_000,
        "folds": 5,
        "followed": 0.4812,
        "effective": 6_543.2,
        "clip": 0.01,
        "clipped": 0.0007,
        "largest_weight": 31.44,
        "propensity": {"0%": 0.0082, "1%": 0.0913, "5%": 0.1211, "50%": 0.3402},
    }
    return PolicyValue(**{**fields, **changes})  # type: ignore[arg-type]


def evaluation() -> Evaluation:
    predicted = np.linspace(0.07, 0.95, 10)
    return Evaluation(
        n_train=20_000,
        n_judge=12_345,
        learners={
            "xgboost": figures(0.8412, 0.5613, 0.764),
            "logistic": figures(0.8377, 0.5571, 0.512),
            "constant": figures(0.7312, 0.5432, -0.213, mae=0.17),
        },
        oracle=figures(0.8654, 0.5789, 1.31),
        fair=figures(0.8508, 0.5657, 1.0, mae=0.0),
        value_given=0.4469,
        value_fixed_rule=0.5467,
        fixed_rule={
            "melanoma_advanced": ("braf_inhibitor_pd1", "ctla4_inhibitor"),
            "crc_advanced": ("folfox_cetuximab", "folfox"),
        },
        calibration={
            "predicted": predicted.tolist(),
            "observed": (predicted + 0.01).tolist(),
            "fair": (predicted - 0.004).tolist(),
            "count": [1234.5] * 10,
        },
        subgroups={
            "setting": {
                "crc_advanced": group(1380, 0.8016, 0.8075),
                "melanoma_advanced": group(1114, 0.6979, math.nan),
            },
            "sex": {"female": group(6100, 0.841, 0.851), "male": group(6245, 0.84, 0.85)},
            "age": {
                "below 50": group(250, 0.81, 0.83, mae=0.0911, ece=0.0811),
                "75 or older": group(2100, 0.82, 0.83, mae=0.0511),
            },
            "unmeasured markers": {"1": group(900, 0.82, 0.83, ece=0.0311)},
        },
        importance={
            "accumulation": 0.597,
            "target": 0.044,
            "apoptosis": 0.37,
            "stemness": 0.272,
            "microenvironment": 0.343,
            "clinical": 0.2,
            "context": 1.021,
        },
        fidelity=Fidelity(
            correlation=0.96,
            sign=0.93,
            leading=0.87,
            leading_guess=0.55,
            by_mechanism={"accumulation": 0.993, "target": math.nan, "apoptosis": 0.951},
            rows=5_000,
            cells=21_000,
        ),
        policy=policy(),
        survival=survival(),
        doubt=doubt(),
        decision=decision(),
        calibrations=calibrations(),
    )


def decision() -> DecisionCurve:
    """Of a model whose net benefit is (1 - t) / 2, where half are resistant."""
    t = np.array(THRESHOLDS)
    ours = tuple(((1 - t) / 2).tolist())
    everybody = 0.5 - 0.5 * t / (1 - t)
    learners = {"xgboost": ours, "logistic": ours, "constant": ours, "fair": ours, "mine": ours}
    low, high = ((1 - t) / 2 - 0.01).tolist(), ((1 - t) / 2 + 0.01).tolist()
    return DecisionCurve(
        12_345, 0.5, THRESHOLDS, tuple(everybody.tolist()), learners, tuple(low), tuple(high)
    )


def calibration_curve(n: int, slope: float) -> CalibrationCurve:
    p = (0.1, 0.3, 0.5, 0.7, 0.9)
    return CalibrationCurve(n, p, p, p, (n / 5,) * 5, about(0.02, 0.04), about(slope, 0.05))


def calibrations() -> Calibrations:
    settings = {"crc_advanced": 1.03, "melanoma_advanced": 0.91}
    return Calibrations(
        calibration_curve(12_345, 0.98),
        {name: calibration_curve(1_200, slope) for name, slope in settings.items()},
    )


def doubt() -> Doubt:
    held = Held(5_000, 0.913, 0.124, 0.761, 0.091)
    best = Best(5_000, 0.011, 0.014, (0.35, 0.6, 0.9), (0.33, 0.63, 0.91))
    sets = Sets(2_000, 0.902, 1.31, 0.0)
    found = Uncertainty(
        overall=held,
        given=held,
        by_setting={"crc_advanced": held, "melanoma_advanced": Held(300, 0.82, 0.2, 0.7, 0.1)},
        by_unmeasured={"0": held, "7": Held(3, 1.0, 0.2, 1.0, 0.1)},
        best=best,
        sets=sets,
        sets_by_setting={},
    )
    ordinary = {"abstained": 0.0181, "outlying": 0.01, "mostly_unmeasured": 0.0}
    return Doubt(
        found,
        Abstention(
            ordinary,
            {"ten_fold": 0.431},
            {"ten_fold": 0.992},
            {"ordinary": 2_000, "ten_fold": 1_900},
        ),
    )


def survival() -> dict[str, object]:
    bins = {"predicted": [0.2, 0.5, 0.8], "observed": [0.21, 0.48, 0.8], "count": [1.0] * 3}
    bins["fair"] = [0.2, 0.5, 0.79]
    learner = {
        "concordance": 0.7151,
        "concordance_within_arms": 0.6392,
        "uno": None,
        "integrated_brier": 0.1363,
        "calibration": {"6": bins, "12": bins},
    }
    medians = {"beyond": 0.03, "covered": 0.92, "error": 0.1, "bias": 0.0, "width": 1.8}
    one = {
        "patients": 5_000,
        "events": 4_321,
        "learners": {"model": learner, "kaplan_meier": learner},
        "medians": medians,
    }
    return {"pfs": one, "os": {**one, "medians": None}}


def learning() -> LearningCurve:
    """Three learners on three sizes, one with a single seed."""
    found = learning_curve(benchmark())
    assert found is not None
    return found


def benchmark() -> dict[str, object]:
    def row(learner: str, patients: int, gap: float, share: float) -> dict[str, object]:
        se = None if learner == "t_learner" else 0.002
        return {
            "world": "default",
            "patients": patients,
            "learner": learner,
            "seeds": 1 if learner == "t_learner" else 3,
            "auc_gap": {"mean": gap, "se": se},
            "captured": {"mean": share, "se": se},
        }

    rows = [
        row(learner, patients, 100 / patients * k, 1 - 2_000 / patients * k)
        for k, learner in enumerate(("xgboost", "logistic", "t_learner"), start=1)
        for patients in (5_000, 20_000, 100_000)
    ]
    return {
        "judge": 30_000,
        "learners": {name: {"words": name} for name in ("xgboost", "logistic", "t_learner")},
        "summary": rows,
    }


def characteristics() -> Characteristics:
    return Characteristics(
        n=20_000,
        resistant=11_111,
        counts={
            "setting": {"crc_advanced": 9_000, "melanoma_advanced": 11_000},
            "sex": {"female": 10_400, "male": 9_600},
        },
        strategies=44,
        unmeasured={"ABCB1": 0.126, "BCL2": 0.078},
        follow_up=13.41,
        deaths=12_006,
    )


def model_facts() -> ModelFacts:
    return ModelFacts({"ABCB1": "fold", "KRAS_mut": ""}, ("female",), 22, 44, 55, 10, 33, 20)


FINDINGS = (
    {
        "code": "H06",
        "title": "Calibration error",
        "severity": "warning",
        "message": "above 0.03 in 1 of 2 settings: <b>crc</b> (0.041)",
    },
    {"code": "H99", "title": "Of an older release", "severity": "error", "message": "gone"},
)


def audit_rows() -> list[Row]:
    kras, ras = "s4_kras_orr", "s6_ras_orr"
    return [
        Row("s1_orr", "orr", "crc_advanced", "folfox", "", 0.45, 0.5, 0.4821, 0.0011, "within"),
        Row(kras, "orr", "crc_advanced", "folfox", "KRAS_mut == 0", 0.45, 0.45, 0.4262, 0.0012,
            "tension", (ras,)),
        Row(ras, "orr", "crc_advanced", "folfox", "KRAS_mut == 0 and NRAS_mut == 0", 0.4, 0.4,
            0.4243, 0.0012, "tension", (kras,)),
        Row("s3_cr", "cr", "a, b, c", "class:chemotherapy", "", 0.3, 0.4, 0.4512, 0.002, "out"),
        Row("s4_os", "median_os", "crc_advanced", "folfox", "", 15, 15, 15.31, 0.07, "within"),
        Row("s4_late", "relapse_rate", "crc_advanced", "folfox", "", 0.6, 0.6, math.nan, math.nan,
            "due"),
    ]  # fmt: skip


def claims() -> dict[str, Claim]:
    return {
        "s1_orr": Claim("Half respond <script>alert(1)</script>", "1", 'He said "no" & left'),
        "s4_kras_orr": Claim("45% respond with KRAS wild type", "4", "One lies inside the other."),
        "s6_ras_orr": Claim("40% respond with RAS wild type", "6", "One lies inside the other."),
    }


def context(**changes: object) -> ReportContext:
    """A report's context, with some fields changed."""
    rng = np.random.default_rng(5)
    fields: dict[str, object] = {
        "title": "Trial <b>one</b>",
        "notice": NOTICE,
        "config": {"name": "trial", "seed": 7, "cohort": {"n": 20_000}},
        "evaluation": evaluation(),
        "audit": audit_rows(),
        "claims": claims(),
        "facts": {"Seed": "7", "Catalog hash": "ab12" * 16},
        "limits": ["No figure has a reference of its own."],
        "names": {"crc_advanced": "Advanced colorectal cancer", "folfox": "FOLFOX <i>"},
        "swarm": Swarm(
            rng.normal(size=(40, 3)),
            rng.lognormal(size=(40, 3)),
            ("ABCB1", "BCL2", "age"),
            units=("fold", "ng <mL>", ""),
            base=np.full(40, -0.5),
            labels=tuple(f"P{i} <i>" for i in range(40)),
            groups=("accumulation", "apoptosis", "clinical"),
        ),
        "model": model_facts(),
        "characteristics": characteristics(),
        "checks": FINDINGS,
        "learning": learning(),
    }
    return ReportContext(**{**fields, **changes})  # type: ignore[arg-type]
