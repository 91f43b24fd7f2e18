"""The runs of a project as its folders tell them, for those without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from resistml.documents import parse_json


def local_runs(root: Path) -> list[dict[str, Any]]:
    """Figures of each finished run under ``root``, newest first; unreadable ones are left out."""
    found: list[tuple[float, dict[str, Any]]] = []
    for path in (root / "runs").glob("*/metrics.json"):
        try:
            document = parse_json(path.read_text(encoding="utf-8"))
            model = document["learners"]["xgboost"]
            row = {
                "run": path.parent.name,
                "n_train": document["n_train"],
                "auc": model["auc"]["value"],
                "auc_fair": document["fair"]["auc"]["value"],
                "captured": model["captured"],
                "mae": model["mae"],
            }
        except (OSError, ValueError, KeyError, TypeError):
            continue
        found.append((path.stat().st_mtime, row))
    return [row for _, row in sorted(found, key=lambda pair: -pair[0])]
