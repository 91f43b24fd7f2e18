"""All checks, in the order of their codes; a new one is a file and a line here."""

from __future__ import annotations

from resistml.checks import (
    h01_no_better_than_constant,
    h02_claims_out,
    h03_claims_in_tension,
    h04_ranking_below_fixed_rule,
    h05_discrimination,
    h06_calibration,
    h07_intervals,
    h08_prediction_sets,
    h09_policy_interval,
    h10_hidden_confounding,
    h11_few_patients,
    h12_dull_columns,
    h13_explanations,
    h14_inert_markers,
    h15_abstention,
)
from resistml.checks.finding import SEVERITIES, Check, Finding, Report

CHECKS: tuple[Check, ...] = (
    h01_no_better_than_constant.CHECK,
    h02_claims_out.CHECK,
    h03_claims_in_tension.CHECK,
    h04_ranking_below_fixed_rule.CHECK,
    h05_discrimination.CHECK,
    h06_calibration.CHECK,
    h07_intervals.CHECK,
    h08_prediction_sets.CHECK,
    h09_policy_interval.CHECK,
    h10_hidden_confounding.CHECK,
    h11_few_patients.CHECK,
    h12_dull_columns.CHECK,
    h13_explanations.CHECK,
    h14_inert_markers.CHECK,
    h15_abstention.CHECK,
)


def run_checks(report: Report) -> list[Finding]:
    """What all checks find in a run, the most severe first, else by code."""
    found = [finding for check in CHECKS for finding in check.run(report)]
    return sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))
