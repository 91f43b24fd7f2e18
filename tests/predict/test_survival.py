"""Times to progression and to death as a bundle holds them, worked out by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resistml.documents import dump_json
from resistml.predict import survival as module
from resistml.predict.booster import load_booster
from resistml.predict.model import Model
from resistml.predict.parts import Parts, read_parts
from resistml.predict.survival import OBJECTIVE, Medians, Survival
from tests.predict.aft import WIDTH, aft_booster, member, times, tiny_survival
from tests.predict.tiny import tiny_model, tiny_profiles, tiny_spec

SPEC = tiny_spec()
Z90 = 1.6448536269514722


@pytest.fixture(scope="module")
def model() -> Model:
    return replace(tiny_model(), parts=Parts(survival=tiny_survival(SPEC)))


def asked(*rows: dict[str, Any]) -> tuple[Any, Any]:
    records = tiny_profiles(*rows).records
    return records, np.full(len(records), "chemo", dtype=object)


ROWS: list[dict[str, Any]] = [{"A": 1.0}, {"A": 3.0}, {"A": 0.2}, {}]


def test_curve_is_that_of_responders_and_others(model: Model) -> None:
    records, strategy = asked(*ROWS)
    p = 1 - model.risk(records, strategy).p
    months = np.array([1.0, 6.0, 20.0])
    found = tiny_survival(SPEC).curves(model, records, strategy, months)
    for name, (first, second) in {"pfs": (4.0, 5.0), "os": (10.0, 14.0)}.items():
        expected = np.zeros((4, 3))
        for scale in (first, second):  # Weibull of shape 2
            expected += p[:, None] * np.exp(-((months / (2 * scale)) ** 2)) / 2
            expected += (1 - p[:, None]) * np.exp(-((months / scale) ** 2)) / 2
        np.testing.assert_allclose(found[name], expected, rtol=1e-6)
    assert np.ptp(p) > 0.1  # the patients differ


def test_half_are_free_at_the_median(model: Model) -> None:
    records, strategy = asked(*ROWS)
    part = tiny_survival(SPEC)
    found = part.medians(model, records, strategy)
    for name in ("pfs", "os"):
        curves = part.curves(model, records, strategy, getattr(found, name))
        np.testing.assert_allclose(np.diag(curves[name]), 0.5, atol=1e-6)


def test_who_responds_more_lives_longer(model: Model) -> None:
    records, strategy = asked({"A": 0.2}, {"A": 5.0})
    p = 1 - model.risk(records, strategy).p
    found = tiny_survival(SPEC).medians(model, records, strategy)
    assert p[0] > p[1]
    assert found.pfs[0] > found.pfs[1]
    assert found.os[0] > found.os[1]


def test_markers_and_trees_move_the_centre() -> None:
    """A coefficient acts in log months, trees in units of the arm's scale."""
    booster = aft_booster(len(SPEC.columns), rounds=3)
    coefficients = np.zeros(len(SPEC.columns))
    coefficients[0] = -0.25
    moved = member(SPEC, 4.0, coefficients=coefficients, booster=booster)
    features = tiny_model().features(*asked({"A": 1.0}, {"A": 4.0}))
    centre, scale = moved.centre(features)
    trees = booster.inplace_predict(features.matrix, predict_type="margin")
    assert np.ptp(trees) > 0.01
    expected = np.log(4.0) - 0.25 * features.centred[:, 0] + 0.5 * trees
    np.testing.assert_allclose(centre, expected, rtol=1e-6)
    np.testing.assert_allclose(scale, 0.5)


def test_interval_is_that_of_the_bag(model: Model) -> None:
    """Medians without a response 4 and 5 months, times sqrt(log 2), where nobody responds."""
    records, strategy = asked({})
    pfs = replace(
        times(SPEC, 4.0, 5.0),
        members=tuple(member(SPEC, m, response=np.zeros(len(SPEC.arms))) for m in (4.0, 5.0)),
    )
    found = Survival(pfs).medians(model, records, strategy)
    spread = np.log(5 / 4) / np.sqrt(2)
    reach = np.log(found.pfs_upper / found.pfs_lower) / 2
    np.testing.assert_allclose(reach, WIDTH * spread, rtol=1e-6)
    wider = Survival(replace(pfs, form=0.3)).medians(model, records, strategy)
    reach = np.log(wider.pfs_upper / wider.pfs_lower) / 2
    np.testing.assert_allclose(reach, np.hypot(WIDTH * spread, Z90 * 0.3), rtol=1e-6)
    np.testing.assert_allclose(wider.pfs, found.pfs)
    low, high = (m * np.log(2) ** 0.5 for m in (4.0, 5.0))
    assert low < found.pfs[0] < high


def test_death_never_comes_before_progression(model: Model) -> None:
    """Where the models say otherwise, PFS stands: a death is an event of both."""
    records, strategy = asked(*ROWS)
    crossed = Survival(times(SPEC, 9.0, 11.0), times(SPEC, 4.0, 15.0))
    found = crossed.medians(model, records, strategy)
    for suffix in ("", "_lower", "_upper"):
        assert (getattr(found, "os" + suffix) >= getattr(found, "pfs" + suffix)).all()
    months = np.geomspace(0.1, 100, 50)
    curves = crossed.curves(model, records, strategy, months)
    assert (curves["os"] >= curves["pfs"]).all()
    alone = Survival(os=crossed.os).curves(model, records, strategy, months)
    assert (alone["os"] < curves["pfs"]).any()  # there was something to mend


def test_time_that_is_not_modelled(model: Model) -> None:
    records, strategy = asked(*ROWS)
    part = Survival(os=times(SPEC, 10.0, 14.0))
    found = part.medians(model, records, strategy)
    assert np.isnan([found.pfs, found.pfs_lower, found.pfs_upper]).all()
    assert np.isfinite([found.os, found.os_lower, found.os_upper]).all()
    assert set(part.curves(model, records, strategy, np.array([6.0]))) == {"os"}


def test_nobody_asked(model: Model) -> None:
    records, strategy = asked()
    found = tiny_survival(SPEC).medians(model, records, strategy)
    assert found.pfs.shape == found.os_upper.shape == (0,)
    assert tiny_survival(SPEC).curves(model, records, strategy, np.array([6.0]))["os"].shape == (
        0,
        1,
    )


def test_everybody_is_free_at_the_start(model: Model) -> None:
    records, strategy = asked(*ROWS)
    curves = tiny_survival(SPEC).curves(model, records, strategy, np.array([0.0]))
    np.testing.assert_allclose(curves["pfs"], 1.0)


def test_rows_do_not_hang_on_each_other(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    records, strategy = asked(*ROWS)
    months, part = np.array([3.0, 9.0]), tiny_survival(SPEC)
    whole, curves = (
        part.medians(model, records, strategy),
        part.curves(model, records, strategy, months),
    )
    monkeypatch.setattr(module, "_CHUNK", 3)
    pieces = part.medians(model, records, strategy)
    for name in Medians.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(pieces, name), getattr(whole, name))
    again = part.curves(model, records, strategy, months)
    np.testing.assert_array_equal(again["pfs"], curves["pfs"])


def stored(part: Survival) -> dict[str, bytes]:
    """The files of a bundle."""
    files = {"survival.json": dump_json(part.to_json()).encode()}
    for stem, booster in part.boosters.items():
        files[f"survival/{stem}.ubj"] = bytes(booster.save_raw("ubj"))
    return files


def test_comes_back_as_it_was(model: Model) -> None:
    trees = aft_booster(len(SPEC.columns), rounds=4)
    grown = tuple(replace(x, booster=trees) for x in times(SPEC, 4.0, 5.0).members)
    part = Survival(replace(times(SPEC, 4.0, 5.0), members=grown), times(SPEC, 10.0, 14.0))
    back = read_parts(stored(part), SPEC, Path("bundle")).survival
    assert isinstance(back, Survival)
    records, strategy = asked(*ROWS)
    found, wanted = (x.medians(model, records, strategy) for x in (back, part))
    np.testing.assert_array_equal(found.pfs_lower, wanted.pfs_lower)
    np.testing.assert_array_equal(found.os, wanted.os)
    assert list(back.boosters) == ["pfs_00", "pfs_01", "os_00", "os_01"]


def broken(change: Any) -> dict[str, bytes]:
    files = stored(tiny_survival(SPEC))
    document = json.loads(files["survival.json"])
    change(document, files)
    if "survival.json" in files:
        files["survival.json"] = json.dumps(document).encode()
    return files


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d, f: d["pfs"].update(law="gamma"), "law 'gamma'"),
        (lambda d, f: d["pfs"].update(members=d["pfs"]["members"][:1]), "1 members"),
        (lambda d, f: d["pfs"].update(width=-1.0), "no size"),
        (lambda d, f: d["os"].update(followed=-3.0), "no size"),
        (lambda d, f: d["os"]["members"][0]["intercepts"].pop(), "intercepts of shape"),
        (lambda d, f: d["os"]["members"][0]["response"].append(0.0), "response of shape"),
        (lambda d, f: d["os"]["members"][1]["coefficients"].pop(), "coefficients of shape"),
        (lambda d, f: d["os"]["members"][1]["log_scale"].__setitem__(0, 99.0), "log_scale"),
        (lambda d, f: d.clear(), "times"),
        (lambda d, f: d.update(ttp=d["pfs"]), "ttp_00"),
        (lambda d, f: f.pop("survival/os_01.ubj"), "os_01"),
        (lambda d, f: f.update({"survival/os_02.ubj": f["survival/os_01.ubj"]}), "os_02"),
    ],
)
def test_parts_that_do_not_fit(change: Any, said: str) -> None:
    with pytest.raises((ValueError, KeyError), match=said):
        read_parts(broken(change), SPEC, Path("bundle"))


def test_boosters_are_those_of_times() -> None:
    """A booster of the risk is refused in the place of one of a time, and the other way round."""
    columns = len(SPEC.columns)
    risk = bytes(tiny_model().members[0].booster.save_raw("ubj"))
    time = bytes(aft_booster(columns, rounds=2).save_raw("ubj"))
    assert load_booster(time, columns, OBJECTIVE).num_boosted_rounds() == 2
    with pytest.raises(ValueError, match="objective: 'survival:aft', not 'binary:logistic'"):
        load_booster(time, columns)
    with pytest.raises(ValueError, match="objective: 'binary:logistic', not 'survival:aft'"):
        load_booster(risk, columns, OBJECTIVE)
    swapped = broken(lambda d, f: f.update({"survival/os_01.ubj": risk}))
    with pytest.raises(ValueError, match="objective"):
        read_parts(swapped, SPEC, Path("bundle"))


def test_boosters_of_times_are_guarded_alike() -> None:
    columns = len(SPEC.columns)
    content = bytes(aft_booster(columns, rounds=2).save_raw("ubj"))
    with pytest.raises(ValueError, match="columns"):
        load_booster(content, columns + 1, OBJECTIVE)
    with pytest.raises(ValueError, match="cut short"):
        load_booster(content[:-20], columns, OBJECTIVE)


def test_margin_of_an_empty_booster_is_none() -> None:
    columns = len(SPEC.columns)
    loaded = load_booster(bytes(aft_booster(columns).save_raw("ubj")), columns, OBJECTIVE)
    x = np.zeros((3, columns), dtype=np.float32)
    np.testing.assert_array_equal(loaded.inplace_predict(x, predict_type="margin"), 0.0)
