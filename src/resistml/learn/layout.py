"""Which parameter of the additive model stands where, and which are shrunk together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from resistml.features.ramps import SEGMENTS
from resistml.features.terms import Terms
from resistml.predict.additive import Additive

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: Where the penalties of each kind start, before the data say how large they should be.
START = {
    "settings": 0.5,
    "strategies": 0.5,
    "pairs": 4.0,
    "markers": 0.5,
    "straight": 0.5,
    "levels": 10.0,
    "clinical": 0.5,
    "own": 100.0,
    "bends": 100.0,
}
#: Where the penalty of a group is drawn to that the data say nothing of: where it starts, but that
#: lines are held to be straight, and strategies to be as they are described.
USUAL = {**START, "own": 3_000.0, "bends": 3_000.0}


@dataclass(frozen=True)
class Group:
    """Parameters with one penalty: half of it times theta' S theta.

    Attributes
    ----------
    kind : str
        A key of :data:`START`.
    index : (k,) array of int
    shape : (k, k) array
        S.
    rank : int
        Of S.
    """

    kind: str
    index: Ints
    shape: Floats
    rank: int

    def rank_of(self, free: Bools) -> int:
        """Rank of S over the parameters that are ``free`` (k,)."""
        if free.all():
            return self.rank
        inner = self.shape[np.ix_(free, free)]
        return int(np.linalg.matrix_rank(inner, hermitian=True)) if inner.size else 0


@dataclass(frozen=True)
class Layout:
    """Places of the parameters in one vector.

    The intercept of a pair is the overall log-odds plus what its setting, its strategy and the
    pair itself add, so that a pair with few patients is pulled to what its setting and its
    strategy are elsewhere.

    Attributes
    ----------
    terms : Terms
    columns : int
        Clinical columns.
    bent : bool
        Whether lines may bend.
    own : bool
        Whether strategies may depart from the exposures they are said to have.
    """

    terms: Terms
    columns: int
    bent: bool = True
    own: bool = True

    @property
    def arms(self) -> int:
        """Number of (setting, strategy) pairs."""
        return len(self.terms.setting)

    @property
    def settings(self) -> int:
        """Number of settings."""
        return len(self.terms.marker)

    @cached_property
    def at_pair(self) -> Ints:
        """(arms, 3) places of what the setting, the strategy and the pair add."""
        t, first = self.terms, self.settings + self.terms.strategies
        pairs = first + np.arange(self.arms)
        return np.column_stack([t.setting, self.settings + t.strategy, pairs])

    @cached_property
    def at_marker(self) -> list[Ints]:
        """Places of each marker's slopes: one, or one per segment."""
        start = self.settings + self.terms.strategies + self.arms
        out = []
        for bends in self.terms.bends:
            width = SEGMENTS if bends and self.bent else 1
            out.append(np.arange(start, start + width))
            start += width
        return out

    @cached_property
    def at_clinical(self) -> Ints:
        """Places of the clinical coefficients."""
        before = self.settings + self.terms.strategies + self.arms
        start = before + sum(len(at) for at in self.at_marker)
        return np.arange(start, start + self.columns)

    @cached_property
    def at_own(self) -> dict[tuple[int, int], int]:
        """Place of what each (strategy, marker) that meet in some setting has of its own."""
        out: dict[tuple[int, int], int] = {}
        start = self.settings + self.terms.strategies + self.arms
        start += sum(len(at) for at in self.at_marker) + self.columns
        if self.own:
            for setting, strategy in zip(self.terms.setting, self.terms.strategy, strict=True):
                for marker in self.terms.marker[setting]:
                    if marker >= 0:
                        out.setdefault((int(strategy), int(marker)), start + len(out))
        return out

    @cached_property
    def size(self) -> int:
        """Number of parameters."""
        before = self.settings + self.terms.strategies + self.arms
        return before + sum(map(len, self.at_marker)) + self.columns + len(self.at_own)

    @cached_property
    def signed(self) -> Bools:
        """(size,) True where a parameter may not be negative: more of a marker adds resistance,
        and it is known that it does."""
        out, free = np.zeros(self.size, dtype=bool), self.terms.free
        for marker, at in enumerate(self.at_marker):
            out[at] = free is None or not free[marker]
        return out

    def centre(self, expected: Floats | None) -> Floats:
        """(size,) what the parameters are shrunk to: 0, but for the slopes ``expected`` (markers,)
        of the markers' lines."""
        out = np.zeros(self.size)
        if expected is not None:
            for slope, at in zip(expected.tolist(), self.at_marker, strict=True):
                out[at] = slope
        return out

    def held(self, theta: Floats) -> Bools:
        """(size,) True where a parameter is at 0, below which it may not fall."""
        return np.asarray(self.signed & (theta <= 0))

    @cached_property
    def groups(self) -> list[Group]:
        """The penalised groups; every parameter is in one at least."""
        pairs = self.at_pair
        pools = self._pools
        mean = np.full((SEGMENTS, SEGMENTS), 1 / SEGMENTS)
        step = np.diff(np.eye(SEGMENTS), axis=0)
        found = [
            _plain("settings", np.arange(self.settings)),
            _plain("strategies", self.settings + np.arange(self.terms.strategies)),
            _plain("pairs", pairs[:, 2]),
            *(_plain(kind, _joined(at for at in pool if len(at) == 1)) for kind, pool in pools),
            _plain("clinical", self.at_clinical),
            *(_plain("own", np.array(at, dtype=np.int64)) for at in self._own_pools),
        ]
        for _, pool in pools:
            bent = [at for at in pool if len(at) > 1]
            together = np.kron(np.eye(len(bent)), mean)
            found.append(Group("markers", _joined(bent), together, len(bent)))
        bends = [at for at in self.at_marker if len(at) > 1]
        found += [Group("bends", at, step.T @ step, SEGMENTS - 1) for at in bends]
        return [group for group in found if len(group.index)]

    @property
    def _own_pools(self) -> list[list[int]]:
        """Places of what strategies have of their own, pool by pool."""
        held: dict[int, list[int]] = {}
        for (strategy, _), place in self.at_own.items():
            held.setdefault(strategy if self.terms.apart else 0, []).append(place)
        return list(held.values())

    @property
    def _pools(self) -> list[tuple[str, list[Ints]]]:
        """Kind and places of the slopes of the markers that are shrunk together, pool by pool."""
        if self.terms.pool is None:
            return [("straight", self.at_marker)]
        held: dict[int, list[Ints]] = {}
        for pool, at in zip(self.terms.pool.tolist(), self.at_marker, strict=True):
            held.setdefault(pool, []).append(at)
        return [("levels" if pool < 0 else "straight", places) for pool, places in held.items()]

    def model(self, theta: Floats, overall: float) -> Additive:
        """The parameters as they score."""
        t = self.terms
        slopes = np.zeros((len(t.bends), SEGMENTS))
        for j, at in enumerate(self.at_marker):
            slopes[j] = theta[at]
        own = np.zeros((t.strategies, len(t.bends)))
        for (strategy, marker), place in self.at_own.items():
            own[strategy, marker] = theta[place]
        intercepts = overall + theta[self.at_pair].sum(axis=1)
        return Additive(intercepts, slopes, own, theta[self.at_clinical])


def _joined(places: Iterable[Ints]) -> Ints:
    return np.concatenate([np.zeros(0, dtype=np.int64), *places])


def _plain(kind: str, index: Ints) -> Group:
    return Group(kind, index.astype(np.int64), np.eye(len(index)), len(index))
