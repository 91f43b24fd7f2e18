"""Addresses of the MLflow UI's pages, and addresses that are safe to show."""

from __future__ import annotations

import json
from collections.abc import Iterable
from urllib.parse import quote, urlsplit, urlunsplit

#: The UI listens here unless told otherwise.
HOST, PORT = "127.0.0.1", 5000
#: Name of the view of an experiment that our links open.
VIEW = "resistml"


def is_server(uri: str) -> bool:
    """Whether a tracking URI names a server that has a UI of its own."""
    return uri.lower().startswith(("http://", "https://"))


def ui_base(uri: str, port: int = PORT) -> str:
    """The address of the UI over a tracking URI: the server's own, else the local one's."""
    return redacted(uri).rstrip("/") if is_server(uri) else f"http://{HOST}:{port}"


def redacted(uri: str) -> str:
    """An address without the user name and password it may hold.

    >>> redacted("postgresql://me:secret@db/runs")
    'postgresql://db/runs'
    """
    parts = urlsplit(uri)
    if "@" not in parts.netloc:
        return uri
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def charts_link(base: str, experiment_id: str) -> str:
    """Charts of all metrics of an experiment, in the view for models, the telling ones first."""
    return f"{table_link(base, experiment_id)}&compareRunsMode=CHART"


def table_link(base: str, experiment_id: str) -> str:
    """The table of an experiment's runs, with figures in it."""
    query = f"workflowType=machine_learning&viewStateShareKey={VIEW}"
    return f"{base.rstrip('/')}/#/experiments/{quote(experiment_id, safe='')}/runs?{query}"


def run_link(base: str, experiment_id: str, run_id: str) -> str:
    """The page of one run."""
    experiment = quote(experiment_id, safe="")
    return f"{base.rstrip('/')}/#/experiments/{experiment}/runs/{quote(run_id, safe='')}"


def compare_link(base: str, run_ids: Iterable[str], experiment_id: str) -> str:
    """Runs of one experiment side by side."""
    runs = quote(json.dumps(list(run_ids), separators=(",", ":")))
    experiments = quote(json.dumps([experiment_id]))
    return f"{base.rstrip('/')}/#/compare-runs?runs={runs}&experiments={experiments}"
