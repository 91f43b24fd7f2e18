"""Studies of tests need not outlive a power cut."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event


def _hasty(connection: Any, record: object) -> None:
    connection.execute("pragma synchronous = off")


@pytest.fixture(autouse=True)
def hasty_sqlite() -> Iterator[None]:
    """SQLite does not wait for the disk, which is most of what a trial of these takes."""
    event.listen(Engine, "connect", _hasty)
    yield
    event.remove(Engine, "connect", _hasty)
