"""From a model and profiles to the pages of patients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from resistml.explain.clinical import TERMS, clinical_values
from resistml.explain.refusal import refused
from resistml.explain.view import Explained, explain_view
from resistml.features.matrix import Records
from resistml.features.spec import FeatureSpec
from resistml.predict.abstain import Doubts, doubts
from resistml.predict.model import Floats, Model
from resistml.predict.patterns import grouped, reasons
from resistml.predict.rank import rank
from resistml.predict.score import asked_strategy, score
from resistml.report.patient.controls import controls
from resistml.report.patient.crowd import crowd, drawn_risks
from resistml.report.patient.evidence import evidence, numbers
from resistml.report.patient.gaps import gaps
from resistml.report.patient.phrases import clinical_facts, note, reason, shown
from resistml.report.patient.script import fits_in_page, script_model
from resistml.report.patient.view import Closed, Ends, Evidence, PatientPage, Ranked, Risk
from resistml.tables.profiles import Profiles

Line = dict[str, Any]


class PageBuilder:
    """Makes pages with one model; what is the same for all patients is worked out once."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._refusal = refused(model)
        self._small = fits_in_page(model)
        self._crowds: dict[tuple[str, str], Floats | None] = {}
        self._scripts: dict[tuple[str, str], dict[str, Any]] = {}

    def pages(self, profiles: Profiles, only: str | None = None) -> Iterator[PatientPage]:
        """A page for each profile that was not rejected, in their order; or for the id ``only``."""
        batch = _Batch.of(self.model, profiles)
        for row in profiles.accepted.tolist():
            if only in (None, str(profiles.records.patient_id[row])):
                yield self._page(batch, row)

    def _page(self, batch: _Batch, row: int) -> PatientPage:
        spec, model = self.model.spec, self.model
        setting, strategy = str(batch.records.setting[row]), str(batch.strategy[row])
        law, record = spec.settings[setting], batch.records.take(np.array([row]))
        why = batch.doubts[row].reasons(batch.place[row])
        explained = self._explained(batch, row, record)
        named = () if why else law.strategies
        cited = evidence(model, setting, named, explained)
        ranked, closed = self._ranking(batch.ranks[row], cited)
        values = _values(record, (*law.panel, "age", "sex", "ecog"))
        return PatientPage(
            patient_id=str(batch.records.patient_id[row]),
            setting=setting,
            setting_name=law.name,
            strategy=strategy,
            strategy_name=spec.strategies[strategy].name,
            named=bool(batch.profiles.strategy[row]),
            reasons=why,
            notes=self._notes(batch, row),
            facts=clinical_facts(values),
            measured=sum(values[m] is not None for m in law.panel),
            panel=len(law.panel),
            risk=self._risk(batch.scores[row], setting, strategy),
            ranked=ranked,
            closed=closed,
            explained=explained,
            refusal=self._refusal,
            gaps=gaps(model, record, strategy),
            evidence=cited,
            controls=controls(spec, record),
            script=self._script(setting, strategy),
            record=values,
            values=_in_words(spec, record, values),
            group_names=dict(spec.groups),
            strategy_names={a: spec.strategies[a].name for a in law.strategies},
            model=model_facts(model),
        )

    def _explained(self, batch: _Batch, row: int, record: Records) -> Explained | None:
        if self._refusal or batch.scores[row]["status"] != "ok":
            return None
        return explain_view(self.model, record, batch.strategy[[row]])[0]

    def _notes(self, batch: _Batch, row: int) -> tuple[str, ...]:
        """What is odd: of the profile, of the strategy asked about, of the ranking."""
        strategy, line = str(batch.strategy[row]), batch.scores[row]
        said = [note(flag) for flag in line["flags"]]
        few = batch.doubts[row].unsupported(strategy)
        if few:
            said.append(reason(self.model.spec, strategy, few) + ": no risk is given under it.")
        if "ineligible" in line["flags"]:
            spec, at = self.model.spec, np.array([row])
            why = reason(spec, strategy, reasons(spec, batch.records, strategy, at)[0])
            name = spec.strategies[strategy].name
            said.append(f"By this record the patient is not eligible for {name}. {why}.")
        return tuple(s for s in said if s)

    def _risk(self, line: Line, setting: str, strategy: str) -> Risk | None:
        if line["status"] != "ok":
            return None
        key = (setting, strategy)
        if key not in self._crowds:
            self._crowds[key] = drawn_risks(self.model, setting, strategy)
        drawn, p = self._crowds[key], float(line["p_resistance"])
        return Risk(
            p=p,
            interval=Ends(float(line["lower"]), float(line["upper"])),
            evidence=_evidence_ends(line),
            outcomes=tuple(line["prediction_set"]),
            crowd=None if drawn is None else crowd(drawn, p),
        )

    def _ranking(
        self, lines: list[Line], cited: Evidence
    ) -> tuple[tuple[Ranked, ...], tuple[Closed, ...]]:
        strategies, ranked, closed = self.model.spec.strategies, [], []
        for line in lines:
            name = str(line["strategy"])
            if line["rank"] is not None:
                ranked.append(_ranked(line, strategies[name].name, cited))
            elif name:
                why = reason(self.model.spec, name, str(line["message"]))
                closed.append(Closed(name, strategies[name].name, why))
        return tuple(ranked), tuple(closed)

    def _script(self, setting: str, strategy: str) -> dict[str, Any] | None:
        if not self._small:
            return None
        key = (setting, strategy)
        if key not in self._scripts:
            self._scripts[key] = script_model(self.model, setting, strategy)
        return self._scripts[key]


def _ranked(line: Line, name: str, cited: Evidence) -> Ranked:
    return Ranked(
        rank=int(line["rank"]),
        strategy=str(line["strategy"]),
        name=name,
        p=float(line["p_response"]),
        interval=Ends(float(line["lower"]), float(line["upper"])),
        evidence=_evidence_ends(line),
        p_best=float(line["p_best"]),
        tied=bool(line["tied"]),
        cautions=tuple(line["cautions"]),
        claims=numbers(cited, line["claims"]),
        note=str(line["message"]),
    )


def _evidence_ends(line: Line) -> Ends | None:
    if "evidence_lower" not in line:
        return None
    return Ends(float(line["evidence_lower"]), float(line["evidence_upper"]))


def _values(record: Records, names: tuple[str, ...]) -> dict[str, float | None]:
    found = ((name, float(record.column(name)[0])) for name in names)
    return {name: None if np.isnan(x) else x for name, x in found}


def _in_words(
    spec: FeatureSpec, record: Records, values: dict[str, float | None]
) -> dict[str, tuple[str, str]]:
    """Names and values of markers and of clinical terms."""
    out = {
        name: (marker.name, shown(marker, values.get(name)))
        for name, marker in spec.markers.items()
        if name in values
    }
    found = clinical_values(spec, record)
    for term in TERMS:
        unit = " years" if term.name == "age" else ""
        title = {"ecog": "ECOG"}.get(term.name, term.name.capitalize())
        value = float(found[term.name][0])
        out[term.name] = (title, term.text(value) + (unit if value == value else ""))
    return out


def model_facts(model: Model) -> tuple[tuple[str, str], ...]:
    """Which model answered."""
    about = model.about
    told = about.get("trained_on") or {}
    patients = f"{told['patients']:,} {told['kind']} patients" if told else "not said"
    return (
        ("Model", f"{about.get('name', 'unnamed')}, {model.hash[:12]}"),
        ("Trained on", patients),
        ("resistml", str(about.get("resistml", "not said"))),
    )


@dataclass(frozen=True)
class _Batch:
    """Answers about the profiles of one batch, by row."""

    profiles: Profiles
    strategy: Any
    scores: list[Line]
    ranks: dict[int, list[Line]]
    doubts: dict[int, Doubts]
    place: dict[int, int] = field(default_factory=dict)

    @property
    def records(self) -> Records:
        return self.profiles.records

    @classmethod
    def of(cls, model: Model, profiles: Profiles) -> _Batch:
        """Ask the model about all profiles at once."""
        strategy = asked_strategy(model.spec, profiles)
        scores = _lines(score(model, profiles))
        place: dict[int, int] = {}
        stands: dict[int, Doubts] = {}
        for setting, rows in grouped(profiles.records.setting, profiles.accepted).items():
            found = doubts(model, profiles.records, setting, rows)
            place.update({row: i for i, row in enumerate(rows.tolist())})
            stands.update(dict.fromkeys(rows.tolist(), found))
        return cls(
            profiles=profiles,
            strategy=strategy,
            scores=scores,
            ranks=_by_row(profiles, _lines(rank(model, profiles, everything=True))),
            doubts=stands,
            place=place,
        )


def _lines(answer: dict[str, Any]) -> list[Line]:
    names = list(answer)
    return [dict(zip(names, cells, strict=True)) for cells in zip(*answer.values(), strict=True)]


def _by_row(profiles: Profiles, lines: list[Line]) -> dict[int, list[Line]]:
    """Lines of a ranking by the row of the patient; rejected rows may bear the id of another."""
    accepted = profiles.accepted.tolist()
    index = {str(profiles.records.patient_id[row]): row for row in accepted}
    out: dict[int, list[Line]] = {row: [] for row in accepted}
    for line in lines:
        if line["status"] != "rejected":
            out[index[str(line["patient_id"])]].append(line)
    return out
