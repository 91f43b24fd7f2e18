"""Puts the commands together, in the order of the flow."""

from __future__ import annotations

import typer

from resistml.cli.cohort import app as cohort_app
from resistml.cli.drift import add as add_drift
from resistml.cli.evidence import app as evidence_app
from resistml.cli.profiles import app as profiles_app
from resistml.cli.project import add as add_project
from resistml.cli.runs import add as add_ui
from resistml.cli.runs import app as runs_app
from resistml.cli.scoring import add as add_scoring
from resistml.cli.serving import add as add_serving
from resistml.cli.training import add as add_training
from resistml.cli.tuning import add as add_tuning


def all_commands(app: typer.Typer) -> None:
    """Add every command to the root."""
    if app.registered_groups:
        return
    add_project(app)
    app.add_typer(evidence_app, name="evidence", rich_help_panel="Evidence and world")
    app.add_typer(cohort_app, name="cohort", rich_help_panel="Evidence and world")
    add_training(app)
    add_tuning(app)
    app.add_typer(profiles_app, name="profiles", rich_help_panel="Profiles")
    add_scoring(app)
    add_serving(app)
    add_drift(app)
    app.add_typer(runs_app, name="runs", rich_help_panel="Runs")
    add_ui(app)
