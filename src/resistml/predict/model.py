"""A model as it scores: spec, bag and calibrator, read from a bundle that is only data."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from resistml.errors import ModelError
from resistml.features.matrix import Records, Words, arm_codes, centred, model_matrix
from resistml.features.spec import FeatureSpec, spec_from_json
from resistml.predict.booster import load_booster
from resistml.predict.bundle_files import json_object, verified_files
from resistml.predict.parts import Parts, read_parts
from resistml.predict.references import check_references

if TYPE_CHECKING:
    import xgboost as xgb

Floats = npt.NDArray[np.float64]

#: Version of the bundle's layout.
SCHEMA = 1
#: 90% of a normal distribution lies within so many standard deviations.
Z90 = 1.6448536269514722
#: Rows that are scored at once, which keeps memory flat.
CHUNK = 65_536


@dataclass(frozen=True)
class Member:
    """One model of the bag: an additive base and the booster that adds to it."""

    intercepts: Floats
    coefficients: Floats
    booster: xgb.Booster


@dataclass(frozen=True)
class Model:
    """A loaded model.

    Attributes
    ----------
    spec : FeatureSpec
    members : tuple of Member
    knots : (K, 2) array
        Mean margin -> calibrated log-odds of resistance; linear between and beyond.
    column_means : (columns,) array
        Of the centred training matrix: where the base's contributions are 0.
    about : dict
        Name, version, seed, figures and other facts that the bundle carries.
    hash : str
        SHA-256 of the bundle's manifest.
    parts : Parts
        What the bundle holds beside the risk model.
    """

    spec: FeatureSpec
    members: tuple[Member, ...]
    knots: Floats
    column_means: Floats
    about: dict[str, Any]
    hash: str
    parts: Parts = field(default_factory=Parts)

    def features(self, records: Records, strategy: Words) -> Features:
        """The model's inputs for each patient under the strategy named beside him."""
        matrix = model_matrix(self.spec, records, strategy)
        return Features(
            matrix=matrix.astype(np.float32),
            centred=centred(self.spec, matrix, records.setting, strategy),
            arms=arm_codes(self.spec, records.setting, strategy),
        )

    def margins(self, features: Features) -> Floats:
        """(n, bag) log-odds of resistance of each model of the bag, before calibration."""
        return bag_margins(self.members, features)

    def calibrated(self, margin: Floats) -> Floats:
        """Calibrated log-odds of resistance from a margin of any shape."""
        return calibrate(self.knots, margin)

    def risk(self, records: Records, strategy: Words) -> Risk:
        """p(resistance) of each patient under the strategy named beside him."""
        margins = np.empty((len(records), len(self.members)))
        for start in range(0, len(records), CHUNK):
            rows = np.arange(start, min(start + CHUNK, len(records)))
            margins[rows] = self.margins(self.features(records.take(rows), strategy[rows]))
        return Risk(self, margins)


@dataclass(frozen=True)
class Features:
    """Inputs of n rows: float32 ``matrix`` with NaN, ``centred`` without, ``arms`` codes."""

    matrix: npt.NDArray[np.float32]
    centred: Floats
    arms: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Risk:
    """Margins (n, bag) of a bag, with the probabilities that follow from them."""

    model: Model
    margins: Floats

    @property
    def margin(self) -> Floats:
        """(n,) mean margin, before calibration."""
        return np.asarray(self.margins.mean(axis=1))

    @property
    def p(self) -> Floats:
        """(n,) calibrated probability of resistance."""
        return sigmoid(self.model.calibrated(self.margin))

    @property
    def members_p(self) -> Floats:
        """(n, bag) calibrated probability of resistance of each model of the bag."""
        return sigmoid(self.model.calibrated(self.margins))

    def interval(self) -> tuple[Floats, Floats]:
        """90% interval for sampling of training patients, from the bag's spread, each (n,).

        Notes
        -----
        It says how far the answer would move with other patients of the same kind, not how far
        the model's form and what it was told are from the truth: of the fair probabilities of
        the default world it holds about seven in ten.
        """
        half = Z90 * self.margins.std(axis=1, ddof=1)
        low = sigmoid(self.model.calibrated(self.margin - half))
        return low, sigmoid(self.model.calibrated(self.margin + half))


def bag_margins(members: tuple[Member, ...], features: Features) -> Floats:
    """(n, bag) log-odds of resistance of each model of a bag."""
    out = np.empty((len(features.arms), len(members)))
    for k, member in enumerate(members):
        # Summed row by row, which products of BLAS are not: a row's value is its own.
        linear = np.einsum("ij,j->i", features.centred, member.coefficients)
        base = member.intercepts[features.arms] + linear
        added = member.booster.inplace_predict(features.matrix, predict_type="margin")
        out[:, k] = base + added
    return out


def calibrate(knots: Floats, margin: Floats) -> Floats:
    """Calibrated log-odds from margins: linear between the (K, 2) knots, and beyond them."""
    x, y = knots[:, 0], knots[:, 1]
    i = np.clip(np.searchsorted(x, margin) - 1, 0, len(x) - 2)
    slope = (y[i + 1] - y[i]) / (x[i + 1] - x[i])
    return np.asarray(y[i] + slope * (margin - x[i]))


def sigmoid(x: Floats) -> Floats:
    """1 / (1 + exp(-x)), without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)))


def load_bundle(folder: Path) -> Model:
    """Load a bundle, after its manifest has been held against every file.

    Raises
    ------
    ModelError
        If the folder is no bundle, of another schema, a file is missing, added or changed, or
        its parts do not hold together.
    """
    files, manifest_hash = verified_files(folder)
    document = json_object("model.json", files.get("model.json"), folder)
    if document.get("schema") != SCHEMA:
        raise ModelError(
            f"has schema {document.get('schema')!r}",
            file=folder,
            allowed=f"schema {SCHEMA}",
            hint="use the release of resistml that wrote it, or train it again",
        )
    described = json_object("spec.json", files.get("spec.json"), folder)
    try:
        spec = spec_from_json(described)
        check_references(spec, folder / "spec.json")
        model = Model(
            spec=spec,
            members=tuple(_member(raw, files, len(spec.columns)) for raw in document["members"]),
            knots=np.array(document["knots"], dtype=float),
            column_means=np.array(document["column_means"], dtype=float),
            about=dict(document["about"]),
            hash=manifest_hash,
            parts=read_parts(files, spec, folder),
        )
        _check_shapes(model)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as exc:
        raise ModelError(f"is damaged: {exc!r}", file=folder, hint="train it again") from None
    return model


def _member(raw: dict[str, Any], files: dict[str, bytes], columns: int) -> Member:
    return Member(
        np.array(raw["intercepts"], dtype=float),
        np.array(raw["coefficients"], dtype=float),
        load_booster(files[raw["booster"]], columns),
    )


def _check_shapes(model: Model) -> None:
    """Raise ValueError if the parts of a model do not fit together."""
    arms, columns = len(model.spec.arms), len(model.spec.columns)
    parts: list[tuple[str, Floats, tuple[int, ...]]] = [
        ("knots", model.knots, (len(model.knots), 2)),
        ("column_means", model.column_means, (columns,)),
    ]
    for member in model.members:
        parts.append(("intercepts", member.intercepts, (arms,)))
        parts.append(("coefficients", member.coefficients, (columns,)))
    for name, values, shape in parts:
        if values.shape != shape or not np.isfinite(values).all():
            raise ValueError(f"{name} of shape {values.shape}, not {shape}, or not finite")
    if len(model.members) < 2 or len(model.knots) < 2 or (np.diff(model.knots[:, 0]) <= 0).any():
        raise ValueError("fewer than two members, or knots that do not rise")
