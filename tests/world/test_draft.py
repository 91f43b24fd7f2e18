"""The world before it is solved."""

from __future__ import annotations

import pytest

from resistml.evidence import Evidence
from resistml.evidence.schema import Condition
from resistml.world.compiled import compile_setting
from resistml.world.draft import draft_world
from resistml.world.draft import tests as plain


def test_all_modelled_settings_and_their_arms_are_there(evidence: Evidence) -> None:
    draft = draft_world(evidence)
    assert list(draft.settings) == list(evidence.modelled_settings)
    for name, law in draft.settings.items():
        assert list(law.arms) == list(evidence.arms_of(name))
        assert law.panel == evidence.panel_of(name)
        assert set(law.location) | set(law.prevalence) == set(law.panel)
        assert set(law.missing) == set(law.panel)
    assert draft.constants == {k: a.value for k, a in evidence.assumptions.items()}
    assert draft.catalog_hash == evidence.hash


def test_a_setting_says_otherwise_of_a_marker_where_it_does(evidence: Evidence) -> None:
    entry = evidence.markers["ABCB1"]
    own = entry.in_settings["sclc_resistant"].median
    assert own is not None
    assert entry.median is not None
    assert own.value != entry.median.value
    c = compile_setting(draft_world(evidence), "sclc_resistant")
    f = c.standardised(c.location)[c.continuous.index("ABCB1")]
    assert f > 0  # above the reference median that standardises


def test_only_exposures_that_are_not_0_are_kept(evidence: Evidence) -> None:
    draft = draft_world(evidence)
    for name, law in draft.strategies.items():
        for marker in draft.markers:
            stated = evidence.exposure(name, marker)
            expected = 0.0 if stated is None else stated.value
            assert law.exposure.get(marker, 0.0) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Condition(column="CSC", op=">", value=0.05), ("CSC", ">", 0.05)),
        (Condition(column="ABCB1", op=">", value="cutoff"), ("ABCB1", ">", 2.0)),
        (Condition(column="CSC", op=">", value="s2_csc_high_cutoff"), ("CSC", ">", 0.05)),
        (Condition(column="CD274", op=">=", value="s5_pdl1_high_cutoff"), ("CD274", ">=", 50.0)),
        (Condition(column="sex", op="==", value="female"), ("sex", "==", 1.0)),
        (Condition(column="sex", op="!=", value="male"), ("sex", "!=", 0.0)),
    ],
)
def test_conditions_become_plain_numbers(
    evidence: Evidence, condition: Condition, expected: tuple[str, str, float]
) -> None:
    assert plain(evidence, (condition,)) == (expected,)
