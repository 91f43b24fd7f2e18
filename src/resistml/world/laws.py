"""The laws of a virtual world: all that drawing a patient needs, solved and frozen."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from resistml.documents import digest, dump_json, new_file, read_json, rounded
from resistml.errors import WorldError

SCHEMA = 2
#: Significant digits kept in ``world.json``.
DIGITS = 10

#: Condition as plain data: column, operator, value.
Test = tuple[str, str, float]


@dataclass(frozen=True)
class MarkerLaw:
    """A marker, whatever the setting.

    ``centre`` and ``scale`` standardise the link-scale value: f = (g(x) - centre) / scale
    (0 and 1 for mutations). ``effect`` is the log-odds of resistance per unit of f at
    exposure 1. ``error`` is the measurement error's standard deviation as a share of the
    setting's spread. ``protective`` markers fall where their mechanism rises. ``limit`` is the
    detection limit in the marker's unit, or None. ``missing_own`` is how much likelier, in
    log-odds per unit of the setting's spread, a higher true value is to go unmeasured.
    ``bend`` is the form in which f acts (see :mod:`resistml.world.form`), with its turning
    point ``turn`` on the scale of f, and its ``steepness`` there.
    """

    id: str
    kind: str
    mechanism: str
    low: float
    high: float
    centre: float
    scale: float
    effect: float
    error: float = 0.0
    false_negative: float = 0.0
    false_positive: float = 0.0
    protective: bool = False
    limit: float | None = None
    missing_own: float = 0.0
    bend: str = "linear"
    turn: float = 0.0
    steepness: float = 1.0


@dataclass(frozen=True)
class ArmLaw:
    """A strategy in a setting.

    ``alpha`` is the intercept of the log-odds of response; a response is complete where the
    same latent sensitivity also clears a cut ``kappa`` higher, and the patient cured where it
    clears ``cure``, higher still (None = nobody is). The law of the times is stated in
    :mod:`resistml.world.times`: scales in months, shapes of Weibull laws, ratios of the
    responders' scales to the others', ``risk_slope`` in log PFS per unit of log-odds;
    ``course_months`` is how long the treatment itself lasts.
    """

    alpha: float
    kappa: float
    pfs_scale: float
    os_scale: float
    pfs_shape: float
    post_shape: float
    pfs_ratio: float
    post_ratio: float
    risk_slope: float
    course_months: float
    cure: float | None = None


@dataclass(frozen=True)
class SettingLaw:
    """Patients of a setting, and the strategies open to them.

    ``location`` and ``spread`` are on the link scale, for continuous markers; ``prevalence``
    is for mutations; ``missing`` for all of the panel, in the panel's order.
    """

    id: str
    line: int
    share: float
    age_mean: float
    age_sd: float
    age_low: float
    age_high: float
    female: float
    ecog_1: float
    ecog_2: float
    usual: str
    panel: tuple[str, ...]
    location: dict[str, float]
    spread: dict[str, float]
    prevalence: dict[str, float]
    missing: dict[str, float]
    arms: dict[str, ArmLaw]


@dataclass(frozen=True)
class StrategyLaw:
    """A strategy, whatever the setting: its exposures by marker, and who is eligible."""

    id: str
    treatment_class: str
    exposure: dict[str, float]
    eligibility: tuple[tuple[Test, ...], ...] = ()


@dataclass(frozen=True)
class Synergy:
    """Two markers whose resistance is more than the sum: ``effect`` is the log-odds of
    resistance per unit of the product of their f, at exposure 1 to both."""

    first: str
    second: str
    effect: float


@dataclass(frozen=True)
class Conflict:
    """Claims that cannot all hold, though any of them could be met without one of the others.

    ``gap`` is how far, as a rate, the nearest world stays from meeting them all (root of
    the sum of squares). ``proof`` is ``bound`` (by arithmetic) or ``search``; ``reason`` says
    it in words.
    """

    claims: tuple[str, ...]
    gap: float
    proof: str
    reason: str


@dataclass(frozen=True)
class World:
    """A solved structural model.

    ``conflicts`` are the minimal sets of claims that it can only compromise between.
    ``constants`` holds the catalog's global assumptions by id; ``labels`` says of each free
    parameter whether claims identify it (``claim-identified``) or not (``assumption-only``).
    ``variant`` names the misspecification, if any; ``synergies`` belong to it.
    """

    catalog_hash: str
    markers: dict[str, MarkerLaw]
    settings: dict[str, SettingLaw]
    strategies: dict[str, StrategyLaw]
    constants: dict[str, float]
    labels: dict[str, str] = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()
    synergies: tuple[Synergy, ...] = ()
    variant: str = "default"

    @property
    def hash(self) -> str:
        """SHA-256 of the world's rounded content."""
        return digest(rounded(asdict(self), DIGITS))


def save_world(world: World, path: Path, *, force: bool = False) -> None:
    """Write a world as ``world.json``, rounded, with its hash."""
    document = {"schema": SCHEMA, "hash": world.hash, **rounded(asdict(world), DIGITS)}
    with new_file(path, force=force) as temporary:
        temporary.write_text(dump_json(document), encoding="utf-8")


def read_world(path: Path) -> World:
    """Read a world.

    Raises
    ------
    WorldError
        If the file is missing, damaged or of another schema.
    """
    raw = read_json(path, WorldError)
    if not isinstance(raw, dict) or raw.get("schema") != SCHEMA:
        raise WorldError("is no world of this release", file=path, allowed=f"schema {SCHEMA}")
    try:
        world = world_from(raw)
        intact = world.hash == raw["hash"]
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        raise WorldError(f"is damaged: {exc}", file=path, hint="solve it again") from None
    if not intact:
        raise WorldError("is damaged: its hash differs", file=path, hint="solve it again")
    return world


def world_from(raw: dict[str, Any]) -> World:
    """A world from the plain data that ``asdict`` makes of one."""
    return World(
        catalog_hash=str(raw["catalog_hash"]),
        markers={k: MarkerLaw(**v) for k, v in raw["markers"].items()},
        settings={k: _setting(v) for k, v in raw["settings"].items()},
        strategies={k: _strategy(v) for k, v in raw["strategies"].items()},
        constants={k: float(v) for k, v in raw["constants"].items()},
        labels=dict(raw["labels"]),
        conflicts=tuple(Conflict(**{**c, "claims": tuple(c["claims"])}) for c in raw["conflicts"]),
        synergies=tuple(Synergy(**x) for x in raw["synergies"]),
        variant=str(raw["variant"]),
    )


def _setting(raw: dict[str, Any]) -> SettingLaw:
    arms = {k: ArmLaw(**v) for k, v in raw["arms"].items()}
    return SettingLaw(**{**raw, "panel": tuple(raw["panel"]), "arms": arms})


def _strategy(raw: dict[str, Any]) -> StrategyLaw:
    alternatives = tuple(
        tuple((str(c), str(o), float(v)) for c, o, v in tests) for tests in raw["eligibility"]
    )
    return StrategyLaw(**{**raw, "eligibility": alternatives})


def rounded_world(world: World) -> World:
    """The world as it comes back from its file, so that both draw the same patients."""
    return world_from(rounded(asdict(world), DIGITS))
