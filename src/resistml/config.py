"""The run config: one YAML file says everything that `resistml train` does."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from resistml import shipped
from resistml.documents import read_yaml
from resistml.errors import ConfigError, did_you_mean, listed


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class CohortConfig(_Part):
    """Which patients to train on."""

    n: int = Field(20_000, ge=500, le=100_000_000, description="Patients to draw.")
    assignment: Literal["randomised", "guideline", "confounded"] = Field(
        "confounded", description="How treatments were given to the drawn patients."
    )


class EvaluateConfig(_Part):
    """How the model is judged."""

    n: int = Field(20_000, ge=500, le=10_000_000, description="Fresh patients to judge on.")
    resamples: int = Field(
        200, ge=20, le=10_000, description="Bootstrap resamples behind the intervals of figures."
    )


class ModelConfig(_Part):
    """The learner; see `resistml.learn.fit.Params` for what each key does."""

    bag: int = Field(10, ge=2, le=200, description="Models in the bag.")
    base: bool = Field(True, description="Whether boosting starts from an additive base.")
    penalty: float = Field(2.0, gt=0, description="Ridge penalty of the base.")
    rounds: int = Field(300, ge=1, le=20_000, description="Most boosting rounds.")
    checks: int = Field(6, ge=1, le=50, description="Numbers of rounds compared out of bag.")
    depth: int = Field(2, ge=1, le=10, description="Depth of the trees.")
    learning_rate: float = Field(0.05, gt=0, le=1, description="Shrinkage of each tree.")
    min_child_weight: float = Field(20.0, ge=0, description="Least curvature in a leaf.")
    reg_lambda: float = Field(10.0, ge=0, description="Ridge penalty of the leaves.")
    colsample: float = Field(0.7, gt=0, le=1, description="Share of columns each tree sees.")
    threads: int = Field(0, ge=0, le=1024, description="Threads to train with; 0 = all.")


class TrackingConfig(_Part):
    """Where runs are logged."""

    enabled: bool = Field(True, description="Whether to log the run to MLflow.")
    experiment: str = Field("resistml", min_length=1, max_length=200, description="Its name.")
    uri: str | None = Field(
        None, description="Tracking server; else MLFLOW_TRACKING_URI, else mlflow.db in the project."
    )


class RunConfig(_Part):
    """A whole run."""

    name: str = Field("default", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$", description="Name.")
    seed: int = Field(20_260_101, ge=0, le=2**31 - 1, description="Seed of all random draws.")
    catalog: Path | None = Field(None, description="Folder with entries to add to the catalog.")
    cohort: CohortConfig = CohortConfig()  # type: ignore[call-arg]
    evaluate: EvaluateConfig = EvaluateConfig()  # type: ignore[call-arg]
    model: ModelConfig = ModelConfig()  # type: ignore[call-arg]
    tracking: TrackingConfig = TrackingConfig()  # type: ignore[call-arg]
    report: bool = Field(True, description="Whether to write report.html.")


def load_config(source: str | Path, changes: tuple[str, ...] = ()) -> RunConfig:
    """Read a config by path, or a shipped one by name, with ``key=value`` changes put in.

    Raises
    ------
    ConfigError
        With the key at fault, what is allowed and the nearest valid name.
    """
    path = Path(source)
    if not path.suffix and not path.exists():
        path = shipped.config(str(source))
    raw = _extended(path, ())
    for change in changes:
        _put(raw, change)
    return validated(raw, path)


def validated(raw: Any, path: Path | None = None) -> RunConfig:
    """A config from plain data."""
    try:
        return RunConfig.model_validate(raw)
    except ValidationError as exc:
        raise _readable(exc, path) from None


def _extended(path: Path, seen: tuple[Path, ...]) -> dict[str, Any]:
    resolved = path.resolve()
    if resolved in seen:
        raise ConfigError("extends itself", file=path, key="extends")
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
    if not isinstance(parent, str):
        raise ConfigError("needs the name or path of one config", file=path, key="extends")
    base = path.parent / parent
    if not base.suffix:
        base = base.with_suffix(".yaml")
    if not base.exists():
        base = shipped.config(parent)
    return _merged(_extended(base, (*seen, resolved)), raw)


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    out = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(out.get(key), dict)
        out[key] = _merged(out[key], value) if both else value
    return out


def _put(raw: dict[str, Any], change: str) -> None:
    """Put ``a.b=value`` into a config's plain data; the value is read as YAML."""
    import yaml

    key, sign, text = change.partition("=")
    if not sign or not key.strip():
        raise ConfigError(f"--set needs KEY=VALUE, got '{change}'", hint="e.g. --set cohort.n=5000")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        raise ConfigError(f"'{text}' is not a value", key=key) from None
    if isinstance(value, str):
        value = _number(value)
    *parents, last = key.strip().split(".")
    place = raw
    for parent in parents:
        place = place.setdefault(parent, {})
        if not isinstance(place, dict):
            raise ConfigError(f"'{parent}' holds a value, not keys", key=key)
    place[last] = value


def _number(text: str) -> str | float:
    """YAML 1.1 reads 1e-3 as text; a person means the number."""
    try:
        value = float(text)
    except ValueError:
        return text
    return value if math.isfinite(value) else text


def _readable(exc: ValidationError, path: Path | None) -> ConfigError:
    first = exc.errors()[0]
    loc = [str(part) for part in first["loc"]]
    fields = _fields(loc[:-1])
    message, hint, allowed = first["msg"].removeprefix("Value error, "), None, None
    if first["type"] == "extra_forbidden":
        message = "unknown key"
        hint = did_you_mean(loc[-1], fields)
        allowed = listed(fields)
    else:
        message = f"{message}, got {first['input']!r}"
    return ConfigError(message, file=path, key=".".join(loc), allowed=allowed, hint=hint)


def _fields(loc: list[str]) -> list[str]:
    model: type[BaseModel] = RunConfig
    for part in loc:
        annotation = model.model_fields[part].annotation if part in model.model_fields else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            break
        model = annotation
    return [*model.model_fields, *(["extends"] if model is RunConfig else [])]
