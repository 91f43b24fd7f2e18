"""A model as it scores: spec, bag and calibrator, read from a bundle that is only data."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from resistml.errors import ModelError
from resistml.features.matrix import Records, Words, arm_codes, model_matrix
from resistml.features.spec import CLINICAL, FeatureSpec, spec_from_json
from resistml.features.terms import Terms, bent_markers, engaged
from resistml.predict.additive import Additive, additive_inputs, additive_margins
from resistml.predict.booster import load_booster
from resistml.predict.bundle_files import json_object, verified_files
from resistml.predict.parts import Parts, read_parts
from resistml.predict.references import check_references
from resistml.predict.widths import Effects, Widths

if TYPE_CHECKING:
    import xgboost as xgb

Floats = npt.NDArray[np.float64]

#: Version of the bundle's layout.
SCHEMA = 2
#: 90% of a normal distribution lies within so many standard deviations.
Z90 = 1.6448536269514722
#: Rows that are scored at once, which keeps memory flat.
CHUNK = 16_384


@dataclass(frozen=True)
class Member:
    """One model of the bag: an additive base and the booster that adds to it."""

    base: Additive
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
    clinical_means : (columns,) array
        Of the training patients' clinical columns: where the base's contributions are 0.
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
    clinical_means: Floats
    about: dict[str, Any]
    hash: str
    parts: Parts = field(default_factory=Parts)

    def features(self, records: Records, strategy: Words) -> Features:
        """The model's inputs for each patient under the strategy named beside him."""
        matrix, bent = model_matrix(self.spec, records, strategy), bent_markers(self.spec, records)
        arms = arm_codes(self.spec, records.setting, strategy)
        clinical = np.nan_to_num(matrix[:, len(self.spec.markers) :], nan=0.0)
        return Features(
            matrix=matrix.astype(np.float32),
            centred=engaged(self.terms, bent, clinical, arms),
            arms=arms,
            bent=bent,
            terms=self.terms,
        )

    @cached_property
    def terms(self) -> Terms:
        """What the ramps of the features are of."""
        return Terms.of(self.spec)

    def margins(self, features: Features) -> Floats:
        """(n, bag) log-odds of resistance of each model of the bag, before calibration."""
        return bag_margins(self.members, features)

    def calibrated(self, margin: Floats) -> Floats:
        """Calibrated log-odds of resistance from a margin of any shape."""
        return calibrate(self.knots, margin)

    @cached_property
    def effects(self) -> Effects:
        """What markers add to the margin, by the mean of the bag's additive models."""
        return Effects.of(self.spec, [member.base for member in self.members])

    @property
    def widths(self) -> Widths:
        """How wide intervals are; where the bundle does not say, as wide as the bag's spread."""
        return self.parts.widths or Widths.plain(self.spec)

    def risk(self, records: Records, strategy: Words) -> Risk:
        """p(resistance) of each patient under the strategy named beside him."""
        margins, extra = np.empty((len(records), len(self.members))), np.empty(len(records))
        widths = self.widths
        for start in range(0, len(records), CHUNK):
            rows = np.arange(start, min(start + CHUNK, len(records)))
            features = self.features(records.take(rows), strategy[rows])
            margins[rows] = self.margins(features)
            extra[rows] = widths.added(self.effects, features)
        return Risk(self, margins, extra)


@dataclass(frozen=True)
class Features:
    """Inputs of n rows: float32 ``matrix`` with NaN, ``centred`` without, ``arms`` codes.

    ``bent`` holds the markers' ramps, of which ``terms`` are; without them no column is a marker.
    """

    matrix: npt.NDArray[np.float32]
    centred: Floats
    arms: npt.NDArray[np.int64]
    bent: Floats | None = None
    terms: Terms | None = None


@dataclass(frozen=True)
class Risk:
    """Margins of a bag, with the probabilities that follow from them.

    Attributes
    ----------
    margins : (n, bag) array
        Log-odds of resistance of each model of the bag, before calibration.
    extra : (n,) array
        Variance of the margin beside that of the bag; see :mod:`resistml.predict.widths`.
    """

    model: Model
    margins: Floats
    extra: Floats

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

    @property
    def spread(self) -> Floats:
        """(n,) standard deviation of the margin about what the fair oracle knows."""
        bag = self.model.widths.bag * self.margins.var(axis=1, ddof=1)
        return np.asarray(np.sqrt(bag + self.extra))

    def interval(self) -> tuple[Floats, Floats]:
        """90% interval of p(resistance) for the training patients and the learner, each (n,).

        Notes
        -----
        It is meant to hold nine in ten of the probabilities that the best possible learner would
        give on the same record. It covers which patients were drawn and what the learner's form
        costs, not what the learner was told wrongly. From a bundle without widths it covers the
        first alone, and holds fewer.
        """
        half = Z90 * self.spread
        low = sigmoid(self.model.calibrated(self.margin - half))
        return low, sigmoid(self.model.calibrated(self.margin + half))


def bag_margins(members: tuple[Member, ...], features: Features) -> Floats:
    """(n, bag) log-odds of resistance of each model of a bag."""
    terms, bent, clinical = additive_inputs(features)
    bases = [member.base for member in members]
    out = additive_margins(bases, terms, bent, clinical, features.arms)
    for k, member in enumerate(members):
        out[:, k] += member.booster.inplace_predict(features.matrix, predict_type="margin")
    return out


def calibrate(knots: Floats, margin: Floats) -> Floats:
    """Calibrated log-odds from margins: linear between the (K, 2) knots, and beyond them."""
    x, y = knots[:, 0], knots[:, 1]
    i = np.clip(np.searchsorted(x, margin) - 1, 0, len(x) - 2) if len(x) > 2 else 0  # one line
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
            members=tuple(_member(raw, files, spec) for raw in document["members"]),
            knots=np.array(document["knots"], dtype=float),
            clinical_means=np.array(document["clinical_means"], dtype=float),
            about=dict(document["about"]),
            hash=manifest_hash,
            parts=read_parts(files, spec, folder),
        )
        _check_shapes(model)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as exc:
        raise ModelError(f"is damaged: {exc!r}", file=folder, hint="train it again") from None
    return model


def _member(raw: dict[str, Any], files: dict[str, bytes], spec: FeatureSpec) -> Member:
    base = Additive.from_json(raw, Terms.of(spec), len(CLINICAL))
    return Member(base, load_booster(files[raw["booster"]], len(spec.columns)))


def _check_shapes(model: Model) -> None:
    """Raise ValueError if the parts of a model do not fit together."""
    parts: list[tuple[str, Floats, tuple[int, ...]]] = [
        ("knots", model.knots, (len(model.knots), 2)),
        ("clinical_means", model.clinical_means, (len(CLINICAL),)),
    ]
    for name, values, shape in parts:
        if values.shape != shape or not np.isfinite(values).all():
            raise ValueError(f"{name} of shape {values.shape}, not {shape}, or not finite")
    if len(model.members) < 2 or len(model.knots) < 2 or (np.diff(model.knots[:, 0]) <= 0).any():
        raise ValueError("fewer than two members, or knots that do not rise")
