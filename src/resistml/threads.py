"""How many threads linear algebra may use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from threadpoolctl import threadpool_limits

F = TypeVar("F", bound=Callable[..., Any])


def one_blas_thread(function: F) -> F:
    """Run a function with one BLAS thread.

    The products here are small and many: with more threads, solving a world takes three to
    five times as long on two busy cores.
    """
    return cast(F, threadpool_limits.wrap(limits=1, user_api="blas")(function))
