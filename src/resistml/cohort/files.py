"""Writes a drawn cohort as a folder: patients, oracle, true markers, manifest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from resistml.cohort.draw import Drawer
from resistml.cohort.papers import documents_of
from resistml.cohort.plan import Plan, plan_of
from resistml.config import RunConfig
from resistml.documents import dump_json, file_digest, new_folder, refuse_existing
from resistml.evidence import Evidence, load_evidence
from resistml.notice import NOTICE
from resistml.progress import Stages, Told
from resistml.tables.write import parquet_writer
from resistml.world.ensemble import Member, ensemble
from resistml.world.laws import World, save_world
from resistml.world.solve import solve_world

#: Tables of a cohort's folder.
TABLES = ("cohort", "oracle", "markers_true")


def generate_config(
    config: RunConfig, out: Path, *, force: bool = False, progress: Stages
) -> dict[str, Any]:
    """Solve the world, or draw the worlds, of a config and write their cohorts.

    Returns
    -------
    dict
        The manifest; that of an ensemble names its worlds.
    """
    refuse_existing(out, force)
    evidence = load_evidence(config.catalog)
    plan = plan_of(config.seed, config.cohort)
    chosen = config.cohort
    if chosen.worlds == 1:
        told = progress.stage("calibrate the world")
        world = solve_world(evidence, chosen.variant, config.seed)
        told(1, 1)
        told = progress.stage("draw patients")
        return generate(world, plan, out, evidence=evidence, force=force, progress=told)
    members = ensemble(evidence, chosen.worlds, config.seed, chosen.variant)
    told = progress.stage(f"draw {chosen.worlds} worlds")

    def drawn(done: int, _: int) -> None:
        told(done, chosen.worlds)

    return generate_ensemble(members, evidence, plan, out, force=force, progress=drawn)


def generate(
    world: World,
    plan: Plan,
    out: Path,
    *,
    evidence: Evidence | None = None,
    force: bool = False,
    progress: Told | None = None,
) -> dict[str, Any]:
    """Draw a cohort and write it, block by block, whole or not at all.

    Parameters
    ----------
    evidence : Evidence, optional
        The catalog that the world was solved from, for the datasheet to quote.
    progress : callable, optional
        Called with the patients drawn so far and their number in all.

    Returns
    -------
    dict
        The manifest: seed, plan, catalog and world hash, row counts, SHA-256 of each file.
        It holds no time and no path, so the same call writes the same bytes.
    """
    with new_folder(out, force=force) as folder:
        return _write(world, plan, folder, evidence, progress)


def generate_ensemble(
    members: Iterable[Member],
    evidence: Evidence,
    plan: Plan,
    out: Path,
    *,
    force: bool = False,
    progress: Told | None = None,
) -> dict[str, Any]:
    """Write a cohort of each world as ``world_00/``, ``world_01/``, ... with its audit.

    All are drawn with the same seed, so that the same patients can be compared across worlds.
    """
    rows: list[dict[str, Any]] = []
    with new_folder(out, force=force) as folder:
        for member in members:
            place = folder / f"world_{member.number:02d}"
            place.mkdir()
            manifest = _write(member.world, plan, place, evidence, None)
            _write_audit(member, place / "audit.json")
            statuses = Counter(row.status for row in member.rows)
            rows.append(
                {
                    "folder": place.name,
                    "world_hash": manifest["world_hash"],
                    "draws_refused": member.refused,
                    "audit": dict(sorted(statuses.items())),
                    "manifest": file_digest(place / "manifest.json"),
                }
            )
            if progress is not None:
                progress(len(rows), len(rows))
        top = {
            "notice": NOTICE,
            "plan": asdict(plan),
            "worlds": rows,
            "note": "shares of worlds show sensitivity to the evidence; they are no probabilities",
        }
        (folder / "manifest.json").write_text(dump_json(top), encoding="utf-8")
    return top


def _write_audit(member: Member, path: Path) -> None:
    rows = [
        {k: None if isinstance(v, float) and v != v else v for k, v in asdict(row).items()}
        for row in member.rows
    ]
    path.write_text(dump_json({"notice": NOTICE, "claims": rows}), encoding="utf-8")


def _write(
    world: World, plan: Plan, folder: Path, evidence: Evidence | None, progress: Told | None
) -> dict[str, Any]:
    drawer = Drawer(world, plan)
    counts = dict.fromkeys(TABLES, 0)
    tables = TABLES if plan.oracle else ("cohort", "markers_true")
    with ExitStack() as stack:
        meta = {"notice": NOTICE}
        writers = {
            name: stack.enter_context(
                parquet_writer(folder / f"{name}.parquet", force=False, metadata=meta)
            )
            for name in tables
        }
        for block in range(plan.blocks):
            drawn = drawer.block(block)
            for name in tables:
                columns = getattr(drawn, name)
                writers[name].write(columns)
                counts[name] += len(columns["patient_id"])
            if progress is not None:
                progress(min(counts["cohort"], plan.n), plan.n)
    save_world(world, folder / "world.json")
    papers = documents_of(world, plan, evidence)
    for name, text in papers.items():
        (folder / name).write_text(text, encoding="utf-8")
    names = [*(f"{name}.parquet" for name in tables), "world.json", *papers]
    manifest = {
        "notice": NOTICE,
        "plan": asdict(plan),
        "catalog_hash": world.catalog_hash,
        "world_hash": world.hash,
        "rows": {name: counts[name] for name in tables},
        "files": {name: file_digest(folder / name) for name in names},
    }
    (folder / "manifest.json").write_text(dump_json(manifest), encoding="utf-8")
    return manifest
