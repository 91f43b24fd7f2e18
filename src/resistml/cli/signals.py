"""Ctrl-C and a request to end: heard even where a library swallows the exception.

An exception that a signal raises inside a destructor or a callback is thrown away by Python.
So the signal is remembered as well, and asked about between the stages of a run.
"""

from __future__ import annotations

import signal
import sys
from typing import Any

#: Exit codes after Ctrl-C and after SIGTERM.
INTERRUPTED, TERMINATED = 130, 143

_heard: list[int] = []


def listen() -> None:
    """Remember SIGINT and SIGTERM, and raise for them where the program is."""
    signal.signal(signal.SIGINT, _hear)
    signal.signal(signal.SIGTERM, _hear)
    sys.unraisablehook = _unraisable


def heed() -> None:
    """Raise for a signal that was heard and swallowed."""
    if _heard:
        raise _exception(_heard[0])


def _hear(number: int, frame: Any) -> None:
    _heard.append(number)
    raise _exception(number)


def _exception(number: int) -> BaseException:
    return SystemExit(TERMINATED) if number == signal.SIGTERM else KeyboardInterrupt()


def _unraisable(raised: Any) -> None:
    """Nothing is said of a signal's exception that was thrown away: `heed` raises it again."""
    if not isinstance(raised.exc_value, (KeyboardInterrupt, SystemExit)):
        sys.__unraisablehook__(raised)
