"""resistml: reported evidence on tumour drug resistance, and models judged by a known truth.

>>> import resistml
>>> model = resistml.load()  # doctest: +SKIP
>>> model.rank(profiles)  # doctest: +SKIP

Research only, not for clinical use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from resistml.version import __version__

__all__ = ["ResistanceClassifier", "__version__", "benchmark", "generate", "load", "train"]

if TYPE_CHECKING:
    from resistml.api import benchmark, generate, load, train
    from resistml.learn.estimator import ResistanceClassifier


def __dir__() -> list[str]:
    return sorted(__all__)


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used, so that the command line starts fast."""
    if name in ("benchmark", "generate", "load", "train"):
        from resistml import api

        return getattr(api, name)
    if name == "ResistanceClassifier":
        from resistml.learn.estimator import ResistanceClassifier

        return ResistanceClassifier
    if name == "plots":
        from importlib import import_module

        return import_module("resistml.plots")
    raise AttributeError(f"module 'resistml' has no attribute '{name}'")
