"""The peers of the benchmark: one entry for each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, Literal

from resistml.errors import ConfigError, did_you_mean
from resistml.evaluate.learners import constant, logistic
from resistml.evaluate.peers.boosted import hist_on, xgboost_on
from resistml.evaluate.peers.causal import dr_forest, dr_learner
from resistml.evaluate.peers.families import family, simple
from resistml.evaluate.peers.per_arm import t_learner
from resistml.evaluate.peers.training import ENGAGED, PLAIN, Fit
from resistml.families import FAMILIES

#: The name that the model itself has in a benchmark.
MODEL = "xgboost"
#: Families that take long to fit.
SLOW_FAMILIES = ("hist_gradient_boosting",)


@dataclass(frozen=True)
class Peer:
    """A learner that stands beside the model.

    Attributes
    ----------
    name, words : str
        In data, and for people.
    fit : callable
        From a :class:`~resistml.evaluate.peers.training.Training` to a predictor.
    knows : {"rates", "record", "exposures"}
        What it is given: each arm's rate; the record; or, like the model, also what the catalog
        says of exposures. Superiority is claimed over those that know as much.
    gives : {"risk", "effect"}
        Probabilities of resistance, or only differences between a patient's strategies: then
        nothing but its ranking is judged.
    needs : str
        Package that has to be installed, or "".
    slow : bool
        Fitted with fewer seeds where there are many patients.
    of_model : bool
        Whether it is the model in another family, with the model's settings.
    recipe : dict
        Plain data that tells it from another of the same name.
    """

    name: str
    words: str
    fit: Fit
    knows: Literal["rates", "record", "exposures"]
    gives: Literal["risk", "effect"] = "risk"
    needs: str = ""
    slow: bool = False
    of_model: bool = False
    recipe: dict[str, Any] = field(default_factory=dict)

    @property
    def missing(self) -> str | None:
        """Why it cannot be fitted here, or None if it can."""
        if not self.needs or find_spec(self.needs) is not None:
            return None
        return f"{self.needs} is not installed; `pip install 'resistml[peers]'` does so"


PEERS: dict[str, Peer] = {
    peer.name: peer
    for peer in (
        Peer("constant", "constant per arm", simple(constant), "rates"),
        Peer("logistic", "logistic regression, engaged", simple(logistic), "exposures"),
        Peer("xgboost_plain", "XGBoost, one-hot", xgboost_on(PLAIN), "record"),
        Peer("xgboost_engaged", "XGBoost, engaged", xgboost_on(ENGAGED), "exposures"),
        Peer("hist_plain", "HistGradientBoosting, one-hot", hist_on(PLAIN), "record", slow=True),
        Peer(
            *("hist_engaged", "HistGradientBoosting, engaged", hist_on(ENGAGED), "exposures"),
            slow=True,
        ),
        Peer("t_learner", "T-learner", t_learner(engaged=False), "record"),
        Peer("t_learner_engaged", "T-learner, engaged", t_learner(engaged=True), "exposures"),
        Peer(
            *("dr_learner", "EconML DRLearner", dr_learner(), "record", "effect"),
            needs="econml",
        ),
        Peer(
            *("dr_forest", "EconML ForestDRLearner", dr_forest(), "record", "effect"),
            needs="econml",
            slow=True,
        ),
        *(
            Peer(
                *(f"family_{name}", f"the model, {name}", family(name), "exposures"),
                slow=name in SLOW_FAMILIES,
                of_model=True,
            )
            for name in FAMILIES
            if name != MODEL
        ),
    )
}


def chosen_peers(names: Iterable[str] | None, own: dict[str, Peer]) -> dict[str, Peer]:
    """The peers named, else all; one's own always.

    Raises
    ------
    ConfigError
        For a name that is not known.
    """
    if names is None:
        return {**PEERS, **own}
    chosen: dict[str, Peer] = {}
    for name in names:
        if name not in PEERS and name not in own:
            known = (*PEERS, *own)
            raise ConfigError(
                f"no peer '{name}'",
                key="--peer",
                allowed=", ".join(known),
                hint=did_you_mean(name, known),
            )
        if name in PEERS:
            chosen[name] = PEERS[name]
    return {**chosen, **own}
