"""Ctrl-C and a request to end: heard even where a library would lose the exception.

An exception that a signal raises inside a destructor or a callback is thrown away by Python.
So the signal is remembered as well, and asked about between the stages of a run. XGBoost asks
for its data by a callback; one that is broken off there leaves it with half of the data, or
brings the whole process down, so the exception waits until the callback is over.
"""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import Any

#: Exit codes after Ctrl-C and after SIGTERM.
INTERRUPTED, TERMINATED = 130, 143

#: Functions by which XGBoost asks for data.
_CALLBACKS = frozenset({"_next_wrapper", "_reset_wrapper"})
#: Seconds until it is looked again whether a callback is over.
_AGAIN = 0.02

_heard: list[int] = []


def listen() -> None:
    """Remember SIGINT and SIGTERM, and raise for them where the program is."""
    signal.signal(signal.SIGINT, _hear)
    signal.signal(signal.SIGTERM, _hear)
    if sys.platform != "win32":
        signal.signal(signal.SIGALRM, _remind)
    sys.unraisablehook = _unraisable


def heed() -> None:
    """Raise for a signal that was heard and swallowed."""
    if _heard:
        raise _exception(_heard[0])


def _hear(number: int, frame: FrameType | None) -> None:
    _heard.append(number)
    _raise_or_wait(number, frame)


def _remind(number: int, frame: FrameType | None) -> None:
    if _heard:
        _raise_or_wait(_heard[0], frame)


def _raise_or_wait(number: int, frame: FrameType | None) -> None:
    if not _in_callback(frame):
        raise _exception(number)
    if sys.platform != "win32":  # there it waits for the end of the stage
        signal.setitimer(signal.ITIMER_REAL, _AGAIN)


def _in_callback(frame: FrameType | None) -> bool:
    """Whether XGBoost is asking for data in a frame or above it."""
    while frame is not None:
        if frame.f_code.co_name in _CALLBACKS:
            return True
        frame = frame.f_back
    return False


def _exception(number: int) -> BaseException:
    return SystemExit(TERMINATED) if number == signal.SIGTERM else KeyboardInterrupt()


def _unraisable(raised: Any) -> None:
    """Nothing is said of a signal's exception that was thrown away: `heed` raises it again."""
    if not isinstance(raised.exc_value, (KeyboardInterrupt, SystemExit)):
        sys.__unraisablehook__(raised)
