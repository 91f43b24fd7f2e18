"""What a bundle may hold beside the risk model, each in a JSON file and boosters of its own.

A part is a field of :class:`Parts`, whose name is that of its JSON file and of the folder of its
boosters. A bundle without a part is whole: what needs the part says that it is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from resistml.features.spec import FeatureSpec
from resistml.predict import survival
from resistml.predict.background import Background
from resistml.predict.booster import BINARY, load_booster
from resistml.predict.bundle_files import json_object
from resistml.predict.conformal import Conformal
from resistml.predict.ensemble import Ensemble
from resistml.predict.marginals import Marginals
from resistml.predict.support import Support
from resistml.predict.survival import Survival
from resistml.predict.widths import Widths

if TYPE_CHECKING:
    import xgboost as xgb


class Part(Protocol):
    """One part, as a bundle holds it."""

    @property
    def boosters(self) -> Mapping[str, xgb.Booster]:
        """By the stem of the file's name; they see the columns of the spec."""

    def to_json(self) -> dict[str, Any]:
        """All but the boosters, as plain data without NaN."""


@dataclass(frozen=True)
class Parts:
    """The parts of a bundle; None = it has no such part.

    Attributes
    ----------
    support : Support
        The training population.
    widths : Widths
        How wide intervals for the training patients and the learner are.
    conformal : Conformal
        Thresholds of prediction sets.
    ensemble : Ensemble
        Worlds that fit the evidence as well as the one trained on.
    survival : Survival
        Models of the times to progression and to death.
    background : Background
        Where values lie among the training patients, what strategies act on, claims in words.
    marginals : Marginals
        How each column and the score is distributed among the training patients.
    """

    support: Support | None = None
    widths: Widths | None = None
    conformal: Conformal | None = None
    ensemble: Ensemble | None = None
    survival: Survival | None = None
    background: Background | None = None
    marginals: Marginals | None = None

    def __iter__(self) -> Any:
        """Pairs of name and part, of those that are there."""
        named = ((f.name, getattr(self, f.name)) for f in fields(self))
        return ((name, part) for name, part in named if part is not None)


#: What reads each part from its document, boosters and the spec; ValueError where they do not fit.
_READERS: dict[str, Callable[[dict[str, Any], dict[str, Any], FeatureSpec], Any]] = {
    "support": Support.from_json,
    "widths": Widths.from_json,
    "conformal": Conformal.from_json,
    "ensemble": Ensemble.from_json,
    "survival": Survival.from_json,
    "background": Background.from_json,
    "marginals": Marginals.from_json,
}
#: What the boosters of a part were trained for, where it is not the risk.
_OBJECTIVES = {"survival": survival.OBJECTIVE}


def read_parts(files: dict[str, bytes], spec: FeatureSpec, folder: Path) -> Parts:
    """The parts among the files of a bundle."""
    found = {}
    for name, read in _READERS.items():
        if f"{name}.json" not in files:
            continue
        document = json_object(f"{name}.json", files[f"{name}.json"], folder)
        boosters = {
            path.removeprefix(f"{name}/").removesuffix(".ubj"): load_booster(
                content, len(spec.columns), _OBJECTIVES.get(name, BINARY)
            )
            for path, content in files.items()
            if path.startswith(f"{name}/") and path.endswith(".ubj")
        }
        found[name] = read(document, boosters, spec)
    return Parts(**found)
