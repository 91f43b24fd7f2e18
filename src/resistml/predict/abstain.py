"""Why a model does not answer: too little measured, an outlier, too few training patients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resistml.features.matrix import Records
from resistml.predict.model import Model
from resistml.predict.patterns import mostly_unmeasured, nothing_measured, unmeasured
from resistml.predict.support import LEAST, Outlier

Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Doubts:
    """What stands against answering for n profiles of one setting.

    Attributes
    ----------
    absent : (n, columns) array of bool
        True where a column of the panel was not measured; see
        :func:`~resistml.predict.patterns.panel_columns`.
    empty, mostly : (n,) arrays of bool
        True where none was, or less than half.
    outliers : dict of int to Outlier
        Profiles unlike the setting's training patients; none where the model has no support part.
    few : dict of str to int
        Training patients of each strategy of the setting that had fewer than the least.
    """

    absent: Bools
    empty: Bools
    mostly: Bools
    outliers: dict[int, Outlier]
    few: dict[str, int]

    @property
    def abstained(self) -> Bools:
        """(n,) True where no strategy is answered for."""
        out = self.empty | self.mostly
        out[list(self.outliers)] = True
        return out

    def flags(self, row: int) -> tuple[str, ...]:
        """Flags of a row, but for those of its unmeasured markers."""
        mostly = ("mostly_unmeasured",) if self.mostly[row] else ()
        found = self.outliers.get(row)
        return mostly if found is None else (*mostly, *(f"outlying:{c}" for c in found.columns))

    def reasons(self, row: int) -> tuple[str, ...]:
        """Why a row is not answered, in words; none where it is."""
        if self.empty[row]:
            return ("none of the setting's markers was measured",)
        said = []
        if self.mostly[row]:
            missing, panel = int(self.absent[row].sum()), self.absent.shape[1]
            said.append(f"{missing} of the setting's {panel} markers were not measured")
        if row in self.outliers:
            said.append(self.outliers[row].message)
        return tuple(said)

    def unsupported(self, strategy: str) -> str:
        """Why a strategy is not answered for in this setting; empty where it is."""
        if strategy not in self.few:
            return ""
        n = self.few[strategy]
        had = "no training patient had it" if n == 0 else f"{n} training patient(s) had it"
        return f"{strategy}: {had} in this setting, fewer than {LEAST}"


def doubts(model: Model, records: Records, setting: str, rows: Rows) -> Doubts:
    """What stands against answering for ``rows`` of the records, all of them of one setting."""
    absent = unmeasured(model.spec, records, setting, rows)
    empty = nothing_measured(absent)
    support, outliers, few = model.parts.support, {}, {}
    if support is not None:
        outliers = support.outliers(model.spec, records.take(rows), setting)
        few = {a: n for a, n in support.count(model.spec, setting).items() if n < LEAST}
    # Where nothing was measured there is nothing more to say.
    outliers = {row: found for row, found in outliers.items() if not empty[row]}
    return Doubts(absent, empty, mostly_unmeasured(absent), outliers, few)
