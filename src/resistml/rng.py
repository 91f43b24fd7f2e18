"""Random streams keyed by (seed, name of the draw, block of patients).

Every random number comes from a named draw. The key, not the order of calls, fixes the
stream, so the same patients come out whatever the number of threads or partitions, and
two draws with different names are independent.
"""

from __future__ import annotations

import hashlib

import numpy as np

#: Patients per block; part of the meaning of a seed, so never to be changed.
BLOCK = 16_384


class Streams:
    """The random streams of one seed.

    Parameters
    ----------
    seed : int
        Non-negative seed of the run.

    Raises
    ------
    ValueError
        If the seed is negative; by :meth:`generator`, if a (name, block) pair is asked for
        twice, since two draws would then share their numbers.
    """

    def __init__(self, seed: int) -> None:
        if seed < 0:
            raise ValueError(f"seed must not be negative, got {seed}")
        self.seed = seed
        self._used: set[tuple[str, int]] = set()

    def generator(self, name: str, block: int = 0) -> np.random.Generator:
        """The generator of draw ``name`` for ``block``; each pair can be had once."""
        if block < 0:
            raise ValueError(f"block must not be negative, got {block}")
        if (name, block) in self._used:
            raise ValueError(f"draw '{name}' of block {block} was already taken")
        self._used.add((name, block))
        digest = hashlib.sha256(name.encode()).digest()
        words = [int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4)]
        sequence = np.random.SeedSequence([self.seed, *words, block])
        return np.random.Generator(np.random.PCG64DXSM(sequence))


def derived_seed(seed: int, name: str) -> int:
    """A 31-bit seed for a library that wants an integer, keyed like a stream."""
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return int.from_bytes(digest[:4], "little") & 0x7FFF_FFFF
