"""The model matrix: markers engaged with what the strategy is exposed to."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistml.features.matrix import Records, Words, arm_codes, centred, model_matrix, standardised
from resistml.features.spec import (
    CLINICAL,
    FeatureSpec,
    MarkerSpec,
    SettingSpec,
    StrategySpec,
)
from tests.features.settings import no_patients

NAN = float("nan")
Drawn = tuple[Records, Words]


def marker(name: str, kind: str, limit: float | None = None) -> MarkerSpec:
    centre = {"expression": math.log(2), "count": math.log(4), "mutation": 0.0}[kind]
    scale = 1.0 if kind == "mutation" else 0.5
    return MarkerSpec(name, name, kind, "", "target", 0, 1e4, centre, scale, limit, ())


def strategy(name: str, exposure: dict[str, float], cls: str = "chemotherapy") -> StrategySpec:
    return StrategySpec(name, name, cls, exposure, (), (), ())


def setting(name: str, panel: tuple[str, ...], means: dict[str, float]) -> SettingSpec:
    arms = ("A", "B", "DENSE")
    return SettingSpec(name, name, 1, "A", panel, arms, means, (18, 95), **no_patients(panel))


SMALL = FeatureSpec(
    catalog_hash="",
    frailty_age=70.0,
    groups={"target": "Targets", "clinical": "Clinical", "context": "Context"},
    markers={
        "X": marker("X", "expression", limit=0.1),
        "M": marker("M", "mutation"),
        "N": marker("N", "count"),
    },
    settings={
        "s": setting("s", ("X", "M"), {"X": 0.5, "M": 0.25}),
        "t": setting("t", ("N",), {"N": -1.0}),
    },
    strategies={
        "A": strategy("A", {"X": 1.0, "M": 0.5, "N": 2.0}),
        "B": strategy("B", {"X": -0.5}),
        "DENSE": strategy("DENSE", {}, "chemotherapy_intensified"),
    },
    claims={},
)


def records(n: int = 1, setting: str = "s", **columns: object) -> Records:
    return Records(
        np.array([f"p{i}" for i in range(n)], dtype=object),
        np.array([setting] * n, dtype=object),
        {name: np.atleast_1d(np.array(v, dtype=float)) for name, v in columns.items()},
    )


def words(*names: str) -> Words:
    return np.array(names, dtype=object)


def row(strategy: str, setting: str = "s", **columns: float) -> dict[str, float]:
    found = model_matrix(SMALL, records(setting=setting, **columns), words(strategy))
    return dict(zip(SMALL.columns, found[0], strict=True))


class TestStandardised:
    @pytest.mark.parametrize(
        ("value", "found"),
        [
            (2.0, 0.0),
            (2 * math.exp(0.5), 1.0),
            (0.1, math.log(0.1 / 2) / 0.5),
            (0.0, math.log(0.05 / 2) / 0.5),
            (0.09, math.log(0.05 / 2) / 0.5),
        ],
    )
    def test_below_the_limit_counts_as_half_of_it(self, value: float, found: float) -> None:
        assert standardised(SMALL.markers["X"], np.array([value]))[0] == pytest.approx(found)

    def test_missing_stays_missing(self) -> None:
        assert np.isnan(standardised(SMALL.markers["X"], np.array([NAN])))[0]

    def test_count(self) -> None:
        found = standardised(SMALL.markers["N"], np.array([0.0, 3.5]))
        assert found.tolist() == pytest.approx([math.log(0.5 / 4) / 0.5, 0.0])


class TestMarkers:
    def test_exposure_times_f(self) -> None:
        one_up = 2 * math.exp(0.5)
        assert row("A", X=one_up, M=1)["X"] == pytest.approx(1.0)
        assert row("A", X=one_up, M=1)["M"] == 0.5
        assert row("B", X=one_up, M=1)["X"] == pytest.approx(-0.5)

    def test_no_bearing_is_zero_measured_or_not(self) -> None:
        assert row("B", X=1.0, M=1)["M"] == 0.0
        assert row("B", X=1.0)["M"] == 0.0
        assert row("DENSE", X=1.0, M=1)["X"] == 0.0

    def test_bearing_but_unmeasured_is_missing(self) -> None:
        assert np.isnan(row("A", X=NAN, M=1)["X"])
        assert np.isnan(row("A", M=1)["X"])

    def test_outside_the_panel_is_zero_even_if_measured(self) -> None:
        assert row("A", "t", X=100.0, N=4)["X"] == 0.0
        assert row("A", "s", X=1.0, M=0, N=4)["N"] == 0.0
        assert row("A", "t", N=3.5)["N"] == pytest.approx(0.0)


class TestClinical:
    @pytest.mark.parametrize(
        ("age", "ecog", "sex", "found"),
        [
            (59, 0, 1, (0.0, 0, 0, 1)),
            (60, 0, 0, (0.0, 0, 0, 0)),
            (75, 1, 0, (1.5, 1, 0, 0)),
            (50, 2, 1, (0.0, 0, 1, 1)),
            (50, 3, 1, (0.0, 0, 1, 1)),
            (NAN, NAN, NAN, (NAN, NAN, NAN, NAN)),
        ],
    )
    def test_columns(self, age: float, ecog: float, sex: float, found: tuple[float, ...]) -> None:
        values = row("A", age=age, ecog=ecog, sex=sex)
        names = ("age_over_60", "ecog_1", "ecog_2", "female")
        assert [values[n] for n in names] == pytest.approx(list(found), nan_ok=True)

    @pytest.mark.parametrize(
        ("age", "ecog", "frail"),
        [
            (50, 0, 0.0),
            (70, 1, 0.0),
            (71, 0, 1.0),
            (50, 2, 1.0),
            (NAN, 2, 1.0),
            (71, NAN, 1.0),
            (NAN, 1, NAN),
            (50, NAN, NAN),
            (NAN, NAN, NAN),
        ],
    )
    def test_frailty_under_an_intensified_regimen(
        self, age: float, ecog: float, frail: float
    ) -> None:
        """Unknown exactly where age or status is, and the other does not settle it."""
        found = row("DENSE", age=age, ecog=ecog)["frail_intensified"]
        assert found == pytest.approx(frail, nan_ok=True)
        assert row("A", age=age, ecog=ecog)["frail_intensified"] == 0.0

    def test_absent_columns_are_missing(self) -> None:
        values = row("A")
        assert all(np.isnan(values[n]) for n in CLINICAL[:4])


class TestCentred:
    def test_less_the_settings_mean_and_missing_becomes_zero(self) -> None:
        seen = records(3, X=[2.0, NAN, 2.0], M=[1, 0, NAN], age=[80, NAN, 50])
        arms = words("A", "A", "B")
        matrix = model_matrix(SMALL, seen, arms)
        found = centred(SMALL, matrix, seen.setting, arms)
        assert found[:, 0].tolist() == pytest.approx([-0.5, 0.0, 0.25])
        assert found[:, 1].tolist() == pytest.approx([0.5 * 0.75, -0.5 * 0.25, 0.0])
        age = SMALL.columns.index("age_over_60")
        assert found[:, age].tolist() == [2.0, 0.0, 0.0]
        assert np.isnan(matrix[1, 0])  # the matrix itself is left as it was

    def test_training_patients_are_centred_at_zero(self, spec: FeatureSpec, drawn: Drawn) -> None:
        """Where measured, within four standard errors: means are those that all are estimated to
        have, which the correlated markers of the unmeasured move a little."""
        seen = drawn[0]
        for name, s in spec.settings.items():
            part = seen.take(np.flatnonzero(seen.setting == name))
            usual = np.array([s.usual] * len(part), dtype=object)
            matrix = model_matrix(spec, part, usual)
            found = centred(spec, matrix, part.setting, usual)
            assert not np.isnan(found).any()
            for j in range(len(spec.markers)):
                values = found[~np.isnan(matrix[:, j]), j]
                assert abs(values.mean()) <= 4 * values.std() / np.sqrt(len(values)) + 1e-9


class TestArms:
    def test_codes_are_places_in_the_list_of_arms(self, spec: FeatureSpec, drawn: Drawn) -> None:
        seen, given = drawn
        codes = arm_codes(spec, seen.setting, given)
        found = [spec.arms[code] for code in codes]
        assert found == list(zip(seen.setting, given, strict=True))

    def test_unknown_arm_is_an_error(self) -> None:
        with pytest.raises(KeyError):
            arm_codes(SMALL, words("s"), words("C"))
        with pytest.raises(KeyError):
            model_matrix(SMALL, records(), words("C"))

    def test_no_patients(self) -> None:
        none = records(0)
        assert model_matrix(SMALL, none, words()).shape == (0, len(SMALL.columns))
        assert arm_codes(SMALL, none.setting, words()).shape == (0,)
        assert len(none) == 0


@settings(max_examples=20)
@given(st.permutations(range(40)))
def test_rows_do_not_depend_on_each_other(order: list[int]) -> None:
    rng = np.random.default_rng(1)
    seen = Records(
        np.arange(40).astype(str).astype(object),
        np.array(["s", "t"] * 20, dtype=object),
        {
            "X": rng.lognormal(size=40),
            "M": rng.integers(0, 2, 40) * 1.0,
            "N": rng.poisson(4, 40) * 1.0,
        },
    )
    arms: npt.NDArray[np.object_] = np.array(["A", "B", "DENSE", "A"] * 10, dtype=object)
    rows = np.array(order)
    whole = model_matrix(SMALL, seen, arms)
    assert np.array_equal(
        model_matrix(SMALL, seen.take(rows), arms[rows]), whole[rows], equal_nan=True
    )


def test_matrix_of_drawn_patients_is_missing_only_where_something_bears(
    spec: FeatureSpec, drawn: Drawn
) -> None:
    seen, given = drawn
    matrix = model_matrix(spec, seen, given)
    for j, name in enumerate(spec.markers):
        bears = np.array(
            [
                name in spec.settings[s].panel and spec.strategies[a].exposure.get(name, 0.0) != 0
                for s, a in zip(seen.setting, given, strict=True)
            ]
        )
        assert np.array_equal(np.isnan(matrix[:, j]), bears & np.isnan(seen.column(name)))
        assert not matrix[~bears, j].any()
