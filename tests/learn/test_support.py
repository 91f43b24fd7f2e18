"""The description of training patients, and how many patients it holds to be outliers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resistml.documents import rounded
from resistml.features.matrix import Records, Words
from resistml.features.spec import FeatureSpec
from resistml.learn.spec import DIGITS
from resistml.learn.support import (
    DESCRIBED,
    MARGIN,
    SHARES,
    describe,
    fit_support,
    shrunk_correlation,
)
from resistml.predict.support import Support, compared
from resistml.world.laws import World
from tests.patients import draw

NAN = float("nan")


@pytest.fixture(scope="module")
def support(spec: FeatureSpec, drawn: tuple[Records, Words]) -> Support:
    return fit_support(spec, *drawn)


def of(records: Records, setting: str) -> Records:
    return records.take(np.flatnonzero(records.setting == setting))


def share_outlying(support: Support, spec: FeatureSpec, records: Records) -> float:
    found = [support.outliers(spec, of(records, s), s) for s in spec.settings]
    return sum(map(len, found)) / len(records)


def test_counts_are_those_of_the_arms(
    support: Support, spec: FeatureSpec, drawn: tuple[Records, Words]
) -> None:
    records, strategy = drawn
    assert support.counts.sum() == len(records)
    for setting in ("crc_advanced", "prostate_crpc"):
        for arm, n in support.count(spec, setting).items():
            assert n == int(((records.setting == setting) & (strategy == arm)).sum())


def test_order_of_rows_changes_nothing(
    support: Support, spec: FeatureSpec, drawn: tuple[Records, Words]
) -> None:
    records, strategy = drawn
    order = np.random.default_rng(0).permutation(len(records))
    assert fit_support(spec, records.take(order), strategy[order]).to_json() == support.to_json()


def test_the_bundle_gives_the_same_back(
    support: Support, spec: FeatureSpec, drawn: tuple[Records, Words]
) -> None:
    """Also after numbers are rounded, of which the limits are some patients' own statistics."""
    again = Support.from_json(rounded(support.to_json(), DIGITS), {}, spec)
    for setting in ("nsclc_advanced", "crc_advanced", "nsclc_egfr_resistant"):
        mine = of(drawn[0], setting)
        one, other = (x.outliers(spec, mine, setting) for x in (support, again))
        assert one.keys() == other.keys()


def test_few_ordinary_patients_are_outliers(
    support: Support, spec: FeatureSpec, world: World
) -> None:
    """Aimed at is one in a hundred; of 6,000 fresh patients the standard error is 0.0013, and with
    180 training patients per setting the limits themselves vary by as much."""
    share = share_outlying(support, spec, draw(world, seed=77, n=6_000).records)
    assert 0.002 < share < 0.014


def test_training_patients_above_each_limit(
    support: Support, spec: FeatureSpec, drawn: tuple[Records, Words]
) -> None:
    """The share above the rarest is at most what was asked, in each setting by itself."""
    for setting, population in support.populations.items():
        values = compared(spec, of(drawn[0], setting), population.mutations)
        assert (population.rarity(values)[0] > population.rarest + 1e-9).mean() <= SHARES["rarity"]


def test_a_population_is_the_settings(spec: FeatureSpec, drawn: tuple[Records, Words]) -> None:
    mine = of(drawn[0], "crc_advanced")
    found = describe(spec, mine, "crc_advanced")
    panel = spec.settings["crc_advanced"].panel
    assert {*found.names, *found.mutations} == {*panel, "age", "ecog"}
    assert {spec.markers[m].kind for m in found.mutations} == {"mutation"}
    j = found.names.index("CD44")
    values = compared(spec, mine, ("CD44",))[:, 0]
    # What is drawn in at the tails takes some 3% off a normal deviation, and hardly moves the mean.
    assert found.mean[j] == pytest.approx(np.nanmean(values), abs=0.05 * np.nanstd(values))
    assert 0.92 < found.scale[j] / np.nanstd(values) < 1.0
    inside = (values >= found.low[j]) & (values <= found.high[j])
    assert inside.sum() / (~np.isnan(values)).sum() == pytest.approx(0.98, abs=0.01)
    k = found.mutations.index("KRAS_mut")
    assert found.shares[k] == pytest.approx(np.nanmean(mine.column("KRAS_mut")), abs=0.01)
    # The catalog lets markers of stemness go together.
    assert found.correlation[j, found.names.index("CTNNB1")] > 0.2


def test_outliers_in_training_do_not_hide_others(
    spec: FeatureSpec, drawn: tuple[Records, Words]
) -> None:
    """One in two hundred a thousand times too high hardly moves the mean and the deviation."""
    mine = of(drawn[0], "crc_advanced")
    values = mine.column("CD44").copy()
    wrong = np.flatnonzero(~np.isnan(values))[::200]
    values[wrong] *= 1000
    spoilt = Records(mine.patient_id, mine.setting, {**mine.columns, "CD44": values})
    clean, found = (describe(spec, x, "crc_advanced") for x in (mine, spoilt))
    j = clean.names.index("CD44")
    assert found.mean[j] == pytest.approx(clean.mean[j], abs=0.1 * clean.scale[j])
    assert found.scale[j] == pytest.approx(clean.scale[j], rel=0.1)


def test_settings_with_few_patients_have_ranges_alone(
    spec: FeatureSpec, drawn: tuple[Records, Words]
) -> None:
    records, strategy = drawn
    mine = np.flatnonzero(records.setting == "crc_advanced")
    others = np.flatnonzero(records.setting == "breast_ac")
    for n, described in ((DESCRIBED - 1, False), (DESCRIBED, True)):
        rows = np.concatenate([mine[:n], others])
        found = fit_support(spec, records.take(rows), strategy[rows])
        assert ("crc_advanced" in found.populations) == described
        assert "breast_ac" in found.populations
    none = fit_support(spec, records.take(mine[:20]), strategy[mine[:20]])
    assert none.populations == none.ranges == {}
    assert none.outliers(spec, records.take(mine), "crc_advanced") == {}


def test_ranges_span_all_settings_and_somewhat_more(
    support: Support, spec: FeatureSpec, drawn: tuple[Records, Words]
) -> None:
    age = drawn[0].column("age")
    more = MARGIN * (age.max() - age.min())
    assert support.ranges["age"] == pytest.approx((age.min() - more, age.max() + more))
    assert not [m for m in support.ranges if m != "age" and spec.markers[m].kind == "mutation"]


def test_a_column_with_one_value_is_not_compared(
    spec: FeatureSpec, drawn: tuple[Records, Words]
) -> None:
    mine = of(drawn[0], "crc_advanced")
    n = len(mine)
    constant = {**mine.columns, "CD44": np.ones(n), "ABCB1": np.full(n, NAN)}
    found = describe(spec, Records(mine.patient_id, mine.setting, constant), "crc_advanced")
    assert not {"CD44", "ABCB1"} & {*found.names}
    assert "CTNNB1" in found.names


def test_mutations_never_seen_are_outliers(spec: FeatureSpec, drawn: tuple[Records, Words]) -> None:
    records, strategy = drawn
    none = {**records.columns, "BRAF_V600": np.where(np.isnan(records.column("BRAF_V600")), NAN, 0)}
    trained = fit_support(spec, replace(records, columns=none), strategy)
    mine = of(records, "crc_advanced")
    mutant = np.flatnonzero(mine.column("BRAF_V600") == 1)
    found = trained.outliers(spec, mine.take(mutant), "crc_advanced")
    assert len(found) == len(mutant) > 5
    named = [outlier for outlier in found.values() if "BRAF_V600" in outlier.columns]
    assert len(named) > 0.9 * len(mutant)


def test_correlations_are_shrunk_the_more_the_fewer_patients() -> None:
    """Of independent columns what is found is noise, and most of it goes; of many patients what
    is found is hardly shrunk."""
    rng = np.random.default_rng(4)
    noise = rng.normal(size=(40, 12))
    off = ~np.eye(12, dtype=bool)
    raw, kept = (np.abs(r[off]).sum() for r in (np.corrcoef(noise.T), shrunk_correlation(noise)))
    assert kept < 0.3 * raw
    truth = np.array([[1, 0.5, 0.3], [0.5, 1, 0.4], [0.3, 0.4, 1]])
    z = rng.multivariate_normal(np.zeros(3), truth, size=20_000)
    z[rng.random(z.shape) < 0.2] = NAN
    # Pairs: 12,800 patients, so four standard errors are 0.035.
    np.testing.assert_allclose(shrunk_correlation(z), truth, atol=0.04)


@pytest.mark.parametrize("n", [3, 30])
def test_correlations_are_positive_definite(n: int) -> None:
    z = np.random.default_rng(5).normal(size=(n, 12))
    z[:, 1] = z[:, 0]
    z[np.random.default_rng(6).random(z.shape) < 0.4] = NAN
    found = shrunk_correlation(z)
    assert np.linalg.eigvalsh(found).min() > 0
    np.testing.assert_array_equal(np.diag(found), 1.0)
    np.testing.assert_array_equal(found, found.T)
