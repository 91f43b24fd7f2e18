"""Sets the thresholds of prediction sets on patients that the models did not see."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from resistml.features.spec import FeatureSpec
from resistml.learn.fit import Fitted
from resistml.predict.conformal import Conformal, Threshold
from resistml.predict.model import calibrate, sigmoid
from resistml.tables.cohort import Cohort

Floats = npt.NDArray[np.float64]

#: Share of outcomes that sets are to hold.
LEVEL = 0.9
#: Fewest patients of a setting for a threshold of its own: with so many, what it truly holds has a
#: standard deviation of 3 points.
FEWEST = 100


def fit_conformal(spec: FeatureSpec, cohort: Cohort, fitted: Fitted) -> Conformal | None:
    """Thresholds per setting; None where hardly anybody was out of bag.

    Parameters
    ----------
    cohort : Cohort
        The training patients, in any order; ``fitted`` saw them in the order of their ids.

    Notes
    -----
    Split conformal sets by the probability of the outcome, apart in each setting. A patient is
    judged by the models that did not draw him, a good third of the bag, which know a little less
    than the whole bag: sets are wide rather than narrow.

    References
    ----------
    M. Sadinle, J. Lei and L. Wasserman, "Least ambiguous set-valued classifiers with bounded error
    levels", Journal of the American Statistical Association 114 (2019).
    V. Vovk, "Conditional validity of inductive conformal predictors", Machine Learning 92 (2013).
    """
    order = np.argsort(cohort.records.patient_id.astype(str), kind="stable")
    setting, y = cohort.records.setting[order].astype(str), cohort.resistant[order]
    p = sigmoid(calibrate(np.array(fitted.knots), fitted.out_of_bag))
    judged = ~np.isnan(p)
    if judged.sum() < FEWEST:
        return None
    pooled = threshold(p[judged], y[judged])
    settings = {}
    for name in spec.settings:
        mine = judged & (setting == name)
        n = int(mine.sum())
        value = threshold(p[mine], y[mine]) if n >= FEWEST else pooled
        settings[name] = Threshold(value, n, n < FEWEST)
    return Conformal(LEVEL, settings)


def threshold(p: Floats, y: Floats, level: float = LEVEL) -> float:
    """The ceil((n + 1) level)-th smallest of what n outcomes' probabilities fall short of 1.

    Parameters
    ----------
    p : (n,) array
        Probability of resistance.
    y : (n,) array
        1 = resistant.
    """
    from mapie.conformity_scores import LACConformityScore

    score = LACConformityScore()
    short = score.get_conformity_scores(y, np.column_stack([1 - p, p]), y_enc=y.astype(np.int64))
    found = score.get_conformity_score_quantiles(short, np.array([1 - level]), "prefit")
    return float(np.ravel(found)[0])
