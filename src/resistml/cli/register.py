"""Puts the commands together, in the order of the flow."""

from __future__ import annotations

import typer

from resistml.cli import cohort, evidence, profiles, project, runs, scoring, training


def all_commands(app: typer.Typer) -> None:
    """Add every command to the root."""
    if app.registered_groups:
        return
    project.add(app)
    app.add_typer(evidence.app, name="evidence", rich_help_panel="Evidence and world")
    app.add_typer(cohort.app, name="cohort", rich_help_panel="Evidence and world")
    training.add(app)
    app.add_typer(profiles.app, name="profiles", rich_help_panel="Profiles")
    scoring.add(app)
    app.add_typer(runs.app, name="runs", rich_help_panel="Runs")
    runs.add(app)
