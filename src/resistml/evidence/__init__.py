"""The catalog, read into frozen and validated objects."""

from resistml.evidence.check import Finding, check_evidence, require_sound, strategies_of
from resistml.evidence.load import Evidence, load_evidence, load_folders
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
