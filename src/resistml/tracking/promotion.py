"""Moves a registered model's alias to a run's model, if that is better on the same patients."""

from __future__ import annotations

import re
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from resistml.errors import ModelError, UsageError
from resistml.evaluate.judged import FILE, Judged, read_judged
from resistml.evaluate.paired import Gain, gains
from resistml.notice import NOTICE
from resistml.tracking.find import find_run, model_of
from resistml.tracking.session import session, tracking_at

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run
    from mlflow.entities.model_registry import ModelVersion

By = Literal["log", "brier", "auc"]
#: What figures are called.
NAMES: dict[By, str] = {"log": "log-loss", "brier": "Brier score", "auc": "AUC"}
ALIAS = "champion"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,100}")
#: The tag of a run that says what became of it, and of a version, why it has the alias.
TAG = "promotion"


@dataclass(frozen=True)
class Asked:
    """What is asked of a promotion.

    Attributes
    ----------
    run : str
        The challenger's id.
    model : str
        The registered model's name; made if it is not there.
    alias : str
    by : str
        Figure that counts: ``log``, ``brier`` or ``auc``.
    margin : float
        The 95% interval of the gain in it must lie above this.
    """

    run: str
    model: str = "resistml"
    alias: str = ALIAS
    by: By = "log"
    margin: float = 0.0


@dataclass(frozen=True)
class Promotion:
    """What became of it.

    ``version`` is that of the promoted model, None where it was not promoted; ``champion`` the
    run whose model had the alias, None where none had; ``gains`` the figures of both, by name.
    """

    asked: Asked
    promoted: bool
    version: str | None
    champion: str | None
    gains: dict[str, Gain]
    why: str

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def promote(uri: str, asked: Asked) -> Promotion:
    """Move the alias to a run's model if it is better than what has the alias; say why, or why not.

    Where no model has the alias yet, the run's gets it. Why is written to the version's
    description and tags, and to the challenger's run in either case.

    Raises
    ------
    ModelError
        If a run or its model is not in the store, or the two were not judged on the same patients.
    UsageError
        If the run's model has the alias already, or a name is none.
    """
    for option, text in (("--name", asked.model), ("--alias", asked.alias)):
        if not _NAME.fullmatch(text):
            raise UsageError(f"{option} '{text}'", allowed="letters, digits, '_', '.' and '-'")
    with session(uri), tracking_at(uri):
        from mlflow import MlflowClient

        client = MlflowClient(uri)
        challenger = find_run(client, asked.run)
        model = model_of(challenger)
        if model is None:
            raise ModelError("the run logged no model", file=asked.run)
        holder = _holder(client, asked)
        if holder is None:
            why = f"the first model with the alias {asked.alias}: there was none to compare with"
            return _moved(client, asked, challenger, model, None, {}, why)
        if holder.run_id == challenger.info.run_id:
            raise UsageError(
                f"{asked.run} is the {asked.alias} of {asked.model} already, "
                f"as version {holder.version}"
            )
        champion = client.get_run(str(holder.run_id))
        found = _compared(client, challenger, champion, asked)
        better = found[asked.by].low > asked.margin
        why = _why(asked, found[asked.by], name_of(champion), better)
        if better:
            return _moved(client, asked, challenger, model, champion, found, why)
        client.set_tag(challenger.info.run_id, TAG, f"not promoted: {why}")
        return Promotion(asked, False, None, name_of(champion), found, why)


def name_of(run: Run) -> str:
    """The name that resistml gave a run."""
    return str(run.data.tags.get("run_id", run.info.run_name))


def _holder(client: MlflowClient, asked: Asked) -> ModelVersion | None:
    """The version that has the alias."""
    from mlflow.exceptions import MlflowException

    try:
        return client.get_model_version_by_alias(asked.model, asked.alias)
    except MlflowException as exc:
        missing = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")  # the model, the alias
        if exc.error_code in missing:
            return None
        raise


def _compared(
    client: MlflowClient, challenger: Run, champion: Run, asked: Asked
) -> dict[str, Gain]:
    digests = [run.data.tags.get("judge_sha256") for run in (challenger, champion)]
    names = [name_of(run) for run in (challenger, champion)]
    for name, digest in zip(names, digests, strict=True):
        if digest is None:
            raise ModelError(
                f"does not say on whom it was judged, so cannot be held against the {asked.alias}",
                file=name,
                hint="train it anew; or take another name or alias: --name, --alias",
            )
    if digests[0] != digests[1]:
        raise ModelError(
            f"was judged on other patients (judge_sha256 {str(digests[0])[:12]}) than the "
            f"{asked.alias} {names[1]} ({str(digests[1])[:12]}): neither can be called better",
            file=names[0],
            hint="train both on the same data, with the same seed and `evaluate.n`",
        )
    first, second = (_judged(client, run) for run in (challenger, champion))
    return gains(first, second)


def _judged(client: MlflowClient, run: Run) -> Judged:
    with tempfile.TemporaryDirectory(prefix="resistml-") as place:
        try:
            file = client.download_artifacts(run.info.run_id, FILE, place)
        except OSError as exc:
            raise ModelError(f"{FILE} of the run is gone: {exc}", file=name_of(run)) from None
        return read_judged(Path(file))


def _why(asked: Asked, gain: Gain, champion: str, better: bool) -> str:
    """One line that states the rule and what it met."""
    verdict = "above" if better else "not above"
    return (
        f"{NAMES[asked.by]} {gain.first:.4f} against {gain.second:.4f} of {champion}: better by "
        f"{gain.gain:.4f} (95% interval {gain.low:.4f} to {gain.high:.4f}, paired on "
        f"{gain.n:,} patients), {verdict} the margin of {asked.margin:g}"
    )


def _moved(
    client: MlflowClient,
    asked: Asked,
    challenger: Run,
    model: str,
    champion: Run | None,
    found: dict[str, Gain],
    why: str,
) -> Promotion:
    """Register the model, say why, and move the alias last."""
    if not client.search_registered_models(f"name = '{asked.model}'"):
        client.create_registered_model(asked.model, description=NOTICE)
    made = client.create_model_version(
        asked.model,
        client.get_logged_model(model).artifact_location,
        challenger.info.run_id,
        description=f"{why}. {NOTICE}",
        model_id=model,
    )
    version = str(made.version)
    before = None if champion is None else name_of(champion)
    tags = {TAG: why, "run_id": name_of(challenger), **({} if before is None else {"over": before})}
    for key, value in tags.items():
        client.set_model_version_tag(asked.model, version, key, value)
    client.set_registered_model_alias(asked.model, asked.alias, version)
    client.set_tag(challenger.info.run_id, TAG, f"promoted to {asked.alias}: {why}")
    return Promotion(asked, True, version, before, found, why)
