"""The model as MLflow runs it, from this file's code; MLflow alone imports it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel

from resistml.columns import SERVED
from resistml.predict.model import load_bundle
from resistml.predict.score import score
from resistml.tables.profiles import profiles_from_rows


class ResistanceModel(PythonModel):
    """Probability of resistance of profiles, as `resistml score` gives it."""

    def load_context(self, context: Any) -> None:
        """Load the bundle, after it was held against its manifest."""
        self._model = load_bundle(Path(context.artifacts["bundle"]))

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Score profiles.

        Parameters
        ----------
        model_input : DataFrame
            A row per profile: ``patient_id``, ``setting``, and what else is known.

        Returns
        -------
        DataFrame
            With the index of the input; missing where ``status`` is ``rejected`` or ``abstained``,
            and ``message`` says why. ``flags`` are lists of text.
        """
        columns = {str(name): _cells(model_input[name]) for name in model_input.columns}
        rows = score(self._model, profiles_from_rows(columns, self._model.spec))
        cells = {name: pd.Series(_plain(rows[name]), dtype=object) for name in SERVED}
        return pd.DataFrame(cells).set_index(model_input.index)


def _cells(column: pd.Series) -> list[Any]:
    """A column's values; what pandas takes for missing is None."""
    return [None if gone else cell for cell, gone in zip(column, column.isna(), strict=True)]


def _plain(values: Any) -> list[Any]:
    """Values of an answer; NaN is None, since a server would write it as NaN, which is no JSON."""
    return [None if value != value else value for value in values]


set_model(ResistanceModel())
