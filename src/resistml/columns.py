"""Names of columns that tables, answers and model matrices have beside the markers'.

The one list, low enough for every layer. A marker may bear none of these names: its values would
take the place of what stands there, or be read as it.
"""

from __future__ import annotations

#: A profile: what is required, and what may stand beside the markers.
REQUIRED = ("patient_id", "setting")
OPTIONAL = ("strategy", "line", "age", "sex", "ecog")
#: A cohort: what came of the strategy that was given.
OUTCOMES = (
    *("response", "resistant", "resistance_kind"),
    *("pfs_months", "pfs_event", "os_months", "os_event"),
)
#: A cohort's oracle, but for what it holds by group, which begins with one of the prefixes.
ORACLE = (
    *("patient_id", "strategy", "propensity", "p_response", "p_cr", "p_response_fair"),
    *("response", "pfs_months", "os_months"),
)
ORACLE_PREFIXES = ("truth_", "fair_truth_")
#: The model matrix, after its markers.
CLINICAL = ("age_over_60", "ecog_1", "ecog_2", "female", "frail_intensified")
#: The answers of `resistml score`, `rank` and `explain`, in their order.
SCORE = (
    *("patient_id", "setting", "strategy", "p_resistance", "lower", "upper"),
    *("prediction_set", "status", "flags", "message"),
)
RANK = (
    *("patient_id", "setting", "rank", "strategy", "value", "p_response", "lower", "upper"),
    *("p_best", "tied", "cautions", "claims", "status", "message"),
)
#: After ``upper`` in those of `score` and `rank`, where the bundle has an ensemble.
EVIDENCE = ("evidence_lower", "evidence_upper")
EXPLAIN = ("patient_id", "strategy", "mechanism", "contribution", "markers", "claims")
#: After those, in `resistml explain --full`.
EXPLAIN_FULL = ("absolute", "shapley", "percentiles", "reported", "strategies")
#: What a served model answers, a row per profile, in MLflow's schema.
SERVED = ("p_resistance", "lower", "upper", "status", "flags", "message")
#: `resistml explain --set`, `--strategy`, and `--reach`.
WHAT_IF = ("patient_id", "strategy", "quantity", "before", "after", "change", "message")
REACH = (
    *("patient_id", "markers", "from", "to", "deviations", "size", "strategy"),
    *("p_response_before", "p_response_after", "message"),
)
#: The row of `resistml explain` that stands beside those of the mechanisms.
BASELINE = "baseline"

_TAKEN = {
    name.casefold(): name
    for names in (
        *(REQUIRED, OPTIONAL, OUTCOMES, ORACLE, CLINICAL, SCORE, RANK, EVIDENCE),
        *(EXPLAIN, EXPLAIN_FULL, WHAT_IF, REACH),
    )
    for name in names
}


def with_evidence(names: tuple[str, ...]) -> tuple[str, ...]:
    """Columns of an answer, those of the evidence after the other interval."""
    at = names.index("upper") + 1
    return (*names[:at], *EVIDENCE, *names[at:])


def taken(name: str) -> str | None:
    """The column, or the prefix of columns, that a marker of this name would be taken for.

    Case is no difference: profiles in which it is the only one are held to be mistyped.
    """
    plain = name.casefold()
    if plain in _TAKEN:
        return _TAKEN[plain]
    return next((f"{p}*" for p in ORACLE_PREFIXES if plain.startswith(p)), None)
