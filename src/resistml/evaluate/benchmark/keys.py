"""The hash of all that determines a result: another world, code or setting is another result."""

from __future__ import annotations

import ast
from dataclasses import asdict
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from resistml.cohort.draw import Columns, Drawer
from resistml.documents import digest
from resistml.evaluate.benchmark.scenarios import JUDGE_SEED, POLICY_JUDGED, SCENARIOS, Job
from resistml.evaluate.benchmark.work import Setup
from resistml.evaluate.peers import MODEL, Peer
from resistml.world.laws import World

#: Patients of the small draw by which a change of drawing is noticed.
PROBE = 200
#: Code that figures come from, that of the model, of the peers, of policies.
JUDGING = tuple(
    f"resistml.evaluate.{name}" for name in ("judge", "metrics", "policy", "benchmark.figures")
)
OF_MODEL = ("resistml.learn", "resistml.features", "resistml.predict.model")
OF_PEERS = (
    *("resistml.evaluate.peers", "resistml.evaluate.learners"),
    *("resistml.features", "resistml.learn.spec"),
)
OF_POLICY = (
    *OF_PEERS,
    *(f"resistml.evaluate.{name}" for name in ("off_policy", "doubly_robust", "propensity")),
)
#: Libraries whose version may change a result.
LIBRARIES = ("numpy", "scikit-learn", "xgboost")


class Keys:
    """Keys of jobs.

    Parameters
    ----------
    setup : Setup
    peers : dict of Peer
    """

    def __init__(self, setup: Setup, peers: dict[str, Peer]) -> None:
        self._setup, self._peers = setup, peers
        catalog = setup.evidence.hash
        self._worlds = {
            name: {"catalog": catalog, "world": world.hash, "drawn": probe(world, name)}
            for name, world in setup.worlds.items()
        }

    def of(self, job: Job) -> str:
        """The key of a job."""
        return digest(
            {
                "job": asdict(job),
                **self._worlds[job.world],
                "judge": [JUDGE_SEED, self._setup.judged],
                "how": self._learner(job.learner) if job.learner else self._other(job),
                "judging": code_digest(*JUDGING),
            }
        )

    def _other(self, job: Job) -> dict[str, Any]:
        if job.what != "policy":
            return {}
        code = code_digest(*OF_POLICY)
        how = {"replicates": self._setup.replicates, "at most": POLICY_JUDGED}
        return {**how, "code": code, **_versions()}

    def _learner(self, name: str) -> dict[str, Any]:
        if name == MODEL:
            more = [f"{m.__module__}.{m.__qualname__}" for m in self._setup.more]
            modules = sorted({m.__module__ for m in self._setup.more})
            recipe: dict[str, Any] = {"params": asdict(self._setup.params), "more": more}
            return {**recipe, "code": code_digest(*OF_MODEL, *modules), **_versions()}
        peer = self._peers[name]
        libraries = (*LIBRARIES, peer.needs) if peer.needs else LIBRARIES
        recipe = {**peer.recipe, **_versions(*libraries)}
        if peer.of_model:
            recipe |= {
                "params": asdict(self._setup.params),
                "code of model": code_digest(*OF_MODEL),
            }
        return {**recipe, "code": code_digest(*OF_PEERS)}


def probe(world: World, scenario: str) -> str:
    """Hash of a few patients, with their truth, as they are drawn of a scenario."""
    plans = SCENARIOS[scenario].training(JUDGE_SEED, PROBE), SCENARIOS[scenario].judging(PROBE)
    found = sha256()
    for plan in plans:
        drawn = Drawer(world, plan).block(0)
        for table in (drawn.cohort, drawn.oracle):
            _feed(found, table)
    return found.hexdigest()


def _feed(found: Any, table: Columns) -> None:
    for name, values in table.items():
        found.update(name.encode())
        numbers = np.issubdtype(values.dtype, np.number)
        found.update(values.tobytes() if numbers else "\n".join(map(str, values)).encode())


@cache
def code_digest(*modules: str) -> str:
    """SHA-256 of the code of modules and packages, whatever is said in comments."""
    found = sha256()
    for module in modules:
        for path in _files(module):
            found.update(f"{module} {path.name}\n".encode())
            found.update(code_of(path.read_text(encoding="utf-8")).encode())
    return found.hexdigest()


def code_of(source: str) -> str:
    """What a source does: its syntax tree without docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and _is_text(body[0]):
            body[:] = body[1:]
    return ast.dump(tree)


def _is_text(node: Any) -> bool:
    is_constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return is_constant and isinstance(node.value.value, str)


def _files(module: str) -> list[Path]:
    spec = find_spec(module)
    assert spec is not None, module
    if spec.submodule_search_locations is not None:
        return sorted(Path(spec.submodule_search_locations[0]).rglob("*.py"))
    assert spec.origin is not None, module
    return [Path(spec.origin)]


@cache
def _versions(*libraries: str) -> dict[str, str]:
    return {name: _version(name) for name in libraries or LIBRARIES}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # xgboost comes as xgboost-cpu too
        return "unknown"
