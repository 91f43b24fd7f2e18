"""True markers of patients, and what is recorded of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from resistml.features.links import forward, inverse
from resistml.rng import BLOCK, Streams
from resistml.world.compiled import Compiled
from resistml.world.laws import World
from resistml.world.sample import ecog_class, truncated_age

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Noise:
    """Random numbers of one block, a row per patient, drawn before anything is known of him.

    ``latent``, ``error`` are standard normal, the others uniform; columns go by a marker's
    position in its setting's panel (age, sex and ECOG in ``person``).
    """

    latent: Floats
    error: Floats
    missing: Floats
    person: Floats


def draw_noise(streams: Streams, block: int, columns: int) -> Noise:
    """The numbers behind the markers of a block."""
    shape = (BLOCK, columns)
    return Noise(
        latent=streams.generator("markers.latent", block).standard_normal(shape),
        error=streams.generator("markers.error", block).standard_normal(shape),
        missing=streams.generator("markers.missing", block).random(shape),
        person=streams.generator("patients", block).random((BLOCK, 3)),
    )


@dataclass(frozen=True)
class Patients:
    """Patients of one setting within a block.

    Attributes
    ----------
    rows : (n,) int array
        Their rows in the block.
    f : (n, C + B) array
        Standardised true values.
    true, recorded : (n, C + B) arrays
        In the markers' units; ``recorded`` is NaN where missing.
    age, female, ecog : (n,) arrays
        ``female`` is 1 or 0.
    """

    rows: npt.NDArray[np.int64]
    f: Floats
    true: Floats
    recorded: Floats
    age: Floats
    female: Floats
    ecog: Floats


def draw_patients(world: World, c: Compiled, noise: Noise, rows: npt.NDArray[np.int64]) -> Patients:
    """The patients of a setting at the given rows of a block."""
    n_c, width = len(c.continuous), len(c.markers)
    normal = noise.latent[rows][:, :width]
    z = normal[:, :n_c] @ np.linalg.cholesky(c.covariance).T
    link = c.location + c.spread * z
    mutated = (_uniform(normal[:, n_c:]) < c.prevalence).astype(float)
    error = noise.error[rows][:, :width]
    measured = link + c.error * error[:, :n_c]
    wrong = np.where(mutated == 1, c.false_negative, c.false_positive)
    called = np.where(_uniform(error[:, n_c:]) < wrong, 1 - mutated, mutated)
    true = np.concatenate([_in_units(c, link), mutated], axis=1)
    recorded = np.concatenate([_record(world, c, measured), called], axis=1)
    person = noise.person[rows]
    age, ecog = truncated_age(c, person[:, 0]), ecog_class(c, person[:, 2])
    frail, u = c.missing.is_frail(age, ecog), np.concatenate([z, mutated], axis=1)
    recorded[noise.missing[rows][:, :width] < c.missing.chances(frail, u)] = np.nan
    return Patients(
        rows=rows,
        f=np.concatenate([c.standardised(link), mutated], axis=1),
        true=true,
        recorded=recorded,
        age=age,
        female=(person[:, 1] < c.law.female).astype(float),
        ecog=ecog,
    )


def recorded_columns(c: Compiled, p: Patients) -> dict[str, Floats]:
    """What conditions may ask of patients: their record, by column."""
    line = np.full(len(p.age), float(c.law.line))
    clinical = {"age": p.age, "ecog": p.ecog, "sex": p.female, "line": line}
    return {**dict(zip(c.markers, p.recorded.T, strict=True)), **clinical}


def _uniform(normal: Floats) -> Floats:
    return np.asarray(ndtr(normal))


def _in_units(c: Compiled, link: Floats) -> Floats:
    columns = [inverse(kind, link[:, i]) for i, kind in enumerate(c.kinds)]
    return np.column_stack(columns) if columns else link


def _record(world: World, c: Compiled, measured: Floats) -> Floats:
    """Measured values as a laboratory reports them: counted whole, limited, within range."""
    values = _in_units(c, measured)
    for i, (marker, kind) in enumerate(zip(c.continuous, c.kinds, strict=True)):
        law = world.markers[marker]
        column = np.floor(values[:, i]) if kind == "count" else values[:, i]
        column = np.clip(column, law.low, law.high)
        if law.limit is not None:
            column = np.where(values[:, i] < law.limit, 0.0, column)
        values[:, i] = column
    return values


def record_bounds(world: World, c: Compiled, recorded: Floats) -> tuple[Floats, Floats]:
    """What a record says of the measured link-scale value.

    Returns
    -------
    low, high : (n, C) arrays
        Equal where the value is known exactly, an interval where it was counted or fell
        below a detection limit, -inf to inf where it is missing.
    """
    n_c = len(c.continuous)
    low = np.full((len(recorded), n_c), -np.inf)
    high = np.full((len(recorded), n_c), np.inf)
    for i, (marker, kind) in enumerate(zip(c.continuous, c.kinds, strict=True)):
        law = world.markers[marker]
        values = recorded[:, i]
        seen = ~np.isnan(values)
        if kind == "count":
            with np.errstate(divide="ignore"):
                low[seen, i] = np.maximum(np.log(values[seen]), c.limit[i])
                high[seen, i] = np.log(values[seen] + 1)
        else:
            low[seen, i] = high[seen, i] = forward(kind, values[seen])
        if law.limit is not None:
            below = seen & (values < law.limit)
            low[below, i], high[below, i] = -np.inf, c.limit[i]
    return low, high
