"""The terms of the additive model: what bends, and what each arm makes of it.

    log-odds of resistance = intercept(s, a) + clinical . coefficients
                             + sum over the panel's markers m of g_am(f_m)
    g_am(f) = exposure(a, m) * line_m(f) + own(a, m) * f

with line_m a broken line (see :mod:`resistml.features.ramps`) that all strategies share, straight
for a mutation. Everything is taken about the setting's mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resistml.features.expected import deviations
from resistml.features.links import MEASURES
from resistml.features.matrix import Records, standardised
from resistml.features.ramps import SEGMENTS, ramps
from resistml.features.spec import FeatureSpec, SettingSpec

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Terms:
    """Settings, strategies and panels by number.

    Attributes
    ----------
    setting, strategy : (arms,) arrays of int
        Of each (setting, strategy) pair, in the order of ``spec.arms``.
    marker : (settings, places) array of int
        The marker at each place of a setting's panel; -1 beyond its end.
    exposure : (arms, places) array
        0 beyond the end of the panel.
    bends : (markers,) array of bool
        Whether a marker may act along a broken line; a mutation cannot.
    free : (markers,) array of bool, optional
        Whether a marker's slopes may have either sign; by default none may be negative.
    pool : (markers,) array of int, optional
        Markers of one number are shrunk together; by default all are. Numbers below 0 are of levels
        of one column.
    apart : bool
        Whether what each strategy has of its own is shrunk by itself, since of one's own strategies
        nobody says that they are alike.
    """

    setting: Ints
    strategy: Ints
    marker: Ints
    exposure: Floats
    bends: Bools
    free: Bools | None = None
    pool: Ints | None = None
    apart: bool = False

    @classmethod
    def of(cls, spec: FeatureSpec) -> Terms:
        """The terms of a spec."""
        settings, markers = list(spec.settings), list(spec.markers)
        strategies = list(spec.strategies)
        places = max((len(s.panel) for s in spec.settings.values()), default=0)
        marker = np.full((len(settings), places), -1, dtype=np.int64)
        for i, setting in enumerate(spec.settings.values()):
            marker[i, : len(setting.panel)] = [markers.index(m) for m in setting.panel]
        exposure = np.zeros((len(spec.arms), places))
        for i, (s, a) in enumerate(spec.arms):
            panel = spec.settings[s].panel
            exposure[i, : len(panel)] = [spec.strategies[a].exposure.get(m, 0.0) for m in panel]
        return cls(
            setting=np.array([settings.index(s) for s, _ in spec.arms], dtype=np.int64),
            strategy=np.array([strategies.index(a) for _, a in spec.arms], dtype=np.int64),
            marker=marker,
            exposure=exposure,
            bends=np.array([m.kind != "mutation" for m in spec.markers.values()], dtype=bool),
            free=np.array([m.direction == 0 for m in spec.markers.values()], dtype=bool),
            pool=_pools(spec),
            apart=spec.outcome is not None,
        )

    @classmethod
    def none(cls) -> Terms:
        """One arm and no marker: all columns are clinical."""
        zero = np.zeros(1, dtype=np.int64)
        nothing = np.zeros((1, 0))
        return cls(zero, zero, nothing.astype(np.int64), nothing, np.zeros(0, dtype=bool))

    @property
    def places(self) -> int:
        """Places of the longest panel."""
        return int(self.marker.shape[1])

    @property
    def strategies(self) -> int:
        """Number of strategies."""
        return int(self.strategy.max()) + 1

    def weights(self, slopes: Floats, own: Floats) -> Floats:
        """(arms, places, SEGMENTS) slopes of g_am, from ``slopes`` (markers, SEGMENTS) of the
        shared lines and what strategies have of their ``own`` (strategies, markers)."""
        marker = self.marker[self.setting]
        out = np.zeros((*marker.shape, SEGMENTS))
        used = marker >= 0
        at, of = np.nonzero(used)[0], marker[used]
        out[used] = self.exposure[used][:, None] * slopes[of] + own[self.strategy[at], of][:, None]
        return out


def _pools(spec: FeatureSpec) -> Ints:
    """(markers,) numbers of what is shrunk together: the levels of each column of one's own, its
    numbers, and all other markers."""
    sources = [m.source for m in spec.markers.values() if m.level is not None]
    known = list(dict.fromkeys(sources))
    return np.array(
        [
            -1 - known.index(m.source) if m.level is not None else int(m.kind in MEASURES)
            for m in spec.markers.values()
        ],
        dtype=np.int64,
    )


def bent_markers(spec: FeatureSpec, records: Records) -> Floats:
    """(n, places, SEGMENTS) ramps of each patient's panel, about their means in his setting.

    What was not measured is at its expectation given what was. A mutation has all of its f in
    the first segment, since its line is straight.
    """
    places = max((len(s.panel) for s in spec.settings.values()), default=0)
    out = np.zeros((len(records), places, SEGMENTS))
    for name, setting in spec.settings.items():
        rows = np.flatnonzero(records.setting == name)
        if len(rows) and setting.panel:
            out[rows, : len(setting.panel)] = _panel(spec, setting, records.take(rows))
    return out


def panel_values(spec: FeatureSpec, setting: SettingSpec, records: Records) -> Floats:
    """(n, panel) f of a setting's markers; NaN = unmeasured."""
    columns = [standardised(spec.markers[m], records.column(m)) for m in setting.panel]
    return np.column_stack(columns) if columns else np.zeros((len(records), 0))


def _panel(spec: FeatureSpec, setting: SettingSpec, records: Records) -> Floats:
    f = panel_values(spec, setting, records)
    absent = np.isnan(f)
    mean = np.array([setting.means[m] for m in setting.panel])
    shift = deviations(mean, np.array(setting.covariance), f)
    usual = np.array([setting.ramp_means[m] for m in setting.panel])
    shares = np.array([setting.segment_shares[m] for m in setting.panel])
    # Of jointly normal variables E[ramp(f) | x] rises with E[f | x] as steeply as ramp does with
    # f on average (Stein's lemma), which is the segment's share of patients.
    expected = shift[:, :, None] * shares
    out = np.where(absent[:, :, None], expected, ramps(shift + mean) - usual)
    for j, marker in enumerate(setting.panel):
        if spec.markers[marker].kind == "mutation":
            out[:, j] = 0.0
            out[:, j, 0] = shift[:, j]
    return np.asarray(out)


def engaged(terms: Terms, bent: Floats, clinical: Floats, arms: Ints) -> Floats:
    """(n, markers + columns) exposure * f about the setting's mean, then the clinical columns.

    The same numbers as the ramps', for a learner of straight lines.

    Parameters
    ----------
    bent : (n, places, SEGMENTS) array
    clinical : (n, columns) array
    arms : (n,) array of int
    """
    f, n, markers = bent.sum(axis=2), len(bent), len(terms.bends)
    out = np.zeros((n, markers + clinical.shape[1]))
    out[:, markers:] = clinical
    marker, exposure = terms.marker[terms.setting[arms]], terms.exposure[arms]
    for place in range(terms.places):
        held = np.flatnonzero(marker[:, place] >= 0)
        out[held, marker[held, place]] = exposure[held, place] * f[held, place]
    return out
