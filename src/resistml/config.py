"""The run config: one YAML file says everything that `resistml train` does."""

from __future__ import annotations

from pathlib import Path
from stat import S_ISDIR
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from resistml.config_sources import Origin, gathered, short
from resistml.validation import first_fault


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class FollowUpConfig(_Part):
    """How long virtual patients are followed; null = as the catalog assumes."""

    complete: bool = Field(default=False, description="Whether everybody is followed until death.")
    min_months: float | None = Field(
        default=None, ge=0, le=1200, description="Administrative censoring falls at the earliest."
    )
    max_months: float | None = Field(
        default=None, ge=0, le=1200, description="And at the latest; equal to the former: for all."
    )
    dropout_per_year: float | None = Field(
        default=None, ge=0, lt=1, description="Share lost to follow-up within a year."
    )


class CohortConfig(_Part):
    """Which patients to train on."""

    n: int = Field(default=20_000, ge=500, le=100_000_000, description="Patients to draw.")
    assignment: Literal["randomised", "guideline", "confounded", "hidden_confounding"] = Field(
        default="confounded", description="How treatments were given to the drawn patients."
    )
    missing: Literal["catalogued", "at_random", "completely_at_random", "none"] = Field(
        default="catalogued", description="Which values go unrecorded, and what that depends on."
    )
    follow_up: FollowUpConfig = FollowUpConfig()
    oracle: bool = Field(
        default=True, description="Whether to write potential outcomes and the truth beside it."
    )
    variant: Literal["default", "form", "knowledge"] = Field(
        default="default", description="Whether the world departs from what a learner is told."
    )
    worlds: int = Field(
        default=1, ge=1, le=1000, description="Worlds drawn from the evidence; 1 = the default one."
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
    raw, origin = gathered(source, changes)
    config = validated(raw, origin)
    problem = None if config.catalog is None else _no_folder(config.catalog)
    if problem is not None:
        raise origin.error(
            f"{short(str(config.catalog))} {problem}",
            "catalog",
            hint="name the folder of the catalog files",
        )
    return config


def validated(raw: Any, origin: Origin | None = None) -> RunConfig:
    """A config from plain data, which came from ``origin``."""
    try:
        return RunConfig.model_validate(raw)
    except ValidationError as exc:
        fault = first_fault(exc, RunConfig)
        raise (origin or Origin()).error(
            fault.message,
            fault.key,
            allowed=fault.allowed,
            hint=fault.hint or _elsewhere(fault.key),
        ) from None


def _no_folder(path: Path) -> str | None:
    """Why a path names no folder, or None if it does."""
    try:
        return None if S_ISDIR(path.stat().st_mode) else "is a file, not a folder"
    except FileNotFoundError:
        return "is not there"
    except ValueError:
        return "is no path: it holds a NUL character"
    except OSError as exc:
        return f"cannot be read: {exc.strerror}"


def _elsewhere(key: str) -> str | None:
    """Where a key that stands in the wrong section belongs."""
    name = key.rpartition(".")[2]
    homes = [row["key"] for row in explain() if row["key"].rpartition(".")[2] == name]
    return f"did you mean '{homes[0]}'?" if homes and key not in homes else None


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
