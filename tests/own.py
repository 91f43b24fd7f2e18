"""Tables of one's own as tests need them: small, with a known law, in memory or as a CSV."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from resistml.features.matrix import Records
from resistml.learn.own_patients import OwnPatients

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Feature:
    """A feature, as :class:`resistml.learn.own_patients.FeatureLike` wants it."""

    name: str
    kind: str = "measure"
    unit: str = ""
    direction: int = 0
    mechanism: str = "clinical"
    source: str = ""
    level: str | None = None
    catalog: str | None = None


def words(values: object) -> npt.NDArray[np.object_]:
    return np.array([str(v) for v in values], dtype=object)  # type: ignore[attr-defined]


def made(
    columns: dict[str, Floats],
    features: tuple[Feature, ...],
    resistant: Floats,
    *,
    strategy: npt.NDArray[np.object_] | None = None,
    setting: npt.NDArray[np.object_] | None = None,
    times: dict[str, Floats] | None = None,
    groups: tuple[str, ...] = (),
) -> OwnPatients:
    """Patients in the order of their ids, which is that of the rows."""
    n = len(resistant)
    found = OwnPatients(
        records=Records(
            words(f"p{i:05d}" for i in range(n)),
            words(["cohort"] * n) if setting is None else setting,
            columns,
        ),
        strategy=words(["as_given"] * n) if strategy is None else strategy,
        resistant=resistant,
        features=features,
        label="non-pCR",
        responded="pCR",
        treatments=strategy is not None,
        times=times or {},
        groups=groups,
    )
    return replace(found, arms=found.had)


def simple(n: int, seed: int = 0, *, arms: int = 1, slope: float = 1.0) -> OwnPatients:
    """Log-odds slope * a - slope * flag, nothing of b; arms by lot, the second gains from a."""
    rng = np.random.default_rng(seed)
    a, b, flag = rng.normal(size=n), rng.normal(size=n), (rng.random(n) < 0.4).astype(float)
    given = rng.integers(arms, size=n)
    margin = slope * a - slope * flag - slope * (given == 1) * (1 + a)
    y = (rng.random(n) < expit(margin)).astype(float)
    b[rng.random(n) < 0.2] = np.nan
    return made(
        {"a": a, "b": b, "flag": flag},
        (Feature("a", source="A"), Feature("b"), Feature("flag", "mutation")),
        y,
        strategy=words(f"arm{g}" for g in given) if arms > 1 else None,
        groups=("flag",) if arms > 1 else (),
    )
