"""Drawn patients and the small model."""

from tests.patients import model, patients

__all__ = ["model", "patients"]
