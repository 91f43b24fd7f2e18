"""What a model was trained on: who is unlike its patients, and how that is said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from resistml.features.links import forward, inverse
from resistml.predict.population import Population
from resistml.predict.support import Support, compared
from tests.predict.tiny import tiny_profiles, tiny_spec

NAN = float("nan")
ARMS = 5


def logit(percent: float) -> float:
    return float(forward("percent", np.array([percent]))[0])


def support(**changed: Any) -> Support:
    """Of setting ``one``: A about 1, P about 50%, going together; T in a tenth of patients."""
    population = Population(
        names=("A", "P", "age"),
        mean=np.array([0.0, 0.0, 60.0]),
        scale=np.array([0.5, 1.0, 10.0]),
        low=np.array([-1.2, logit(10.0), 36.0]),
        high=np.array([1.2, logit(90.0), 84.0]),
        correlation=np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        mutations=("T",),
        shares=np.array([0.1]),
        rarest=10.0,
    )
    fields: dict[str, Any] = {
        "counts": np.array([40, 3, 0, 7, 12]),
        "populations": {"one": population},
        "ranges": {"A": (-4.0, 4.0), "P": (-6.0, 6.0), "age": (18.0, 92.0)},
        "limits": {"distance": 3.0, "deviation": 4.0},
    }
    return Support(**{**fields, **changed})


def found(row: dict[str, Any], who: Support | None = None, setting: str = "one") -> Any:
    """The outlier among two ordinary patients, if the row is one."""
    plain = {"A": 1.0, "P": 50, "age": 60}
    records = tiny_profiles(*({"setting": setting, **r} for r in (plain, row, plain))).records
    out = (who or support()).outliers(tiny_spec(), records, setting)
    assert set(out) <= {1}
    return out.get(1)


@pytest.mark.parametrize(
    "row",
    [
        {"A": 1.0, "P": 50, "T": 0, "age": 60},
        {"A": 2.0, "P": 80, "T": 1, "age": 75},  # both up: they go together
        {"A": 2.0, "age": 40},
        {"P": 20},
        {},
    ],
)
def test_ordinary_patients_are_none(row: dict[str, Any]) -> None:
    assert found(row) is None


def test_one_value_far_from_what_the_others_let_expect() -> None:
    """A alone is ordinary at 2.7, two deviations up; not where P is at its mean: 2 / sqrt(0.19)."""
    a = float(np.exp(1.0))
    assert found({"A": a}) is None
    out = found({"A": a, "P": 50, "age": 60})
    assert set(out.columns) == {"A", "P"}
    assert out.message == (
        "unlike the setting's training patients: A is 2.718 (98% of them: 0.3012 to 3.32), "
        "P is 50 (98% of them: 10 to 90)"
    )


def test_all_together_where_none_is_far() -> None:
    """Opposite by 1.5 deviations each, with age: no deviation above 7, the distance is."""
    wide = support(limits={"distance": 3.0, "deviation": 9.0})
    out = found({"A": float(np.exp(0.75)), "P": 100 * inverse("fraction", -1.5), "age": 75}, wide)
    assert out.message.endswith(" together")
    assert set(out.columns) == {"A", "P"}
    assert found({"A": float(np.exp(0.75)), "age": 75}, wide) is None


def test_beyond_all_settings() -> None:
    """Also in a setting too small to be described, and before all else is said."""
    for setting in ("one", "two"):
        out = found({"A": 60.0}, setting=setting)
        assert out.columns == ("A",)
        assert out.message == (
            "unlike the setting's training patients: A is 60 (training patients: 0.01832 to 54.6)"
        )
    assert found({"age": 94}, setting="two").columns == ("age",)
    assert found({"A": 50.0}, setting="two") is None
    # P is in no panel of setting two.
    assert found({"A": 1.0, "P": 99.99}, setting="two") is None


def test_rare_mutations() -> None:
    population = support().populations["one"]
    rare = population.rarity(np.array([[1.0]]))[0][0]
    for rarest, expected in ((rare - 0.01, True), (rare, False)):
        changed = Population(**{**vars(population), "rarest": float(rarest)})
        out = found({"T": 1, "A": 1.0}, support(populations={"one": changed}))
        assert (out is not None) == expected
    absent = Population(**{**vars(population), "shares": np.array([0.96]), "rarest": 1.0})
    out = found({"T": 0, "A": 1.0}, support(populations={"one": absent}))
    assert out.columns == ("T",)
    assert out.message == "unlike the setting's training patients: T absent (in 4.0% of them)"


def test_counts_of_a_setting() -> None:
    assert support().count(tiny_spec(), "one") == {"chemo": 40, "targeted": 3, "immune": 0}
    assert support().count(tiny_spec(), "three") == {"targeted": 12}


def test_compared_is_the_models_value_for_markers_alone() -> None:
    records = tiny_profiles({"A": 2.0, "T": 1, "P": 50, "age": 44}, {}).records
    values = compared(tiny_spec(), records, ("A", "T", "P", "age", "ecog"))
    np.testing.assert_allclose(values[0], [np.log(2), 1, 0, 44, NAN])
    assert np.isnan(values[1]).all()
    assert compared(tiny_spec(), records, ()).shape == (2, 0)


def test_json_gives_the_same_back() -> None:
    again = Support.from_json(support().to_json(), {}, tiny_spec())
    assert again.to_json() == support().to_json()
    assert found({"A": 60.0}, again) == found({"A": 60.0})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("counts", [1, 2]),
        ("counts", [-1, 0, 0, 0, 0]),
        ("ranges", {"X": [0, 1]}),
        ("ranges", {"A": [0, float("inf")]}),
        ("limits", {"distance": NAN, "deviation": 1.0}),
    ],
)
def test_what_does_not_fit_the_spec_is_refused(field: str, value: Any) -> None:
    raw = {**support().to_json(), field: value}
    with pytest.raises(ValueError):
        Support.from_json(raw, {}, tiny_spec())


def test_a_population_of_other_markers_is_refused() -> None:
    raw = support().to_json()
    raw["populations"] = {"two": raw["populations"]["one"]}
    with pytest.raises(ValueError, match="two"):
        Support.from_json(raw, {}, tiny_spec())


def test_a_lacking_limit_is_refused() -> None:
    with pytest.raises(KeyError):
        Support.from_json({**support().to_json(), "limits": {"distance": 1.0}}, {}, tiny_spec())
