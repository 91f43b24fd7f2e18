"""Training on one's own patients: what is chosen, the bag, and what the evidence may add."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from resistml.cohort.draw import Drawer
from resistml.cohort.plan import Plan
from resistml.cohort.records import records_of
from resistml.evaluate.metrics import auc
from resistml.evaluate.own.nested import predictor
from resistml.evidence import Evidence
from resistml.learn.own_folds import Split
from resistml.learn.own_patients import OwnPatients
from resistml.learn.own_train import OwnLearner, OwnSettings
from resistml.learn.params import Params
from resistml.world.laws import World
from resistml.world.solve import solve_world
from tests.own import Feature, simple

QUICK = Params(bag=3, rounds=20, checks=2)
Floats = npt.NDArray[np.float64]
SETTINGS = ("nsclc_advanced", "aml_untreated", "melanoma_advanced", "ovarian_advanced")


def test_the_same_model_whatever_the_order_of_rows(evidence: Evidence) -> None:
    patients = simple(120)
    shuffled = OwnPatients.of(patients.take(np.random.default_rng(0).permutation(120)))
    learner = OwnLearner(evidence, OwnSettings(QUICK, families=("additive",)))
    fits = [learner.fit(one, Split(), 3) for one in (patients, shuffled)]
    one, other = (fit.fitted.members[0].base.slopes for fit in fits)
    np.testing.assert_array_equal(one, other)


def test_the_bag_is_of_the_candidate_chosen(evidence: Evidence) -> None:
    learner = OwnLearner(evidence, OwnSettings(QUICK, families=("logistic", "additive")))
    fit = learner.fit(simple(150), Split(), 0)
    assert fit.params.family == fit.choice.best.family
    assert fit.params.penalty == fit.choice.best.penalty
    assert len(fit.fitted.members) == QUICK.bag


def test_without_a_shared_marker_a_prior_changes_nothing(evidence: Evidence) -> None:
    patients = simple(100)
    learner = OwnLearner(evidence, OwnSettings(QUICK, prior="directions"))
    assert list(learner.prepared(patients)) == ["none"]
    assert learner.known(patients) == ()


def test_the_worlds_prior_needs_a_world(evidence: Evidence) -> None:
    with pytest.raises(ValueError, match="needs a solved world"):
        OwnLearner(evidence, OwnSettings(prior="world"))


def drawn(evidence: Evidence, law: World, setting: str, n: int, seed: int) -> OwnPatients:
    """A table of one setting's patients, with the markers of the catalog and its strategies."""
    world = replace(law, settings={setting: law.settings[setting]})
    plan = Plan(seed, n, "confounded", oracle=False)
    drawer = Drawer(world, plan)
    parts = [drawer.block(block).cohort for block in range(plan.blocks)]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    panel = law.settings[setting].panel
    found = OwnPatients(
        records=records_of(columns, tuple(panel)),
        strategy=np.asarray(columns["strategy"], dtype=object),
        resistant=np.asarray(columns["resistant"], dtype=float),
        features=tuple(Feature(m, evidence.markers[m].kind, catalog=m) for m in panel),
        treatments=True,
        arms=tuple((setting, a) for a in sorted(law.settings[setting].arms)),
    )
    return found.take(np.argsort(found.records.patient_id.astype(str), kind="stable"))


def gains(
    evidence: Evidence,
    told: World,
    true: World,
    prior: str,
    seeds: range,
    where: tuple[str, ...] = SETTINGS,
) -> Floats:
    """AUC on fresh patients with the prior less that without, for tables of 200 patients."""
    settings = OwnSettings(replace(QUICK, bag=2), families=("logistic",), prior=prior)
    learner = OwnLearner(evidence, settings, told)
    found = []
    for setting in where:
        fresh = drawn(evidence, true, setting, 2_000, 99)
        for seed in seeds:
            table = drawn(evidence, true, setting, 200, 1_000 + seed)
            prepared = learner.prepared(table)
            choice = learner.chosen(prepared, Split(), seed)
            with_prior, without = (
                auc(
                    fresh.resistant,
                    predictor(learner.fitted(prepared, choice, candidate, seed))(
                        fresh.records, fresh.strategy
                    ),
                )
                for candidate in (choice.best, choice.without)
            )
            found.append(with_prior - without)
    return np.array(found)


def reversed_world(world: World) -> World:
    """A world in which each exposure is the opposite of what the evidence says."""
    turned = {
        name: replace(law, exposure={m: -x for m, x in law.exposure.items()})
        for name, law in world.strategies.items()
    }
    return replace(world, strategies=turned)


class TestEvidenceAsAPrior:
    """On small tables drawn from worlds; what may be lost on average is 0.005 of AUC."""

    MOST_LOST = 0.005

    def test_right_evidence_helps(self, evidence: Evidence, world: World) -> None:
        found = gains(evidence, world, world, "world", range(2), SETTINGS[:1])
        assert found.mean() > 0

    def test_evidence_that_is_all_wrong_is_left_alone(
        self, evidence: Evidence, world: World
    ) -> None:
        found = gains(evidence, world, reversed_world(world), "world", range(2), SETTINGS[:1])
        assert found.mean() > -self.MOST_LOST

    @pytest.mark.slow
    @pytest.mark.parametrize("prior", ["directions", "world"])
    @pytest.mark.parametrize("variant", ["default", "knowledge", "form", "reversed"])
    def test_little_is_lost_whatever_the_truth(
        self, evidence: Evidence, world: World, variant: str, prior: str
    ) -> None:
        if variant == "reversed":
            true = reversed_world(world)
        else:
            true = world if variant == "default" else solve_world(evidence, variant, 20_260_101)  # type: ignore[arg-type]
        found = gains(evidence, world, true, prior, range(6))
        assert found.mean() > -self.MOST_LOST
        if variant == "default":
            error = found.std(ddof=1) / np.sqrt(len(found))
            assert found.mean() > 2 * error
