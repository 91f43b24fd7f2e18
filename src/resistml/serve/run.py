"""Runs the application on this machine until it is asked to end."""

from __future__ import annotations

import contextlib
import socket
import sys
from collections.abc import Callable, Iterator

import uvicorn

from resistml.errors import UsageError
from resistml.predict.model import Model
from resistml.serve.app import make_app
from resistml.serve.limits import HOST, PORT, Limits

#: Names of this machine under which it may ask itself.
_LOCAL = ("127.0.0.1", "localhost", "::1")
#: Seconds that answers under way have to be finished when the server is asked to end.
GRACE = 10


def serve(
    model: Model,
    say: Callable[[str], None],
    *,
    host: str = HOST,
    port: int = PORT,
    limits: Limits | None = None,
) -> None:
    """Serve a model until SIGINT or SIGTERM, which is raised again once the server has ended.

    Parameters
    ----------
    say : callable
        Takes lines for the user.
    port : int
        0 = any that is free; what is said names it.

    Raises
    ------
    UsageError
        If the host or the port cannot be listened on.
    """
    limits = limits or Limits()
    local = host in _LOCAL
    with listening(host, port) as sock:
        shown = f"[{host}]" if ":" in host else host
        base = f"http://{shown}:{sock.getsockname()[1]}"
        config = uvicorn.Config(
            make_app(model, limits, hosts=_LOCAL if local else ()),
            log_level="warning",
            access_log=False,
            lifespan="off",
            server_header=False,
            limit_concurrency=limits.waiting,
            timeout_graceful_shutdown=GRACE,
        )
        if not local:
            say(f"{host} can be asked by other machines, without a password or encryption")
        _Announced(config, lambda: say(f"{base} is up; Ctrl-C closes it")).run(sockets=[sock])


class _Announced(uvicorn.Server):
    """Says when it answers."""

    def __init__(self, config: uvicorn.Config, up: Callable[[], None]) -> None:
        super().__init__(config)
        self._up = up

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            self._up()


@contextlib.contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket bound to a host and port, so that nobody takes it while the server starts."""
    if not 0 <= port <= 65_535:
        raise UsageError(f"{port} is no port", allowed="1 to 65535, or 0 for any that is free")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        if sys.platform != "win32":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
        except PermissionError:
            raise UsageError(
                f"port {port} is not for you to use", hint=f"choose one above 1023: --port {PORT}"
            ) from None
        except socket.gaierror:
            raise UsageError(
                f"there is no host '{host}'", hint=f"--host {HOST}, or 0.0.0.0 for all"
            ) from None
        except OSError as exc:
            raise UsageError(
                f"{host}:{port} cannot be listened on: {exc.strerror}",
                hint="close what holds it, or choose another: --port 0 takes any that is free",
            ) from None
        yield sock
