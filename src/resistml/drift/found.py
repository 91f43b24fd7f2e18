"""What a comparison of new patients with the training patients found."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

#: What a row is about, in the order in which rows are shown.
KINDS = ("score", "settings", "strategies", "value", "missing")


@dataclass(frozen=True)
class Thresholds:
    """When a difference counts: it is no chance, and it is no trifle.

    Attributes
    ----------
    alpha : float
        Chance of a false word over all rows together (Holm): a scheduler that asks every day is
        misled once in 100 days.
    difference : float
        Standard deviations. A quarter is what is held to be balance between groups that are
        compared (Ho, Imai, King and Stuart, 2007): below, a model's probabilities hardly move.
    psi : float
        Population stability index, less what chance adds. From 0.1 on it is commonly read as a
        moderate change, from 0.25 as a great one.
    missing : float
        Difference of shares without a value.
    """

    alpha: float = 0.01
    difference: float = 0.25
    psi: float = 0.1
    missing: float = 0.1


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes
    ----------
    kind, name : str
        One of :data:`KINDS`; the column.
    n : int
        New patients that are compared.
    training, here : float
        What stands in both, the training patients weighed to the new ones' settings: of a value
        its middle in its own unit, of a flag, of gaps and of a score the share or the mean
        probability; NaN where there is no such number.
    difference, low, high : float
        In standard deviations of the training patients, of gaps in shares, with a 95% interval;
        NaN where none is defined.
    psi : float
        Population stability index, less what chance adds, not below 0; NaN where no bins are kept.
    distance : float
        Kolmogorov-Smirnov; NaN likewise.
    p, p_all : float
        Of the test, and after Holm's correction for all rows.
    drifted : bool
    """

    kind: str
    name: str
    n: int
    training: float
    here: float
    difference: float
    low: float
    high: float
    psi: float
    distance: float
    p: float
    p_all: float = 1.0
    drifted: bool = False


@dataclass(frozen=True)
class Share:
    """A setting, or a bin of the score, among the training patients and the new ones."""

    name: str
    training: int
    here: int


@dataclass(frozen=True)
class Drift:
    """All that was found.

    Attributes
    ----------
    n, rejected, abstained : int
        Profiles that are compared; that could not be read; that the model does not answer.
    rows : tuple of Row
    settings, score : tuple of Share
        Patients of each setting; of each tenth of the training patients' scores.
    thresholds : Thresholds
    detectable : float
        Smallest shift, in standard deviations, of a column that all have, which would have been
        called drift in nine of ten such tables; NaN where nothing was compared.
    remarks : tuple of str
        What could not be compared, and why.
    """

    n: int
    rejected: int
    abstained: int
    rows: tuple[Row, ...]
    settings: tuple[Share, ...]
    score: tuple[Share, ...]
    thresholds: Thresholds
    detectable: float
    remarks: tuple[str, ...] = field(default=())

    @property
    def drifted(self) -> tuple[Row, ...]:
        """The rows that count, in order."""
        return tuple(row for row in self.rows if row.drifted)

    def to_json(self) -> dict[str, Any]:
        """Plain data; what is NaN is None."""
        document = {**asdict(self), "drift": bool(self.drifted), "tests": len(self.rows)}
        return dict(_plain(document))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(x) for key, x in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(x) for x in value]
    return None if isinstance(value, float) and value != value else value
