"""Parameter claims: each sets something of the world, where a reader can find it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from resistml.errors import did_you_mean
from resistml.evidence.base import CUTOFF
from resistml.evidence.claim import Claim, Sets
from resistml.evidence.cutoffs import all_conditions, compared_with, named_claim, reports_cutoff
from resistml.evidence.evidence import Evidence
from resistml.evidence.finding import Finding, unknown
from resistml.evidence.sets import (
    BY_EXPOSURE,
    COMPARED,
    SAMPLED,
    assumptions_set,
    comparators,
    places,
)

#: Families, and the endpoint beside them, whose law belongs to the monitoring of patients.
DUE_FAMILIES = ("assay", "monitoring")
ONSET = "onset"

_WORD = re.compile(r"\w+")


def parameters(evidence: Evidence) -> Iterator[Finding]:
    """E09: a parameter sets something, or its reason says why it cannot yet."""
    for name, claim in evidence.claims.items():
        if claim.role != "parameter" or claim.sets is not None:
            continue
        endpoint = evidence.endpoints.get(claim.endpoint)
        later = endpoint is not None and endpoint.family in DUE_FAMILIES
        if not later and claim.endpoint != ONSET:
            words = "sets nothing (only onsets, assays and monitoring may wait for a later law)"
            yield Finding("E09", name, words, "sets")
        elif not claim.reason:
            yield Finding("E09", name, "sets nothing, without a reason why it cannot", "reason")


def cutoffs(evidence: Evidence) -> Iterator[Finding]:
    """E20: what a condition compares with by name is a cut-off of the same column."""
    known = [name for name, claim in evidence.claims.items() if claim.endpoint == CUTOFF]
    for entry, key, condition in dict.fromkeys(all_conditions(evidence)):
        name, column = named_claim(condition), condition.column
        if name is None:
            if condition.value == CUTOFF and column not in evidence.markers:
                yield Finding("E20", entry, f"'{column}' has no cut-off of its own", key)
        elif name not in evidence.claims:
            hint = did_you_mean(name, known)
            words = f"'{condition}' names no claim" + (f": {hint}" if hint else "")
            yield Finding("E20", entry, words, key)
        elif not reports_cutoff(evidence.claims[name], column):
            words = f"'{condition}' names a claim that sets no single cut-off of {column}"
            yield Finding("E20", entry, words, key)


def links(evidence: Evidence) -> Iterator[Finding]:
    """E02, E21 and E22: what claims set is there, can be set, and names them."""
    for name, claim in evidence.claims.items():
        if claim.sets is None:
            continue
        faults = list(_unknown(evidence, name, claim.sets))
        if not faults:
            faults = [Finding("E21", name, words, "sets") for words in _misfits(evidence, claim)]
        yield from faults or _unnamed(evidence, claim)


CHECKS = (parameters, cutoffs, links)


def _unknown(evidence: Evidence, name: str, sets: Sets) -> Iterator[Finding]:
    for marker in sets.markers:
        if marker not in evidence.markers:
            yield unknown(name, "marker", marker, evidence.markers, "sets.marker")
    for setting in sets.settings:
        if setting not in evidence.settings:
            yield unknown(name, "setting", setting, evidence.settings, "sets.settings")


def _misfits(evidence: Evidence, claim: Claim) -> Iterator[str]:
    """Why a marker, a setting or a strategy cannot have the statistic."""
    assert claim.sets is not None  # held by the caller
    statistic = claim.sets.statistic
    if (statistic in SAMPLED or statistic == CUTOFF) and not places(claim):
        yield f"the {statistic} is set in no setting: name one"
    for marker in claim.sets.markers:
        if evidence.markers[marker].continuous == (statistic == "prevalence"):
            kind = evidence.markers[marker].kind
            yield f"marker {marker} is of kind {kind}, which has no {statistic}"
        for setting in (s for s in places(claim) if s in evidence.settings):
            if setting not in evidence.modelled_settings:
                yield f"setting '{setting}' is not modelled"
            elif marker not in evidence.panel_of(setting):
                yield f"marker {marker} is not measured in setting '{setting}'"
        if statistic in BY_EXPOSURE:
            yield from _unexposed(evidence, claim, marker)


def _unexposed(evidence: Evidence, claim: Claim, marker: str) -> Iterator[str]:
    assert claim.sets is not None  # held by the caller
    asked = [claim.strategy or ""]
    if claim.sets.statistic in COMPARED:
        others = comparators(evidence, claim)
        asked += others
        if len(others) != 1:
            yield f"the {claim.sets.statistic} is against no single strategy: name a comparator"
    for strategy in asked:
        known = strategy in evidence.strategies
        if not known or evidence.exposure(strategy, marker) is None:
            yield f"strategy '{strategy}' states no exposure to {marker}"


def _unnamed(evidence: Evidence, claim: Claim) -> Iterator[Finding]:
    """E22: the assumptions that take the claim's number, or a condition, name the claim."""
    assert claim.sets is not None  # held by the caller
    for path, assumption in assumptions_set(evidence, claim).items():
        if claim.id not in _WORD.findall(assumption.reason):
            words = f"sets {path}, whose reason does not name it"
            yield Finding("E22", claim.id, words, "sets")
    if claim.sets.statistic == CUTOFF:
        for marker in claim.sets.markers:
            if not _compares(evidence, claim, marker):
                words = f"sets a cut-off of {marker} that no condition compares with"
                yield Finding("E22", claim.id, words, "sets")


def _compares(evidence: Evidence, claim: Claim, marker: str) -> bool:
    """Whether a condition on the marker names the claim, or compares with what it allows."""
    assert claim.low is not None  # what sets something has a number
    assert claim.high is not None
    for _, _, condition in all_conditions(evidence):
        if condition.column == marker:
            value = compared_with(evidence, condition)
            if value is not None and claim.low <= value <= claim.high:
                return True
    return False
