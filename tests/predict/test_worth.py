"""What is ranked by: response, medians, a stated utility; and when two cannot be told apart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest

from resistml.errors import ModelError, UsageError
from resistml.features.matrix import Records, Words
from resistml.predict.compare import Comparison, compare
from resistml.predict.model import Model
from resistml.predict.parts import Parts
from resistml.predict.survival import Medians, Survival
from resistml.predict.worth import BY, Weights, Worth, check_by, worth
from tests.predict.tiny import tiny_model, tiny_profiles

NAN = float("nan")
ARMS = ("chemo", "targeted", "immune")
STATED = {"response": 2.0, "pfs_months": 0.1, "os_months": 0.05, "caution": 0.3}
#: Median, lower and upper months of each strategy.
PFS = {"chemo": (6.0, 5.0, 7.0), "targeted": (9.0, 8.5, 9.5), "immune": (8.0, 5.0, 11.0)}
OS = {"chemo": (20.0, 19.0, 21.0), "targeted": (18.0, 17.0, 19.0), "immune": (12.0, 11.0, 14.0)}


class Told:
    """Medians that depend on the strategy alone, in place of a survival model."""

    def __init__(self, **lacking: None) -> None:
        self.pfs = lacking.get("pfs", True)
        self.os = lacking.get("os", True)

    def medians(self, model: Model, records: Records, strategy: Words) -> Medians:
        columns = {}
        for name, table in (("pfs", PFS), ("os", OS)):
            for k, suffix in enumerate(("", "_lower", "_upper")):
                columns[name + suffix] = np.array([table[a][k] for a in strategy])
        return Medians(**columns)


def timed(stated: dict[str, float] | None = None, **lacking: None) -> Model:
    survival = cast(Survival, Told(**lacking))
    about = {"name": "tiny", "ranking": STATED if stated is None else stated}
    return replace(tiny_model(), about=about, parts=Parts(survival=survival))


def found(
    by: str, model: Model | None = None, *, is_open: Any = (True,) * 3, cautions: Any = (0,) * 3
) -> tuple[Worth, Comparison]:
    """For one patient, under three strategies whose probabilities are those of the small model."""
    model = model or timed()
    records = tiny_profiles({"A": 1.0, "T": 1, "P": 50}).records
    named = [np.full(1, a, dtype=object) for a in ARMS]
    risks = [model.risk(records, a) for a in named]
    margins = np.stack([risk.margins for risk in risks], axis=1)
    extra = np.stack([risk.extra for risk in risks], axis=1)
    compared = compare(model, margins, np.array([is_open]), extra)
    counts = np.array([cautions], dtype=np.int64)
    return worth(model, records, ARMS, compared, counts, by), compared


def test_by_response_is_the_comparison() -> None:
    valued, compared = found("response", tiny_model())
    assert valued.value is compared.p
    assert valued.tied is compared.tied
    assert valued.order is compared.order


@pytest.mark.parametrize(
    ("by", "table", "order"),
    [("pfs", PFS, [1, 2, 0]), ("os", OS, [0, 1, 2])],
)
def test_by_medians(by: str, table: dict[str, Any], order: list[int]) -> None:
    valued, _ = found(by)
    assert valued.value[0].tolist() == [table[a][0] for a in ARMS]
    assert valued.order[0].tolist() == order


def test_ties_by_intervals_of_differences() -> None:
    """PFS: 9 (8.5 to 9.5) against 8 (to 11) is within, against 6 (to 7) is not: 3 > 1.12."""
    assert found("pfs")[0].tied[0].tolist() == [False, True, True]
    # OS: 20 (19 ..) against 18 (.. 19): 2 > sqrt(2); nothing is tied, so the first is not.
    assert found("os")[0].tied[0].tolist() == [False, False, False]
    # The wide one is closed: there is nothing left that the first could be tied with.
    closed = found("pfs", is_open=(True, True, False))[0]
    assert closed.tied[0].tolist() == [False, False, False]
    assert np.isnan(closed.value[0, 2])
    assert closed.order[0].tolist() == [1, 0, 2]


def test_utility_is_the_stated_sum() -> None:
    cautions = (0, 2, 1)
    valued, compared = found("utility", cautions=cautions)
    for j, arm in enumerate(ARMS):
        expected = 2 * compared.p[0, j] + 0.1 * PFS[arm][0] + 0.05 * OS[arm][0]
        assert valued.value[0, j] == pytest.approx(expected - 0.3 * cautions[j])
    assert valued.order[0].tolist() == np.argsort(-valued.value[0]).tolist()


def test_cautions_can_turn_the_order() -> None:
    best = int(found("utility")[0].order[0, 0])
    many = [9 if j == best else 0 for j in range(3)]
    assert found("utility", cautions=many)[0].order[0, -1] == best


def test_utility_ties_put_the_terms_together() -> None:
    """By hand, for the two foremost: reach of the first downwards and the second upwards."""
    valued, compared = found("utility")
    first, second = valued.order[0, :2].tolist()
    reach = []
    for j, side in ((first, 1), (second, 2)):
        ends = {1: compared.lower, 2: compared.upper}[side][0, j]
        parts = [2 * (ends - compared.p[0, j])]
        for weight, table in ((0.1, PFS), (0.05, OS)):
            row = table[ARMS[j]]
            parts.append(weight * (row[side] - row[0]))
        reach.append(np.linalg.norm(parts))
    gap = valued.value[0, first] - valued.value[0, second]
    assert valued.tied[0, second] == (gap <= np.hypot(*reach))


def test_a_utility_without_months_needs_no_survival_model() -> None:
    stated = {**STATED, "pfs_months": 0.0, "os_months": 0.0}
    model = replace(tiny_model(), about={"ranking": stated})
    check_by(model, "utility")
    valued, compared = found("utility", model)
    np.testing.assert_allclose(valued.value, 2 * compared.p)


@pytest.mark.parametrize("by", BY)
def test_what_is_there_may_be_ranked_by(by: str) -> None:
    check_by(timed(), by)


@pytest.mark.parametrize(
    ("by", "model", "said"),
    [
        ("pfs", tiny_model(), "cannot rank by pfs: this bundle has no survival model"),
        ("os", timed(os=None), "cannot rank by os: this bundle has no model of os_months"),
        ("utility", timed(pfs=None), "the utility counts months of survival, and this bundle has"),
        ("utility", tiny_model(), "this bundle states no utility"),
        ("utility", timed({**STATED, "caution": -1.0}), "is damaged"),
        ("utility", timed({**STATED, "response": NAN}), "is damaged"),
        ("utility", timed({"response": 1.0}), "is damaged"),
    ],
)
def test_what_is_not_there_is_said(by: str, model: Model, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        check_by(model, by)


def test_an_unknown_basis_is_refused() -> None:
    with pytest.raises(UsageError) as fault:
        check_by(timed(), "pgs")
    for part in ("cannot rank by 'pgs'", "os, pfs, response, utility", "did you mean 'pfs'?"):
        assert part in str(fault.value)


def test_weights_are_those_of_the_bundle() -> None:
    assert Weights.of(timed()) == Weights(2.0, 0.1, 0.05, 0.3)
