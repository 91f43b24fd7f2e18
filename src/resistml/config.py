"""The run config: one YAML file says everything that `resistml train` does."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from resistml import shipped
from resistml.documents import read_yaml
from resistml.errors import ConfigError, InputError
from resistml.plain_yaml import parse_yaml
from resistml.validation import first_fault


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class CohortConfig(_Part):
    """Which patients to train on."""

    n: int = Field(default=20_000, ge=500, le=100_000_000, description="Patients to draw.")
    assignment: Literal["randomised", "guideline", "confounded"] = Field(
        default="confounded", description="How treatments were given to the drawn patients."
    )


class EvaluateConfig(_Part):
    """How the model is judged."""

    n: int = Field(default=20_000, ge=500, le=10_000_000, description="Fresh patients to judge on.")
    resamples: int = Field(
        default=200,
        ge=20,
        le=10_000,
        description="Bootstrap resamples behind the intervals of figures.",
    )


class ModelConfig(_Part):
    """The learner; see `resistml.learn.fit.Params` for what each key does."""

    bag: int = Field(default=10, ge=2, le=200, description="Models in the bag.")
    base: bool = Field(default=True, description="Whether boosting starts from an additive base.")
    penalty: float = Field(default=0.5, gt=0, description="Ridge penalty of the base.")
    rounds: int = Field(default=300, ge=1, le=20_000, description="Most boosting rounds.")
    checks: int = Field(
        default=6, ge=1, le=50, description="Numbers of rounds compared out of bag."
    )
    depth: int = Field(default=2, ge=1, le=10, description="Depth of the trees.")
    learning_rate: float = Field(default=0.05, gt=0, le=1, description="Shrinkage of each tree.")
    min_child_weight: float = Field(default=20.0, ge=0, description="Least curvature in a leaf.")
    reg_lambda: float = Field(default=10.0, ge=0, description="Ridge penalty of the leaves.")
    colsample: float = Field(
        default=0.7, gt=0, le=1, description="Share of columns each tree sees."
    )
    threads: int = Field(default=0, ge=0, le=1024, description="Threads to train with; 0 = all.")


class TrackingConfig(_Part):
    """Where runs are logged."""

    enabled: bool = Field(default=True, description="Whether to log the run to MLflow.")
    experiment: str = Field(
        default="resistml", min_length=1, max_length=200, description="Its name."
    )
    uri: str | None = Field(
        default=None,
        description="Tracking server; else MLFLOW_TRACKING_URI, else mlflow.db in the project.",
    )


class RunConfig(_Part):
    """A whole run."""

    name: str = Field(
        default="default", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$", description="Name."
    )
    seed: int = Field(
        default=20_260_101, ge=0, le=2**31 - 1, description="Seed of all random draws."
    )
    catalog: Path | None = Field(
        default=None, description="Folder with entries to add to the catalog."
    )
    cohort: CohortConfig = CohortConfig()
    evaluate: EvaluateConfig = EvaluateConfig()
    model: ModelConfig = ModelConfig()
    tracking: TrackingConfig = TrackingConfig()
    report: bool = Field(default=True, description="Whether to write report.html.")


def load_config(source: str | Path, changes: tuple[str, ...] = ()) -> RunConfig:
    """Read a config by path, or a shipped one by name, with ``key=value`` changes put in.

    Raises
    ------
    ConfigError
        With the key at fault, what is allowed and the nearest valid name.
    InputError
        If ``source`` is a bare name, and neither a file here nor a shipped config.
    """
    path = _found(source)
    raw = _extended(path, ())
    put = {_put(raw, change) for change in changes}
    return validated(raw, path, frozenset(put))


def validated(raw: Any, path: Path | None = None, put: frozenset[str] = frozenset()) -> RunConfig:
    """A config from plain data, read from ``path`` but for the keys ``put`` in by hand."""
    try:
        return RunConfig.model_validate(raw)
    except ValidationError as exc:
        fault = first_fault(exc, RunConfig)
        by_hand = any(fault.key == key or fault.key.startswith(f"{key}.") for key in put)
        raise ConfigError(
            f"{fault.message} (put in by --set)" if by_hand else fault.message,
            file=None if by_hand else path,
            key=fault.key,
            allowed=fault.allowed,
            hint=fault.hint or _elsewhere(fault.key),
        ) from None


def _found(source: str | Path) -> Path:
    """A file by its path; a bare name that is no file here is that of a shipped config."""
    path = Path(source)
    bare = path.name == str(source) and path.suffix in ("", ".yaml")
    return shipped.config(str(source)) if bare and not path.is_file() else path


def _elsewhere(key: str) -> str | None:
    """Where a key that stands in the wrong section belongs."""
    name = key.rpartition(".")[2]
    homes = [row["key"] for row in explain() if row["key"].rpartition(".")[2] == name]
    return f"did you mean '{homes[0]}'?" if homes and key not in homes else None


def _extended(path: Path, seen: tuple[Path, ...]) -> dict[str, Any]:
    resolved = path.resolve()
    if resolved in seen:
        chain = " -> ".join(p.name for p in (*seen, resolved))
        raise ConfigError(f"extends itself: {chain}", file=path, key="extends")
    raw = read_yaml(path, ConfigError)
    if raw is None:
        raw = {}
    if not isinstance(raw, dict) or not all(isinstance(key, str) for key in raw):
        raise ConfigError("needs a mapping of keys to values", file=path)
    parent = raw.pop("extends", None)
    if isinstance(raw.get("catalog"), str):
        raw["catalog"] = str((path.parent / raw["catalog"]).resolve())
    if parent is None:
        return raw
    return _merged(_extended(_parent(path, parent), (*seen, resolved)), raw)


def _parent(path: Path, parent: Any) -> Path:
    """What a config extends: a file beside it, else a shipped config of that name."""
    if not isinstance(parent, str) or not Path(parent).name or "\0" in parent:
        raise ConfigError("needs the name or path of one config", file=path, key="extends")
    base = path.parent / parent
    if not base.suffix:
        base = base.with_suffix(".yaml")
    # A project's own default.yaml may extend the shipped default.
    if base.is_file() and base.resolve() != path.resolve():
        return base
    try:
        return shipped.config(parent)
    except InputError as exc:
        raise ConfigError(
            exc.message, file=path, key="extends", allowed=exc.allowed, hint=exc.hint
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
    if not sign or not key:
        raise ConfigError(f"--set needs KEY=VALUE, got '{change}'", hint="e.g. --set cohort.n=5000")
    if key == "extends":
        raise ConfigError("cannot be set", key=key, hint="write it in the config's file")
    try:
        value = parse_yaml(text)
    except ValueError:
        raise ConfigError(f"'{text}' is not a value", key=key, hint="quote text") from None
    *parents, last = key.split(".")
    place = raw
    for parent in parents:
        place = place.setdefault(parent, {})
        if not isinstance(place, dict):
            raise ConfigError(f"'{parent}' holds a value, not keys", key=key)
    place[last] = value
    return key


def explain() -> list[dict[str, str]]:
    """Every key of a config, with its type, default and meaning."""
    return _explained(RunConfig, "")


def _explained(model: type[BaseModel], prefix: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for name, field in model.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            rows += _explained(annotation, f"{prefix}{name}.")
            continue
        rows.append(
            {
                "key": f"{prefix}{name}",
                "type": _type_name(annotation),
                "default": str(field.default),
                "meaning": field.description or "",
            }
        )
    return rows


def _type_name(annotation: Any) -> str:
    """A type as a person writes it; a choice as its words."""
    if get_origin(annotation) is Literal:
        return " | ".join(get_args(annotation))
    if get_args(annotation):
        return " | ".join(_type_name(part) for part in get_args(annotation))
    return "none" if annotation is type(None) else str(annotation.__name__)
