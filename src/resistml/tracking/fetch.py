"""Fetches a logged or registered model's bundle from MLflow."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

from resistml.errors import ModelError, OutputError
from resistml.tracking.place import is_there, resolve_uri
from resistml.tracking.session import session, tracking_at


def fetch_model(address: str, root: Path, uri: str | None = None) -> Path:
    """The bundle behind ``models:/NAME@alias``, ``models:/NAME/VERSION`` or ``models:/ID``.

    It is copied to a folder that goes with the process; loading holds it against its manifest.
    Asking makes no store.

    Raises
    ------
    ModelError
        If the store has no such model, or what it has is no bundle.
    """
    store = resolve_uri(uri, root)
    if not is_there(store):
        raise ModelError(
            "no such model: there is no MLflow store here yet",
            file=address,
            hint="`resistml train` makes one; MLFLOW_TRACKING_URI names another",
        )
    target = Path(tempfile.mkdtemp(prefix="resistml-model-"))
    atexit.register(shutil.rmtree, target, ignore_errors=True)
    try:
        with session(store), tracking_at(store):
            import mlflow

            local = mlflow.artifacts.download_artifacts(address, dst_path=str(target))
    except (OutputError, OSError) as exc:
        raise ModelError(
            f"MLflow has no such model: {exc}".splitlines()[0],
            file=address,
            hint="`resistml ui` shows the models that were logged",
        ) from None
    return bundle_in(Path(local), address)


def bundle_in(folder: Path, address: str) -> Path:
    """The bundle among a logged model's files; ``address`` is how messages call it."""
    for manifest in sorted(folder.rglob("manifest.json")):
        if (manifest.parent / "spec.json").is_file():
            return manifest.parent
    raise ModelError("is no model of resistml's: it holds no bundle", file=address)
