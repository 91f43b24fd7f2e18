"""Remembers which ids went by, in eight bytes each."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


class Seen:
    """The ids of all rows so far, as sorted runs of 64-bit hashes.

    Among n ids, two different ones are taken for one with a chance of about n**2 / 4e19:
    3e-8 for a million. Runs are merged as they grow alike, so there are few of them.
    """

    def __init__(self) -> None:
        self._runs: list[npt.NDArray[np.int64]] = []

    def again(self, ids: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
        """(n,) True where an id stood before, here or in an earlier call; then remembers all."""
        hashes = np.fromiter(map(hash, ids), np.int64, len(ids))
        order = np.argsort(hashes, kind="stable")
        ordered = hashes[order]
        repeated = np.zeros(len(ids), dtype=np.bool_)
        repeated[order[1:]] = ordered[1:] == ordered[:-1]
        for run in self._runs:
            at = np.minimum(np.searchsorted(run, hashes), len(run) - 1)
            repeated |= run[at] == hashes
        if len(ids):
            self._add(ordered)
        return repeated

    def _add(self, run: npt.NDArray[np.int64]) -> None:
        while self._runs and len(self._runs[-1]) <= len(run):
            run = np.concatenate([self._runs.pop(), run])
            run.sort(kind="stable")
        self._runs.append(run)
