"""Whether new patients still are like those that a model was trained on."""

from resistml.drift.found import Drift, Row, Thresholds
from resistml.drift.watch import drift

__all__ = ["Drift", "Row", "Thresholds", "drift"]
