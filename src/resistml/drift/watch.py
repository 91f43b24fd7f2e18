"""Compares new profiles with a model's training patients: columns, gaps, mix, score."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from resistml.drift import statistics as st
from resistml.drift.found import Drift, Row, Share, Thresholds
from resistml.errors import ModelError, TableError
from resistml.features.links import inverse
from resistml.features.matrix import Records, Words
from resistml.features.spec import FeatureSpec
from resistml.predict.marginals import CLINICAL, SCORES, Marginals, is_flag, values_of
from resistml.predict.model import Model
from resistml.predict.score import score
from resistml.tables.profiles import Profiles

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Fewest new values that are compared.
LEAST = 10
#: Seed of the permutation tests: the same table gives the same p.
SEED = 1
_NAN = math.nan


def drift(
    model: Model,
    profiles: Profiles,
    thresholds: Thresholds | None = None,
    *,
    mix: bool = True,
) -> Drift:
    """Whether profiles are unlike the patients that a model was trained on.

    Parameters
    ----------
    profiles : Profiles
        Those rejected are left out.
    mix : bool
        Whether another mix of settings, or of strategies, counts; a clinic that scores patients of
        one setting alone will not want it to.

    Raises
    ------
    ModelError
        If the bundle does not describe its training patients.
    TableError
        If no profile can be compared.
    """
    limits = thresholds or Thresholds()
    known, remarks = _known(model)
    kept = profiles.accepted
    if len(kept) == 0:
        raise TableError("no profile can be compared", hint="`resistml profiles check` says why")
    records, strategy = profiles.records.take(kept), profiles.strategy[kept]
    answered = score(model, profiles)
    p = np.asarray(answered["p_resistance"], dtype=float)[kept]
    watch = _Watch(model, known, records, strategy, p)
    rows = [*watch.scored(), *(watch.mixes() if mix else ()), *watch.columns(), *watch.gaps()]
    remarks += watch.remarks()
    return Drift(
        n=len(kept),
        rejected=len(profiles.rejected),
        abstained=int((np.asarray(answered["status"], dtype=object) == "abstained").sum()),
        rows=_judged(rows, limits),
        settings=watch.shares(),
        score=watch.score_shares(),
        thresholds=limits,
        detectable=watch.detectable(len(rows), limits),
        remarks=remarks,
    )


def _known(model: Model) -> tuple[Marginals, tuple[str, ...]]:
    support, known = model.parts.support, model.parts.marginals
    if support is None:
        raise ModelError(
            "does not describe its training patients", hint="train it again with this release"
        )
    if known is not None:
        return known, ()
    text = (
        "the model keeps only means and shares of its training patients: gaps, the shape of "
        "distributions and the score are not compared; train it again to keep them"
    )
    return Marginals.of_support(support, model.spec), (text,)


def _judged(rows: list[Row], limits: Thresholds) -> tuple[Row, ...]:
    corrected = st.holm([row.p for row in rows])
    return tuple(
        replace(row, p_all=p, drifted=bool(p <= limits.alpha and _large(row, limits)))
        for row, p in zip(rows, corrected, strict=True)
    )


def _large(row: Row, limits: Thresholds) -> bool:
    if row.kind == "missing":
        return abs(row.difference) >= limits.missing
    return abs(row.difference) >= limits.difference or row.psi >= limits.psi  # NaN is no reason


class _Watch:
    """The rows of a comparison, kind by kind."""

    def __init__(
        self, model: Model, known: Marginals, records: Records, strategy: Words, p: Floats
    ) -> None:
        self.model, self.spec, self.known = model, model.spec, known
        self.records, self.strategy, self.p = records, strategy, p
        self.rows_of = {
            s: np.flatnonzero(records.setting == s) for s in dict.fromkeys(records.setting.tolist())
        }
        self.thin: list[str] = []

    def columns(self) -> Iterator[Row]:
        """A row per marker and clinical column."""
        for name in (*self.spec.markers, *CLINICAL):
            strata = self._strata(name)
            n = sum(len(s.values) for s in strata)
            if n >= LEAST:
                yield (
                    _flag(name, strata) if is_flag(self.spec, name) else self._number(name, strata)
                )
            elif any(name in own for own in self.known.columns.values()):
                self.thin.append(name)

    def _strata(self, name: str) -> list[st.Stratum]:
        values = values_of(self.spec, self.records, name)
        out = []
        for setting, rows in self.rows_of.items():
            known = self.known.columns.get(setting, {}).get(name)
            seen = values[rows][~np.isnan(values[rows])]
            if known is not None and len(seen):
                out.append(st.Stratum(seen, known))
        return out

    def _number(self, name: str, strata: list[st.Stratum]) -> Row:
        row = _compared("value", name, strata)
        ends = [_plain(self.spec, name, x) for x in (row.training, row.here)]
        return replace(row, training=ends[0], here=ends[1])

    def gaps(self) -> Iterator[Row]:
        """A row per column whose gaps among the training patients are known."""
        for name in (*self.spec.markers, *CLINICAL):
            gone = np.isnan(values_of(self.spec, self.records, name))
            counts = []
            for setting, rows in self.rows_of.items():
                known = self.known.columns.get(setting, {}).get(name)
                if known is not None and known.missing is not None:
                    events, n = int(gone[rows].sum()), len(rows)
                    counts.append(st.Count(events, n, known.missing, known.n + known.missing))
            if sum(c.n for c in counts) >= LEAST:
                yield _missing(name, counts)

    def scored(self) -> Iterator[Row]:
        """The row of the score, where it is known of the training patients."""
        strata = self._score_strata()
        if sum(len(s.values) for s in strata) >= LEAST:
            yield _compared("score", "p_resistance", strata)

    def _score_strata(self) -> list[st.Stratum]:
        named = self.strategy != ""
        out = []
        for setting, rows in self.rows_of.items():
            for kind, mine in zip(SCORES, (named[rows], ~named[rows]), strict=True):
                known = self.known.scores.get(setting, {}).get(kind)
                seen = self.p[rows][mine & ~np.isnan(self.p[rows])]
                if known is not None and len(seen):
                    out.append(st.Stratum(seen, known))
        return out

    def mixes(self) -> Iterator[Row]:
        """The rows of the mix of settings, and of strategies within them where they are named."""
        rng = np.random.default_rng(SEED)
        shares = self.shares()
        here, training = (
            np.array([getattr(s, k) for s in shares], dtype=np.int64) for k in ("here", "training")
        )
        if len(self.records) >= LEAST and len(shares) > 1:
            yield _mix("settings", "settings", [(here, training)], rng)
        tables = list(self._strategies())
        if sum(int(own.sum()) for own, _ in tables) >= LEAST:
            yield _mix("strategies", "strategies given", tables, rng)

    def _strategies(self) -> Iterator[tuple[Ints, Ints]]:
        support = self.model.parts.support
        assert support is not None
        for setting, rows in self.rows_of.items():
            counts = support.count(self.spec, setting)
            given = [int((self.strategy[rows] == a).sum()) for a in counts]
            if sum(given) and sum(counts.values()):
                yield np.array(given), np.array(list(counts.values()))

    def shares(self) -> tuple[Share, ...]:
        """Patients of each setting."""
        support = self.model.parts.support
        assert support is not None
        return tuple(
            Share(s, sum(support.count(self.spec, s).values()), len(self.rows_of.get(s, ())))
            for s in self.spec.settings
        )

    def score_shares(self) -> tuple[Share, ...]:
        """New patients in each tenth of the training patients' scores, beside an even tenth."""
        strata = self._score_strata()
        if not strata:
            return ()
        here, there = st.tenths(strata)
        n, n_known = sum(len(s.values) for s in strata), sum(s.known.n for s in strata)
        return tuple(
            Share(f"{10 * k}-{10 * (k + 1)}%", round(there[k] * n_known), round(here[k] * n))
            for k in range(len(here))
        )

    def remarks(self) -> tuple[str, ...]:
        """What could not be compared."""
        unknown = [
            s for s in self.rows_of if not self.known.columns.get(s) and len(self.rows_of[s])
        ]
        out = []
        if unknown:
            out.append(f"too few training patients to compare with in {', '.join(unknown)}")
        if self.thin:
            out.append(f"fewer than {LEAST} values, so not compared: {', '.join(self.thin)}")
        return tuple(out)

    def detectable(self, tests: int, limits: Thresholds) -> float:
        """Shift in standard deviations that would be called drift in nine of ten such tables."""
        strata = self._strata("age")
        if not strata or not tests:
            return _NAN
        z = norm.isf(limits.alpha / tests / 2) + norm.isf(0.1)
        by_chance = float(z * math.sqrt(st.chance(strata)))
        return max(by_chance, limits.difference)


def _compared(kind: str, name: str, strata: list[st.Stratum]) -> Row:
    size, low, high = st.shift(strata)
    w = st.weights(strata)
    training = float(sum(a * s.known.mean for a, s in zip(w, strata, strict=True)))
    here = float(sum(a * s.known.drawn_in(s.values).mean() for a, s in zip(w, strata, strict=True)))
    n = sum(len(s.values) for s in strata)
    index = distance = _NAN
    if all(len(s.known.edges) for s in strata):
        distance, p = st.smirnov(strata)
        index = st.psi(*st.tenths(strata), n, st.known_size(strata))
    else:
        p = st.normal_p(size / math.sqrt(st.chance(strata)))
    return Row(kind, name, n, training, here, size, low, high, index, distance, p)


def _flag(name: str, strata: list[st.Stratum]) -> Row:
    counts = [
        st.Count(int(s.values.sum()), len(s.values), round(s.known.mean * s.known.n), s.known.n)
        for s in strata
    ]
    size, low, high, training, here = _apart(counts)
    spread = math.sqrt(max(training * (1 - training), here * (1 - here)))
    size, low, high = (x / spread if spread else 0.0 for x in (size, low, high))
    n = sum(c.n for c in counts)
    index = st.psi(
        np.array([1 - here, here]), np.array([1 - training, training]), n, st.known_size(strata)
    )
    p = st.counts_p(counts)
    return Row("value", name, n, training, here, size, low, high, index, abs(here - training), p)


def _missing(name: str, counts: list[st.Count]) -> Row:
    size, low, high, training, here = _apart(counts)
    n = sum(c.n for c in counts)
    return Row("missing", name, n, training, here, size, low, high, _NAN, _NAN, st.counts_p(counts))


def _apart(counts: list[st.Count]) -> tuple[float, float, float, float, float]:
    """Difference of shares with its 95% interval, and both shares, weighed to the new patients."""
    n = sum(c.n for c in counts)
    training = sum(c.n / n * c.events_known / c.n_known for c in counts)
    here = sum(c.events for c in counts) / n
    variance = sum(
        (c.n / n) ** 2 * (_spread(c.events, c.n) + _spread(c.events_known, c.n_known))
        for c in counts
    )
    half = st.Z95 * math.sqrt(variance)
    size = here - training
    return size, max(size - half, -1.0), min(size + half, 1.0), training, here


def _spread(events: int, n: int) -> float:
    """Variance of a share; half an event is added to each side, so that none is certain."""
    share = (events + 0.5) / (n + 1)
    return share * (1 - share) / n


def _mix(kind: str, name: str, tables: list[tuple[Ints, Ints]], rng: np.random.Generator) -> Row:
    n = sum(int(here.sum()) for here, _ in tables)
    index = 0.0
    for here, training in tables:
        own = int(here.sum())
        if own and training.sum():
            shares = (here / own, training / training.sum())
            index += own / n * st.psi(*shares, own, int(training.sum()))
    p = st.mix_p(tables, rng)
    return Row(kind, name, n, _NAN, _NAN, _NAN, _NAN, _NAN, index, _NAN, p)


def _plain(spec: FeatureSpec, name: str, value: float) -> float:
    """A mean as marginals hold it, in the column's own unit."""
    marker = spec.markers.get(name)
    if marker is None:
        return value
    link = np.array([value * marker.scale + marker.centre])
    return float(np.clip(inverse(marker.kind, link)[0], marker.low, marker.high))
