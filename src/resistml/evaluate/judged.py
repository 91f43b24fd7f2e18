"""What a model said of each patient whom it was judged on, so that models can be paired."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from resistml.errors import TableError
from resistml.features.matrix import Words
from resistml.notice import NOTICE
from resistml.tables.write import write_rows

Floats = npt.NDArray[np.float64]

#: Its name in a run's folder.
FILE = "judged.parquet"
_COLUMNS = ("setting", "strategy", "resistant", "p_resistance")


@dataclass(frozen=True)
class Judged:
    """Patients in the order in which they were judged; nothing of their records is kept.

    Attributes
    ----------
    setting, strategy : (n,) array of str
        The strategy is the one given.
    resistant : (n,) array
        1 = resistant to it; of an own cohort, 1 = the outcome that is predicted.
    p : (n,) array
        The model's probability of that; NaN where it was never asked.
    """

    setting: Words
    strategy: Words
    resistant: Floats
    p: Floats

    @property
    def digest(self) -> str:
        """SHA-256 of the patients, their treatments and outcomes, whatever a model says of them.

        Models may be compared patient by patient only where this is the same.
        """
        found = hashlib.sha256()
        for row in zip(self.setting, self.strategy, self.resistant, strict=True):
            found.update(f"{row[0]}\t{row[1]}\t{row[2]:g}\n".encode())
        return found.hexdigest()


def write_judged(judged: Judged, folder: Path) -> None:
    """Write :data:`FILE` into a folder, whole."""
    values = (judged.setting, judged.strategy, judged.resistant, judged.p)
    columns = dict(zip(_COLUMNS, values, strict=True))
    write_rows(columns, folder / FILE, notice=NOTICE, digits=None)


def read_judged(file: Path) -> Judged:
    """Read what :func:`write_judged` wrote.

    Raises
    ------
    TableError
        If it is not there, damaged or of other columns.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(file, columns=list(_COLUMNS))
        setting, strategy = (np.array(table[k].to_pylist(), dtype=object) for k in _COLUMNS[:2])
        y, p = (table[k].to_numpy().astype(float) for k in _COLUMNS[2:])
    except (OSError, KeyError, ValueError, pa.ArrowException) as exc:
        reason = str(exc).splitlines()[0]
        raise TableError(f"holds no judged patients: {reason}", file=file) from None
    return Judged(setting, strategy, y, p)
