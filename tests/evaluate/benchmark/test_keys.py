"""What determines a result changes its key, and nothing else does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sklearn.linear_model import LogisticRegression

from resistml.evaluate.benchmark import keys as module
from resistml.evaluate.benchmark.keys import Keys, code_digest, code_of, probe
from resistml.evaluate.benchmark.scenarios import Job
from resistml.evaluate.benchmark.work import Setup
from resistml.evaluate.peers import PEERS, own_peers
from resistml.evidence import Evidence
from resistml.world.laws import World
from tests.evaluate.benchmark.conftest import QUICK

MODEL = Job("default", 500, 1, "xgboost")
PEER = Job("default", 500, 1, "logistic")
FAMILY = Job("default", 500, 1, "family_logistic")
POLICY = Job("default", 500, 1, what="policy")
JOBS = (MODEL, PEER, FAMILY, POLICY)


@pytest.fixture(scope="module")
def setup(evidence: Evidence, world: World) -> Setup:
    return Setup(evidence, {"default": world}, QUICK, judged=300)


def all_keys(setup: Setup) -> list[str]:
    keys = Keys(setup, dict(PEERS))
    return [keys.of(job) for job in JOBS]


def changed(one: list[str], other: list[str]) -> list[Job]:
    return [job for job, a, b in zip(JOBS, one, other, strict=True) if a != b]


def test_the_same_is_the_same(setup: Setup) -> None:
    assert all_keys(setup) == all_keys(replace(setup, threads=7))


def test_every_job_has_its_own(setup: Setup) -> None:
    keys = Keys(setup, dict(PEERS))
    jobs = [*JOBS, replace(PEER, seed=2), replace(PEER, patients=501), Job("default", 0, 1)]
    assert len({keys.of(job) for job in jobs}) == len(jobs)


def test_the_models_settings_matter_to_it_and_its_families(setup: Setup) -> None:
    other = replace(setup, params=replace(QUICK, depth=3))
    assert changed(all_keys(setup), all_keys(other)) == [MODEL, FAMILY]


def test_another_catalog_changes_all(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = all_keys(setup)
    monkeypatch.setitem(vars(setup.evidence), "hash", "another")
    assert changed(usual, all_keys(setup)) == list(JOBS)


def test_another_judge_or_world_changes_all(setup: Setup, world: World) -> None:
    usual = all_keys(setup)
    assert changed(usual, all_keys(replace(setup, judged=301))) == list(JOBS)
    law = next(iter(world.markers.values()))
    markers = {**world.markers, law.id: replace(law, effect=law.effect + 0.01)}
    other = replace(setup, worlds={"default": replace(world, markers=markers)})
    assert changed(usual, all_keys(other)) == list(JOBS)


def test_more_figures_and_replicates(setup: Setup) -> None:
    usual = all_keys(setup)
    assert changed(usual, all_keys(replace(setup, more=()))) == [MODEL]
    assert changed(usual, all_keys(replace(setup, replicates=9))) == [POLICY]


def test_code_and_libraries(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = all_keys(setup)
    monkeypatch.setattr(module, "OF_MODEL", ("resistml.learn.base",))
    assert changed(usual, all_keys(setup)) == [MODEL, FAMILY]
    monkeypatch.setattr(module, "_versions", lambda *names: {"numpy": "0.1"})
    assert changed(usual, all_keys(setup)) == list(JOBS)


def test_drawing_otherwise_is_noticed(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = all_keys(setup)
    monkeypatch.setattr(module, "probe", lambda world, name: "other")
    assert changed(usual, all_keys(setup)) == list(JOBS)


def test_a_probe_sees_the_scenario(world: World) -> None:
    """Of the same world, hidden confounding gives other treatments."""
    assert probe(world, "default") == probe(world, "default")
    assert probe(world, "default") != probe(world, "hidden_confounding")


def test_an_estimators_parameters(setup: Setup) -> None:
    job = replace(PEER, learner="mine")
    keys = [Keys(setup, own_peers({"mine": LogisticRegression(C=c)})).of(job) for c in (1, 1, 2)]
    assert keys[0] == keys[1] != keys[2]


def test_code_is_what_is_done_not_what_is_said() -> None:
    one = 'def f(x):\n    """Doubles."""\n    return 2 * x  # twice\n'
    other = '"""A module."""\n\n\ndef f(x):\n    return 2 * x\n'
    assert code_of(one) == code_of(other)
    assert code_of(one) != code_of(other.replace("2", "3"))


def test_code_digests_of_modules_and_packages() -> None:
    one, package = code_digest("resistml.learn.base"), code_digest("resistml.learn")
    assert one != package
    assert code_digest("resistml.learn.base", "resistml.learn.fit") not in (one, package)
