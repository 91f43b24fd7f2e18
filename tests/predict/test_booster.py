"""Boosters: trees are trees before XGBoost sees them."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import xgboost as xgb

from resistml.predict.booster import load_booster
from tests.predict.tiny import tiny_model


@pytest.fixture(scope="module")
def content() -> bytes:
    """Three trees over four columns."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 4))
    data = xgb.DMatrix(x, label=(x[:, 0] + x[:, 1] > 0).astype(float))
    settings = {"objective": "binary:logistic", "max_depth": 2, "nthread": 1}
    return bytes(xgb.train(settings, data, num_boost_round=3).save_raw("ubj"))


def patched(content: bytes, name: str, index: int, value: bytes) -> bytes:
    """With one value of the second tree's array of that name replaced."""
    start = content.index(b"base_weights", content.index(b"base_weights") + 1)
    at = content.index(name.encode() + b"[$", start) + len(name) + 2  # the type's marker
    first = at + 1 + 1 + 9  # the type, the sign #, a length of nine bytes
    place = first + index * len(value)
    return content[:place] + value + content[place + len(value) :]


def whole(value: int) -> bytes:
    return value.to_bytes(4, "big", signed=True)


def test_loads_what_xgboost_wrote(content: bytes) -> None:
    booster = load_booster(content, 4)
    assert booster.num_boosted_rounds() == 3
    x = np.random.default_rng(1).normal(size=(20, 4)).astype(np.float32)
    direct = xgb.Booster()
    direct.load_model(bytearray(content))
    np.testing.assert_array_equal(booster.inplace_predict(x), direct.inplace_predict(x))


def test_loads_a_booster_without_trees() -> None:
    booster = tiny_model().members[0].booster
    loaded = load_booster(bytes(booster.save_raw("ubj")), booster.num_features())
    assert loaded.num_boosted_rounds() == 0


@pytest.mark.parametrize(
    ("name", "index", "value", "said"),
    [
        ("left_children", 0, whole(0), "no tree"),  # itself
        ("left_children", 0, whole(1_000_000), "no tree"),
        ("left_children", 0, whole(-2), "no tree"),
        ("left_children", 1, whole(2), "no tree"),  # a child of two
        ("right_children", 0, whole(-1), "no tree"),
        ("right_children", 6, whole(5), "no tree"),  # of a leaf
        ("parents", 1, whole(3), "other parents"),
        ("split_indices", 0, whole(4), "column that is not there"),
        ("split_indices", 0, whole(-1), "column that is not there"),
        ("split_type", 0, b"\x01", "column that is not there"),
        ("split_conditions", 0, b"\x7f\xc0\x00\x00", "number that is none"),
        ("base_weights", 0, b"\x7f\x80\x00\x00", "number that is none"),
    ],
)
def test_trees_that_are_none(
    content: bytes, name: str, index: int, value: bytes, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        load_booster(patched(content, name, index, value), 4)


def test_siblings_in_another_order(content: bytes) -> None:
    """The tree is one, but XGBoost, which adds 1 to go right, would go where SHAP does not."""
    swapped = patched(content, "left_children", 0, whole(2))
    swapped = patched(swapped, "right_children", 0, whole(1))
    with pytest.raises(ValueError, match="a right child after its left one"):
        load_booster(swapped, 4)


def test_tree_out_of_its_place(content: bytes) -> None:
    """XGBoost puts a tree where its id says, which need not be inside its memory."""
    at = content.rindex(b"\x02idi") + 4
    with pytest.raises(ValueError, match="a booster's tree: 99, not 2"):
        load_booster(content[:at] + b"c" + content[at + 1 :], 4)


def test_other_columns(content: bytes) -> None:
    with pytest.raises(ValueError, match="a booster's columns: 4, not 5"):
        load_booster(content, 5)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"objective": "reg:squarederror"}, "objective"),
        ({"objective": "multi:softprob", "num_class": 3}, "objective|classes"),
        ({"booster": "gblinear", "objective": "binary:logistic"}, "booster"),
        ({"objective": "binary:logistic", "num_parallel_tree": 2}, "rounds"),
    ],
)
def test_other_kinds_of_booster(settings: dict[str, object], said: str) -> None:
    data = xgb.DMatrix(np.eye(4), label=[0.0, 1.0, 0.0, 1.0])
    booster = xgb.train({"nthread": 1, **settings}, data, num_boost_round=2)
    with pytest.raises(ValueError, match=said):
        load_booster(bytes(booster.save_raw("ubj")), 4)


@pytest.mark.parametrize("document", [b"", b"{}", b"[]", b"T", b"{i\x07learner[]}", b"not ubj"])
def test_other_documents(document: bytes) -> None:
    with pytest.raises(ValueError, match=r"cut short|not as XGBoost saves it|no value"):
        load_booster(document, 4)


MUTATE = """
import random, sys
import numpy as np
import xgboost as xgb
from resistml.predict.booster import load_booster
content = sys.stdin.buffer.read()
x = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
loaded = refused = 0
for seed in range(1_500):
    dice, changed = random.Random(seed), bytearray(content)
    for _ in range(dice.choice([1, 1, 3])):
        changed[dice.randrange(len(changed))] = dice.choice([0, 1, 127, 255, dice.randrange(256)])
    if dice.random() < 0.2:
        del changed[dice.randrange(len(changed)):]
    try:
        booster = load_booster(bytes(changed), 4)
    except ValueError:
        refused += 1
        continue
    loaded += 1
    booster.inplace_predict(x)
    booster.predict(xgb.DMatrix(x), pred_contribs=True)
print(loaded, refused)
"""


def test_no_mutant_ends_the_process(content: bytes) -> None:
    """Loaded and asked, or refused; in a process of its own, which XGBoost could end."""
    done = subprocess.run(
        [sys.executable, "-c", MUTATE], input=content, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()[-2_000:]
    loaded, refused = map(int, done.stdout.split())
    assert loaded + refused == 1_500
    assert refused > 900
