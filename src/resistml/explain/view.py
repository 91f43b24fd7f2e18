"""An explanation as a person reads it: mechanisms with their markers, claims and strategies."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resistml.explain.clinical import TERMS, clinical_values
from resistml.explain.groups import Rolled, groups, rolled
from resistml.features.matrix import Records, Words, standardised
from resistml.features.spec import ClaimSpec
from resistml.predict.background import Background
from resistml.predict.contributions import bearing, contributions
from resistml.predict.model import Model

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class MarkerPart:
    """A marker, or a clinical value, behind a mechanism.

    Attributes
    ----------
    value : float or None
        As recorded, in ``unit``; None = unmeasured. Of a mutation and of sex 1 = present, female.
    percentile : float or None
        0 to 100, among the setting's training patients in whom it was measured; None for
        mutations, for clinical values and where nothing is known.
    contribution : float
        Log-odds towards resistance.
    share : float or None
        Of a mutation, the share of those patients, 0 to 1, who have it.
    """

    name: str
    value: float | None
    unit: str
    percentile: float | None
    contribution: float
    share: float | None = None


@dataclass(frozen=True)
class ClaimPart:
    """A claim behind a mechanism; ``reported`` is its figure in words, "" if it has none."""

    id: str
    section: str
    summary: str
    reported: str
    evidence_level: str
    caveat: str


@dataclass(frozen=True)
class MechanismPart:
    """A mechanism, ``clinical`` or ``context``, with what stands behind it.

    Attributes
    ----------
    signed, absolute, shapley : float
        Log-odds towards resistance; :data:`resistml.explain.groups.WORDS` says what each is.
    markers : tuple of MarkerPart
        Those with a bearing on the strategy, the strongest first.
    strategies : tuple of str
        Those of the setting that act on the mechanism.
    """

    mechanism: str
    label: str
    signed: float
    absolute: float
    shapley: float
    markers: tuple[MarkerPart, ...]
    claims: tuple[ClaimPart, ...]
    strategies: tuple[str, ...]


@dataclass(frozen=True)
class Explained:
    """One patient under one strategy: baseline and the mechanisms' ``signed`` add up to margin."""

    patient_id: str
    setting: str
    strategy: str
    baseline: float
    margin: float
    mechanisms: tuple[MechanismPart, ...]


def explain_view(model: Model, records: Records, strategy: Words) -> list[Explained]:
    """Each patient under the strategy named beside him."""
    found = contributions(model, records, strategy)
    three = rolled(model, records, strategy, found)
    view = _View(model, records, found.values, three)
    return [
        Explained(
            patient_id=str(records.patient_id[i]),
            setting=str(records.setting[i]),
            strategy=str(strategy[i]),
            baseline=found.baseline,
            margin=float(found.margin[i]),
            mechanisms=view.mechanisms(i, str(records.setting[i]), str(strategy[i])),
        )
        for i in range(len(records))
    ]


def percentile(model: Model, setting: str, marker: str, values: Floats) -> Floats:
    """(n,) per cent of a setting's training patients below each of a marker's values.

    From a bundle without quantiles, by the normal law that the spec holds for the marker.
    """
    spec, background = model.spec, model.parts.background
    law = spec.settings[setting]
    if background is not None:
        return background.percentile(setting, marker, values)
    if marker not in law.panel:
        return np.full(len(values), np.nan)
    place = law.panel.index(marker)
    spread = math.sqrt(law.covariance[place][place])
    z = (standardised(spec.markers[marker], values) - law.means[marker]) / spread
    below = [50 * (1 + math.erf(x / math.sqrt(2))) for x in z.tolist()]
    return np.asarray(below, dtype=np.float64)


def acting_on(model: Model, mechanism: str, setting: str) -> tuple[str, ...]:
    """Strategies of a setting that act on a mechanism; of a bundle that does not say which, those
    that gain from a marker of it (a negative exposure)."""
    spec, background = model.spec, model.parts.background
    named = spec.settings[setting].strategies
    if background is not None:
        return tuple(a for a in named if mechanism in background.acts_on.get(a, ()))
    mine = {m for m, x in spec.markers.items() if x.mechanism == mechanism}
    return tuple(a for a in named if any(spec.strategies[a].exposure.get(m, 0.0) < 0 for m in mine))


def claim_part(claim: ClaimSpec, background: Background | None) -> ClaimPart:
    """A claim as it is shown; without a background its figure stands as in the catalog."""
    if background is not None:
        said = background.reported.get(claim.id, "")
    elif claim.low is None or claim.high is None:
        said = ""
    else:
        ends = f"{claim.low:g}" + ("" if claim.low == claim.high else f"-{claim.high:g}")
        said = f"{ends} {claim.unit}".strip()
    return ClaimPart(
        claim.id, claim.section, claim.summary, said, claim.evidence_level, claim.caveat
    )


class _View:
    """What stands behind the numbers of n rows; settings and strategies are looked up once."""

    def __init__(self, model: Model, records: Records, values: Floats, three: Rolled) -> None:
        self._model, self._spec = model, model.spec
        self._records, self._values, self._three = records, values, three
        self._bears = bearing(self._spec)
        self._arms = {arm: i for i, arm in enumerate(self._spec.arms)}
        self._clinical = clinical_values(self._spec, records)
        self._percentile = self._percentiles()

    def mechanisms(self, i: int, setting: str, strategy: str) -> tuple[MechanismPart, ...]:
        """The mechanisms of the i-th row."""
        bears = self._bears[self._arms[setting, strategy]]
        names = groups(self._spec)
        return tuple(
            MechanismPart(
                mechanism=name,
                label=self._spec.groups.get(name, name),
                signed=float(self._three.signed[i, g]),
                absolute=float(self._three.absolute[i, g]),
                shapley=float(self._three.shapley[i, g]),
                markers=self._parts(i, name, setting, bears),
                claims=self._claims(name, setting, strategy, bears),
                strategies=acting_on(self._model, name, setting),
            )
            for g, name in enumerate(names)
        )

    def _percentiles(self) -> Floats:
        """(n, markers); NaN for mutations and what was not measured."""
        spec, setting = self._spec, self._records.setting
        out = np.full((len(self._records), len(spec.markers)), np.nan)
        for name in dict.fromkeys(map(str, setting)):
            rows = np.flatnonzero(setting == name)
            for j, (marker, law) in enumerate(spec.markers.items()):
                if law.kind != "mutation" and marker in spec.settings[name].panel:
                    values = self._records.column(marker)[rows]
                    out[rows, j] = percentile(self._model, name, marker, values)
        return out

    def _parts(self, i: int, group: str, setting: str, bears: Bools) -> tuple[MarkerPart, ...]:
        """The markers of a group that bear on the strategy, the strongest first, then the clinical
        values that do."""
        spec = self._spec
        found = [
            self._marker(i, j, marker, setting)
            for j, (marker, law) in enumerate(spec.markers.items())
            if law.mechanism == group and bears[j]
        ]
        found.sort(key=lambda part: (-abs(part.contribution), part.name))
        return (*found, *(self._clinical_parts(i, bears) if group == "clinical" else ()))

    def _marker(self, i: int, j: int, marker: str, setting: str) -> MarkerPart:
        background = self._model.parts.background
        law = self._spec.markers[marker]
        share = None
        if law.kind == "mutation":
            place = self._spec.settings[setting]
            known = place.means if background is None else background.shares.get(setting, {})
            share = known.get(marker)
        return MarkerPart(
            name=marker,
            value=_number(self._records.column(marker)[i]),
            unit=law.unit,
            percentile=_number(self._percentile[i, j]),
            contribution=float(self._values[i, j]),
            share=share,
        )

    def _clinical_parts(self, i: int, bears: Bools) -> list[MarkerPart]:
        columns = self._spec.columns
        out = []
        for term in TERMS:
            places = [columns.index(column) for column in term.columns]
            if bears[places].any():
                value = _number(self._clinical[term.name][i])
                added = float(self._values[i, places].sum())
                out.append(MarkerPart(term.name, value, term.unit, None, added))
        return out

    def _claims(
        self, group: str, setting: str, strategy: str, bears: Bools
    ) -> tuple[ClaimPart, ...]:
        spec = self._spec
        named = spec.strategies[strategy].claims if group == "context" else ()
        mine = [
            claim
            for j, marker in enumerate(spec.markers.values())
            if marker.mechanism == group and bears[j]
            for claim in marker.claims
        ]
        told = spec.claims_in(dict.fromkeys((*named, *mine)), setting)
        return tuple(claim_part(spec.claims[name], self._model.parts.background) for name in told)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
