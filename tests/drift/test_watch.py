"""Comparisons of drawn patients with those that the small model was trained on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from resistml.drift import Drift, Thresholds, drift
from resistml.errors import ModelError, TableError
from resistml.predict.model import Model
from resistml.predict.parts import Parts
from resistml.tables.profiles import Profiles
from tests.drift import plants
from tests.drift.plants import Plant

Fresh = Callable[..., Profiles]
N = 1_000


def named(found: Drift) -> set[tuple[str, str]]:
    return {(row.kind, row.name) for row in found.drifted}


@pytest.fixture(scope="module")
def ordinary(watched: Model, fresh: Fresh) -> Drift:
    return drift(watched, fresh(77, N))


def test_ordinary_patients_have_not_drifted(ordinary: Drift, watched: Model) -> None:
    assert ordinary.drifted == ()
    assert ordinary.n == N
    kinds = [row.kind for row in ordinary.rows]
    assert (kinds.count("score"), kinds.count("settings"), kinds.count("strategies")) == (1, 1, 1)
    panel = {m for s in watched.spec.settings.values() for m in s.panel}
    for kind in ("value", "missing"):
        assert {r.name for r in ordinary.rows if r.kind == kind} == {*panel, "age", "sex", "ecog"}
    assert sum(s.here for s in ordinary.settings) == N
    assert sum(s.training for s in ordinary.settings) == 3_000
    assert 0.25 <= ordinary.detectable < 0.3


@pytest.mark.slow
def test_false_alarms_are_as_rare_as_stated(watched: Model, fresh: Fresh) -> None:
    """100 tables of ordinary patients, at the chances 1% (as set out) and 20% (any size counts).

    The same training patients stand behind all, so they are no more than nearly independent; each
    limit is what the stated chance would exceed once in a thousand.
    """
    alarms = loose = 0
    small: list[float] = []
    anything = Thresholds(alpha=0.2, difference=0.0, psi=0.0, missing=0.0)
    for seed in range(2_000, 2_100):
        profiles = fresh(seed, 600)
        alarms += bool(drift(watched, profiles).drifted)
        found = drift(watched, profiles, anything)
        loose += bool(found.drifted)
        small += [row.p for row in found.rows]
    assert alarms <= binom.isf(1e-3, 100, 0.01)
    assert loose <= binom.isf(1e-3, 100, 0.2)
    assert loose >= 1, "a test that never speaks tests nothing"
    assert 0.005 < np.mean(np.array(small) < 0.05) <= 0.055


PLANTED: dict[str, tuple[Plant, tuple[str, str]]] = {
    "another unit": (plants.scaled("ABCB1", 1_000 / 18), ("value", "ABCB1")),
    "half as much again": (plants.scaled("ABCB1", 1.6), ("value", "ABCB1")),
    "a fraction for a per cent": (plants.scaled("CD274", 0.01), ("value", "CD274")),
    "older": (plants.scaled("age", 1.08), ("value", "age")),
    "a mutation more often": (plants.present("KRAS_mut", 0.4), ("value", "KRAS_mut")),
    "more missing": (plants.unmeasured("ABCB1", 0.3), ("missing", "ABCB1")),
    "a setting stays away": (plants.fewer_of("nsclc_advanced", 0.97), ("settings", "settings")),
    "one setting alone": (plants.alone("melanoma_advanced"), ("settings", "settings")),
}


@pytest.mark.parametrize("name", PLANTED)
def test_planted_drift_is_found_and_named(watched: Model, fresh: Fresh, name: str) -> None:
    plant, told = PLANTED[name]
    found = drift(watched, fresh(78, N, plant))
    assert told in named(found)
    others = {kind for kind, column in named(found) - {told}}
    assert others <= {"score"}, "what hangs on it may move, nothing else"


def test_a_shift_that_the_score_hangs_on_moves_it(watched: Model, fresh: Fresh) -> None:
    found = drift(watched, fresh(78, N, plants.scaled("ABCB1", 10)))
    (score,) = (row for row in found.rows if row.kind == "score")
    assert score.drifted
    assert score.here > score.training
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["drift"] is True
    assert found.score[-1].here > 2 * found.score[0].here


@pytest.mark.slow
def test_a_shift_said_to_be_detectable_is_found_in_nine_of_ten(
    watched: Model, fresh: Fresh
) -> None:
    """Age moved by that much in 40 tables of 150; of nine in ten at least 30 but once in 1,000."""
    thresholds = Thresholds(difference=0.0)
    hit = 0
    for seed in range(3_000, 3_040):
        plain = drift(watched, fresh(seed, 150), thresholds)
        (age,) = (r for r in plain.rows if (r.kind, r.name) == ("value", "age"))
        moved = _older(watched, plain.detectable)
        hit += ("value", "age") in named(drift(watched, fresh(seed, 150, moved), thresholds))
        assert age.n == 150
    assert hit >= binom.ppf(1e-3, 40, 0.9)


def _older(watched: Model, by: float) -> Plant:
    marginals = watched.parts.marginals
    assert marginals is not None

    def plant(columns: plants.Columns) -> plants.Columns:
        scale = [marginals.columns[s]["age"].scale for s in columns["setting"]]
        ages = watched.spec.settings
        least, most = ([ages[s].ages[k] for s in columns["setting"]] for k in (0, 1))
        return columns | {"age": np.clip(columns["age"] + by * np.array(scale), least, most)}

    return plant


def test_a_great_table_is_not_alarmed_by_trifles(watched: Model, fresh: Fresh) -> None:
    """A tenth of a deviation in 8,000 patients is no chance, and no drift."""
    found = drift(watched, fresh(79, 8_000, plants.scaled("ABCB1", 1.17)))
    (row,) = (r for r in found.rows if (r.kind, r.name) == ("value", "ABCB1"))
    assert row.p_all < 0.01
    assert not row.drifted
    assert 0.05 < row.difference < 0.25


def test_another_mix_need_not_count(watched: Model, fresh: Fresh) -> None:
    profiles = fresh(78, N, plants.alone("melanoma_advanced"))
    found = drift(watched, profiles, mix=False)
    assert found.drifted == ()
    assert not {"settings", "strategies"} & {row.kind for row in found.rows}


def test_other_strategies_within_settings_are_told(watched: Model, fresh: Fresh) -> None:
    def usual(columns: plants.Columns) -> plants.Columns:
        settings = watched.spec.settings
        given = np.array([settings[s].usual for s in columns["setting"]], dtype=object)
        return columns | {"strategy": given}

    assert ("strategies", "strategies given") in named(drift(watched, fresh(78, N, usual)))


def test_profiles_without_strategies_are_held_against_the_usual_one(
    watched: Model, fresh: Fresh
) -> None:
    def unnamed(columns: plants.Columns) -> plants.Columns:
        return {name: values for name, values in columns.items() if name != "strategy"}

    found = drift(watched, fresh(78, N, unnamed))
    assert found.drifted == ()
    assert "score" in {row.kind for row in found.rows}
    assert "strategies" not in {row.kind for row in found.rows}


@pytest.mark.slow
def test_without_marginals_means_shares_and_mix_are_compared(watched: Model, fresh: Fresh) -> None:
    bare = replace(watched, parts=replace(watched.parts, marginals=None))
    found = drift(bare, fresh(78, N))
    assert found.drifted == ()
    assert {row.kind for row in found.rows} == {"value", "settings", "strategies"}
    assert "train it again" in found.remarks[0]
    assert found.score == ()
    for name, (plant, told) in PLANTED.items():
        if told[0] != "missing":
            assert told in named(drift(bare, fresh(78, N, plant))), name


def test_a_model_that_describes_nobody_is_refused(watched: Model, fresh: Fresh) -> None:
    with pytest.raises(ModelError, match="does not describe its training patients"):
        drift(replace(watched, parts=Parts()), fresh(78, 50))


def test_rejected_profiles_are_left_out(watched: Model, fresh: Fresh) -> None:
    def nowhere(columns: plants.Columns) -> plants.Columns:
        setting = columns["setting"].copy()
        setting[:20] = "nowhere"
        return columns | {"setting": setting}

    found = drift(watched, fresh(78, 100, nowhere))
    assert (found.n, found.rejected) == (80, 20)
    with pytest.raises(TableError, match="no profile can be compared"):
        drift(watched, fresh(78, 20, nowhere))


def test_few_values_are_not_compared_and_named(watched: Model, fresh: Fresh) -> None:
    found = drift(watched, fresh(78, 30))
    assert all(row.n >= 10 for row in found.rows)
    assert any("fewer than 10 values" in remark for remark in found.remarks)


def test_the_same_table_gives_the_same_document(watched: Model, fresh: Fresh) -> None:
    texts = {
        json.dumps(drift(watched, fresh(78, 200)).to_json(), allow_nan=False) for _ in range(2)
    }
    assert len(texts) == 1
    document = json.loads(texts.pop())
    assert document["drift"] is False
    assert document["tests"] == len(document["rows"])
    assert document["thresholds"] == {"alpha": 0.01, "difference": 0.25, "psi": 0.1, "missing": 0.1}
