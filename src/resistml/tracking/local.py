"""The runs of a project as its folders tell them, for those without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from resistml.documents import parse_json, read_json, read_yaml
from resistml.errors import InputError, ModelError, TableError, did_you_mean, listed
from resistml.evaluate.judged import FILE, read_judged
from resistml.evaluate.paired import gains
from resistml.tracking.items import flat

#: What runs are compared by: a name, and where it stands in ``metrics.json``.
FIGURES: dict[str, tuple[str, ...]] = {
    "auc": ("learners", "xgboost", "auc"),
    "auc_fair": ("fair", "auc"),
    "logloss": ("learners", "xgboost", "logloss"),
    "brier": ("learners", "xgboost", "brier"),
    "mae": ("learners", "xgboost", "mae"),
    "ece": ("learners", "xgboost", "ece"),
    "slope": ("calibrations", "overall", "slope"),
    "coverage": ("doubt", "uncertainty", "overall", "coverage"),
    "value": ("learners", "xgboost", "value"),
    "value_fixed_rule": ("value_fixed_rule",),
    "policy": ("policy", "estimate"),
    "captured": ("learners", "xgboost", "captured"),
    "concordance_pfs": ("survival", "pfs", "learners", "model", "concordance"),
    "concordance_os": ("survival", "os", "learners", "model", "concordance"),
}
#: Keys of a config that name a run and do not change what it is.
_NAMES = ("name", "tracking", "report", "tune")


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
                "auc_low": model["auc"]["low"],
                "auc_high": model["auc"]["high"],
                "auc_fair": document["fair"]["auc"]["value"],
                "logloss": model["logloss"],
                "captured": model["captured"],
                "mae": model["mae"],
            }
        except (OSError, ValueError, KeyError, TypeError):
            continue
        found.append((path.stat().st_mtime, row))
    return [row for _, row in sorted(found, key=lambda pair: -pair[0])]


def compared(root: Path, names: list[str]) -> dict[str, Any]:
    """Runs of a project side by side.

    Returns
    -------
    dict
        ``runs``: their names, in order; ``parameters``: by key of the config, the values where
        they differ; ``figures``: by name, ``value`` and, where there is an interval, ``low`` and
        ``high`` of each run, None where a run has none; ``paired``: for each run after the first
        that was judged on the same patients, how much better it is, by figure.

    Raises
    ------
    ModelError
        If a run is not there, or not whole.
    """
    folders = [_folder(root, name) for name in names]
    metrics = [read_json(folder / "metrics.json", ModelError) for folder in folders]
    configs = [_parameters(folder) for folder in folders]
    keys = list(dict.fromkeys(key for config in configs for key in config))
    told = {key: [config.get(key) for config in configs] for key in keys}
    figures = {
        name: [_figure(document, path) for document in metrics] for name, path in FIGURES.items()
    }
    return {
        "runs": [folder.name for folder in folders],
        "parameters": {key: values for key, values in told.items() if len(set(values)) > 1},
        "figures": {name: row for name, row in figures.items() if any(row)},
        "paired": _paired(folders),
    }


def _folder(root: Path, name: str) -> Path:
    for folder in (root / "runs" / name, Path(name)):
        if (folder / "metrics.json").is_file():
            return folder
    there = [row["run"] for row in local_runs(root)]
    raise ModelError(
        "no finished run",
        file=name,
        allowed=listed(there) or None,
        hint=did_you_mean(name, there) or "`resistml runs list` shows the runs",
    )


def _parameters(folder: Path) -> dict[str, str]:
    """A run's config, flat; a value that a run does not know is as good as its default."""
    document = read_yaml(folder / "config.yaml", ModelError)
    return dict(flat({key: value for key, value in document.items() if key not in _NAMES}))


def _figure(document: Any, path: tuple[str, ...]) -> dict[str, float | None] | None:
    """What stands at a place of ``metrics.json``, as a value with or without an interval."""
    for key in path:
        if not isinstance(document, dict) or document.get(key) is None:
            return None
        document = document[key]
    if isinstance(document, dict):
        kept = {key: document.get(key) for key in ("value", "low", "high")}
        return None if kept["value"] is None else kept
    return {"value": float(document)}


def _paired(folders: list[Path]) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    try:
        first = read_judged(folders[0] / FILE)
    except InputError:
        return []
    for folder in folders[1:]:
        try:
            found = gains(read_judged(folder / FILE), first)
        except TableError:  # judged on others, or by a release that kept nothing of it
            continue
        out += [
            {"run": folder.name, "over": folders[0].name, "figure": name, **vars(gain)}
            for name, gain in found.items()
        ]
    return out
