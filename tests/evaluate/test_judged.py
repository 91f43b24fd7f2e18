"""What is kept of the patients judged on: read as written, and told apart by a digest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from resistml.errors import TableError
from resistml.evaluate.judged import FILE, Judged, read_judged, write_judged
from resistml.notice import NOTICE


@pytest.fixture
def judged() -> Judged:
    return Judged(
        np.array(["a", "b", "b"], dtype=object),
        np.array(["x", "y", "x"], dtype=object),
        np.array([1.0, 0.0, 1.0]),
        np.array([0.1, 1 / 3, np.nan]),
    )


def test_it_is_read_as_it_was_written(judged: Judged, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    write_judged(judged, tmp_path)
    again = read_judged(tmp_path / FILE)
    np.testing.assert_array_equal(again.p, judged.p)
    assert list(again.setting) == ["a", "b", "b"]
    assert again.digest == judged.digest
    assert pq.read_schema(tmp_path / FILE).metadata[b"notice"].decode() == NOTICE


def test_the_digest_is_of_the_patients_not_of_what_is_said_of_them(judged: Judged) -> None:
    assert replace(judged, p=judged.p / 2).digest == judged.digest
    for part in ("setting", "strategy", "resistant"):
        turned = replace(judged, **{part: getattr(judged, part)[::-1].copy()})
        same = list(getattr(turned, part)) == list(getattr(judged, part))
        assert (turned.digest == judged.digest) == same, part


@pytest.mark.parametrize("content", [None, b"no parquet"])
def test_what_is_no_such_file_is_told(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / FILE).write_bytes(content)
    with pytest.raises(TableError, match=r"judged\.parquet: holds no judged patients"):
        read_judged(tmp_path / FILE)


def test_other_columns_are_told(tmp_path: Path) -> None:
    from resistml.tables.write import write_rows

    write_rows({"x": [1.0]}, tmp_path / FILE)
    with pytest.raises(TableError, match="holds no judged patients"):
        read_judged(tmp_path / FILE)
