"""Statistics of a world's markers against closed forms, and their standard errors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resistml.evidence import Evidence
from resistml.evidence.claim import Sets
from resistml.evidence.schema import Claim
from resistml.world.draft import draft_world
from resistml.world.laws import World
from resistml.world.parameter_values import (
    Drawn,
    Value,
    quantile_ratio,
    quantiles,
    values_set,
)

PATIENTS = 50_000


@pytest.fixture(scope="module")
def draft(evidence: Evidence) -> World:
    return draft_world(evidence)


@pytest.fixture(scope="module")
def drawn(draft: World) -> Drawn:
    return Drawn(draft, PATIENTS, seed=3)


def found(evidence: Evidence, world: World, claim: Claim, drawn: Drawn) -> list[Value]:
    return values_set(evidence, world, claim, drawn)


def setting(claim: Claim, **sets: object) -> Claim:
    """The claim, setting something else."""
    return claim.model_copy(update={"sets": Sets.model_validate(sets)})


class TestQuantiles:
    def test_of_a_uniform(self) -> None:
        """Covariance of the quantiles p <= q of a uniform: p (1 - q) / n."""
        rng, n = np.random.default_rng(1), 200_000
        at, cov = quantiles(rng.random(n), (0.2, 0.5, 0.9))
        p = np.array([0.2, 0.5, 0.9])
        exact = np.minimum.outer(p, p) * (1 - np.maximum.outer(p, p)) / n
        assert at == pytest.approx(p, abs=4 * exact.max() ** 0.5)
        assert cov == pytest.approx(exact, rel=0.08)

    def test_ratio_of_a_log_normal_and_its_error_over_many_samples(self) -> None:
        rng, n, spread = np.random.default_rng(2), 4_000, 0.9
        parts = [quantile_ratio(np.exp(spread * rng.standard_normal(n)), (0.025, 0.975))
                 for _ in range(300)]  # fmt: skip
        exact = np.exp(2 * 1.959964 * spread)
        values = np.array([part.value for part in parts])
        told = np.mean([part.se for part in parts])
        assert values.mean() == pytest.approx(exact, rel=0.01)
        # 300 samples give a standard deviation within 1 / sqrt(600), 4%, of the true one.
        assert told == pytest.approx(values.std(), rel=0.2)


class TestSampled:
    def test_median_of_each_setting_in_turn(
        self, evidence: Evidence, draft: World, drawn: Drawn
    ) -> None:
        claim = evidence.claims["s2_bcl2_lymphoma_fold_change"]
        values = found(evidence, draft, claim, drawn)
        assert len(values) == 3
        for value, exact in zip(values, (3.0, 3.0, 3.2), strict=True):
            # Log-normal: the standard error is median * spread * sqrt(pi / 2n).
            assert value.se == pytest.approx(exact * 0.5 * (np.pi / 2 / PATIENTS) ** 0.5, rel=0.1)
            assert abs(value.value - exact) < 4 * value.se

    def test_prevalence(self, evidence: Evidence, draft: World, drawn: Drawn) -> None:
        (value,) = found(evidence, draft, evidence.claims["s2_t790m_incidence"], drawn)
        assert value.se == pytest.approx((0.55 * 0.45 / PATIENTS) ** 0.5, rel=0.01)
        assert abs(value.value - 0.55) < 4 * value.se

    def test_spread(self, evidence: Evidence, draft: World, drawn: Drawn) -> None:
        claim = evidence.claims["s2_abcb1_resistant_cells_fold_change"]
        values = found(evidence, draft, claim, drawn)
        assert len(values) == 2
        assert all(abs(v.value - np.exp(2 * 1.959964 * 0.9)) < 4 * v.se for v in values)

    def test_contrast_goes_with_spread_and_exposure(
        self, evidence: Evidence, draft: World, drawn: Drawn
    ) -> None:
        claim = evidence.claims["s2_cyp3a4_paclitaxel_degradation"]
        values = found(evidence, draft, claim, drawn)
        assert len(values) == 3
        assert all(abs(v.value - np.exp(0.6 * 0.6)) < 4 * v.se for v in values)

    def test_treated_is_the_median_by_what_is_left(
        self, evidence: Evidence, draft: World, drawn: Drawn
    ) -> None:
        before, after = (
            found(evidence, draft, evidence.claims[f"s3_csc_{when}_lgk974_fraction_level"], drawn)
            for when in ("before", "after")
        )
        x = {a: draft.strategies[a].exposure["CSC"] for a in ("paclitaxel_lgk974", "paclitaxel")}
        left = x["paclitaxel_lgk974"] / x["paclitaxel"]
        assert after[0].value == pytest.approx(left * before[0].value)
        assert after[0].se == pytest.approx(left * before[0].se)

    def test_patients_are_those_of_the_audit(self, draft: World, drawn: Drawn) -> None:
        one = drawn.values("nhl_aggressive", "BCL2")
        again = Drawn(draft, PATIENTS, seed=3).values("nhl_aggressive", "BCL2")
        other = Drawn(draft, PATIENTS, seed=4).values("nhl_aggressive", "BCL2")
        assert (one == again).all()
        assert (one != other).all()
        assert one is drawn.values("nhl_aggressive", "BCL2")


class TestExact:
    def test_exposure_ratio_of_each_marker(
        self, evidence: Evidence, draft: World, drawn: Drawn
    ) -> None:
        claim = evidence.claims["s3_elacridar_doxorubicin_fold_change"]
        values = found(evidence, draft, claim, drawn)
        x = [draft.strategies[a].exposure for a in ("doxorubicin", "doxorubicin_elacridar")]
        assert [v.value for v in values] == pytest.approx(
            [x[0][m] / x[1][m] for m in ("ABCB1", "ABCG2")]
        )
        assert [v.se for v in values] == [0, 0]

    @pytest.mark.parametrize(
        ("strategy", "marker", "value"),
        [("doxorubicin", "ABCB1", np.nan), ("doxorubicin_elacridar", "ABCB1", np.inf)],
    )
    def test_of_an_exposure_that_is_nil(
        self,
        evidence: Evidence,
        draft: World,
        drawn: Drawn,
        strategy: str,
        marker: str,
        value: float,
    ) -> None:
        law = draft.strategies[strategy]
        bare = replace(law, exposure={m: x for m, x in law.exposure.items() if m != marker})
        world = replace(draft, strategies={**draft.strategies, strategy: bare})
        claim = evidence.claims["s3_elacridar_doxorubicin_fold_change"]
        first = found(evidence, world, claim, drawn)[0]
        assert first.value == pytest.approx(value, nan_ok=True)

    def test_cutoff_is_the_nearest_in_use_where_the_claim_is(
        self, evidence: Evidence, draft: World, drawn: Drawn
    ) -> None:
        """CSC in colorectal cancer is compared with 0.05 and with 0.01."""
        claim = evidence.claims["s2_csc_high_cutoff"]

        def obtained(low: float, **sets: object) -> float:
            moved = claim.model_copy(update={"low": low, "high": low})
            wanted = setting(moved, marker="CSC", statistic="cutoff", **sets)
            (value,) = found(evidence, draft, wanted, drawn)
            return value.value

        assert [obtained(low) for low in (0.05, 0.04, 0.02, 0.01)] == [0.05, 0.05, 0.01, 0.01]
        assert np.isnan(obtained(0.05, settings=("breast_resistant",)))

    def test_cutoff_of_eligibility(self, evidence: Evidence, draft: World, drawn: Drawn) -> None:
        """Zosuquidar is open where ABCB1 lies above its own cut-off, 2."""
        claim = setting(
            evidence.claims["s2_csc_high_cutoff"],
            marker="ABCB1",
            statistic="cutoff",
            settings=("nsclc_chemo_resistant",),
        )
        assert [v.value for v in found(evidence, draft, claim, drawn)] == [2.0]
