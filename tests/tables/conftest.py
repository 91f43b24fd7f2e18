"""A small feature spec, and tables that fit it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from resistml.features.spec import FeatureSpec, MarkerSpec, SettingSpec, StrategySpec
from tests.features.settings import no_patients


def marker(name: str, kind: str, low: float, high: float, limit: float | None = None) -> MarkerSpec:
    """A marker with what tables ask of it, the rest being plain."""
    units = {"expression": "fold of reference", "mutation": "0 or 1", "percent": "% of cells"}
    unit = units.get(kind, "per 7.5 mL" if kind == "count" else "fraction of cells")
    return MarkerSpec(name, name, kind, unit, "target", low, high, 0.0, 1.0, limit, ())


def setting(name: str, line: int, panel: tuple[str, ...], arms: tuple[str, ...]) -> SettingSpec:
    """A setting for adults from 18 to 95."""
    known = no_patients(panel)
    return SettingSpec(name, name, line, arms[0], panel, arms, {}, (18.0, 95.0), **known)


@pytest.fixture(scope="session")
def spec() -> FeatureSpec:
    """Two settings, three strategies, one marker of each kind and one off every panel."""
    markers = (
        marker("ABCB1", "expression", 0.001, 1000.0),
        marker("ABCG2", "expression", 0.001, 1000.0),
        marker("IL6", "expression", 0.5, 500.0, limit=1.0),
        marker("KRAS_mut", "mutation", 0.0, 1.0),
        marker("CSC", "fraction", 0.0, 0.9),
        marker("CD274", "percent", 0.0, 100.0, limit=1.0),
        marker("CTC", "count", 0.0, 10_000.0),
    )
    strategies = ("folfox", "folfiri", "paclitaxel")
    return FeatureSpec(
        catalog_hash="0" * 64,
        frailty_age=70.0,
        groups={"target": "Target"},
        markers={m.id: m for m in markers},
        settings={
            "crc_advanced": setting(
                "crc_advanced",
                1,
                ("ABCB1", "IL6", "KRAS_mut", "CSC", "CD274", "CTC"),
                ("folfox", "folfiri"),
            ),
            "breast_resistant": setting("breast_resistant", 2, ("ABCB1", "CSC"), ("paclitaxel",)),
        },
        strategies={a: StrategySpec(a, a, "chemotherapy", {}, (), (), ()) for a in strategies},
        claims={},
    )


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """Writes text or bytes to a file and returns its path."""

    def write(content: str | bytes, name: str = "profiles.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write
