"""Every peer answers by one contract, and is what it says that it is."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from resistml.errors import ConfigError
from resistml.evaluate.judge import Judge
from resistml.evaluate.metrics import auc
from resistml.evaluate.peers import MODEL, PEERS, Peer, Training, chosen_peers
from resistml.evaluate.policy import policy_value
from resistml.families import FAMILIES
from resistml.features.matrix import arm_codes
from resistml.learn.params import Params
from resistml.predict.model import Model
from tests.evaluate.peers.conftest import training_of
from tests.patients import Patients

QUICK = Params(bag=2, rounds=10, checks=1)
#: Those of whom a quick run asks no more than that they answer, and who take long to.
LONG = ("xgboost_plain", "xgboost_engaged", "hist_plain", "hist_engaged")
LONGER = ("t_learner", "t_learner_engaged", "dr_forest")
BOOSTED = ("family_additive", "family_hist_gradient_boosting")


def marked(*long: str, gives: tuple[str, ...] = ("risk", "effect")) -> list[Any]:
    """All peers that give such answers, of which some are kept for the slow run."""
    names = [name for name, peer in PEERS.items() if peer.gives in gives]
    return [pytest.param(n, marks=pytest.mark.slow if n in long else ()) for n in names]


def usable(name: str) -> Peer:
    peer = PEERS[name]
    if peer.missing:
        pytest.skip(peer.missing)
    return peer


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", marked("dr_forest", *BOOSTED))
def test_contract(name: str, model: Model, patients: Patients, judge: Judge) -> None:
    """Answers for any patient and strategy; the same for the same seed; each by itself."""
    peer = usable(name)
    training = training_of(model, patients, params=QUICK)
    records, arm = judge.oracle_records, judge.arm
    found = peer.fit(training)(records, arm)
    assert found.shape == (len(arm),)
    assert np.isfinite(found).all()
    if peer.gives == "risk":
        assert ((found >= 0) & (found <= 1)).all()
    predict = peer.fit(training)
    again = predict(records, arm)
    np.testing.assert_array_equal(found, again)
    some = np.arange(0, len(arm), 37)
    alone = predict(records.take(some), arm[some])
    np.testing.assert_allclose(alone, found[some], atol=1e-6)


@pytest.mark.parametrize("name", marked(*LONG, *LONGER, *BOOSTED, gives=("risk",)))
def test_peers_learn(name: str, training: Training, judge: Judge) -> None:
    """From 4,000 patients each that sees the record tells outcomes better than a constant per
    arm does; that has an AUC of 0.73, and the standard error of 3,000 is below 0.01."""
    peer = usable(name)
    given = judge.given
    records, arm = judge.oracle_records.take(given), judge.arm[given]
    found = auc(judge.resistant, peer.fit(replace(training, params=QUICK))(records, arm))
    rate = auc(judge.resistant, training.rates[arm_codes(training.spec, records.setting, arm)])
    if peer.knows == "rates":
        assert found == pytest.approx(rate)
    else:
        assert found > rate + 0.02


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dr_learner", "dr_forest"])
def test_effects_rank_better_than_chance(name: str, training: Training, judge: Judge) -> None:
    """Their choice does more good than the choice of the turned score."""
    score = usable(name).fit(training)(judge.oracle_records, judge.arm)
    assert policy_value(judge, -score) > policy_value(judge, score) + 0.05


def test_names_and_words_are_their_own() -> None:
    assert MODEL not in PEERS
    assert {name: peer.name for name, peer in PEERS.items()} == {name: name for name in PEERS}
    words = [peer.words for peer in PEERS.values()]
    assert len(set(words)) == len(words)
    assert {f"family_{name}" for name in FAMILIES} - {f"family_{MODEL}"} <= set(PEERS)
    like_for_like = {name for name, peer in PEERS.items() if peer.knows == "exposures"}
    assert {"xgboost_engaged", "hist_engaged", "t_learner_engaged", "logistic"} <= like_for_like


def test_chosen_peers() -> None:
    own = {"mine": replace(PEERS["constant"], name="mine")}
    assert list(chosen_peers(None, own)) == [*PEERS, "mine"]
    assert list(chosen_peers(["logistic", "constant"], own)) == ["logistic", "constant", "mine"]
    assert list(chosen_peers(["mine"], own)) == ["mine"]
    with pytest.raises(ConfigError, match="did you mean 'logistic'"):
        chosen_peers(["logistik"], {})


def test_a_package_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    there = importlib.util.find_spec
    assert PEERS["logistic"].missing is None
    monkeypatch.setattr(
        "resistml.evaluate.peers.registry.find_spec",
        lambda name: None if name == "econml" else there(name),
    )
    said = PEERS["dr_learner"].missing
    assert said is not None
    assert "econml is not installed" in said
    assert "resistml[peers]" in said
