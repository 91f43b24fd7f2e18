"""The whole catalog, linked: what is open where, measured where, and how it bears."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydantic import BaseModel

from resistml.documents import digest
from resistml.evidence.schema import (
    Arm,
    Assumption,
    Claim,
    Distribution,
    Endpoint,
    Marker,
    Mechanism,
    Setting,
    Strategy,
)

#: Kinds of entry, by the fields of :class:`Evidence` that hold them.
KINDS = (
    *("mechanisms", "endpoints", "markers", "settings", "strategies", "assumptions"),
    "claims",
)


@dataclass(frozen=True)
class Evidence:
    """The whole catalog, validated and linked.

    Attributes
    ----------
    mechanisms, endpoints, markers, settings, strategies, assumptions, claims : dict
        Entries by id, in the catalog's order.
    sources : dict
        Citation and notes of each source of claims.
    files : dict
        The file in which an entry stands, by ``kind.id``; it makes no other evidence of it.
    """

    mechanisms: dict[str, Mechanism]
    endpoints: dict[str, Endpoint]
    markers: dict[str, Marker]
    settings: dict[str, Setting]
    strategies: dict[str, Strategy]
    assumptions: dict[str, Assumption]
    claims: dict[str, Claim]
    sources: dict[str, dict[str, str]]
    files: dict[str, str] = field(default_factory=dict, compare=False)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the entries in their order, whatever the files' layout.

        The order counts: it is that of columns and arms, on which a seed's draws hang.
        """
        return digest(
            {
                kind: [[k, v.model_dump(mode="json")] for k, v in getattr(self, kind).items()]
                for kind in KINDS
            }
        )

    def files_of(self, entry: str) -> tuple[str, ...]:
        """Files that hold an entry, or an assumption by its path.

        More than one where an id is taken by several kinds, which check E11 finds.
        """
        kind, _, rest = entry.partition(".")
        if rest:
            places = [f"{kind}.{rest.partition('.')[0]}"]
        else:
            places = [f"{kind}.{entry}" for kind in KINDS]
        return tuple(dict.fromkeys(self.files[p] for p in places if p in self.files))

    @cached_property
    def modelled_settings(self) -> tuple[str, ...]:
        """Settings that have at least one arm."""
        return tuple(s for s in self.settings if self.arms_of(s))

    def arms_of(self, setting: str) -> dict[str, Arm]:
        """The strategies open in a setting, with what is assumed of each."""
        if not self.settings[setting].modelled:
            return {}
        arms = {
            name: strategy.arms[setting]
            for name, strategy in self.strategies.items()
            if strategy.modelled and setting in strategy.arms
        }
        return {**arms, **self.settings[setting].arms}

    def panel_of(self, setting: str) -> tuple[str, ...]:
        """The markers that are measured in a setting, in the catalog's order."""
        own = self.settings[setting].panel
        return tuple(m for m, x in self.markers.items() if setting in x.panel or m in own)

    def exposure(self, strategy: str, marker: str) -> Assumption | None:
        """How the marker's resistance bears on the strategy; None = not at all."""
        chosen = self.strategies[strategy]
        if marker in chosen.exposure:
            return chosen.exposure[marker]
        return self.markers[marker].exposure.get(chosen.treatment_class)

    def distribution(self, marker: str, setting: str) -> Distribution:
        """The marker's distribution in a setting: its own entry, with the setting's changes."""
        entry = self.markers[marker]
        own = entry.in_settings.get(setting, Distribution())
        return Distribution(
            median=own.median or entry.median,
            spread=own.spread or entry.spread,
            prevalence=own.prevalence or entry.prevalence,
            missing=own.missing or entry.missing,
        )

    def all_assumptions(self) -> dict[str, Assumption]:
        """Every assumption: the global ones, and those stated inside other entries.

        The id of the latter is the path to it, e.g. ``markers.ABCB1.effect``.
        """
        found = dict(self.assumptions)
        for kind in ("markers", "settings", "strategies"):
            for name, entry in getattr(self, kind).items():
                found.update(_assumptions_in(f"{kind}.{name}", entry))
        return found

    def claims_on(self, *, strategy: str | None = None, marker: str | None = None) -> list[str]:
        """Ids of claims about a strategy (its class included), or about a marker.

        What the world is solved to comes first, then what sets a distribution, then other
        figures, then statements without a figure; else in the catalog's order.
        """
        names = {strategy}
        if strategy is not None:
            names.add(f"class:{self.strategies[strategy].treatment_class}")
        found = [
            claim
            for claim in self.claims.values()
            if (strategy is not None and claim.strategy in names)
            or (marker is not None and marker in claim.markers)
        ]
        weight = {"target": 0, "parameter": 1, "context": 2}
        found.sort(key=lambda claim: (not claim.quantitative, weight[claim.role]))
        return [claim.id for claim in found]


def strategies_of(evidence: Evidence, claim: Claim, setting: str) -> list[str]:
    """The arms of a setting that a claim speaks of."""
    wanted = claim.strategy or ""
    arms = evidence.arms_of(setting)
    if not wanted.startswith("class:"):
        return [wanted] if wanted in arms else []
    cls = wanted.removeprefix("class:")
    return [name for name in arms if evidence.strategies[name].treatment_class == cls]


def _assumptions_in(path: str, value: Any) -> Iterator[tuple[str, Assumption]]:
    if isinstance(value, Assumption):
        yield path, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _assumptions_in(f"{path}.{name}", getattr(value, name))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _assumptions_in(f"{path}.{name}", item)
