"""Writes a drawn cohort as a folder: patients, oracle, true markers, manifest."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from resistml.cohort.draw import Drawer, Plan
from resistml.documents import dump_json, file_digest, new_folder
from resistml.notice import NOTICE
from resistml.tables.write import parquet_writer
from resistml.world.laws import World, save_world

#: Tables of a cohort's folder.
TABLES = ("cohort", "oracle", "markers_true")


def generate(
    world: World,
    plan: Plan,
    out: Path,
    *,
    force: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Draw a cohort and write it, block by block, whole or not at all.

    Parameters
    ----------
    progress : callable, optional
        Called with the patients drawn so far and their number in all.

    Returns
    -------
    dict
        The manifest: seed, plan, catalog and world hash, row counts, SHA-256 of each file.
        It holds no time and no path, so the same call writes the same bytes.
    """
    drawer = Drawer(world, plan)
    counts = dict.fromkeys(TABLES, 0)
    tables = TABLES if plan.oracle else ("cohort", "markers_true")
    with new_folder(out, force=force) as folder:
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
        names = [*(f"{name}.parquet" for name in tables), "world.json"]
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
