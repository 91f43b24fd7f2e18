"""MLflow as resistml uses it: quiet, without calling home, its errors made ours."""

from __future__ import annotations

import gc
import logging
import os
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from resistml.errors import OutputError
from resistml.tracking.links import redacted

#: Set while MLflow works, where the user has not said otherwise.
_DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_RECORD_ENV_VARS_IN_MODEL_LOGGING": "false",
    "MLFLOW_UV_AUTO_DETECT": "false",
}

#: For the first touch of a server, so that a wrong address is told within seconds, not minutes.
FIRST_TOUCH = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "15"}

_LOUD = ("mlflow", "alembic", "psycopg")


def environment() -> dict[str, str]:
    """The environment for a process that runs MLflow."""
    return {**_DEFAULTS, **os.environ}


@contextmanager
def session(uri: str, extra: Mapping[str, str] | None = None) -> Iterator[None]:
    """Settings for a block that uses MLflow, all put back at its end.

    Parameters
    ----------
    uri : str
        Named in errors.
    extra : mapping of str to str
        More environment variables, where the user has not set them.

    Raises
    ------
    OutputError
        In place of what MLflow, or the connection to it, raises.
    """
    with ExitStack() as stack:
        stack.enter_context(_variables({**_DEFAULTS, **(extra or {})}))
        stack.enter_context(warnings.catch_warnings())
        for category in (DeprecationWarning, FutureWarning):
            warnings.simplefilter("ignore", category)  # MLflow's own, which users cannot mend
        warnings.filterwarnings("ignore", ".*Any type hint is inferred", UserWarning)  # the same
        from mlflow.exceptions import MlflowException  # its import makes its loggers loud
        from sqlalchemy.exc import SQLAlchemyError

        for name in _LOUD:
            stack.enter_context(_quiet(name))

        try:
            yield
        except (MlflowException, SQLAlchemyError, ModuleNotFoundError) as exc:
            raise _readable(exc, uri) from exc


@contextmanager
def without_collection() -> Iterator[None]:
    """No garbage is looked for in the block, which first uses MLflow.

    Its imports make objects by the hundred thousand that all stay: to look through them again and
    again takes a third of the time.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@contextmanager
def tracking_at(uri: str) -> Iterator[None]:
    """MLflow's process-wide tracking address set to ``uri`` while the block runs."""
    import mlflow

    before = os.environ.get("MLFLOW_TRACKING_URI")
    mlflow.set_tracking_uri(uri)
    try:
        yield
    finally:
        mlflow.set_tracking_uri(None)  # type: ignore[arg-type]  # forgets it, as MLflow does itself
        if before is not None:
            os.environ["MLFLOW_TRACKING_URI"] = before


@contextmanager
def _variables(wanted: Mapping[str, str]) -> Iterator[None]:
    new = {name: value for name, value in wanted.items() if name not in os.environ}
    os.environ.update(new)
    try:
        yield
    finally:
        for name in new:
            os.environ.pop(name, None)


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _readable(exc: Exception, uri: str) -> OutputError:
    shown = redacted(uri)
    text = str(exc).replace(uri, shown)
    hint = "check tracking.uri or MLFLOW_TRACKING_URI; to log nothing: --set tracking.enabled=false"
    if "schema" in text and "upgrade" in text:
        hint = f"back it up, then run: mlflow db upgrade {shown}"
    elif isinstance(exc, ModuleNotFoundError):
        hint = "pip install 'resistml[postgres]' brings the driver of PostgreSQL"
    elif re.search(r"table \S+ already exists|no such (table|column)", text):
        hint = "it was left half-made: move it away, and a new one is made"
    first = next((line for line in text.splitlines() if line.strip()), type(exc).__name__)
    return OutputError(f"MLflow says: {first.strip()[:400]}", file=shown, hint=hint)
