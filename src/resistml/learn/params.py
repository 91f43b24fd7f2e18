"""What the learner is told: its settings, and the arrays of the patients to fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resistml.families import check_family
from resistml.features.terms import Terms
from resistml.predict.additive import additive_inputs

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
#: Columns that may meet in one tree, a tuple per group; none = any may.
Groups = tuple[tuple[int, ...], ...]

#: Which columns may meet in a tree.
INTERACTIONS = ("any", "within_mechanism")


@dataclass(frozen=True)
class Params:
    """Settings of the learner; every field is a key of the config's ``model:``.

    Attributes
    ----------
    family : str
        A key of :data:`resistml.families.FAMILIES`.
    bag : int
        Models in the bag (2 or more), each on a bootstrap sample of patients.
    base : bool
        Whether boosting starts from an additive base, or from each arm's rate alone.
    penalty : float
        What the base's penalties, which the patients themselves set, are multiplied by (above 0).
    interactions : {"any", "within_mechanism"}
        Which columns may meet in one tree: any, or markers of one mechanism with each other and
        with age, ECOG and sex.
    rounds : int
        Most boosting rounds; how many are kept is chosen on out-of-bag patients.
    checks : int
        How many numbers of rounds are compared.
    depth, learning_rate, min_child_weight, reg_lambda, colsample : float
        As XGBoost knows them. Other families read them in their own way.

    Raises
    ------
    ValueError
        For a family or a rule of interactions that is not known, a bag below 2, rounds, checks
        or depth below 1, or a penalty of 0 or less.
    """

    family: str = "xgboost"
    bag: int = 10
    base: bool = True
    penalty: float = 1.0
    interactions: str = "any"
    rounds: int = 300
    checks: int = 6
    depth: int = 2
    learning_rate: float = 0.05
    min_child_weight: float = 20.0
    reg_lambda: float = 10.0
    colsample: float = 0.7

    def __post_init__(self) -> None:
        check_family(self.family, base=self.base)
        if self.interactions not in INTERACTIONS:
            allowed = ", ".join(INTERACTIONS)
            raise ValueError(f"interactions is '{self.interactions}'; allowed: {allowed}")
        for name, least in (("bag", 2), ("rounds", 1), ("checks", 1), ("depth", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}; allowed: {least} or more")
        if not self.penalty > 0:
            raise ValueError(f"penalty is {self.penalty}; allowed: above 0")


@dataclass(frozen=True)
class TrainingData:
    """The n patients to fit.

    Attributes
    ----------
    matrix : (n, columns) array
        With NaN where unmeasured; ``centred`` is the same less each setting's mean, with what was
        not measured at its expectation.
    arms : (n,) array of int
        Codes of (setting, strategy), of ``n_arms``.
    y : (n,) array
        1 = resistant, 0 = response.
    signed : (columns,) array of bool
        True where a larger value can only add resistance.
    mechanisms : tuple of tuple of int
        Per mechanism its columns, with the clinical ones; none where nothing is known of them.
    bent : (n, places, SEGMENTS) array, optional
        The markers' ramps; see :mod:`resistml.features.terms`.
    terms : Terms, optional
        What the ramps are of. Without it no column is a marker.
    expected : (markers,) array, optional
        Slopes that the base's lines are shrunk to in place of 0.
    """

    matrix: Floats
    centred: Floats
    arms: Ints
    y: Floats
    n_arms: int
    signed: Bools
    mechanisms: Groups = ()
    bent: Floats | None = None
    terms: Terms | None = None
    expected: Floats | None = None

    @property
    def additive(self) -> tuple[Terms, Floats, Floats]:
        """Terms, ramps and clinical columns of the additive base."""
        return additive_inputs(self)

    def groups(self, params: Params) -> Groups:
        """Columns that may meet in one tree, a tuple per group; none = any may."""
        return self.mechanisms if params.interactions == "within_mechanism" else ()
