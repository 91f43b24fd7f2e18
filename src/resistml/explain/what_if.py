"""What if: a record with some of its values changed. It is the model's input, not a patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from resistml.errors import UsageError, did_you_mean, listed
from resistml.features.matrix import Records
from resistml.features.spec import FeatureSpec
from resistml.tables.profiles import profiles_from_rows

#: What every answer about a changed record says.
NOTE = (
    "What if changes what the model is told, not the patient: it shows how the model would answer "
    "another record. It says nothing of what would come of changing a tumour or its treatment."
)
#: What beside a marker may be changed.
CLINICAL = ("age", "sex", "ecog")
#: What stands for "not measured".
UNMEASURED = ("", "na", "nan", "none", "null", "unmeasured")

Value = float | str | None


def changed(records: Records, spec: FeatureSpec, changes: Mapping[str, Value]) -> Records:
    """The records with the same values put in for all of them.

    Parameters
    ----------
    changes : mapping of column to value
        Markers by id, in their unit (mutations 1 or 0), and ``age``, ``sex`` (female, male) or
        ``ecog``. None, or a word such as ``unmeasured``, takes a measurement away.

    Raises
    ------
    UsageError
        For a column that is not known or is in no record's panel, and for a value that a table of
        profiles could not hold; with what is allowed.
    """
    columns = dict(records.columns)
    for name, value in changes.items():
        _check_name(records, spec, name)
        columns[name] = np.full(len(records), _value(records, spec, name, value))
    return Records(records.patient_id, records.setting, columns)


def parsed(words: Sequence[str]) -> dict[str, Value]:
    """Changes from words such as ``ABCB1=0.2``.

    Raises
    ------
    UsageError
        For a word that is none, or a column that stands twice.
    """
    out: dict[str, Value] = {}
    for word in words:
        name, equals, value = word.partition("=")
        name = name.strip()
        if not equals or not name:
            raise UsageError(
                f"--set {word!r} sets nothing", allowed="COLUMN=VALUE, such as --set ABCB1=0.2"
            )
        if name in out:
            raise UsageError(f"--set names '{name}' twice", hint="keep one of the two")
        out[name] = value.strip()
    return out


def unmeasured(value: Value) -> bool:
    """Whether a value takes a measurement away."""
    if isinstance(value, str):
        return value.strip().lower() in UNMEASURED
    return value is None or value != value


def _check_name(records: Records, spec: FeatureSpec, name: str) -> None:
    known = (*spec.markers, *CLINICAL)
    if name not in known:
        raise UsageError(
            f"cannot set '{name}': no marker of this model and no clinical column",
            allowed=listed(known, most=len(known)),
            hint=did_you_mean(name, known),
        )
    panels = {s: spec.settings[s].panel for s in dict.fromkeys(records.setting.tolist())}
    if name in CLINICAL or not panels or any(name in panel for panel in panels.values()):
        return
    raise UsageError(
        f"cannot set '{name}': it is in the panel of none of the settings, so the model does not "
        "look at it",
        allowed="; ".join(f"{s}: {', '.join(panel)}" for s, panel in panels.items()),
    )


def _value(records: Records, spec: FeatureSpec, name: str, value: Value) -> float:
    """The value as a table of profiles takes it; the same rules hold it, in each setting."""
    if unmeasured(value):
        return float("nan")
    found = float("nan")
    for setting in dict.fromkeys(map(str, records.setting)):
        row = {"patient_id": "what if", "setting": setting, name: value}
        profile = profiles_from_rows([row], spec, name="what if")
        if profile.rejected:
            said = profile.rejected[0].partition(f"column '{name}': ")[2]
            problem, _, allowed = said.partition("; allowed: ")
            raise UsageError(f"cannot set '{name}': {problem}", allowed=allowed or None)
        found = float(profile.records.column(name)[0])
    return found
