"""The run config: one YAML file says everything that `resistml train` does."""

from __future__ import annotations

from pathlib import Path
from stat import S_ISDIR
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticKnownError

from resistml.config_data import DataConfig
from resistml.config_paths import expanded
from resistml.config_sources import Origin, gathered, short
from resistml.config_tune import TuneConfig, space_fault
from resistml.errors import ConfigError
from resistml.families import FAMILIES, check_family, own_families
from resistml.validation import UNKNOWN, Fault, first_fault, model_in

#: What a path of `data:` may name.
TABLES = "a CSV or Parquet file, or a folder of such"


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

    family: str = Field(
        default="xgboost",
        description=f"Kind of model: {', '.join(FAMILIES)}.",
        json_schema_extra={"enum": list(FAMILIES)},
    )
    bag: int = Field(default=10, ge=2, le=200, description="Models in the bag.")
    base: bool = Field(default=True, description="Whether boosting starts from an additive base.")
    penalty: float = Field(
        default=1.0, gt=0, description="What multiplies the penalties that the base finds."
    )
    interactions: Literal["any", "within_mechanism"] = Field(
        default="any", description="Which columns may meet in one tree."
    )
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

    @field_validator("family")
    @classmethod
    def _known(cls, family: str) -> str:
        if family not in FAMILIES and family not in own_families():
            raise PydanticKnownError("literal_error", {"expected": str([*FAMILIES])[1:-1]})
        check_family(family, base=True)
        return family

    @model_validator(mode="after")
    def _whole(self) -> ModelConfig:
        check_family(self.family, base=self.base)
        return self


class EnsembleConfig(_Part):
    """The worlds behind the intervals for the evidence."""

    worlds: int = Field(
        default=0,
        ge=0,
        le=1000,
        description="Worlds drawn from the evidence, ten seconds and more each; 0 = no interval.",
    )

    @field_validator("worlds")
    @classmethod
    def _not_one(cls, worlds: int) -> int:
        if worlds == 1:
            raise ValueError("needs 0, or 2 and more: one world has no spread")
        return worlds


class RankingConfig(_Part):
    """The utility that `resistml rank --by utility` ranks by; kept in the bundle."""

    response: float = Field(
        default=1.0, ge=0, le=1e6, description="Worth of a probability of response of 1."
    )
    pfs_months: float = Field(
        default=0.01, ge=0, le=1e6, description="Worth of a month of median PFS."
    )
    os_months: float = Field(
        default=0.01, ge=0, le=1e6, description="Worth of a month of median OS."
    )
    caution: float = Field(
        default=0.02, ge=0, le=1e6, description="What each caution called for takes off."
    )


class SurvivalConfig(_Part):
    """Models of the times to progression and to death, of patients whose times are recorded."""

    enabled: bool = Field(default=True, description="Whether to fit them.")
    bag: int = Field(default=5, ge=2, le=200, description="Models in the bag of each time.")
    penalty: float = Field(default=2.0, gt=0, description="Ridge penalty of the additive base.")
    arm_penalty: float = Field(
        default=20.0, gt=0, description="Ridge penalty of what an arm's times have of their own."
    )
    form: float = Field(
        default=0.07,
        ge=0,
        le=1,
        description="What intervals allow for the model's form: standard deviation of log months.",
    )
    rounds: int = Field(
        default=40,
        ge=0,
        le=20_000,
        description="Most boosting rounds; how many are kept, if any, is chosen out of bag.",
    )
    checks: int = Field(
        default=4, ge=1, le=50, description="Numbers of rounds compared out of bag, beside none."
    )
    depth: int = Field(default=2, ge=1, le=10, description="Depth of the trees.")
    learning_rate: float = Field(default=0.05, gt=0, le=1, description="Shrinkage of each tree.")
    min_child_weight: float = Field(default=20.0, ge=0, description="Least curvature in a leaf.")
    reg_lambda: float = Field(default=10.0, ge=0, description="Ridge penalty of the leaves.")
    colsample: float = Field(
        default=0.7, gt=0, le=1, description="Share of columns each tree sees."
    )


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
    data: DataConfig | None = Field(
        default=None, description="An own cohort, in place of the virtual one."
    )
    evaluate: EvaluateConfig = EvaluateConfig()
    model: ModelConfig = ModelConfig()
    ensemble: EnsembleConfig = EnsembleConfig()
    ranking: RankingConfig = RankingConfig()
    survival: SurvivalConfig = SurvivalConfig()
    tracking: TrackingConfig = TrackingConfig()
    report: bool = Field(default=True, description="Whether to write report.html.")
    tune: TuneConfig | None = Field(default=None, description="What `resistml tune` tries.")


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
    if config.catalog is not None:
        catalog = _expanded(str(config.catalog), "catalog", origin)
        problem = _no_folder(catalog)
        if problem is not None:
            hint = "name the folder of the catalog files"
            raise origin.error(f"{short(str(catalog))} {problem}", "catalog", hint=hint)
        config = config.model_copy(update={"catalog": catalog})
    for key, text in () if config.data is None else config.data.paths():
        problem = _no_table(_expanded(text, f"data.{key}", origin))
        if problem is not None:
            hint = "check the path, and what its variables are set to"
            raise origin.error(f"{short(text)} {problem}", f"data.{key}", allowed=TABLES, hint=hint)
    return config


def _expanded(text: str, key: str, origin: Origin) -> Path:
    """A path with its environment variables put in; one not set is laid on who named the path."""
    try:
        return expanded(text)
    except ConfigError as exc:
        raise origin.error(exc.message, key, allowed=exc.allowed, hint=exc.hint) from None


def _no_table(path: Path) -> str | None:
    """Why a path names neither a file nor a folder, or None if it does."""
    try:
        path.stat()
    except FileNotFoundError:
        return "is not there" if str(path).isprintable() else "is no path"
    except ValueError:
        return "is no path: it holds a NUL character"
    except OSError as exc:
        return f"cannot be read: {exc.strerror}"
    return None


def validated(raw: Any, origin: Origin | None = None) -> RunConfig:
    """A config from plain data, which came from ``origin``."""
    fault: Fault | None
    try:
        config = RunConfig.model_validate(raw)
        fault = None if config.tune is None else space_fault(config.tune.space, config.model)
    except ValidationError as exc:
        fault = first_fault(exc, RunConfig)
    if fault is not None:
        raise (origin or Origin()).error(
            fault.message,
            fault.key,
            allowed=fault.allowed,
            hint=fault.hint or (_elsewhere(fault.key) if fault.message == UNKNOWN else None),
        )
    return config


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
        part = model_in(annotation)
        if part is not None:
            named = "KEY." if get_origin(annotation) is dict else ""
            rows += _explained(part, f"{prefix}{name}.{named}")
            continue
        rows.append(
            {
                "key": f"{prefix}{name}",
                "type": _type_name(annotation),
                "default": _default(field),
                "meaning": field.description or "",
            }
        )
    return rows


def _default(field: FieldInfo) -> str:
    """What a key is where nothing is said, as a person reads it."""
    if field.is_required():
        return "(must be said)"
    if isinstance(field.default, tuple):
        return ", ".join(str(value) for value in field.default) or "none"
    return "none" if field.default == {} else str(field.default)


def _type_name(annotation: Any) -> str:
    """A type as a person writes it; a choice as its words."""
    if get_origin(annotation) is Annotated:
        return _type_name(get_args(annotation)[0])
    if get_origin(annotation) is Literal:
        return " | ".join(map(str, get_args(annotation)))
    if get_origin(annotation) is dict:
        return f"mapping to {_type_name(get_args(annotation)[1])}"
    parts = [part for part in get_args(annotation) if part is not ...]
    if parts:
        return " | ".join(_type_name(part) for part in parts)
    return "none" if annotation is type(None) else str(annotation.__name__)
