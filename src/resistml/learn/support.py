"""Describes the training population, so that scoring can tell what lies outside it."""

from __future__ import annotations

import numpy as np

from resistml.features.matrix import Records, Words, arm_codes
from resistml.features.spec import FeatureSpec
from resistml.predict.support import Support


def fit_support(spec: FeatureSpec, records: Records, strategy: Words) -> Support:
    """The support of a model trained on these patients."""
    codes = arm_codes(spec, records.setting, strategy)
    return Support(np.bincount(codes, minlength=len(spec.arms)).astype(np.int64))
