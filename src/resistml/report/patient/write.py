"""Writes patients' pages: one file, or a folder with a page each and an index over them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resistml.documents import dump_json, file_digest, new_file, new_folder, refuse_existing
from resistml.errors import TableError, UsageError
from resistml.notice import NOTICE
from resistml.predict.model import Model
from resistml.report.patient.build import PageBuilder, model_facts
from resistml.report.patient.index import IndexRow, index_row, rejected_row, render_index
from resistml.report.patient.render import render_patient
from resistml.report.patient.view import PatientPage
from resistml.tables.profiles import Profiles

#: The index over the pages of a folder.
INDEX = "index.html"
#: Endings that ask for one page and not for a folder.
ENDINGS = (".html", ".htm")
#: Endings that ask for what this is not.
_OTHERS = (".csv", ".json", ".jsonl", ".ndjson", ".parquet", ".pdf")
#: Most characters of an id that its file's name keeps.
_LONGEST = 80
#: Names that Windows keeps for itself, and ours.
_TAKEN = {"con", "prn", "aux", "nul", *(f"{d}{i}" for d in ("com", "lpt") for i in range(10))}


@dataclass(frozen=True)
class Written:
    """What was written.

    Attributes
    ----------
    start : Path
        The file to open: the page, or the index.
    files : tuple of IndexRow
        A page each.
    rejected : tuple of str
        What was wrong with each profile that was rejected.
    """

    start: Path
    files: tuple[IndexRow, ...]
    rejected: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "start": str(self.start),
            "reports": [_described(row) for row in self.files],
            "rejected": list(self.rejected),
        }


def write_reports(
    model: Model,
    batches: Iterable[Profiles],
    out: Path,
    *,
    only: str | None = None,
    force: bool = False,
) -> Written:
    """Write the pages of all profiles, or of the patient whose id is ``only``.

    Parameters
    ----------
    out : Path
        A folder; or a file's name that ends in .html, which takes one patient.

    Raises
    ------
    UsageError
        If one file was asked for and there is not one patient, or ``only`` is nobody's id.
    TableError
        If one file was asked for and the profile was rejected.
    OutputError
        If ``out`` exists and ``force`` is not set, or it is a folder that resistml did not write.
    """
    if out.suffix.lower() in _OTHERS:
        raise UsageError(
            f"'{out.name}' names no page",
            allowed="a folder, or a name that ends in .html",
            hint="a page prints to PDF from any browser",
        )
    reader = _Reader(PageBuilder(model), batches, only)
    if out.suffix.lower() in ENDINGS:
        return _one(reader, out, force)
    return _many(reader, model, out, force)


class _Reader:
    """Pages as they come, with what was rejected on the way."""

    def __init__(self, builder: PageBuilder, batches: Iterable[Profiles], only: str | None) -> None:
        self._builder, self._batches, self._only = builder, batches, only
        self.rejected: list[IndexRow] = []

    def pages(self) -> Iterator[PatientPage]:
        """The pages; UsageError at the end where the one asked for is not among them."""
        found = 0
        for batch in self._batches:
            for row, why in batch.rejected.items():
                name, setting = batch.records.patient_id[row], batch.records.setting[row]
                if self._only in (None, str(name)):
                    self.rejected.append(rejected_row(str(name), str(setting), why))
            for page in self._builder.pages(batch, self._only):
                found += 1
                yield page
        if self._only is not None and not found and not self.rejected:
            raise UsageError(
                f"no patient '{self._only}' among the profiles",
                hint="--id takes an id as it stands in the column patient_id",
            )

    @property
    def messages(self) -> tuple[str, ...]:
        return tuple(row.message for row in self.rejected)


def _one(reader: _Reader, out: Path, force: bool) -> Written:
    refuse_existing(out, force)
    first: PatientPage | None = None
    for page in reader.pages():
        if first is not None:
            raise UsageError(
                f"{out.name} takes one patient, and there are more",
                allowed="a folder, as in -o reports",
                hint=f"or name one, as in --id {first.patient_id!r}",
            )
        first = page
    if first is None:
        raise TableError(reader.messages[0] if reader.rejected else "holds no profile")
    with new_file(out, force=force) as temporary:
        temporary.write_text(render_patient(first), encoding="utf-8")
    return Written(out, (index_row(first, out.name),), reader.messages)


def _many(reader: _Reader, model: Model, out: Path, force: bool) -> Written:
    rows: list[IndexRow] = []
    names = FileNames()
    with new_folder(out, force=force) as folder:
        for page in reader.pages():
            row = index_row(page, names.of(page.patient_id))
            (folder / row.file).write_text(render_patient(page, INDEX), encoding="utf-8")
            rows.append(row)
        listed = [*rows, *reader.rejected]
        text = render_index(listed, model_facts(model))
        (folder / INDEX).write_text(text, encoding="utf-8")
        manifest = {
            "notice": NOTICE,
            "kind": "patient reports",
            "model": model.hash,
            "reports": [_described(row) for row in listed],
            "files": {p.name: file_digest(p) for p in sorted(folder.iterdir())},
        }
        (folder / "manifest.json").write_text(dump_json(manifest), encoding="utf-8")
    return Written(out / INDEX, tuple(rows), reader.messages)


def _described(row: IndexRow) -> dict[str, Any]:
    return {
        "patient_id": row.patient_id,
        "status": row.status,
        "file": row.file or None,
        "p_resistance": row.p,
        "first": row.first or None,
        "message": row.message,
    }


class FileNames:
    """Names of files, one for each id, that no file system or reader takes for more than a name.

    An id that is a plain name keeps it. Of others what is not a letter of ASCII, a digit, a dot,
    a hyphen or an underscore becomes a hyphen, and a piece of the id's SHA-256 is added, so that
    two ids do not meet in one name; nor do they where they differ in case alone.
    """

    def __init__(self) -> None:
        self._taken = {INDEX.removesuffix(".html"), *_TAKEN}

    def of(self, patient_id: str) -> str:
        """The name of the page of an id, which is asked for once."""
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", patient_id).strip(".-_")[:_LONGEST]
        name = plain.split(".")[0].lower()
        if plain != patient_id or plain.lower() in self._taken or name in _TAKEN:
            mark = hashlib.sha256(patient_id.encode("utf-8", "surrogatepass")).hexdigest()[:10]
            plain = f"patient-{plain}-{mark}" if plain else f"patient-{mark}"
        self._taken.add(plain.lower())
        return f"{plain}.html"
