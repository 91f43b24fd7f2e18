"""Model reports: what a run's folder, or a bundle alone, is made into."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from resistml import shipped
from resistml.documents import dump_json, new_file, new_folder, read_json, refuse_existing
from resistml.errors import ModelError, UsageError
from resistml.evidence import Evidence
from resistml.features.spec import CLINICAL
from resistml.notice import NOTICE
from resistml.predict.model import Model
from resistml.progress import Silent, Stages
from resistml.runs import LIMITS, Run, run_facts, shareable
from resistml.tables.cohort import read_cohort
from resistml.version import __version__

if TYPE_CHECKING:
    from resistml.report.context import ModelFacts, ReportContext, Swarm
    from resistml.world.laws import World

#: Names of the report's files in a run's folder.
REPORT, CHECKLIST = "report.html", "tripod_ai.json"
#: Patients that a bundle without a run is judged on, and resamples behind intervals.
JUDGED, RESAMPLES = 20_000, 200

#: What a report of a bundle without a run lacks.
FROM_BUNDLE = (
    "Judged anew from its bundle: peers, models of times, and the value of the ranking from data "
    "alone, need its training patients and are left out."
)


def model_report(
    bundle: Path, out: Path | None, *, force: bool = False, progress: Stages | None = None
) -> Path:
    """Where the report of a model is, which is written if it is not there yet.

    Parameters
    ----------
    bundle : Path
        A bundle's folder; the folder around it may be that of the run which trained it.
    out : Path, optional
        Write the report there, whether or not the run has one. Else it is the run's own; of a
        bundle without a run, ``report.html`` in the current folder.

    Raises
    ------
    UsageError
        If ``out`` is not to be a page.
    ModelError
        If the run's files are not those of this release, or a bundle's world is not at hand.
    OutputError
        If what would be written exists and ``force`` is not set.
    """
    stages = progress or Silent()
    folder = bundle.parent
    own = folder / REPORT
    is_run = (folder / "metrics.json").is_file() and bundle.name == "model"
    if out is None and own.is_file() and bundle.name == "model" and not force:
        return own
    target = out or (own if is_run else Path(REPORT))
    _check_target(target, force)
    told = stages.stage("gather the figures")
    context = report_context(read_run(folder)) if is_run else _from_bundle(bundle)
    told(1, 1)
    told = stages.stage("write the report")
    written = write_pages(context, target, force=force)
    told(1, 1)
    return written


def checklist_of(page: Path) -> Path:
    """Where the checklist of a page is: ``tripod_ai.json`` of a run's, ``NAME.tripod_ai.json``
    beside ``NAME.html``."""
    own = page.name == REPORT
    return page.with_name(CHECKLIST if own else f"{page.stem}.{CHECKLIST}")


def _check_target(target: Path, force: bool) -> None:
    """Refuse before the work what would be refused after it."""
    if target.suffix.lower() not in (".html", ".htm"):
        raise UsageError(
            f"'{target.name}' names no page", allowed="a name that ends in .html", key="--out"
        )
    for path in (target, checklist_of(target)):
        refuse_existing(path, force)


def _from_bundle(folder: Path) -> ReportContext:
    from resistml.predict.model import load_bundle

    return bundle_context(load_bundle(folder))


def write_report(run: Run) -> Path:
    """Write ``report.html``, ``tripod_ai.json`` and the figures as PNG into the run's folder."""
    from resistml.report.illustrations import illustrations
    from resistml.report.style import png_bytes

    context = report_context(run)
    drawn = illustrations(context)
    with new_folder(run.folder / "figures", force=False) as figures:
        for shown in drawn:
            (figures / f"{shown.name}.png").write_bytes(png_bytes(shown.figure))
        return write_pages(context, run.folder / REPORT, force=False, drawn=drawn)


def write_pages(
    context: ReportContext, out: Path, *, force: bool, drawn: tuple[Any, ...] | None = None
) -> Path:
    """Write a report, and its checklist beside it, both or neither.

    Raises
    ------
    OutputError
        If one of them exists and ``force`` is not set.
    """
    from resistml.report import tripod
    from resistml.report.model_report import render

    with new_file(checklist_of(out), force=force) as checklist, new_file(out, force=force) as page:
        checklist.write_text(dump_json(tripod.document(context)), encoding="utf-8")
        page.write_text(render(context, drawn), encoding="utf-8")
    return out


def report_context(run: Run) -> ReportContext:
    """All that a run's report says."""
    from resistml.report.characteristics import characteristics
    from resistml.report.context import ReportContext
    from resistml.report.swarm import first_patients

    cohort = read_cohort(run.folder / "cohort")
    return ReportContext(
        title=f"Model report: {run.config.name}",
        notice=NOTICE,
        config=shareable(run.config),
        evaluation=run.evaluation,
        audit=run.audit,
        claims=dict(run.evidence.claims),
        facts=run_facts(run),
        limits=_limits(run.model),
        names=entry_names(run.evidence),
        conflicts=run.world.conflicts,
        swarm=first_patients(run.model, cohort.records, cohort.strategy),
        model=model_facts(run.model),
        characteristics=characteristics(run.model.spec, cohort),
        checks=run.model.about.get("checks"),
        learning=_learning(),
    )


def read_run(folder: Path) -> Run:
    """A finished run, from its folder.

    Raises
    ------
    InputError
        If a file of it is missing, or not what this release writes.
    """
    from resistml.config import load_config
    from resistml.evaluate.read import read_evaluation, typed
    from resistml.evidence import load_evidence
    from resistml.predict.model import load_bundle
    from resistml.world.audit import AuditRow
    from resistml.world.laws import read_world

    config = load_config(str(folder / "config.yaml"))
    rows = read_json(folder / "audit.json", ModelError)["rows"]
    return Run(
        id=folder.name,
        folder=folder,
        config=config,
        evidence=load_evidence(config.catalog),
        world=read_world(folder / "cohort" / "world.json"),
        model=load_bundle(folder / "model"),
        evaluation=read_evaluation(folder / "metrics.json"),
        audit=[typed(row, AuditRow) for row in rows],
        seconds={},
    )


def bundle_context(model: Model) -> ReportContext:
    """What a report says of a bundle without a run, judged anew on the catalog's default world.

    Raises
    ------
    ModelError
        If the model was trained on another world: its truth is not at hand.
    """
    from resistml.evidence import load_evidence
    from resistml.report.context import ReportContext
    from resistml.world.audit_all import audit_all
    from resistml.world.solve import solve_world

    evidence = load_evidence()
    world = solve_world(evidence)
    if world.hash != model.about.get("world_hash"):
        raise ModelError(
            "was trained on another world than the catalog's, whose truth is not at hand",
            allowed="a model of the default world, or a run's folder",
            hint="name the run that trained it: its folder holds the figures",
        )
    evaluation, given = _judged(model, world)
    return ReportContext(
        title=f"Model report: {model.about.get('name', 'a model')}",
        notice=NOTICE,
        config={},
        evaluation=evaluation,
        audit=audit_all(evidence, world),
        claims=dict(evidence.claims),
        facts=_bundle_facts(model),
        limits=[
            *_limits(model),
            "Judged anew from its bundle: peers, models of times and the value "
            "of its ranking from data alone need its training patients.",
        ],
        names=entry_names(evidence),
        conflicts=world.conflicts,
        swarm=given,
        model=model_facts(model),
        checks=model.about.get("checks"),
        learning=_learning(),
    )


def _judged(model: Model, world: World) -> tuple[Any, Swarm]:
    from resistml.cohort.plan import Plan
    from resistml.evaluate.doubt import judge_doubt
    from resistml.evaluate.evaluation import evaluate
    from resistml.evaluate.judge import draw_judge
    from resistml.report.swarm import first_patients
    from resistml.rng import derived_seed

    seed = derived_seed(int(model.about.get("seed", 0)), "report.judge")
    judge = draw_judge(world, Plan(seed=seed, n=JUDGED, oracle=True))
    trained = model.about.get("trained_on", {})
    evaluation = evaluate(
        model,
        {},
        judge,
        n_train=int(trained.get("patients", 0)),
        resamples=RESAMPLES,
        seed=seed,
        doubt=judge_doubt(model, judge, seed),
    )
    return evaluation, first_patients(model, judge.records, judge.strategy)


def _bundle_facts(model: Model) -> dict[str, str]:
    told = {"resistml": __version__, "model": model.hash}
    for key, name in (("seed", "seed"), ("catalog_hash", "catalog"), ("world_hash", "world")):
        if key in model.about:
            told[name] = str(model.about[key])
    return told


def _limits(model: Model) -> list[str]:
    return [*LIMITS, *(flag["message"] for flag in model.about.get("flags", ()))]


def _learning() -> Any:
    from resistml.report.learning import read_learning

    return read_learning(shipped.benchmark_result())


def model_facts(model: Model) -> ModelFacts:
    """What a model is made of."""
    from resistml.report.context import ModelFacts

    spec, ensemble = model.spec, model.parts.ensemble
    return ModelFacts(
        markers={name: marker.unit for name, marker in spec.markers.items()},
        clinical=CLINICAL,
        settings=len(spec.settings),
        strategies=len(spec.strategies),
        arms=len(spec.arms),
        members=len(model.members),
        rounds=model.members[0].booster.num_boosted_rounds(),
        evidence_worlds=0 if ensemble is None else len(ensemble.intercepts),
    )


def entry_names(evidence: Evidence) -> dict[str, str]:
    """Full names of what reports speak of."""
    kinds = (evidence.endpoints, evidence.mechanisms, evidence.settings, evidence.strategies)
    return {name: entry.name for kind in kinds for name, entry in kind.items()}
