"""The commit of a project, as each layout of a repository keeps it."""

from __future__ import annotations

from pathlib import Path

import pytest

from resistml.tracking.commit import commit_of

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def repository(folder: Path, files: dict[str, str]) -> Path:
    """A repository's bare bones."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "files",
    [
        {".git/HEAD": "ref: refs/heads/main\n", ".git/refs/heads/main": f"{COMMIT}\n"},
        {".git/HEAD": f"{COMMIT}\n"},
        {
            ".git/HEAD": "ref: refs/heads/main\n",
            ".git/packed-refs": f"# pack-refs\n{'f' * 40} refs/heads/x\n{COMMIT} refs/heads/main\n",
        },
        {
            ".git": "gitdir: store/worktrees/w\n",
            "store/worktrees/w/HEAD": "ref: refs/heads/topic\n",
            "store/worktrees/w/commondir": "../..\n",
            "store/refs/heads/topic": f"{COMMIT}\n",
        },
    ],
    ids=["branch", "detached", "packed", "worktree"],
)
def test_the_commit_is_found_from_any_folder_inside(files: dict[str, str], tmp_path: Path) -> None:
    repository(tmp_path, files)
    (tmp_path / "sub" / "deep").mkdir(parents=True)
    assert commit_of(tmp_path) == COMMIT
    assert commit_of(tmp_path / "sub" / "deep") == COMMIT


@pytest.mark.parametrize(
    "files",
    [
        {".git/HEAD": "ref: refs/heads/main\n"},
        {".git/HEAD": "nonsense\n"},
        {".git/config": ""},
        {".git": "gitdir: gone\n"},
    ],
    ids=["no commit yet", "damaged", "no head", "worktree gone"],
)
def test_without_a_commit_there_is_none(files: dict[str, str], tmp_path: Path) -> None:
    assert commit_of(repository(tmp_path, files)) is None
