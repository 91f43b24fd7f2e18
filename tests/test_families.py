"""The registry of families: one entry each, and what is refused says why."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from resistml import families
from resistml.config import explain, load_config
from resistml.errors import ConfigError
from resistml.evidence import Evidence
from resistml.families import FAMILIES, GROUP, Family, own_families
from resistml.learn.bundle import save_bundle
from resistml.learn.families import grower
from resistml.learn.params import Params
from resistml.learn.train import fit_model
from resistml.pipeline import learner_params, train
from resistml.predict.model import load_bundle
from tests.learn.test_fit import data
from tests.patients import Patients, patients

__all__ = ["patients"]
OWN = EntryPoint("mine", "somewhere:Mine", GROUP)


@pytest.fixture
def _own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that offers a learner to the benchmark."""
    monkeypatch.setattr(families, "entry_points", lambda group: [OWN] if group == GROUP else [])


def test_the_first_is_the_default() -> None:
    assert next(iter(FAMILIES)) == Params().family == load_config("default").model.family


@pytest.mark.parametrize("name", FAMILIES)
def test_every_entry_can_be_fitted_and_asked_for_by_config(name: str) -> None:
    assert load_config("quick", (f"model.family={name}",)).model.family == name
    assert callable(grower(data(n=50), Params(family=name), 1))
    assert FAMILIES[name].summary


def test_config_explains_them() -> None:
    said = {row["key"]: row["meaning"] for row in explain()}["model.family"]
    assert all(name in said for name in FAMILIES)


def test_unknown_name_in_a_config() -> None:
    with pytest.raises(ConfigError) as fault:
        load_config("quick", ("model.family=xgbost",))
    for part in ("key 'model.family'", "got 'xgbost'", *FAMILIES, "did you mean 'xgboost'?"):
        assert part in str(fault.value)


def test_base_alone_without_a_base() -> None:
    changes = ("model.family=logistic", "model.base=false")
    with pytest.raises(ConfigError, match="'logistic' is the additive base alone: base cannot"):
        load_config("quick", changes)
    with pytest.raises(ValueError, match="base cannot be false"):
        Params(family="logistic", base=False)


@pytest.mark.parametrize("name", [n for n, family in FAMILIES.items() if family.boosts])
def test_others_may_do_without(name: str) -> None:
    assert not Params(family=name, base=False).base


def test_unknown_name_from_python() -> None:
    with pytest.raises(
        ValueError, match="family is 'forest'; allowed: xgboost, logistic, additive"
    ):
        Params(family="forest")


@pytest.mark.usefixtures("_own")
def test_learner_of_another_package_is_for_the_benchmark_alone(tmp_path: Path) -> None:
    assert own_families() == {"mine": OWN}
    with pytest.raises(ConfigError, match="'mine' is of another package, and for the benchmark"):
        train(load_config("quick", ("model.family=mine",)), tmp_path)
    with pytest.raises(ValueError, match="for the benchmark alone"):
        Params(family="mine")
    assert not list(tmp_path.iterdir())


def test_no_other_package_offers_any_here() -> None:
    assert own_families() == {}


def test_learners_of_others_are_found_where_the_benchmark_finds_them() -> None:
    from resistml.evaluate.peers import own

    assert own.GROUP == GROUP


def test_one_entry_is_all_that_a_family_takes(
    monkeypatch: pytest.MonkeyPatch, evidence: Evidence, patients: Patients, tmp_path: Path
) -> None:
    """Another name for what is there, through config, training and a bundle."""
    entry = Family("as XGBoost", FAMILIES["xgboost"].grower)
    monkeypatch.setitem(FAMILIES, "another", entry)
    changes = ("model.family=another", "model.bag=2", "model.rounds=2", "model.checks=1")
    params = learner_params(load_config("quick", changes))
    people = (patients.records, patients.strategy, patients.y)
    spec, fitted = fit_model(evidence, *people, params, seed=1, threads=1)
    save_bundle(fitted, spec, params, {}, "# card\n", tmp_path / "model")
    model = load_bundle(tmp_path / "model")
    assert model.about["params"]["family"] == "another"
    assert all(member.booster.num_boosted_rounds() == 2 for member in model.members)
