"""How colours look to readers who see them otherwise, how far apart they are, their contrast."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: Full colour blindness, on linear RGB: Machado, Oliveira and Fernandes (2009), A physiologically-
#: based model for simulation of color vision deficiency, table 1, severity 1.0.
MACHADO = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
#: IEC 61966-2-1: linear sRGB to CIE XYZ, and its white, D65.
XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def linear(colour: str) -> Floats:
    """(3,) linear RGB of ``#rrggbb``."""
    coded = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def seen(colour: str, by: str | None = None) -> Floats:
    """(3,) linear RGB as a reader of some kind sees it; None = a usual one."""
    plain = linear(colour)
    return plain if by is None else np.clip(np.array(MACHADO[by]) @ plain, 0, 1)


def lab(rgb: Floats) -> Floats:
    """(3,) CIELAB of linear RGB."""
    ratio = (XYZ @ rgb) / XYZ.sum(axis=1)
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(one: str, other: str, by: str | None = None) -> float:
    """CIE76 difference of two colours; 2.3 is just noticed side by side."""
    return float(np.linalg.norm(lab(seen(one, by)) - lab(seen(other, by))))


def nearest(colours: dict[str, str], by: str | None = None) -> tuple[float, str, str]:
    """The two that are hardest to tell apart, and how far apart they are."""
    return min((distance(colours[a], colours[b], by), a, b) for a, b in combinations(colours, 2))


def contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2.2, from 1 to 21."""
    light, dark = sorted((float(XYZ[1] @ linear(c)) for c in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
