"""A fresh cohort with its oracle, on which predictions and rankings are judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from resistml.cohort.draw import Columns, Drawer
from resistml.cohort.plan import Plan
from resistml.cohort.records import records_of as records_of
from resistml.features.matrix import Records, Words
from resistml.world.laws import World

Floats = npt.NDArray[np.float64]
#: What is recorded of the times of a patient.
TIME_COLUMNS = ("pfs_months", "pfs_event", "os_months", "os_event")
#: p(resistance) of each patient under the strategy named beside him.
Predictor = Callable[[Records, Words], Floats]


@dataclass(frozen=True)
class Judge:
    """Fresh patients with their truth.

    Attributes
    ----------
    records : Records
        n patients.
    strategy, resistant : (n,) arrays
        The strategy given, and 1 = resistant to it.
    patient : (m,) array of int
        Row in ``records`` of each oracle row (patient and eligible strategy).
    arm : (m,) array of str
    p_response, p_fair : (m,) arrays
        True probability of response, and the fair oracle's.
    truth, fair_truth : mapping of group to (m,) array
        Attributions of the true log-odds towards resistance.
    times : mapping of name to (n,) array
        ``pfs_months``, ``pfs_event``, ``os_months`` and ``os_event`` under the strategy given, as
        far as each patient was followed.
    """

    records: Records
    strategy: Words
    resistant: Floats
    patient: npt.NDArray[np.int64]
    arm: Words
    p_response: Floats
    p_fair: Floats
    truth: dict[str, Floats]
    fair_truth: dict[str, Floats]
    times: dict[str, Floats] = field(default_factory=dict)

    @property
    def given(self) -> npt.NDArray[np.int64]:
        """(n,) oracle row of the strategy that each patient was given, in patients' order."""
        rows = np.flatnonzero(self.arm == self.strategy[self.patient])
        return rows[np.argsort(self.patient[rows], kind="stable")]

    @property
    def oracle_records(self) -> Records:
        """The patient of each oracle row."""
        return self.records.take(self.patient)


def draw_judge(world: World, plan: Plan) -> Judge:
    """Draw the patients to judge on."""
    return judge_from(*_tables(world, plan), tuple(world.markers))


def draw_judges(world: World, plan: Plan) -> tuple[Judge, Judge]:
    """The patients to judge on, drawn once: with eligibility, and with every arm open to all."""
    cohort, oracle = _tables(world, replace(plan, all_arms=True))
    markers = tuple(world.markers)
    eligible = oracle["propensity"].astype(float) > 0
    kept = {name: values[eligible] for name, values in oracle.items()}
    return judge_from(cohort, kept, markers), judge_from(cohort, oracle, markers)


def _tables(world: World, plan: Plan) -> tuple[Columns, Columns]:
    """The cohort's and the oracle's columns of a plan."""
    drawer = Drawer(world, plan)
    parts = [drawer.block(block) for block in range(plan.blocks)]
    cohort = {k: np.concatenate([p.cohort[k] for p in parts]) for k in parts[0].cohort}
    oracle = {k: np.concatenate([p.oracle[k] for p in parts]) for k in parts[0].oracle}
    return cohort, oracle


def judge_from(cohort: Columns, oracle: Columns, markers: tuple[str, ...]) -> Judge:
    """A judge from the columns of a cohort and of its oracle."""
    row = {str(name): i for i, name in enumerate(cohort["patient_id"])}
    real = {k: np.asarray(v, dtype=float) for k, v in oracle.items() if "truth_" in k}
    return Judge(
        records=records_of(cohort, markers),
        strategy=np.asarray(cohort["strategy"], dtype=object),
        resistant=np.asarray(cohort["resistant"], dtype=float),
        patient=np.array([row[str(name)] for name in oracle["patient_id"]], dtype=np.int64),
        arm=np.asarray(oracle["strategy"], dtype=object),
        p_response=np.asarray(oracle["p_response"], dtype=float),
        p_fair=np.asarray(oracle["p_response_fair"], dtype=float),
        truth={k.removeprefix("truth_"): v for k, v in real.items() if k.startswith("truth_")},
        fair_truth={
            k.removeprefix("fair_truth_"): v for k, v in real.items() if k.startswith("fair_truth_")
        },
        times={k: np.asarray(cohort[k], dtype=float) for k in TIME_COLUMNS if k in cohort},
    )
