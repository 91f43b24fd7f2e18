"""Reads a catalog, and a user's overlay of it, into one validated whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from resistml import shipped
from resistml.documents import digest, read_yaml
from resistml.errors import CatalogError, did_you_mean, listed
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

#: File stem of a catalog folder -> the class of its entries.
KINDS: dict[str, type[BaseModel]] = {
    "mechanisms": Mechanism,
    "endpoints": Endpoint,
    "markers": Marker,
    "settings": Setting,
    "strategies": Strategy,
    "assumptions": Assumption,
}


@dataclass(frozen=True)
class Evidence:
    """The whole catalog, validated and linked.

    Attributes
    ----------
    mechanisms, endpoints, markers, settings, strategies, assumptions, claims : dict
        Entries by id, in the catalog's order.
    sources : dict
        Citation and notes of each source of claims.
    """

    mechanisms: dict[str, Mechanism]
    endpoints: dict[str, Endpoint]
    markers: dict[str, Marker]
    settings: dict[str, Setting]
    strategies: dict[str, Strategy]
    assumptions: dict[str, Assumption]
    claims: dict[str, Claim]
    sources: dict[str, dict[str, str]]

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the content, whatever the files' layout."""
        kinds = (*KINDS, "claims")
        return digest(
            {
                kind: {k: v.model_dump(mode="json") for k, v in getattr(self, kind).items()}
                for kind in kinds
            }
        )

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
        """Ids of claims about a strategy (its class included), or about a marker."""
        names = {strategy}
        if strategy is not None:
            names.add(f"class:{self.strategies[strategy].treatment_class}")
        return [
            name
            for name, claim in self.claims.items()
            if (strategy is not None and claim.strategy in names)
            or (marker is not None and marker in claim.markers)
        ]


def _assumptions_in(path: str, value: Any) -> Iterator[tuple[str, Assumption]]:
    if isinstance(value, Assumption):
        yield path, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _assumptions_in(f"{path}.{name}", getattr(value, name))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _assumptions_in(f"{path}.{name}", item)


def load_evidence(overlay: Path | None = None) -> Evidence:
    """The shipped catalog, with the entries of a user's overlay added.

    Parameters
    ----------
    overlay : Path, optional
        A folder laid out like the catalog; each of its files is optional. An entry whose id
        the catalog already has is refused unless it says ``replace: true``.

    Raises
    ------
    CatalogError
        With the file and the key at fault.
    """
    folders = [shipped.folder("catalog")]
    if overlay is not None:
        if not overlay.is_dir():
            raise CatalogError("no such catalog folder", file=overlay)
        folders.append(overlay)
    return load_folders(folders)


def load_folders(folders: list[Path]) -> Evidence:
    """Evidence from catalog folders, later ones adding to earlier ones."""
    parts: dict[str, dict[str, Any]] = {kind: {} for kind in (*KINDS, "claims")}
    sources: dict[str, dict[str, str]] = {}
    for root in folders:
        _refuse_strangers(root)
        for kind, cls in KINDS.items():
            path = root / f"{kind}.yaml"
            if path.is_file():
                _merge(parts[kind], _entries(path, read_yaml(path, CatalogError), cls), path)
        for path in sorted((root / "claims").glob("*.yaml")):
            source, claims = _read_claims(path)
            sources[source["id"]] = source
            _merge(parts["claims"], claims, path)
    return Evidence(**parts, sources=sources)


def _refuse_strangers(root: Path) -> None:
    known = {f"{kind}.yaml" for kind in KINDS}
    for path in sorted(root.glob("*.y*ml")):
        if path.name not in known:
            raise CatalogError(
                "is no file of a catalog",
                file=path,
                allowed=f"{listed(known)}, claims/*.yaml",
                hint=did_you_mean(path.name, known),
            )


def _read_claims(path: Path) -> tuple[dict[str, str], dict[str, tuple[Any, bool]]]:
    raw = read_yaml(path, CatalogError)
    if not isinstance(raw, dict) or set(raw) != {"source", "claims"}:
        raise CatalogError("needs the two keys 'source' and 'claims'", file=path)
    source = raw["source"]
    if not isinstance(source, dict) or not source.get("id") or not source.get("citation"):
        raise CatalogError("needs an id and a citation", file=path, key="source")
    claims = raw["claims"] if isinstance(raw["claims"], dict) else {}
    with_source = {
        name: {**entry, "source": source["id"]} if isinstance(entry, dict) else entry
        for name, entry in claims.items()
    }
    return source, _entries(path, with_source, Claim)


def _entries(path: Path, raw: Any, cls: type[BaseModel]) -> dict[str, tuple[Any, bool]]:
    if not isinstance(raw, dict):
        raise CatalogError("needs a mapping of ids to entries", file=path)
    out: dict[str, tuple[Any, bool]] = {}
    for name, entry in raw.items():
        if not isinstance(entry, dict):
            raise CatalogError("needs a mapping of fields", file=path, key=str(name))
        fields = dict(entry)
        replace = bool(fields.pop("replace", False))
        if "id" in cls.model_fields:
            fields["id"] = str(name)
        try:
            out[str(name)] = (cls.model_validate(fields), replace)
        except ValidationError as exc:
            raise _readable(exc, path, str(name), cls) from None
    return out


def _readable(exc: ValidationError, path: Path, name: str, cls: type[BaseModel]) -> CatalogError:
    first = exc.errors()[0]
    key = ".".join([name, *(str(part) for part in first["loc"])])
    message = first["msg"].removeprefix("Value error, ")
    hint = None
    if first["type"] == "extra_forbidden":
        message = f"unknown key '{first['loc'][-1]}'"
        hint = did_you_mean(str(first["loc"][-1]), cls.model_fields)
    return CatalogError(message, file=path, key=key, hint=hint)


def _merge(into: dict[str, Any], entries: dict[str, tuple[Any, bool]], path: Path) -> None:
    for name, (entry, replace) in entries.items():
        if name in into and not replace:
            raise CatalogError(
                "this id is taken already",
                file=path,
                key=name,
                hint="choose another id, or add 'replace: true' to replace the entry",
            )
        into[name] = entry
