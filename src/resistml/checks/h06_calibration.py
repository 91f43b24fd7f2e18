"""Probabilities that are not what they say."""

from __future__ import annotations

from resistml.checks.finding import Check, Report, figure, part

#: Expected calibration error against the fair probability: of all, and of a large setting.
OVERALL, GROUP = 0.01, 0.03
#: Patients of a setting whose error is told from chance.
LARGE = 1_000


def _messages(report: Report) -> list[str]:
    said = []
    overall = figure(report, "learners", "xgboost", "ece")
    if overall > OVERALL:
        said.append(f"{overall:.3f} over all patients, above {OVERALL:g}")
    errors = {
        setting: figure(group, "ece", "value")
        for setting, group in part(report, "subgroups", "setting").items()
        if figure(group, "n") >= LARGE
    }
    above = [f"{setting} ({error:.3f})" for setting, error in errors.items() if error > GROUP]
    if above:
        said.append(
            f"above {GROUP:g} in {len(above)} of {len(errors)} settings: {', '.join(above)}"
        )
    return said


CHECK = Check(
    code="H06",
    title="Calibration error",
    severity="warning",
    asks=(
        f"The calibration error against the fair probability is above {OVERALL:g} "
        f"overall, or above {GROUP:g} in a setting with {LARGE:,} patients or more."
    ),
    messages=_messages,
)
