"""What a server takes at most, so that no request can fill the machine."""

from __future__ import annotations

from dataclasses import dataclass

#: Where the server listens unless told otherwise: this machine alone can ask.
HOST = "127.0.0.1"
#: Beside the port of the MLflow UI.
PORT = 5001


@dataclass(frozen=True)
class Limits:
    """What a request may be.

    Attributes
    ----------
    body : int
        Bytes of a request's body.
    rows : int
        Profiles of a request.
    seconds : float
        Until the body must be there.
    waiting : int
        Requests that are open at once; more are told to come again (503).
    """

    body: int = 8 * 1024 * 1024
    rows: int = 10_000
    seconds: float = 30.0
    waiting: int = 64
