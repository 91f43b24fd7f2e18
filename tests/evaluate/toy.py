"""Judges small enough to check by hand."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from resistml.evaluate.judge import Judge
from resistml.features.matrix import Records

Floats = npt.NDArray[np.float64]


def words(*values: str) -> npt.NDArray[np.object_]:
    return np.array(values, dtype=object)


def judge_of(
    p: Floats, fair: Floats | None = None, setting: list[str] | None = None, seed: int = 0
) -> Judge:
    """Patients with true response rates ``p`` (n, A), NaN = not eligible, of arms a0, a1, ...

    Each was given his first eligible arm, and is resistant by lot.
    """
    n = len(p)
    patient, arm = np.nonzero(~np.isnan(p))
    first = np.argmax(~np.isnan(p), axis=1)
    rate = p[np.arange(n), first]
    names = np.array([f"a{j}" for j in range(p.shape[1])], dtype=object)
    chosen = (p if fair is None else fair)[patient, arm]
    return Judge(
        records=Records(
            np.array([f"p{i:04d}" for i in range(n)], dtype=object),
            np.array(setting or ["s"] * n, dtype=object),
            {},
        ),
        strategy=names[first],
        resistant=(np.random.default_rng(seed).random(n) >= rate).astype(float),
        patient=patient.astype(np.int64),
        arm=names[arm],
        p_response=p[patient, arm],
        p_fair=chosen,
        truth={},
        fair_truth={},
    )
