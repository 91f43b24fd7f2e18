"""The view of an experiment that our links open: telling charts first, figures in the table.

MLflow's own view of runs shows no figure, and its charts stand in alphabetical order. What it
calls a shared view is kept in a tag of the experiment, and a link can name it. A release that
does not know the tag shows its own view.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from resistml.documents import dump_json
from resistml.tracking.links import VIEW

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment

#: The tag that a shared view is kept in.
TAG = f"mlflow.sharedViewState.{VIEW}"

#: Groups of metrics, in the order of their charts: open, and closed until somebody opens them.
OPEN = ("gap", "gain", "error")
SHUT = (
    *("loss", "value", "auc", "policy", "calibration", "doubt", "times"),
    *("mechanism", "fidelity", "setting_auc", "tune", "interval"),
)
#: Columns of the table of runs.
COLUMNS = (
    *("metrics.`gap/auc`", "metrics.`gain/captured`", "metrics.`error/mae`", "metrics.`loss/log`"),
    *("params.`model.family`", "params.`cohort.n`", "tags.`cohort`"),
)


def ensure_view(client: MlflowClient, experiment: Experiment) -> None:
    """See that an experiment has the view; written only where it is not as it should be."""
    state = dump_json(view_state(), indent=None).strip()
    if experiment.tags.get(TAG) != state:
        client.set_experiment_tag(experiment.experiment_id, TAG, state)


def view_state() -> dict[str, Any]:
    """The view in MLflow's terms. Charts are left to it: it makes one for each metric."""
    return {
        "searchFilter": "",
        "orderByKey": "attributes.start_time",
        "orderByAsc": False,
        "startTime": "ALL",
        "lifecycleFilter": "Active",
        "datasetsFilter": [],
        "modelVersionFilter": "All Runs",
        "selectedColumns": list(COLUMNS),
        "columnOrder": [],
        "columnWidths": {},
        "runsExpanded": {},
        "runsPinned": [],
        "runsHidden": [],
        "runsVisibilityMap": {},
        "runsHiddenMode": "FIRST_10_RUNS",
        "compareRunCharts": [],
        "compareRunSections": [_section(name) for name in (*OPEN, *SHUT)],
        "viewMaximized": False,
        "runListHidden": False,
        "isAccordionReordered": True,
        "groupBy": None,
        "groupsExpanded": {},
        "autoRefreshEnabled": True,
        "useGroupedValuesInCharts": True,
        "hideEmptyCharts": True,
        "globalLineChartConfig": {},
        "chartsSearchFilter": "",
    }


def _section(name: str) -> dict[str, Any]:
    return {
        "uuid": f"resistml-{name}",
        "name": name,
        "display": name in OPEN,
        "isReordered": True,
        "deleted": False,
        "isGenerated": True,
    }
