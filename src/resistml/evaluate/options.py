"""What each patient may be given, told from the record: a row per patient and open strategy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resistml.errors import TableError
from resistml.features.conditions import eligible
from resistml.features.matrix import Records, Words
from resistml.features.spec import FeatureSpec
from resistml.predict.patterns import grouped

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Options:
    """The m options of n patients.

    Attributes
    ----------
    patient : (m,) array of int
        Row of the patient, rising.
    arm : (m,) array of str
        A strategy that he is eligible for.
    given : (n,) array of int
        The option that each patient was given; -1 where it is none of his.
    """

    patient: Ints
    arm: Words
    given: Ints

    def by_setting(
        self, spec: FeatureSpec, records: Records
    ) -> Iterator[tuple[str, Ints, Ints, Bools]]:
        """Per setting: its name, patients (n,), and for its A arms (n, A) option and whether open.

        The option is -1 where the arm is not open.
        """
        for setting, rows in grouped(records.setting, np.arange(len(records))).items():
            place = np.full(len(records), -1)
            place[rows] = np.arange(len(rows))
            mine = np.flatnonzero(place[self.patient] >= 0)
            codes = np.full((len(rows), len(spec.settings[setting].strategies)), -1)
            for j, arm in enumerate(spec.settings[setting].strategies):
                at = mine[self.arm[mine] == arm]
                codes[place[self.patient[at]], j] = at
            yield setting, rows, codes, codes >= 0


def options_of(spec: FeatureSpec, records: Records, strategy: Words) -> Options:
    """The strategies that each patient's record makes him eligible for.

    Parameters
    ----------
    strategy : (n,) array of str
        What each was given.

    Raises
    ------
    TableError
        If nothing is open to some patient.
    """
    patient, arm = [], []
    for setting, rows in grouped(records.setting, np.arange(len(records))).items():
        columns = {name: values[rows] for name, values in records.columns.items()}
        for name in spec.settings[setting].strategies:
            open_to = rows[eligible(columns, spec.strategies[name].eligibility, len(rows))]
            patient.append(open_to)
            arm.append(np.full(len(open_to), name, dtype=object))
    who, what = np.concatenate(patient), np.concatenate(arm)
    order = np.argsort(who, kind="stable")
    who, what = who[order], what[order]
    without = len(records) - len(np.unique(who))
    if without:
        raise TableError(
            f"{without} patients are eligible for no strategy of their setting",
            column="setting",
            hint="a setting needs a strategy that is open to everybody",
        )
    given = np.full(len(records), -1)
    at = np.flatnonzero(what == strategy[who])
    given[who[at]] = at
    return Options(who, what, given)
