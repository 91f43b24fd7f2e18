"""A catalog of a few entries, sound by itself, for tests that break one thing at a time."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from resistml.evidence import Evidence, Finding, check_evidence, load_folders

Raw = dict[str, Any]


def assume(value: float, low: float | None = None, high: float | None = None, **more: str) -> Raw:
    """An assumption as it stands in YAML."""
    bounds = {"low": value if low is None else low, "high": value if high is None else high}
    return {"value": value, **bounds, "reason": "chosen for a test", **more}


_SETTING: Raw = {
    "name": "Lung",
    "oncotree": "LUNG",
    "line": 1,
    "section": "1",
    "usual": "drug",
    "share": assume(1.0),
    "age_mean": assume(60),
    "age_sd": assume(10),
    "age_range": [20, 90],
    "female": assume(0.5),
    "ecog_1": assume(0.5),
    "ecog_2": assume(0.1),
}
_ARM: Raw = {"orr": assume(0.4), "median_pfs": assume(6), "median_os": assume(12)}
_CLAIM: Raw = {
    "section": "1",
    "summary": "Four in ten respond to the drug",
    "tumour": "lung",
    "setting": "lung",
    "strategy": "drug",
    "endpoint": "orr",
    "low": 0.4,
    "high": 0.5,
    "evidence_level": "clinical",
    "role": "target",
}

TINY: dict[str, Raw] = {
    "mechanisms": {
        name: {"name": name, "summary": name, "section": "1"}
        for name in ("accumulation", "clinical", "context")
    },
    "endpoints": {
        "orr": {"name": "o", "family": "response", "unit": "fraction", "range": [0, 1]},
        "median_pfs": {"name": "p", "family": "time", "unit": "months", "range": [0, 240]},
        "median_os": {"name": "s", "family": "time", "unit": "months", "range": [0, 360]},
        "survival_rate": {"name": "r", "family": "survival", "unit": "fraction", "range": [0, 1]},
        "cutoff": {"name": "c", "family": "biology", "unit": "fold", "range": [0, 1000]},
        "qualitative": {"name": "q", "family": "qualitative", "unit": "", "range": [0, 1]},
    },
    "markers": {
        "PUMP": {
            "name": "Pump",
            "mechanism": "accumulation",
            "kind": "expression",
            "unit": "fold",
            "range": [0.001, 1000],
            "section": "1",
            "panel": ["lung"],
            "median": assume(1.5, 1.0, 2.0),
            "spread": assume(0.8),
            "effect": assume(0.5),
            "error": assume(0.2),
            "missing": assume(0.1),
            "cutoff": assume(2.0),
            "detection_limit": assume(0.01),
            "in_settings": {"lung": {"median": assume(1.8, reason="s1_rise sets it")}},
            "exposure": {"chemo": assume(1.0)},
        },
        "GATE": {
            "name": "Gate",
            "mechanism": "accumulation",
            "kind": "mutation",
            "unit": "1 = present",
            "range": [0, 1],
            "section": "1",
            "panel": ["lung"],
            "prevalence": assume(0.3),
            "effect": assume(1.0),
            "false_negative": assume(0.05),
            "false_positive": assume(0.01),
            "missing": assume(0.1),
        },
        "SPARE": {
            "name": "Spare, in no panel",
            "mechanism": "accumulation",
            "kind": "fraction",
            "unit": "fraction",
            "range": [0, 1],
            "section": "1",
            "median": assume(0.1),
            "spread": assume(0.8),
            "effect": assume(0.5),
            "error": assume(0.2),
            "missing": assume(0.1),
        },
    },
    "settings": {
        "lung": _SETTING,
        "recorded": {
            "name": "Recorded",
            "oncotree": "X",
            "line": 2,
            "section": "1",
            "modelled": False,
            "reason": "no figure",
        },
    },
    "strategies": {
        "drug": {
            "name": "Drug",
            "class": "chemo",
            "drugs": ["drug"],
            "section": "1",
            "arms": {"lung": {"median_pfs": assume(6), "median_os": assume(12)}},
            "cautions": [{"text": "mind", "section": "1", "when": [["sex", "==", "female"]]}],
        },
        "blocker": {
            "name": "Blocker",
            "class": "blocker",
            "drugs": ["blocker"],
            "section": "1",
            "arms": {"lung": _ARM},
            "eligibility": [[["PUMP", ">", "cutoff"], ["age", "<", 80]], [["GATE", "==", 1]]],
            "exposure": {"PUMP": assume(0.1)},
        },
        "paper": {
            "name": "Recorded only",
            "class": "chemo",
            "drugs": [],
            "section": "1",
            "modelled": False,
            "reason": "no figure",
        },
    },
    "assumptions": {
        "correlation_within_accumulation": assume(0.3, unit="correlation"),
        "pfs_shape": assume(1.2, unit="Weibull shape"),
    },
    "claims": {
        "s1_orr": _CLAIM,
        "s1_rise": {
            **_CLAIM,
            "endpoint": "cutoff",
            "role": "parameter",
            "sets": {"marker": "PUMP", "statistic": "median"},
            "reason": "sets the median",
            "markers": ["PUMP"],
            "low": 7,
            "high": 9,
        },
        "s1_words": {
            **{k: v for k, v in _CLAIM.items() if k not in ("low", "high")},
            "endpoint": "qualitative",
            "measure": "none",
            "role": "context",
            "reason": "no figure",
        },
    },
}
SOURCE: Raw = {"id": "paper", "citation": "A paper.", "note": "for tests"}


def write(folder: Path, parts: dict[str, Raw], source: Any = SOURCE) -> Path:
    """Write entries by kind as a catalog folder (JSON is YAML)."""
    (folder / "claims").mkdir(parents=True, exist_ok=True)
    for kind, entries in parts.items():
        if kind == "claims":
            document = {"claims": entries} if source is None else {"source": source}
            document["claims"] = entries
            (folder / "claims" / "paper.yaml").write_text(json.dumps(document))
        else:
            (folder / f"{kind}.yaml").write_text(json.dumps(entries))
    return folder


def base(tmp_path: Path) -> Path:
    """The tiny catalog as a folder."""
    return write(tmp_path / "base", TINY)


def changed(kind: str, entry: str, path: str = "", value: Any = None) -> dict[str, Raw]:
    """An overlay that replaces one entry by itself with one field set, or taken out (None)."""
    raw = copy.deepcopy(TINY[kind][entry])
    raw["replace"] = True
    at: Any = raw
    *parents, last = path.split(".") if path else [""]
    for parent in parents:
        at = at[int(parent)] if isinstance(at, list) else at.setdefault(parent, {})
    if value is None:
        at.pop(last, None)
    elif isinstance(at, list):
        at[int(last)] = value
    else:
        at[last] = value
    return {kind: {entry: raw}}


def loaded(tmp_path: Path, overlay: dict[str, Raw] | None = None, source: Any = SOURCE) -> Evidence:
    """The tiny catalog with an overlay."""
    folders = [base(tmp_path)]
    if overlay is not None:
        folders.append(write(tmp_path / "overlay", overlay, source))
    return load_folders(folders)


def findings(
    tmp_path: Path, overlay: dict[str, Raw] | None = None, source: Any = SOURCE
) -> list[Finding]:
    """What the checks find in the tiny catalog with an overlay."""
    return check_evidence(loaded(tmp_path, overlay, source))
