"""Drawn patients, the small model, and a spec cut from patients."""

from tests.features.conftest import drawn, spec
from tests.patients import model, patients

__all__ = ["drawn", "model", "patients", "spec"]
