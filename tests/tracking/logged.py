"""Runs with a judge, made up: how good they are is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from resistml.evaluate.judged import FILE, Judged, write_judged
from resistml.tracking.items import DatasetFacts, Items

#: Patients whom made-up runs are judged on.
N = 400


def judged(noise: float, *, patients: int = 1, n: int = N) -> Judged:
    """A model's word of n patients, whose ``patients`` are a seed: the more noise, the worse."""
    rng = np.random.default_rng(patients)
    truth = rng.uniform(0.1, 0.9, n)
    y = (rng.uniform(size=n) < truth).astype(float)
    own = np.random.default_rng(round(1e6 * noise)).uniform(0.05, 0.95, n)
    words = np.full(n, "crc_advanced", dtype=object)
    return Judged(words, np.full(n, "folfox", dtype=object), y, (1 - noise) * truth + noise * own)


def judged_run(folder: Path, bundle: Path, name: str, *, noise: float, patients: int = 1) -> Items:
    """What a run logs that was so judged."""
    run = folder / "made" / name
    (run / "figures").mkdir(parents=True)
    said = judged(noise, patients=patients)
    write_judged(said, run)
    (run / "config.yaml").write_text("name: made\n", encoding="utf-8")
    (run / "metrics.json").write_text("{}\n", encoding="utf-8")
    (run / "figures" / "auc.svg").write_text("<svg/>", encoding="utf-8")
    return Items(
        run_name=name,
        params={"model.rounds": "3"},
        metrics={"loss/log": noise, "interval/auc_low": 0.5},
        tags={"run_id": name, "config": "made", "judge_sha256": said.digest},
        dataset=DatasetFacts("virtual-made", "d" * 36, 500, {"seed": "1"}),
        texts={},
        files=tuple(run / file for file in (FILE, "config.yaml", "metrics.json")),
        folders={"figures": run / "figures"},
        bundle=bundle,
    )
