"""The Python interface: `resistml.load`, `resistml.train`, `resistml.generate`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resistml import shipped
from resistml.predict.model import Model, load_bundle
from resistml.tables.profiles import Profiles, profiles_from_rows, read_profiles

if TYPE_CHECKING:
    import pandas as pd

    from resistml.config import RunConfig
    from resistml.pipeline_own import OwnRun
    from resistml.progress import Stages
    from resistml.runs import Run


class Scorer:
    """A loaded model, taking tables of profiles and giving tables back.

    Profiles are a path (CSV, JSON, JSON lines, Parquet), a pandas DataFrame, a mapping of
    columns or a list of dicts. Results are pandas DataFrames with the columns of the commands
    of the same name; ``frame.attrs["notice"]`` says what they must not be used for.
    """

    def __init__(self, model: Model) -> None:
        self.model = model

    def __repr__(self) -> str:
        return f"<resistml model {self.model.about.get('name')!r}, {self.model.hash[:12]}>"

    def score(self, profiles: Any) -> pd.DataFrame:
        """p(resistance) of each profile under the strategy it names, or its setting's usual one."""
        from resistml.predict.score import score

        return _frame(score(self.model, self._profiles(profiles)))

    def rank(
        self, profiles: Any, *, everything: bool = False, by: str = "response"
    ) -> pd.DataFrame:
        """The strategies open to each profile, best first.

        ``by``: response, pfs or os (median months), or utility, which the training config states.
        """
        from resistml.predict.rank import rank

        found = rank(self.model, self._profiles(profiles), everything=everything, by=by)
        frame = _frame(found)
        frame["rank"] = frame["rank"].astype("Int64")  # whole numbers, or missing
        return frame

    def explain(self, profiles: Any) -> pd.DataFrame:
        """What each mechanism adds to each profile's log-odds of resistance."""
        from resistml.explain.mechanisms import explain_profiles

        return _frame(explain_profiles(self.model, self._profiles(profiles)))

    def _profiles(self, source: Any) -> Profiles:
        if isinstance(source, (str, Path)):
            return read_profiles(source, self.model.spec)
        return profiles_from_rows(source, self.model.spec)


def _frame(columns: dict[str, Any]) -> pd.DataFrame:
    import pandas as pd

    from resistml.notice import NOTICE

    frame = pd.DataFrame({name: list(values) for name, values in columns.items()})
    frame.attrs["notice"] = NOTICE
    return frame


def load(model: str | Path | None = None) -> Scorer:
    """Load a model: a bundle's folder, a run's id, or the shipped default."""
    return Scorer(load_bundle(find_model(model)))


def find_model(name: str | Path | None, root: Path | None = None) -> Path:
    """The bundle's folder that a name stands for.

    Raises
    ------
    ModelError
        If there is none.
    """
    from resistml.errors import ModelError, did_you_mean

    if name is None:
        return shipped.default_model()
    text = str(name)
    if text.startswith("models:/"):
        from resistml.tracking.fetch import fetch_model

        return fetch_model(text, root or shipped.project_root())
    path = Path(text)
    run = (root or shipped.project_root()) / "runs" / text / "model"
    if not path.exists() and run.is_dir():
        return run
    if (path / "model" / "manifest.json").is_file():
        return path / "model"
    if not path.is_dir():
        runs = sorted(p.name for p in run.parents[1].glob("*")) if run.parents[1].is_dir() else []
        raise ModelError(
            "no such model",
            file=text,
            allowed="a bundle's folder, a run's id, or models:/NAME@alias",
            hint=did_you_mean(text, runs) or "`resistml runs list` shows the runs",
        )
    return path


def train(config: str | Path | RunConfig, root: str | Path | None = None) -> Run | OwnRun:
    """Run a config (a path, a shipped config's name or a RunConfig); see `resistml train`."""
    from resistml import pipeline
    from resistml.config import RunConfig, load_config

    chosen = config if isinstance(config, RunConfig) else load_config(config)
    return pipeline.train(chosen, shipped.project_root() if root is None else Path(root))


def generate(
    config: str | Path | RunConfig, out: str | Path, *, force: bool = False
) -> dict[str, Any]:
    """Draw the cohort of a config into a folder; returns its manifest."""
    from resistml.cohort.files import generate_config
    from resistml.config import RunConfig, load_config
    from resistml.progress import Silent

    chosen = config if isinstance(config, RunConfig) else load_config(config)
    return generate_config(chosen, Path(out), force=force, progress=Silent())


def benchmark(
    learners: Mapping[str, Any] | None = None,
    *,
    config: str | Path | RunConfig = "default",
    full: bool = False,
    worlds: Sequence[str] | None = None,
    peers: Sequence[str] | None = None,
    sizes: Sequence[int] | None = None,
    seeds: Sequence[int] | None = None,
    store: str | Path | None = None,
    workers: int = 1,
    progress: Stages | None = None,
) -> dict[str, Any]:
    """The model beside its peers and your own learners, on the same draws; see `docs/commands.md`.

    Parameters
    ----------
    learners : mapping of str to estimator, optional
        Your own scikit-learn classifiers with ``predict_proba``. Each is cloned and fitted on the
        model's own columns with the (setting, strategy) pair one-hot; it is never saved.
    config : path, name or RunConfig
        Whose ``model:`` is judged.
    worlds, peers, sizes, seeds : sequence, optional
        In place of the usual ones.
    store : path, optional
        JSON-lines file that keeps each result, so that an interrupted run goes on.
    workers : int
        Processes; with more than one, the calling script needs ``if __name__ == "__main__":``.

    Returns
    -------
    dict
        As of :func:`resistml.evaluate.benchmark.run_benchmark`, with the ``notice``.
    """
    from resistml.config import RunConfig, load_config
    from resistml.evaluate.benchmark import SCENARIOS, run_benchmark
    from resistml.notice import NOTICE
    from resistml.pipeline import learner_params
    from resistml.progress import Silent

    chosen = config if isinstance(config, RunConfig) else load_config(config)
    found = run_benchmark(
        full=full,
        progress=progress or Silent(),
        params=learner_params(chosen),
        sizes=sizes,
        seeds=seeds,
        worlds=tuple(SCENARIOS) if worlds is None else worlds,
        peers=peers,
        learners=learners,
        store=None if store is None else Path(store),
        workers=workers,
    )
    return {"notice": NOTICE, **found}


__all__ = ["Scorer", "benchmark", "find_model", "generate", "load", "train"]
