"""What anyone can see of a drawn cohort: its patients by setting, without any truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.cohort.draw import Drawer
from resistml.cohort.plan import Plan
from resistml.documents import read_json
from resistml.errors import ConfigError, TableError, WorldError, listed
from resistml.features.conditions import eligible
from resistml.tables import read_cohort
from resistml.world.laws import World

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Words = npt.NDArray[np.object_]

#: How treatment is assigned where a chance is the same for all that is open to a patient.
BY_LOT = "randomised"
#: Which values go missing among the patients that a world is audited on.
AS_AUDITED = "catalogued"
_OUTCOMES = ("pfs_months", "pfs_event", "os_months", "os_event")


@dataclass(frozen=True, eq=False)
class Group:
    """The n patients of a setting.

    Attributes
    ----------
    columns : mapping of str to (n,) array
        Recorded values, NaN where unmeasured; sex is 1 = female.
    strategy : (n,) array of str
        The one given.
    response : (n,) array of str
        CR, PR, SD or PD.
    times : mapping of ``pfs`` and ``os`` to (n,) arrays
        Months to progression and to death, or to the end of follow-up.
    events : mapping of ``pfs`` and ``os`` to (n,) arrays
        Whether progression, or death, was seen.
    """

    columns: Mapping[str, Floats]
    strategy: Words
    response: Words
    times: Mapping[str, Floats]
    events: Mapping[str, Bools]

    def __len__(self) -> int:
        return len(self.strategy)

    def open_arms(self, world: World, setting: str) -> dict[str, Bools]:
        """(n,) per strategy of the setting: who is eligible for it by the record."""
        return {
            arm: eligible(self.columns, world.strategies[arm].eligibility, len(self))
            for arm in world.settings[setting].arms
        }


@dataclass(frozen=True, eq=False)
class Observed:
    """A cohort as it was recorded.

    ``assignment`` says how treatments were given, ``missing`` which values went unrecorded (see
    :class:`resistml.cohort.plan.Plan`); empty = unknown.
    """

    groups: Mapping[str, Group]
    assignment: str = ""
    missing: str = ""

    @property
    def by_lot(self) -> bool:
        """Whether chance alone decided among the strategies open to each patient."""
        return self.assignment == BY_LOT

    @property
    def remarks(self) -> tuple[str, ...]:
        """What keeps estimates from this cohort from being those of all patients, in words."""
        said = []
        if not self.by_lot:
            how = self.assignment or "nobody knows how"
            said.append(
                f"Treatment was not given by lot ({how}): an estimate is of those given the "
                "strategy, with nothing weighted, and not of all that it is open to."
            )
        if self.missing != AS_AUDITED:
            how = self.missing or "nobody knows how"
            said.append(
                f"Values go missing otherwise than in the audit ({how}): where a claim asks for a "
                "marker, an estimate is of those whose record shows it here."
            )
        return tuple(said)

    def __len__(self) -> int:
        return sum(len(group) for group in self.groups.values())

    @classmethod
    def of(
        cls, columns: Mapping[str, npt.NDArray[Any]], assignment: str = "", missing: str = ""
    ) -> Observed:
        """The patients of a cohort's table, as it is drawn or read.

        Parameters
        ----------
        columns : mapping of str to (n,) array
            Those of ``cohort.parquet``; ``sex`` in words or as 1 = female.
        """
        sex = columns["sex"]
        known = {**columns, "sex": (sex == "female") if sex.dtype == object else sex}
        setting = np.asarray(columns["setting"], dtype=str)
        names, code = np.unique(setting, return_inverse=True)
        order = np.argsort(code, kind="stable")
        rows = np.split(order, np.cumsum(np.bincount(code))[:-1])
        recorded = {
            name: np.asarray(values, dtype=np.float64)
            for name, values in known.items()
            if np.asarray(values).dtype != object and name not in (*_OUTCOMES, "resistant")
        }
        return cls(
            {
                str(name): _group(columns, recorded, at)
                for name, at in zip(names, rows, strict=True)
            },
            assignment,
            missing,
        )


def _group(
    columns: Mapping[str, npt.NDArray[Any]],
    recorded: Mapping[str, Floats],
    at: npt.NDArray[np.int64],
) -> Group:
    return Group(
        columns={name: values[at] for name, values in recorded.items()},
        strategy=columns["strategy"][at],
        response=columns["response"][at],
        times={t: columns[f"{t}_months"][at].astype(np.float64) for t in ("pfs", "os")},
        events={t: columns[f"{t}_event"][at] == 1 for t in ("pfs", "os")},
    )


def require_one_world(folder: Path) -> None:
    """Refuse the top folder of an ensemble, which holds a cohort for each of its worlds.

    Raises
    ------
    WorldError
        If it is one, naming its worlds.
    """
    file = folder / "manifest.json"
    manifest = read_json(file, WorldError) if file.is_file() else {}
    if isinstance(manifest, dict) and "worlds" in manifest:
        names = [world["folder"] for world in manifest["worlds"]]
        raise WorldError(
            f"holds an ensemble of {len(names)} worlds, each with a cohort of its own",
            file=folder,
            allowed=listed(names),
            hint=f"name one of its worlds: {folder / names[0]}",
        )


def read_plan(folder: Path) -> Plan:
    """The plan by which the cohort in a folder was drawn.

    Raises
    ------
    WorldError
        If ``manifest.json`` is missing, damaged or of another release.
    """
    file = folder / "manifest.json"
    manifest = read_json(file, WorldError)
    try:
        return Plan(**manifest["plan"])
    except (ConfigError, KeyError, TypeError) as exc:
        raise WorldError(
            f"holds no plan of this release: {exc}", file=file, hint="draw the cohort again"
        ) from None


def draw_observed(world: World, plan: Plan) -> Observed:
    """The patients that a plan draws, as they are recorded, without any file or oracle."""
    drawer = Drawer(world, replace(plan, oracle=False))
    blocks = [drawer.block(i).cohort for i in range(plan.blocks)]
    columns = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    return Observed.of(columns, plan.assignment, plan.missing)


def read_observed(folder: Path) -> Observed:
    """The cohort in a folder that ``resistml cohort generate`` wrote; the oracle is not read.

    Raises
    ------
    TableError, WorldError
        If ``cohort.parquet`` or ``manifest.json`` is missing, damaged or lacks an outcome.
    """
    plan = read_plan(folder)
    cohort = read_cohort(folder)
    for name in ("response", *_OUTCOMES):
        if name not in cohort.columns:
            raise TableError(
                f"has no column '{name}'",
                file=folder / "cohort.parquet",
                hint="outcomes are needed to estimate from; draw the cohort again",
            )
    records = cohort.records
    nobody = np.full(len(cohort), np.nan)
    columns = {"sex": nobody, **records.columns, **cohort.columns}
    columns |= {"setting": records.setting, "strategy": cohort.strategy}
    return Observed.of(columns, plan.assignment, plan.missing)
