"""Universal Binary JSON: read as XGBoost means it, refused where it is none."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost as xgb
from hypothesis import given, settings
from hypothesis import strategies as st

from resistml.predict.ubj import parse_ubj


def plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return [plain(x) for x in value.tolist()]
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return float(np.float32(value)) if isinstance(value, float) else value


def test_reads_what_xgboost_writes(small_bundle: Path) -> None:
    """Against its own JSON of the same booster (numbers there are float32 as text)."""
    content = (small_bundle / "boosters/00.ubj").read_bytes()
    booster = xgb.Booster()
    booster.load_model(bytearray(content))
    expected = plain(json.loads(booster.save_raw("json").decode()))
    found = plain(parse_ubj(content))
    assert found["learner"]["learner_model_param"] == expected["learner"]["learner_model_param"]
    ours, theirs = (x["learner"]["gradient_booster"]["model"]["trees"] for x in (found, expected))
    assert len(ours) == len(theirs) == 20
    for a, b in zip(ours, theirs, strict=True):
        assert a == b


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"i\xff", -1),
        (b"U\xff", 255),
        (b"I\x01\x00", 256),
        (b"l" + struct.pack(">i", -7), -7),
        (b"L" + struct.pack(">q", 1 << 40), 1 << 40),
        (b"d" + struct.pack(">f", 0.5), 0.5),
        (b"D" + struct.pack(">d", 0.25), 0.25),
        (b"Si\x02ab", "ab"),
        (b"T", True),
        (b"F", False),
        (b"Z", None),
        (b"{}", {}),
        (b"[]", []),
        (b"[#i\x00", []),
        (b"[i\x01Si\x01a]", [1, "a"]),
        (b"[#i\x02i\x01i\x02", [1, 2]),
        (b"[$U#i\x03\x01\x02\x03", [1, 2, 3]),
        (b"{i\x01a[$d#i\x01?\x80\x00\x00i\x01bT}", {"a": [1.0], "b": True}),
    ],
)
def test_values(content: bytes, expected: object) -> None:
    assert plain(parse_ubj(content)) == expected


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "cut short"),
        (b"{", "cut short"),
        (b"[", "cut short"),
        (b"L\x00", "cut short"),
        (b"Si\x05ab", "cut short: 5 bytes, 8 wanted"),
        (b"Si\x60ab", "length of 96"),
        (b"Si\xffab", "length of -1"),
        (b"S", "cut short"),
        (b"SZ", "no length"),
        (b"x", "no value at byte 0"),
        (b"TT", "goes on after its end at byte 1"),
        (b"[$S#i\x01i\x01a", "no array of numbers"),
        (b"[$U", "cut short"),
        (b"[$Ui", "no array of numbers"),
        (b"[$U#L\x7f\xff\xff\xff\xff\xff\xff\xff", "length of"),
        (b"[#L\x7f\xff\xff\xff\xff\xff\xff\xff", "length of"),
        (b"[" * 100, "nested too deeply"),
        (b"{i\x01aTi\x01aT}", "key 'a' stands twice"),
        (b"Si\x01\xff", "decode"),
    ],
)
def test_faults(content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_ubj(content)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        parse_ubj(content)
    except ValueError:
        return


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 1, exclude_max=True))
def test_every_beginning_of_a_booster_is_refused(small_bundle: Path, share: float) -> None:
    content = (small_bundle / "boosters/00.ubj").read_bytes()
    keep = int(share * len(content))
    with pytest.raises(ValueError, match=r"cut short|no value|length"):
        parse_ubj(content[:keep])
