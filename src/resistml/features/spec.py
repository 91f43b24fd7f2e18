"""What a model needs to know of the catalog, as plain data that fits in JSON.

The spec travels in the bundle, so that scoring reads no catalog, and the scorer and the
report's page work from the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any

Test = tuple[str, str, float]


@dataclass(frozen=True)
class MarkerSpec:
    """A marker as the model sees it.

    ``low`` and ``high`` bound what may be recorded (values outside are rejected). The model's
    value is f = (g(x) - centre) / scale with g the link of ``kind``; what lies below
    ``limit`` was recorded as 0 and is read as half the limit.

    ``direction`` is 0 where nobody says which way a feature of one's own goes: its slopes are then
    free in sign. Else the signs of the strategies' exposures say it. ``source`` is the column of
    one's own table that the feature was made from, and ``level`` the value of it that the flag
    stands for; None where the column is the feature itself.
    """

    id: str
    name: str
    kind: str
    unit: str
    mechanism: str
    low: float
    high: float
    centre: float
    scale: float
    limit: float | None
    claims: tuple[str, ...]
    direction: int = 1
    source: str = ""
    level: str | None = None


@dataclass(frozen=True)
class OutcomeSpec:
    """What a model of one's own cohort predicts, in the cohort's own words.

    Attributes
    ----------
    label, responded : str
        The outcome that p is the probability of (such as ``non-pCR``), and the other one.
    treatments : bool
        Whether the cohort names treatments; without, there is nothing to rank.
    """

    label: str
    responded: str
    treatments: bool


@dataclass(frozen=True)
class SettingSpec:
    """A setting: its panel, its usual strategy and the strategies open in it.

    ``means`` holds the mean f of each marker of the panel among the training patients, and
    ``covariance`` the (panel, panel) covariance of f: from them an unmeasured marker is expected.
    ``ramp_means`` and ``segment_shares`` hold, per marker and segment of f (see
    :mod:`resistml.features.ramps`), the mean ramp and the share of those patients.
    ``ages`` are the youngest and oldest age that a profile may have.
    """

    id: str
    name: str
    line: int
    usual: str
    panel: tuple[str, ...]
    strategies: tuple[str, ...]
    means: dict[str, float]
    ages: tuple[float, float]
    covariance: tuple[tuple[float, ...], ...]
    ramp_means: dict[str, tuple[float, ...]]
    segment_shares: dict[str, tuple[float, ...]]


@dataclass(frozen=True)
class CautionSpec:
    """A warning; ``when`` empty = for every patient."""

    text: str
    section: str
    when: tuple[Test, ...]


@dataclass(frozen=True)
class StrategySpec:
    """A strategy: how each marker's resistance bears on it, who is eligible, what to mind."""

    id: str
    name: str
    treatment_class: str
    exposure: dict[str, float]
    eligibility: tuple[tuple[Test, ...], ...]
    cautions: tuple[CautionSpec, ...]
    claims: tuple[str, ...]


@dataclass(frozen=True)
class ClaimSpec:
    """A claim as it is shown beside a prediction; ``settings`` are those it speaks of."""

    id: str
    section: str
    summary: str
    endpoint: str
    low: float | None
    high: float | None
    unit: str
    evidence_level: str
    caveat: str
    settings: tuple[str, ...] = ()


@dataclass(frozen=True)
class FeatureSpec:
    """The whole transform from a profile to a row of the model matrix.

    ``groups`` names the mechanism of every mechanism id; ``frailty_age`` is the age in years
    above which a patient counts as frail; ``catalog_hash`` is that of the catalog it was cut from;
    ``outcome`` and ``age_centre`` are there where the patients are one's own and not virtual: what
    is predicted, and the age in years about which age counts as it is, and not from 60 on alone.
    """

    catalog_hash: str
    frailty_age: float
    groups: dict[str, str]
    markers: dict[str, MarkerSpec]
    settings: dict[str, SettingSpec]
    strategies: dict[str, StrategySpec]
    claims: dict[str, ClaimSpec]
    outcome: OutcomeSpec | None = None
    age_centre: float | None = None

    @property
    def arms(self) -> tuple[tuple[str, str], ...]:
        """All (setting, strategy) pairs, in order."""
        return tuple((s, a) for s, x in self.settings.items() for a in x.strategies)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the model matrix's columns: the markers, then the clinical ones."""
        return (*self.markers, *CLINICAL)

    def claims_in(self, claims: Iterable[str], setting: str) -> tuple[str, ...]:
        """Claims in the order of their bearing on a setting: its own first, then those that name
        no setting, then those about others; else as they come."""
        settings = {name: self.claims[name].settings for name in claims}
        weight = {name: 0 if setting in s else 2 if s else 1 for name, s in settings.items()}
        return tuple(sorted(settings, key=weight.__getitem__))

    def group_of(self, column: str) -> str:
        """The mechanism (or ``clinical``) that a column of the matrix belongs to."""
        return "clinical" if column in CLINICAL else self.markers[column].mechanism

    def to_json(self) -> dict[str, Any]:
        """Plain data; what only cohorts of one's own have is left out where it is not said."""
        raw = asdict(self)
        for name in ("outcome", "age_centre"):
            if raw[name] is None:
                del raw[name]
        for marker in raw["markers"].values():
            for name, plain in _OWN.items():
                if marker[name] == plain:
                    del marker[name]
        return raw


#: Fields of a marker that features of one's own have, as they are in all others.
_OWN = {f.name: f.default for f in fields(MarkerSpec) if f.default is not MISSING}

#: Clinical columns of the model matrix: decades over 60 (or from ``age_centre``, where it is said),
#: status 1, status 2 or worse, female,
#: and frail patients on an intensified regimen.
CLINICAL = ("age_over_60", "ecog_1", "ecog_2", "female", "frail_intensified")


def spec_from_json(raw: dict[str, Any]) -> FeatureSpec:
    """A spec from the plain data of :meth:`FeatureSpec.to_json`.

    Raises
    ------
    AttributeError, IndexError, KeyError, TypeError, ValueError
        If the data is not that of a spec.
    """
    return FeatureSpec(
        catalog_hash=str(raw["catalog_hash"]),
        frailty_age=float(raw["frailty_age"]),
        groups={str(k): str(v) for k, v in raw["groups"].items()},
        markers={
            k: MarkerSpec(**{**v, "claims": tuple(v["claims"])}) for k, v in raw["markers"].items()
        },
        settings={k: _setting(v) for k, v in raw["settings"].items()},
        strategies={k: _strategy(v) for k, v in raw["strategies"].items()},
        claims={
            k: ClaimSpec(**{**v, "settings": tuple(v["settings"])})
            for k, v in raw["claims"].items()
        },
        outcome=None if raw.get("outcome") is None else OutcomeSpec(**raw["outcome"]),
        age_centre=None if raw.get("age_centre") is None else float(raw["age_centre"]),
    )


def _setting(raw: dict[str, Any]) -> SettingSpec:
    fields = {**raw, "panel": tuple(raw["panel"]), "strategies": tuple(raw["strategies"])}
    fields["ages"] = (float(raw["ages"][0]), float(raw["ages"][1]))
    fields["covariance"] = tuple(tuple(row) for row in raw["covariance"])
    for name in ("ramp_means", "segment_shares"):
        fields[name] = {marker: tuple(x) for marker, x in raw[name].items()}
    return SettingSpec(**fields)


def _strategy(raw: dict[str, Any]) -> StrategySpec:
    cautions = tuple(CautionSpec(**{**c, "when": _tests(c["when"])}) for c in raw["cautions"])
    alternatives = tuple(_tests(tests) for tests in raw["eligibility"])
    changed = {"cautions": cautions, "eligibility": alternatives, "claims": tuple(raw["claims"])}
    return StrategySpec(**{**raw, **changed})


def _tests(raw: Any) -> tuple[Test, ...]:
    return tuple((str(column), str(op), float(value)) for column, op, value in raw)
