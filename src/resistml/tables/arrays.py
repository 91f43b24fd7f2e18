"""Between NumPy and Arrow through their buffers.

Arrow's own conversions (``pa.array``, ``to_numpy``, scalars) import pandas where it is
installed, which scoring must not; these do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Words = npt.NDArray[np.object_]

#: A ``pyarrow.Array``; Arrow comes without type hints.
Array = Any


def _bitmap(valid: Bools) -> Any:
    import pyarrow as pa

    return None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little").tobytes())


def from_floats(values: Floats) -> Array:
    """A double array; NaN becomes null."""
    import pyarrow as pa

    data = np.ascontiguousarray(values, dtype=np.float64)
    buffers = [_bitmap(~np.isnan(data)), pa.py_buffer(data.tobytes())]
    return pa.Array.from_buffers(pa.float64(), len(data), buffers)


def from_ints(values: npt.NDArray[np.integer[Any]], valid: Bools | None = None) -> Array:
    """An int64 array; null where ``valid`` is given and False."""
    import pyarrow as pa

    data = np.ascontiguousarray(values, dtype=np.int64)
    bitmap = None if valid is None or valid.all() else _bitmap(valid)
    return pa.Array.from_buffers(pa.int64(), len(data), [bitmap, pa.py_buffer(data.tobytes())])


def from_bools(values: Bools) -> Array:
    """A boolean array."""
    import pyarrow as pa

    data = pa.py_buffer(np.packbits(values, bitorder="little").tobytes())
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, data])


def from_texts(values: Sequence[str | None]) -> Array:
    """A string array; None becomes null."""
    import pyarrow as pa

    encoded = [b"" if value is None else value.encode() for value in values]
    valid = np.fromiter((value is not None for value in values), np.bool_, len(encoded))
    offsets = _offsets(encoded)
    buffers = [_bitmap(valid), pa.py_buffer(offsets.tobytes()), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(encoded), buffers)


def from_lists(values: Sequence[Sequence[str]]) -> Array:
    """An array of lists of strings."""
    import pyarrow as pa

    offsets = _offsets(values)
    ends = pa.Array.from_buffers(pa.int32(), len(offsets), [None, pa.py_buffer(offsets.tobytes())])
    return pa.ListArray.from_arrays(ends, from_texts([x for value in values for x in value]))


def _offsets(values: Sequence[Sequence[Any]]) -> npt.NDArray[np.int32]:
    ends = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum([len(value) for value in values], out=ends[1:])
    if ends[-1] > np.iinfo(np.int32).max:
        raise ValueError("more than 2 GB of text in one block of a column")
    return ends.astype(np.int32)


def _bits(buffer: Any, offset: int, length: int) -> Bools:
    packed = np.frombuffer(buffer, dtype=np.uint8)
    return np.unpackbits(packed, count=offset + length, bitorder="little")[offset:].astype(np.bool_)


def valid(array: Array) -> Bools:
    """(n,) True where the array is not null."""
    buffer = array.buffers()[0]
    if array.null_count == len(array):
        return np.zeros(len(array), dtype=np.bool_)
    if buffer is None or array.null_count == 0:
        return np.ones(len(array), dtype=np.bool_)
    return _bits(buffer, array.offset, len(array))


def bools(array: Array) -> Bools:
    """(n,) values of a boolean array; null is False."""
    if len(array) == 0:
        return np.zeros(0, dtype=np.bool_)
    return _bits(array.buffers()[1], array.offset, len(array)) & valid(array)


def _plain(array: Array, dtype: Any) -> npt.NDArray[Any]:
    """Values of an array of fixed width, whatever stands where it is null."""
    if len(array) == 0:
        return np.zeros(0, dtype=dtype)
    data = np.frombuffer(array.buffers()[1], dtype=dtype)
    return data[array.offset : array.offset + len(array)]


def floats(array: Array) -> Floats:
    """(n,) values of a double array; null becomes NaN."""
    return np.where(valid(array), _plain(array, np.float64), np.nan)


def ints(array: Array) -> npt.NDArray[np.int64]:
    """(n,) values of an int64 array without nulls."""
    return _plain(array, np.int64).copy()


def words(array: Array) -> Words:
    """(n,) values of a string array; null becomes "". Equal values are one object."""
    coded = array.dictionary_encode()
    distinct = np.array([*coded.dictionary.to_pylist(), ""], dtype=object)
    codes = _plain(coded.indices, np.int32)
    return np.asarray(distinct[np.where(valid(coded.indices), codes, len(distinct) - 1)])


def at(array: Array, rows: npt.NDArray[np.integer[Any]]) -> Array:
    """The elements at ``rows``."""
    return array.take(from_ints(rows))
