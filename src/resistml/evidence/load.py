"""Reads a catalog, and a user's overlay of it, into one validated whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from resistml import shipped
from resistml.documents import read_yaml
from resistml.errors import CatalogError, did_you_mean, listed
from resistml.evidence.base import ID
from resistml.evidence.evidence import Evidence
from resistml.evidence.schema import (
    Assumption,
    Claim,
    Endpoint,
    Marker,
    Mechanism,
    Setting,
    Strategy,
)
from resistml.validation import first_fault

#: File stem of a catalog folder -> the class of its entries.
KINDS: dict[str, type[BaseModel]] = {
    "mechanisms": Mechanism,
    "endpoints": Endpoint,
    "markers": Marker,
    "settings": Setting,
    "strategies": Strategy,
    "assumptions": Assumption,
}


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
            problem = "is a file, not a folder" if overlay.exists() else "no such folder"
            raise CatalogError(problem, file=overlay, hint="name the folder of the catalog files")
        folders.append(overlay)
    return load_folders(folders)


def load_folders(folders: list[Path]) -> Evidence:
    """Evidence from catalog folders, later ones adding to earlier ones."""
    parts: dict[str, dict[str, Any]] = {kind: {} for kind in (*KINDS, "claims")}
    sources: dict[str, dict[str, str]] = {}
    files: dict[str, str] = {}
    for root in folders:
        for kind, path in _files(root):
            raw = read_yaml(path, CatalogError)
            if kind == "claims":
                source, entries = _read_claims(path, raw)
                _add_source(sources, source, path)
            else:
                entries = _entries(path, raw, KINDS[kind])
            _merge(parts[kind], entries, path)
            files.update((f"{kind}.{name}", str(path)) for name in entries)
    return Evidence(**parts, sources=sources, files=files)


def _files(root: Path) -> list[tuple[str, Path]]:
    """The files of a catalog folder with their kind, in the order in which they are read."""
    known = {f"{kind}.yaml": kind for kind in KINDS}
    found = [(kind, root / name) for name, kind in known.items() if (root / name).is_file()]
    found += [("claims", path) for path in sorted((root / "claims").glob("*.yaml"))]
    ours = {path for _, path in found}
    for path in sorted([*root.glob("*.y*ml"), *(root / "claims").glob("*.y*ml")]):
        if path not in ours:
            raise CatalogError(
                "is no file of a catalog",
                file=path,
                allowed=f"{listed(known)}, claims/*.yaml",
                hint=did_you_mean(path.name, known),
            )
    if not found:
        raise CatalogError(
            "holds no file of a catalog", file=root, allowed=f"{listed(known)}, claims/*.yaml"
        )
    return found


def _read_claims(path: Path, raw: Any) -> tuple[Any, dict[str, tuple[Any, bool]]]:
    """The source that a file of claims declares (or None), and its claims."""
    if not isinstance(raw, dict) or not {"claims"} <= set(raw) <= {"source", "claims"}:
        raise CatalogError("needs the keys 'source' and 'claims'", file=path)
    source = raw.get("source")
    if isinstance(source, str):
        usual, source = source, None
    elif source is None:
        usual = ""
    else:
        usual = _source_id(path, source)
    claims = raw["claims"]
    if isinstance(claims, dict):
        claims = {
            name: {"source": usual, **entry} if isinstance(entry, dict) else entry
            for name, entry in claims.items()
        }
    return source, _entries(path, claims, Claim)


def _source_id(path: Path, source: Any) -> str:
    if not isinstance(source, dict) or not all(isinstance(v, str) for v in source.values()):
        raise CatalogError("needs a source's id, or a mapping of texts", file=path, key="source")
    if not source.get("id") or not source.get("citation"):
        raise CatalogError("needs an id and a citation", file=path, key="source")
    return str(source["id"])


def _add_source(sources: dict[str, dict[str, str]], source: Any, path: Path) -> None:
    if source is None:
        return
    if sources.get(source["id"], source) != source:
        raise CatalogError(
            f"another file declares the source '{source['id']}' otherwise",
            file=path,
            key="source",
            hint=f"to cite it say 'source: {source['id']}'",
        )
    sources[source["id"]] = source


def _entries(path: Path, raw: Any, cls: type[BaseModel]) -> dict[str, tuple[Any, bool]]:
    if raw is None:  # a file in which everything is commented out
        return {}
    if not isinstance(raw, dict):
        raise CatalogError("needs a mapping of ids to entries", file=path)
    out: dict[str, tuple[Any, bool]] = {}
    for name, entry in raw.items():
        if not isinstance(name, str) or not ID.fullmatch(name):
            raise CatalogError(
                f"'{name}' is no id", file=path, allowed="letters, digits and _, a letter first"
            )
        if not isinstance(entry, dict):
            raise CatalogError("needs a mapping of fields", file=path, key=name)
        out[name] = _entry(path, name, dict(entry), cls)
    return out


def _entry(path: Path, name: str, fields: dict[str, Any], cls: type[BaseModel]) -> tuple[Any, bool]:
    replace = fields.pop("replace", False)
    if not isinstance(replace, bool):
        raise CatalogError(
            f"is neither true nor false, got {replace!r}", file=path, key=f"{name}.replace"
        )
    if "id" in cls.model_fields:
        fields["id"] = name
    try:
        return cls.model_validate(fields), replace
    except ValidationError as exc:
        fault = first_fault(exc, cls)
        raise CatalogError(
            fault.message,
            file=path,
            key=f"{name}.{fault.key}" if fault.key else name,
            allowed=fault.allowed,
            hint=fault.hint,
        ) from None


def _merge(into: dict[str, Any], entries: dict[str, tuple[Any, bool]], path: Path) -> None:
    for name, (entry, replace) in entries.items():
        if name in into and not replace:
            raise CatalogError(
                "this id is taken already",
                file=path,
                key=name,
                hint="choose another id, or add 'replace: true' to replace the entry",
            )
        if replace and name not in into:
            raise CatalogError(
                "replaces nothing: there is no entry of this id",
                file=path,
                key=name,
                hint=did_you_mean(name, into),
            )
        into[name] = entry
