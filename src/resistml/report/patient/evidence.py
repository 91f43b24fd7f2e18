"""The claims behind a page: those about the patient's setting with numbers, the others below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from resistml.explain.view import ClaimPart, Explained, claim_part
from resistml.predict.model import Model
from resistml.report.patient.view import Cited, Evidence


def evidence(
    model: Model, setting: str, strategies: Sequence[str], explained: Explained | None
) -> Evidence:
    """Claims of the strategies shown and of the mechanisms behind the risk.

    Those that share a caveat stand together, with the caveat said once.
    """
    spec, background = model.spec, model.parts.background
    named = [(c, "Strategies") for a in strategies for c in spec.strategies[a].claims]
    parts = () if explained is None else explained.mechanisms
    named += [(claim.id, part.label) for part in parts for claim in part.claims]
    under: dict[str, str] = {}
    for claim, label in named:
        under.setdefault(claim, label)
    own: dict[str, list[ClaimPart]] = {}
    others: dict[str, list[ClaimPart]] = {}
    for claim, label in under.items():
        part = claim_part(spec.claims[claim], background)
        if background is None:  # its figure is without a unit, and stands in the summary
            part = replace(part, reported="")
        if setting in spec.claims[claim].settings:
            own.setdefault(part.caveat, []).append(part)
        else:
            others.setdefault(label, []).append(part)
    return Evidence(_numbered(own), tuple((k, tuple(v)) for k, v in others.items()))


def _numbered(groups: dict[str, list[ClaimPart]]) -> tuple[Cited, ...]:
    out, n = [], 0
    for caveat, claims in groups.items():
        out.append(Cited(caveat, tuple((n + k + 1, c) for k, c in enumerate(claims))))
        n += len(claims)
    return tuple(out)


def numbers(found: Evidence, claims: Sequence[str]) -> tuple[int, ...]:
    """The numbers that claims have on the page, rising."""
    known = (found.number(claim) for claim in dict.fromkeys(claims))
    return tuple(sorted(n for n in known if n is not None))
