"""Writes a fitted model as a bundle: boosters as UBJ, all else as JSON, nothing that runs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from resistml.documents import dump_json, file_digest, new_folder, rounded
from resistml.features.spec import FeatureSpec
from resistml.learn.fit import Fitted, Params
from resistml.learn.spec import DIGITS
from resistml.predict.model import SCHEMA
from resistml.predict.parts import Part, Parts


def save_bundle(
    fitted: Fitted,
    spec: FeatureSpec,
    params: Params,
    about: dict[str, Any],
    card: str,
    out: Path,
    *,
    parts: Parts | None = None,
    force: bool = False,
) -> None:
    """Write the bundle, whole or not at all.

    Parameters
    ----------
    about : dict
        JSON facts the bundle carries: name, version, seed, dataset, figures, notice.
    card : str
        The model card, in Markdown.
    parts : Parts, optional
        What the bundle holds beside the risk model.
    """
    with new_folder(out, force=force) as folder:
        (folder / "boosters").mkdir()
        members = []
        for k, member in enumerate(fitted.members):
            name = f"boosters/{k:02d}.ubj"
            member.booster.save_model(str(folder / name))
            members.append(
                {
                    "booster": name,
                    **member.base.to_json(),
                }
            )
        document = {
            "schema": SCHEMA,
            "about": {**about, "params": asdict(params), "rounds": fitted.rounds},
            "knots": [list(knot) for knot in fitted.knots],
            "clinical_means": fitted.clinical_means.tolist(),
            "members": members,
        }
        (folder / "model.json").write_text(dump_json(rounded(document, DIGITS)), encoding="utf-8")
        (folder / "spec.json").write_text(
            dump_json(rounded(spec.to_json(), DIGITS)), encoding="utf-8"
        )
        for name, part in parts or Parts():
            _write_part(folder, name, part)
        (folder / "card.md").write_text(card, encoding="utf-8")
        files = {
            str(path.relative_to(folder).as_posix()): file_digest(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        (folder / "manifest.json").write_text(dump_json({"files": files}), encoding="utf-8")


def _write_part(folder: Path, name: str, part: Part) -> None:
    text = dump_json(rounded(part.to_json(), DIGITS), indent=None)  # thousands of numbers
    (folder / f"{name}.json").write_text(text, encoding="utf-8")
    if part.boosters:
        (folder / name).mkdir()
    for stem, booster in part.boosters.items():
        booster.save_model(str(folder / name / f"{stem}.ubj"))
