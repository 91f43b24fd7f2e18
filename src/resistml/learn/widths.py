"""Widths of a model's intervals, from constants that were found on worlds drawn for the purpose."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.documents import read_yaml
from resistml.errors import ConfigError
from resistml.features.matrix import Records, Words, arm_codes
from resistml.features.spec import FeatureSpec
from resistml.predict.widths import Widths

Floats = npt.NDArray[np.float64]

#: Where the constants stand, with how they were found.
FILE = Path(__file__).with_name("widths.yaml")


@dataclass(frozen=True)
class Constants:
    """What a variance of a margin is made of; none is below 0.

    Attributes
    ----------
    bag : float
        Factor of the variance over the bag.
    rare : float
        Divided by one more than the arm's training patients, the variance of the arm.
    missing, slope : float
        As in :class:`~resistml.predict.widths.Widths`.
    """

    bag: float
    rare: float
    missing: float
    slope: float


@cache
def known_constants(path: Path = FILE) -> tuple[Constants, dict[str, Any]]:
    """The constants that were found, and on what they were.

    Raises
    ------
    ConfigError
        If the file does not hold them.
    """
    raw = read_yaml(path, ConfigError)
    try:
        constants = Constants(**{k: float(v) for k, v in raw["constants"].items()})
        found_on = dict(raw["found_on"])
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        raise ConfigError(f"holds no constants of widths: {exc!r}", file=path) from None
    if not all(np.isfinite(v) and v >= 0 for v in asdict(constants).values()):
        raise ConfigError("a constant of the widths", file=path, allowed="numbers of 0 or more")
    return constants, found_on


def fit_widths(spec: FeatureSpec, records: Records, strategy: Words) -> Widths:
    """Widths of a model that was trained on these patients, in whatever order they come."""
    codes = arm_codes(spec, records.setting, strategy)
    counts = np.bincount(codes, minlength=len(spec.arms)).astype(float)
    return made_widths(counts, *known_constants())


def made_widths(
    counts: Floats, constants: Constants, found_on: dict[str, Any] | None = None
) -> Widths:
    """Widths by the given constants.

    Parameters
    ----------
    counts : (arms,) array
        Training patients of each (setting, strategy).
    """
    return Widths(
        bag=constants.bag,
        arms=constants.rare / (counts + 1),
        missing=constants.missing,
        slope=constants.slope,
        found_on=found_on or {},
    )
