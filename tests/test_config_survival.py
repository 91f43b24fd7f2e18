"""The section of a config about models of times."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from resistml.config import RunConfig, SurvivalConfig, explain, validated
from resistml.errors import ConfigError
from resistml.learn.survival import SurvivalParams
from resistml.pipeline_own import survival_params


def test_defaults_are_the_learners() -> None:
    assert SurvivalConfig().model_dump(exclude={"enabled"}) == asdict(SurvivalParams())
    assert survival_params(RunConfig()) == SurvivalParams()


def test_can_be_done_without() -> None:
    assert survival_params(validated({"survival": {"enabled": False}})) is None


def test_what_is_stated_is_used() -> None:
    config = validated({"survival": {"bag": 3, "rounds": 0, "form": 0.0}})
    assert survival_params(config) == SurvivalParams(bag=3, rounds=0, form=0.0)


@pytest.mark.parametrize(
    ("key", "value"), [("bag", 1), ("rounds", -1), ("form", -0.1), ("arm_penalty", 0), ("bags", 3)]
)
def test_what_cannot_be_is_refused(key: str, value: float) -> None:
    with pytest.raises(ConfigError, match=key):
        validated({"survival": {key: value}})


def test_every_key_is_explained() -> None:
    told = {row["key"]: row["meaning"] for row in explain()}
    for name in SurvivalConfig.model_fields:
        assert told[f"survival.{name}"]
