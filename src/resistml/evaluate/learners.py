"""What stands beside the model in every report: a constant per arm, and a logistic regression."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from resistml.evaluate.judge import Predictor
from resistml.features.matrix import Records, Words, arm_codes, centred, model_matrix
from resistml.features.spec import FeatureSpec

Floats = npt.NDArray[np.float64]

#: Patients with the overall rate that are added to each arm, so that none is certain.
PRIOR = 2.0


def constant(spec: FeatureSpec, records: Records, strategy: Words, y: Floats) -> Predictor:
    """The share of resistant training patients in each setting and strategy."""
    rate = arm_rates(spec, records, strategy, y)

    def predict(new: Records, arm: Words) -> Floats:
        return np.asarray(rate[arm_codes(spec, new.setting, arm)])

    return predict


def arm_rates(spec: FeatureSpec, records: Records, strategy: Words, y: Floats) -> Floats:
    """(arms,) the share of resistant patients of each arm, pulled a little to that of all."""
    codes = arm_codes(spec, records.setting, strategy)
    count = np.bincount(codes, minlength=len(spec.arms)).astype(float)
    resistant = np.bincount(codes, weights=y, minlength=len(spec.arms))
    return np.asarray((resistant + PRIOR * y.mean()) / (count + PRIOR))


def logistic(spec: FeatureSpec, records: Records, strategy: Words, y: Floats) -> Predictor:
    """scikit-learn's logistic regression, as it comes, on the model's own features."""
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression

    def inputs(new: Records, arm: Words) -> sparse.csr_array:
        codes = arm_codes(spec, new.setting, arm)
        rows = np.arange(len(codes))
        which = sparse.csr_array(
            (np.ones(len(codes)), (rows, codes)), shape=(len(codes), len(spec.arms))
        )
        x = centred(spec, model_matrix(spec, new, arm), new.setting, arm)
        return sparse.csr_array(sparse.hstack([sparse.csr_array(x), which]))

    fitted = LogisticRegression(max_iter=2_000).fit(inputs(records, strategy), y)

    def predict(new: Records, arm: Words) -> Floats:
        return np.asarray(fitted.predict_proba(inputs(new, arm))[:, 1])

    return predict
