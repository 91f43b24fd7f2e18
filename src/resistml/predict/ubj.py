"""Reads Universal Binary JSON, as boosters are saved in, without trusting it."""

from __future__ import annotations

from typing import Any

import numpy as np

#: Numbers by marker: their format, big-endian.
_NUMBERS = {"i": ">i1", "U": ">u1", "I": ">i2", "l": ">i4", "L": ">i8", "d": ">f4", "D": ">f8"}
_WHOLE = "iUIlL"
_WORDS = {"T": True, "F": False, "Z": None, "N": None}
#: Objects and arrays inside each other.
_DEEPEST = 24


def parse_ubj(content: bytes) -> Any:
    """The value that a document holds; arrays of one type of number become NumPy arrays.

    Raises
    ------
    ValueError
        If it is cut short, goes on after its end, or is no UBJSON.
    """
    reader = _Reader(content)
    value = reader.value(reader.marker(), 0)
    if reader.at != len(content):
        raise ValueError(f"goes on after its end at byte {reader.at}")
    return value


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self.at = 0

    def marker(self) -> str:
        return self._take(1).decode("latin-1")

    def value(self, marker: str, depth: int) -> Any:
        if depth > _DEEPEST:
            raise ValueError("is nested too deeply")
        if marker == "{":
            return self._object(depth)
        if marker == "[":
            return self._array(depth)
        if marker in _NUMBERS:
            return self._numbers(marker, 1)[0].item()
        if marker == "S":
            return self._text(self.marker())
        if marker in _WORDS:
            return _WORDS[marker]
        raise ValueError(f"has no value at byte {self.at - 1}")

    def _take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self._content):
            raise ValueError(f"is cut short: {len(self._content)} bytes, {end} wanted")
        taken, self.at = self._content[self.at : end], end
        return taken

    def _numbers(self, marker: str, count: int) -> Any:
        form = np.dtype(_NUMBERS[marker])
        return np.frombuffer(self._take(form.itemsize * count), dtype=form)

    def _count(self, marker: str) -> int:
        if marker not in _WHOLE:
            raise ValueError(f"has no length at byte {self.at - 1}")
        count = int(self._numbers(marker, 1)[0])
        if not 0 <= count <= len(self._content):
            raise ValueError(f"has a length of {count} at byte {self.at}")
        return count

    def _text(self, marker: str) -> str:
        return self._take(self._count(marker)).decode("utf-8")

    def _object(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while (marker := self.marker()) != "}":
            key = self._text(marker)
            if key in found:
                raise ValueError(f"key '{key}' stands twice")
            found[key] = self.value(self.marker(), depth + 1)
        return found

    def _array(self, depth: int) -> Any:
        marker = self.marker()
        if marker == "$":
            kind, sign = self.marker(), self.marker()
            if kind not in _NUMBERS or sign != "#":
                raise ValueError(f"has no array of numbers at byte {self.at}")
            return self._numbers(kind, self._count(self.marker()))
        if marker == "#":
            count = self._count(self.marker())
            return [self.value(self.marker(), depth + 1) for _ in range(count)]
        found = []
        while marker != "]":
            found.append(self.value(marker, depth + 1))
            marker = self.marker()
        return found
