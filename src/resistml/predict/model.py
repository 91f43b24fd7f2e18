"""A model as it scores: spec, bag and calibrator, read from a bundle that is only data."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from resistml.documents import MAX_BYTES, parse_json
from resistml.errors import ModelError
from resistml.features.matrix import Records, Words, arm_codes, centred, model_matrix
from resistml.features.spec import FeatureSpec, spec_from_json

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
    """

    spec: FeatureSpec
    members: tuple[Member, ...]
    knots: Floats
    column_means: Floats
    about: dict[str, Any]
    hash: str

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
        parts = [
            self.margins(self.features(records.take(rows), strategy[rows]))
            for rows in np.array_split(np.arange(len(records)), max(1, -(-len(records) // CHUNK)))
        ]
        return Risk(self, np.concatenate(parts) if parts else np.empty((0, len(self.members))))


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
        """90% interval for sampling of training patients, from the bag's spread, each (n,)."""
        half = Z90 * self.margins.std(axis=1, ddof=1)
        low = sigmoid(self.model.calibrated(self.margin - half))
        return low, sigmoid(self.model.calibrated(self.margin + half))


def bag_margins(members: tuple[Member, ...], features: Features) -> Floats:
    """(n, bag) log-odds of resistance of each model of a bag."""
    out = np.empty((len(features.arms), len(members)))
    for k, member in enumerate(members):
        base = member.intercepts[features.arms] + features.centred @ member.coefficients
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
        If the folder is no bundle, of another schema, or a file is missing, added or changed.
    """
    files, manifest_hash = _verified(folder)
    document = _json(files, "model.json", folder)
    if document.get("schema") != SCHEMA:
        raise ModelError(
            f"has schema {document.get('schema')!r}",
            file=folder,
            allowed=f"schema {SCHEMA}",
            hint="use the release of resistml that wrote it, or train it again",
        )
    try:
        spec = spec_from_json(_json(files, "spec.json", folder))
        members = tuple(
            Member(
                np.array(m["intercepts"], dtype=float),
                np.array(m["coefficients"], dtype=float),
                _booster(files[m["booster"]]),
            )
            for m in document["members"]
        )
        return Model(
            spec=spec,
            members=members,
            knots=np.array(document["knots"], dtype=float),
            column_means=np.array(document["column_means"], dtype=float),
            about=dict(document["about"]),
            hash=manifest_hash,
        )
    except (KeyError, TypeError, ValueError) as exc:
        raise ModelError(f"is damaged: {exc!r}", file=folder) from None


def _verified(folder: Path) -> tuple[dict[str, bytes], str]:
    """The content of each file of a bundle, all as its manifest says."""
    if not (folder / "manifest.json").is_file():
        raise ModelError(
            "is no model bundle: it has no manifest.json",
            file=folder,
            hint="name the folder that `resistml train` wrote, or leave -m out",
        )
    raw = _bytes(folder / "manifest.json", folder)
    listed = _json({"manifest.json": raw}, "manifest.json", folder).get("files")
    if not isinstance(listed, dict) or not listed:
        raise ModelError("its manifest lists no files", file=folder)
    files: dict[str, bytes] = {}
    for name, expected in listed.items():
        parts = Path(name).parts
        if Path(name).is_absolute() or ".." in parts or len(parts) > 2:
            raise ModelError(f"its manifest names a path outside it: {name!r}", file=folder)
        files[name] = _bytes(folder / name, folder)
        if hashlib.sha256(files[name]).hexdigest() != expected:
            raise ModelError(
                f"file {name} was changed since the model was saved", file=folder,
                hint="fetch the bundle again",
            )
    return files, hashlib.sha256(raw).hexdigest()


def _bytes(path: Path, folder: Path) -> bytes:
    try:
        if path.is_symlink() or path.parent.is_symlink():
            raise ModelError(f"{path.name} is a link; a bundle holds files alone", file=folder)
        if path.stat().st_size > 4 * MAX_BYTES:
            raise ModelError(f"{path.name} is larger than any bundle's file", file=folder)
        return path.read_bytes()
    except OSError as exc:
        raise ModelError(f"{path.name} cannot be read: {exc.strerror}", file=folder) from None


def _json(files: dict[str, bytes], name: str, folder: Path) -> dict[str, Any]:
    try:
        document = parse_json(files[name].decode("utf-8"))
    except KeyError:
        raise ModelError(f"lacks {name}", file=folder) from None
    except ValueError as exc:
        raise ModelError(f"{name} is not valid JSON: {exc}", file=folder) from None
    if not isinstance(document, dict):
        raise ModelError(f"{name} is no JSON object", file=folder)
    return document


def _booster(content: bytes) -> xgb.Booster:
    import xgboost as xgb

    booster = xgb.Booster()
    try:
        booster.load_model(bytearray(content))
    except xgb.core.XGBoostError as exc:
        raise ValueError(str(exc).splitlines()[0]) from None
    return booster
