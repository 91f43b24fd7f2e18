"""Where a run config's keys come from: files that extend one another, and changes by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from resistml import shipped
from resistml.config_data import with_paths
from resistml.config_paths import beside
from resistml.documents import read_yaml
from resistml.errors import ConfigError, InputError
from resistml.plain_yaml import parse_yaml

#: Longest value that a message repeats.
_LONGEST = 60
_BY_HAND = "(put in by --set)"
_ODD = "a key must be text"
_KEYS = "`resistml config explain` shows every key"


@dataclass(frozen=True)
class Origin:
    """Where the keys of a config come from: files, the extending one first, and ``--set``."""

    files: list[tuple[Path, dict[str, Any]]] = field(default_factory=list)
    put: frozenset[str] = frozenset()

    def error(
        self, message: str, key: str, *, allowed: str | None = None, hint: str | None = None
    ) -> ConfigError:
        """The error for a fault of a key, laid on whoever set it."""
        if any(f"{key}.".startswith(f"{p}.") or p.startswith(f"{key}.") for p in self.put):
            return ConfigError(f"{message} {_BY_HAND}", key=key, allowed=allowed, hint=hint)
        named = [path for path, raw in self.files if _holds(raw, key.split("."))]
        named += [path for path, _ in self.files[:1]]  # what nobody said is the first one's fault
        return ConfigError(
            message, file=named[0] if named else None, key=key, allowed=allowed, hint=hint
        )


def gathered(source: str | Path, changes: tuple[str, ...]) -> tuple[dict[str, Any], Origin]:
    """The plain data of a config, by path or shipped name, with changes; and where it is from."""
    files = _layers(found(source), ())
    raw: dict[str, Any] = {}
    for _, layer in reversed(files):
        raw = _merged(raw, layer)
    return raw, Origin(files, frozenset(_put(raw, change) for change in changes))


def _holds(raw: Any, parts: list[str]) -> bool:
    if not parts:
        return True
    return isinstance(raw, dict) and parts[0] in raw and _holds(raw[parts[0]], parts[1:])


def _is_file(path: Path) -> bool:
    """Whether a path names a file; False too for what cannot be a path."""
    try:
        return path.is_file()
    except OSError:
        return False


def short(text: str) -> str:
    """A value as a message repeats it."""
    cut = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return f"'{cut if cut.isprintable() else repr(cut)[1:-1]}'"


def found(source: str | Path) -> Path:
    """A file by its path; a bare name that is no file here is that of a shipped config."""
    path = Path(source)
    bare = path.name == str(source) and path.suffix in ("", ".yaml")
    return shipped.config(str(source)) if bare and not _is_file(path) else path


def _layers(path: Path, seen: tuple[Path, ...]) -> list[tuple[Path, dict[str, Any]]]:
    """What a file says, and what the files say that it extends."""
    raw = read_yaml(path, ConfigError)
    if raw is None:
        raw = {}
    if not isinstance(raw, dict):
        raise ConfigError("needs a mapping of keys to values", file=path)
    odd = _odd_key(raw)
    if odd is not None:
        raise ConfigError(_ODD, file=path, key=odd, hint=_KEYS)
    parent = raw.pop("extends", None)
    if isinstance(raw.get("catalog"), str):
        raw["catalog"] = beside(path.parent, raw["catalog"])
    if isinstance(raw.get("data"), dict):
        raw["data"] = with_paths(raw["data"], lambda text: beside(path.parent, text))
    if parent is None:
        return [(path, raw)]
    seen = (*seen, path.resolve())
    base = _parent(path, parent)
    if base.resolve() in seen:
        chain = " -> ".join(p.name for p in (*seen, base.resolve()))
        raise ConfigError(f"extends itself: {chain}", file=path, key="extends")
    return [(path, raw), *_layers(base, seen)]


def _odd_key(raw: Any, place: str = "") -> str | None:
    """The first key that is no text, with its place; YAML reads ``1:``, ``null:`` and such so."""
    for key, value in raw.items() if isinstance(raw, dict) else ():
        if not isinstance(key, str):
            return f"{place}{json.dumps(key)}"
        found = _odd_key(value, f"{place}{key}.")
        if found is not None:
            return found
    return None


def _parent(path: Path, parent: Any) -> Path:
    """What a config extends: a file beside it, else a shipped config of that name."""
    if not isinstance(parent, str) or not Path(parent).name or "\0" in parent:
        raise ConfigError("needs the name or path of one config", file=path, key="extends")
    base = path.parent / parent
    if not base.suffix:
        base = base.with_suffix(".yaml")
    itself = _is_file(base) and base.resolve() == path.resolve()
    if _is_file(base) and not itself:
        return base
    try:
        return shipped.config(parent)  # a project's own default.yaml may extend the shipped one
    except InputError as exc:
        if itself:
            return base
        raise ConfigError(
            f"no config {short(parent)}",
            file=path,
            key="extends",
            allowed=exc.allowed,
            hint=exc.hint,
        ) from None


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    out = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(out.get(key), dict)
        out[key] = _merged(out[key], value) if both else value
    return out


def _put(raw: dict[str, Any], change: str) -> str:
    """Put ``a.b=value`` into a config's plain data; the value is read as YAML."""
    key, sign, text = (part.strip() for part in change.partition("="))
    *parents, last = key.split(".")
    if not sign or not all((*parents, last)):
        raise ConfigError(f"--set needs KEY=VALUE, got '{change}'", hint="e.g. --set cohort.n=5000")
    if key == "extends":
        raise ConfigError("cannot be set", key=key, hint="write it in the config's file")
    try:
        value = parse_yaml(text)
    except ValueError as exc:
        raise ConfigError(
            f"{short(text)} is not a value: {exc} {_BY_HAND}", key=key, hint="quote text"
        ) from None
    odd = _odd_key(value, f"{key}.")
    if odd is not None:
        raise ConfigError(f"{_ODD} {_BY_HAND}", key=odd, hint=_KEYS)
    place = raw
    for parent in parents:
        place = place.setdefault(parent, {})
        if not isinstance(place, dict):
            raise ConfigError(f"'{parent}' holds a value, not keys {_BY_HAND}", key=key)
    place[last] = value
    return key
