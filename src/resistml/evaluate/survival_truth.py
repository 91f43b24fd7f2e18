"""The fair oracle of times: the true curves, expected given no more than what was recorded."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import qmc

from resistml.cohort.fair import fair_log_odds
from resistml.features.matrix import Records, Words
from resistml.rng import Streams
from resistml.threads import one_blas_thread
from resistml.world.compiled import Compiled, clinical_terms, compile_setting
from resistml.world.laws import ArmLaw, World
from resistml.world.times import draw_times, monthly_hazard

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Log-odds of response between which curves are interpolated, and how far apart they are.
_EXTREME = 8.0
_STEP = 0.4
#: Times drawn at each of them, as powers of 2: the standard error of a share is below 0.003.
_DRAWS = 12
#: Months between which medians are looked for, each a fortieth above the one before.
MEDIAN_GRID = np.geomspace(0.05, 2_000.0, 400)


@one_blas_thread
def fair_curves(
    world: World, records: Records, strategy: Words, months: Floats, seed: int
) -> dict[str, Floats]:
    """True curves of n drawn patients under the strategy named beside each.

    Parameters
    ----------
    world : World
        As the patients were observed in it.
    months : (G,) array
        Above 0.
    seed : int
        Of the conditional draws.

    Returns
    -------
    dict
        ``pfs`` and ``os``: (n, G) share of patients of the same record who are free of
        progression, and alive, after so many months.
    """
    streams, n, g = Streams(seed), len(records), len(months)
    pfs, os_ = np.empty((n, g)), np.empty((n, g))
    for name in world.settings:
        rows = np.flatnonzero(records.setting == name)
        if not len(rows):
            continue
        c = compile_setting(world, name)
        arm = np.array([c.arms.index(str(a)) for a in strategy[rows]], dtype=np.int64)
        rng = streams.generator(f"survival.fair.{name}")
        mass = _mass(world, c, records.take(rows), arm, rng)
        for a in np.unique(arm).tolist():
            mine = arm == a
            tables = _tables(c.law.arms[c.arms[a]], monthly_hazard(world), months, seed)
            pfs[rows[mine]], os_[rows[mine]] = (mass[mine] @ table for table in tables)
    return {"pfs": pfs, "os": os_}


def median_of(months: Floats, survival: Floats) -> Floats:
    """(n,) months at which falling curves (n, G) pass a half, by a line in log time; infinite
    where they stay above it, the first of the months where they begin below it."""
    after = np.argmax(survival <= 0.5, axis=1)
    rows, before = np.arange(len(survival)), np.maximum(after - 1, 0)
    high, low = survival[rows, before], survival[rows, after]
    share = (high - 0.5) / np.where(high > low, high - low, 1.0)
    log = np.log(months)
    found = np.exp(log[before] + np.clip(share, 0, 1) * (log[after] - log[before]))
    return np.where(survival[:, -1] > 0.5, np.inf, found)


def _nodes() -> Floats:
    return np.arange(-_EXTREME, _EXTREME + _STEP / 2, _STEP)


def _mass(
    world: World, c: Compiled, records: Records, arm: Ints, rng: np.random.Generator
) -> Floats:
    """(n, nodes) the log-odds that each record leaves open, shared out between the nodes."""
    age, ecog = records.column("age"), records.column("ecog")
    recorded = np.column_stack([records.column(m) for m in c.markers])
    hazard, frail = clinical_terms(world, c.arms, age, ecog), c.missing.is_frail(age, ecog)
    nodes = len(_nodes())
    mass = np.zeros((len(records), nodes))
    for rows, weight, eta in fair_log_odds(world, c, recorded, hazard, frail, rng):
        own = np.take_along_axis(eta, arm[rows, None, None], axis=2)[:, :, 0]
        place = np.clip((own + _EXTREME) / _STEP, 0, nodes - 1 - 1e-9)
        below = place.astype(np.int64)
        cell = np.arange(len(own))[:, None] * nodes + below
        for step, part in ((0, 1 - (place - below)), (1, place - below)):
            added = np.bincount(
                (cell + step).ravel(), (weight * part).ravel(), own.shape[0] * nodes
            )
            mass[rows] += added.reshape(-1, nodes)
    return mass


def _tables(law: ArmLaw, hazard: float, months: Floats, seed: int) -> tuple[Floats, Floats]:
    """(nodes, G) shares free of progression, and alive, of those with the log-odds of each node."""
    nodes = _nodes()
    dice = qmc.Sobol(3, scramble=True, rng=np.random.default_rng(seed)).random_base2(_DRAWS)
    dice = np.clip(dice, 1e-12, 1 - 1e-12)
    eta = np.repeat(nodes, len(dice))[:, None]
    response, progress, post = (np.tile(u, len(nodes))[:, None] for u in dice.T)
    drawn = draw_times([law], hazard, eta, response, progress, post)
    shape = len(nodes), len(dice)
    return _beyond(drawn.pfs.reshape(shape), months), _beyond(drawn.os.reshape(shape), months)


def _beyond(times: Floats, months: Floats) -> Floats:
    """(nodes, G) share of each row's times beyond each of the months."""
    ordered = np.sort(times, axis=1)
    return np.array([1 - np.searchsorted(row, months, side="right") / len(row) for row in ordered])
