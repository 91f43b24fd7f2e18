"""What pydantic finds is told in the project's words."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from resistml.validation import Fault, first_fault


class Leaf(BaseModel):
    model_config = ConfigDict(extra="forbid")
    size: float = Field(default=1.0, gt=0, le=2)
    colour: Literal["red", "green", "blue"] = "red"


class Tree(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    name: str
    kind: str = Field(default="oak", alias="class")
    leaf: Leaf | None = None
    leaves: dict[str, Leaf] = Field(default_factory=dict)
    rows: tuple[tuple[Leaf, ...], ...] = ()

    @model_validator(mode="after")
    def _no_elm(self) -> Tree:
        if self.name == "elm":
            raise ValueError("elms are gone")
        return self


def fault(**raw: Any) -> Fault:
    with pytest.raises(ValidationError) as caught:
        Tree.model_validate(raw)
    return first_fault(caught.value, Tree)


@pytest.mark.parametrize(
    ("raw", "key", "message", "allowed", "hint"),
    [
        (
            {"name": "a", "laef": {}},
            "laef",
            "unknown key",
            "class, leaf, leaves, name, rows",
            "did you mean 'leaf'?",
        ),
        (
            {"name": "a", "clas": "b"},
            "clas",
            "unknown key",
            "class, leaf, leaves, name, rows",
            "did you mean 'class'?",
        ),
        (
            {"name": "a", "leaf": {"sise": 1}},
            "leaf.sise",
            "unknown key",
            "colour, size",
            "did you mean 'size'?",
        ),
        (
            {"name": "a", "leaves": {"x": {"sise": 1}}},
            "leaves.x.sise",
            "unknown key",
            "colour, size",
            "did you mean 'size'?",
        ),
        (
            {"name": "a", "rows": [[{"sise": 1}]]},
            "rows.0.0.sise",
            "unknown key",
            "colour, size",
            "did you mean 'size'?",
        ),
        ({}, "name", "is missing", None, "add it"),
        (
            {"name": "a", "leaf": {"colour": "gren"}},
            "leaf.colour",
            "is not one of the choices, got 'gren'",
            "blue, green, red",
            "did you mean 'green'?",
        ),
        (
            {"name": "a", "leaf": {"size": 3}},
            "leaf.size",
            "Input should be less than or equal to 2, got 3",
            None,
            None,
        ),
        (
            {"name": "a", "leaf": {"size": "x" * 100}},
            "leaf.size",
            "Input should be a valid number, unable to parse string as a number, got '"
            + "x" * 56
            + "...",
            None,
            None,
        ),
        ({"name": "elm"}, "", "elms are gone", None, None),
        ({"name": 3}, "name", "Input should be a valid string, got 3", None, None),
        ({"name": {"a": 1}}, "name", "Input should be a valid string", None, None),
    ],
)
def test_first_fault(
    raw: dict[str, Any], key: str, message: str, allowed: str | None, hint: str | None
) -> None:
    assert fault(**raw) == Fault(key, message, allowed, hint)
