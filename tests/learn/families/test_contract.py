"""What every family keeps: one suite over all of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import xgboost as xgb
from scipy.special import expit

from resistml.evaluate.metrics import auc
from resistml.evidence import Evidence
from resistml.explain.mechanisms import explain
from resistml.families import FAMILIES
from resistml.features.matrix import Records
from resistml.features.spec import CLINICAL, FeatureSpec
from resistml.learn.bundle import save_bundle
from resistml.learn.calibration import log_loss
from resistml.learn.data import as_model, training_data
from resistml.learn.fit import Fitted, fit_bag
from resistml.learn.params import Params, TrainingData
from resistml.learn.spec import build_spec
from resistml.learn.train import fit_model
from resistml.predict.contributions import contributions
from resistml.predict.model import Model, bag_margins, load_bundle
from resistml.predict.rank import rank
from resistml.predict.score import score
from resistml.world.draft import draft_world
from resistml.world.laws import World
from tests.learn.test_fit import by_lot, data, features, moved, raw
from tests.patients import Patients, draw

Floats = npt.NDArray[np.float64]
BOOSTED = [name for name, family in FAMILIES.items() if family.boosts]
#: One number of rounds, so that there are trees to ask.
PARAMS = Params(bag=2, rounds=12, checks=1, learning_rate=0.2)


def params(family: str, **changes: object) -> Params:
    return replace(PARAMS, family=family, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Trained:
    """A family's model of 1,500 patients, as fitted and as loaded from its bundle."""

    family: str
    spec: FeatureSpec
    fitted: Fitted
    loaded: Model
    folder: Path


@pytest.fixture(scope="module")
def training(world: World) -> Patients:
    return draw(world, seed=5, n=1_500)


@pytest.fixture(scope="module", params=FAMILIES)
def trained(
    request: pytest.FixtureRequest,
    evidence: Evidence,
    training: Patients,
    tmp_path_factory: pytest.TempPathFactory,
) -> Trained:
    folder = tmp_path_factory.mktemp(request.param) / "model"
    chosen = params(request.param)
    return Trained(request.param, *saved(evidence, training, chosen, folder), folder)


def saved(
    evidence: Evidence, p: Patients, chosen: Params, folder: Path, threads: int = 1
) -> tuple[FeatureSpec, Fitted, Model]:
    spec, fitted = fit_model(evidence, p.records, p.strategy, p.y, chosen, seed=1, threads=threads)
    save_bundle(fitted, spec, chosen, {"name": chosen.family}, "# card\n", folder)
    return spec, fitted, load_bundle(folder)


def shuffled(p: Patients, seed: int = 0) -> Patients:
    rows = np.random.default_rng(seed).permutation(len(p.y))
    columns = {name: np.asarray(values)[rows] for name, values in p.columns.items()}
    return Patients(columns, p.records.take(rows), p.strategy[rows], p.y[rows])


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_bundle_gives_back_what_was_fitted(trained: Trained, patients: Patients) -> None:
    drafted = as_model(trained.spec, trained.fitted)
    a, b = (m.risk(patients.records, patients.strategy) for m in (drafted, trained.loaded))
    np.testing.assert_allclose(a.margins, b.margins, atol=1e-6)  # numbers are kept to 12 digits
    assert trained.loaded.about["params"]["family"] == trained.family


def test_bundle_is_data_alone(trained: Trained) -> None:
    kinds = {Path(name).suffix for name in contents(trained.folder)}
    assert kinds == {".json", ".ubj", ".md"}


def test_order_of_rows_and_threads_change_no_byte(
    trained: Trained, training: Patients, evidence: Evidence, tmp_path: Path
) -> None:
    saved(evidence, shuffled(training), params(trained.family), tmp_path / "model", threads=2)
    assert contents(tmp_path / "model") == contents(trained.folder)


@pytest.mark.parametrize("family", FAMILIES)
def test_another_seed_another_model(family: str) -> None:
    a, b, c = (fit_bag(data(n=800), params(family), seed, 1) for seed in (3, 3, 4))
    assert raw(a) == raw(b)
    assert raw(a) != raw(c)


def test_learns_more_than_the_arms_rates(trained: Trained, patients: Patients) -> None:
    """AUC on 1,200 others: the standard error of a difference on the same ones is below 0.01."""
    rates = np.array([m.base.intercepts for m in trained.loaded.members]).mean(axis=0)
    codes = trained.loaded.features(patients.records, patients.strategy).arms
    p = trained.loaded.risk(patients.records, patients.strategy).p
    assert auc(patients.y, p) > auc(patients.y, rates[codes]) + 0.03


def test_scores_ranks_and_explains(trained: Trained, patients: Patients) -> None:
    few = np.arange(200)
    records, strategy = patients.records.take(few), patients.strategy[few]
    columns = {name: np.asarray(values)[few] for name, values in patients.columns.items()}
    profiles = Patients(columns, records, strategy, patients.y[few]).profiles(trained.spec)
    scored = score(trained.loaded, profiles)
    ok = np.asarray(scored["status"]) == "ok"
    assert ok.mean() > 0.9
    p, low, high = (np.asarray(scored[c])[ok] for c in ("p_resistance", "lower", "upper"))
    assert (low <= p).all()
    assert (p <= high).all()
    assert (high - low).max() > 0.01
    assert 1.0 in set(rank(trained.loaded, profiles)["rank"])
    lines = explain(trained.loaded, records, strategy)
    total = dict.fromkeys(records.patient_id, 0.0)
    for name, amount in zip(lines["patient_id"], lines["contribution"], strict=True):
        total[name] += amount
    margin = trained.loaded.risk(records, strategy).margin
    np.testing.assert_allclose(list(total.values()), margin, atol=1e-4)


def test_contributions_add_up_to_the_margin(trained: Trained, patients: Patients) -> None:
    found = contributions(trained.loaded, patients.records, patients.strategy)
    margin = trained.loaded.risk(patients.records, patients.strategy).margin
    total = found.baseline + found.context + found.values.sum(axis=1)
    np.testing.assert_allclose(total, margin, atol=1e-4)
    assert np.ptp(margin) > 2


def test_nothing_measured_is_answered(trained: Trained, patients: Patients) -> None:
    p = patients.records
    nothing = Records(p.patient_id, p.setting, {})
    risk = trained.loaded.risk(nothing, patients.strategy)
    assert np.isfinite(risk.p).all()
    assert np.ptp(risk.p) > 0.2  # setting and strategy still tell


@pytest.mark.parametrize("family", FAMILIES)
def test_resistance_markers_never_lower_what_is_shared(family: str) -> None:
    """Neither the trees nor the line that strategies share; a strategy may have its own slope."""
    d = data(6, bend=1.0)
    fitted = fit_bag(d, params(family, rounds=40, depth=4), 1, 1)
    assert np.mean([m.base.slopes for m in fitted.members], axis=0).min() > -1e-9
    most = 0.0
    for j in np.flatnonzero(d.signed):
        low, high = features(d), moved(d, **{f"x{j}": d.matrix[:, j] + 0.7})
        for trees in (m.booster for m in fitted.members):
            added = [trees.inplace_predict(f.matrix, predict_type="margin") for f in (low, high)]
            assert (added[1] - added[0]).min() > -1e-5
            most = max(most, float((added[1] - added[0]).max()))
    assert (most > 0.1) is FAMILIES[family].boosts


@pytest.mark.parametrize("family", FAMILIES)
def test_rounds_are_chosen_out_of_bag_and_may_be_none(family: str) -> None:
    """On labels by lot the base alone is least bad; nothing is ever kept that does worse."""
    lot = by_lot(data(1, effect=0.0))
    chosen = params(family, checks=3, depth=5, learning_rate=0.5, min_child_weight=1)
    fitted = fit_bag(lot, chosen, 1, 1)
    assert fitted.rounds == 0
    assert fitted.losses[0] == min(fitted.losses.values())
    assert all(m.booster.num_boosted_rounds() == 0 for m in fitted.members)
    judged = ~np.isnan(fitted.out_of_bag)
    assert log_loss(fitted.out_of_bag[judged], lot.y[judged]) == pytest.approx(fitted.losses[0])


@pytest.mark.parametrize("family", BOOSTED)
def test_boosts_where_the_truth_is_bent(family: str) -> None:
    """The loss that trees save out of bag is above its standard error, 0.6 / sqrt(n)."""
    d = data(5, n=4_000, bend=3.0)
    fitted = fit_bag(d, params(family, rounds=60, checks=3, min_child_weight=5), 1, 1)
    assert fitted.rounds > 0
    assert fitted.losses[0] - fitted.losses[fitted.rounds] > 0.6 / np.sqrt(4_000)


def met(booster: xgb.Booster) -> set[frozenset[int]]:
    """The sets of columns that are split on between the root and a leaf."""
    found: set[frozenset[int]] = set()
    trees = json.loads(bytes(booster.save_raw("json")))
    for tree in trees["learner"]["gradient_booster"]["model"]["trees"]:
        paths: dict[int, frozenset[int]] = {0: frozenset()}
        for node, (left, right) in enumerate(
            zip(tree["left_children"], tree["right_children"], strict=True)
        ):
            if left != -1:
                here = paths[node] | {tree["split_indices"][node]}
                paths[left] = paths[right] = here
                found.add(here)
    return found


Engaged = tuple[FeatureSpec, TrainingData]


@pytest.fixture(scope="module")
def engaged(evidence: Evidence, training: Patients) -> Engaged:
    """The training patients as they are fitted."""
    spec = build_spec(evidence, draft_world(evidence), training.records)
    return spec, training_data(spec, training.records, training.strategy, training.y)


@pytest.mark.parametrize("family", BOOSTED)
def test_interactions_within_a_mechanism(family: str, engaged: Engaged) -> None:
    spec, d = engaged
    depth = {"depth": 3, "min_child_weight": 2.0, "rounds": 30}
    found = {}
    for rule in ("any", "within_mechanism"):
        fitted = fit_bag(d, params(family, interactions=rule, **depth), 1, 1)
        paths = {path for m in fitted.members for path in met(m.booster)}
        found[rule] = {
            frozenset(spec.group_of(spec.columns[j]) for j in path) - {"clinical"} for path in paths
        }
    assert max(map(len, found["within_mechanism"])) == 1
    assert max(map(len, found["any"])) > 1


def test_mechanisms_hold_each_marker_once_and_all_that_is_shared(engaged: Engaged) -> None:
    spec, d = engaged
    groups = d.groups(params("xgboost", interactions="within_mechanism"))
    assert d.groups(params("xgboost")) == ()
    clinical = {j for j, name in enumerate(spec.columns) if spec.group_of(name) == "clinical"}
    assert {spec.columns[j] for j in clinical} >= set(CLINICAL)
    assert all(clinical <= set(group) for group in groups)
    others = sorted(j for group in groups for j in group if j not in clinical)
    assert others == sorted(set(range(len(spec.columns))) - clinical)
    for group in groups:
        assert len({spec.group_of(spec.columns[j]) for j in group}) == 2


def together(fitted: Fitted, d: TrainingData) -> Floats:
    """What moving two columns adds beyond what moving each does."""
    low, high = {"x2": -1.0, "x3": -1.0}, {"x2": 1.0, "x3": 1.0}
    at = [
        bag_margins(fitted.members, moved(d, **{**low, **change}))
        for change in (high, {"x2": 1.0}, {"x3": 1.0}, {})
    ]
    return np.abs(at[0] - at[1] - at[2] + at[3])


@pytest.mark.parametrize("family", FAMILIES)
def test_families_without_trees_are_sums_of_curves(family: str) -> None:
    d = data(5, n=4_000, bend=3.0)
    fitted = fit_bag(d, params(family, rounds=60, min_child_weight=5), 1, 1)
    if FAMILIES[family].boosts:
        assert together(fitted, d).max() > 0.1
    else:
        assert together(fitted, d).max() < 1e-9
        assert all(m.booster.num_boosted_rounds() == 0 for m in fitted.members)


@pytest.mark.parametrize(("family", "straight"), [("logistic", True), ("additive", False)])
def test_logistic_is_straight_and_additive_may_bend(family: str, straight: bool) -> None:
    """A marker that acts only where it is high: half of its range does nothing."""
    d = data(8, n=4_000)
    x = np.nan_to_num(d.matrix)
    eta = 3.0 * np.maximum(x[:, 0], 0) - 1.0
    y = (np.random.default_rng(1).random(4_000) < expit(eta)).astype(float)
    members = fit_bag(replace(d, y=y), params(family), 1, 1).members
    at = [bag_margins(members, moved(d, x0=value)).mean() for value in (-1.2, -0.2, 0.2, 1.2)]
    ratio = (at[1] - at[0]) / (at[3] - at[2])
    assert bool(ratio == pytest.approx(1.0)) == straight
    # Each step of the bent line is known to about 0.2 of 3.
    assert straight or ratio < 0.3
