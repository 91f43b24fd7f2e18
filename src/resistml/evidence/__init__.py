"""The catalog, read into frozen and validated objects."""

from resistml.evidence.check import check_evidence, require_sound
from resistml.evidence.evidence import Evidence, strategies_of
from resistml.evidence.finding import Finding
from resistml.evidence.load import load_evidence, load_folders
from resistml.evidence.schema import Assumption, Claim, Marker, Setting, Strategy

__all__ = [
    "Assumption",
    "Claim",
    "Evidence",
    "Finding",
    "Marker",
    "Setting",
    "Strategy",
    "check_evidence",
    "load_evidence",
    "load_folders",
    "require_sound",
    "strategies_of",
]
