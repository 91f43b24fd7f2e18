"""What a patient's page says, as plain values; templates lay it out and add nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from resistml.explain.view import ClaimPart, Explained


@dataclass(frozen=True)
class Ends:
    """A 90% interval of a probability, 0 to 1."""

    low: float
    high: float


@dataclass(frozen=True)
class Crowd:
    """p(resistance) of patients drawn as the setting's training patients are.

    Attributes
    ----------
    shares : tuple of float
        Share of them in each of equal bins from 0 to 1; adds up to 1.
    below : float
        Share, 0 to 1, whose risk is below this patient's.
    median : float
    n : int
        Patients drawn.
    """

    shares: tuple[float, ...]
    below: float
    median: float
    n: int


@dataclass(frozen=True)
class Risk:
    """p(resistance) under the strategy asked about, 0 to 1, with its intervals.

    Attributes
    ----------
    interval : Ends
        For the training patients and the learner.
    evidence : Ends or None
        Over worlds that the evidence allows; None = the model has no ensemble.
    outcomes : tuple of str
        The prediction set; see :mod:`resistml.predict.conformal`.
    """

    p: float
    interval: Ends
    evidence: Ends | None
    outcomes: tuple[str, ...]
    crowd: Crowd | None


@dataclass(frozen=True)
class Ranked:
    """A strategy open to the patient; ``p`` is of response, ``claims`` are numbers on the page."""

    rank: int
    strategy: str
    name: str
    p: float
    interval: Ends
    evidence: Ends | None
    p_best: float
    tied: bool
    cautions: tuple[str, ...]
    claims: tuple[int, ...]
    note: str


@dataclass(frozen=True)
class Closed:
    """A strategy of the setting that is not ranked, and why."""

    strategy: str
    name: str
    reason: str


@dataclass(frozen=True)
class Gap:
    """A marker of the panel that was not measured, and what measuring it could change.

    Attributes
    ----------
    bears : bool
        Whether it bears on any strategy of the setting.
    low, high : float
        p(resistance) at the ends of nine in ten of the values that the patient's other markers
        let expect; of a mutation, where it is absent and present, the smaller first.
    present : float or None
        Of a mutation, the probability that it is there.
    first_changes : float
        Probability that another strategy would stand first.
    gain : float
        By how much p(response) of the first strategy would rise, on average over those values, by
        knowing the marker before ranking.
    opens : tuple of str
        Names of strategies that are closed now and could open.
    """

    marker: str
    name: str
    bears: bool
    low: float
    high: float
    present: float | None
    first_changes: float
    gain: float
    opens: tuple[str, ...]


@dataclass(frozen=True)
class Cited:
    """Claims about the setting that share a caveat, each with its number on the page."""

    caveat: str
    claims: tuple[tuple[int, ClaimPart], ...]


@dataclass(frozen=True)
class Evidence:
    """Claims behind a page: those about the patient's setting, and by mechanism the others."""

    cited: tuple[Cited, ...] = ()
    others: tuple[tuple[str, tuple[ClaimPart, ...]], ...] = ()

    def number(self, claim: str) -> int | None:
        """A claim's number on the page; None if it has none."""
        for group in self.cited:
            for n, part in group.claims:
                if part.id == claim:
                    return n
        return None

    @property
    def rest(self) -> int:
        """Claims without a number."""
        return sum(len(claims) for _, claims in self.others)


@dataclass(frozen=True)
class PatientPage:
    """All that a patient's page says.

    Attributes
    ----------
    named : bool
        Whether the profile named the strategy; else it is the setting's usual one.
    reasons : tuple of str
        Why the model does not answer; none where it does.
    notes : tuple of str
        What is odd about the profile, a sentence each.
    facts : tuple of (str, str)
        Age, sex and performance status, in words.
    measured, panel : int
        Markers of the setting's panel.
    explained : Explained or None
        None where the model does not answer, or explanations are refused; then ``refusal`` says
        why.
    script : dict or None
        The model for the page's script; None = too large for a page.
    record : dict
        What was recorded, by column; None = unmeasured.
    values : dict
        What markers and clinical values are called, and their values in words, by column.
    group_names, strategy_names : dict
        What mechanisms and the setting's strategies are called, by id.
    """

    patient_id: str
    setting: str
    setting_name: str
    strategy: str
    strategy_name: str
    named: bool
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    measured: int
    panel: int
    risk: Risk | None
    ranked: tuple[Ranked, ...]
    closed: tuple[Closed, ...]
    explained: Explained | None
    refusal: str
    gaps: tuple[Gap, ...]
    evidence: Evidence
    controls: tuple[Control, ...]
    script: dict[str, Any] | None
    record: dict[str, float | None]
    values: dict[str, tuple[str, str]]
    group_names: dict[str, str]
    strategy_names: dict[str, str]
    model: tuple[tuple[str, str], ...] = field(default=())

    @property
    def answered(self) -> bool:
        """Whether the model gives a risk and a ranking."""
        return not self.reasons


@dataclass(frozen=True)
class Control:
    """What a reader may change: a marker, or a clinical value, as ``page.js`` draws it.

    Attributes
    ----------
    column : str
        As in a table of profiles.
    kind : str
        A marker's kind, or ``age`` or ``ecog``.
    low, high, step : float
        Of the slider: in f for markers (see :class:`~resistml.features.spec.MarkerSpec`), years
        for age.
    start : float
        Where the slider stands: at the record, else where the value is expected.
    text : str
        The recorded value in words, "" if unmeasured.
    """

    column: str
    name: str
    kind: str
    unit: str
    group: str
    low: float
    high: float
    step: float
    start: float
    text: str
