"""Own cohorts: a hospital's table to what models are trained on, with its guards."""

from resistml.tables.own.cohort import AS_GIVEN, ONE_SETTING, Note, OwnCohort, OwnFeature
from resistml.tables.own.read import read_external, read_own
from resistml.tables.own.summary import summary

__all__ = [
    "AS_GIVEN",
    "ONE_SETTING",
    "Note",
    "OwnCohort",
    "OwnFeature",
    "read_external",
    "read_own",
    "summary",
]
