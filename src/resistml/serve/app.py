"""The web application: paths, limits, errors as JSON, and no other origin."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import SplitResult, urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from resistml.notice import NOTICE
from resistml.predict.model import Model
from resistml.serve.answers import QUESTIONS, answer, described, invoked
from resistml.serve.limits import Limits
from resistml.serve.refusal import CODES, Refusal

Handler = Callable[[Request], Awaitable[Response]]
#: Never kept by a browser, never taken for a page.
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def make_app(model: Model, limits: Limits | None = None, hosts: tuple[str, ...] = ()) -> Starlette:
    """The application that answers for a model.

    Parameters
    ----------
    hosts : tuple of str
        Names under which the server may be asked; empty = any. A page of another site that has
        its own name point here would otherwise be let in.
    """
    limits = limits or Limits()
    one_at_a_time = asyncio.Semaphore(1)  # memory stays that of one answer; `/health` never waits

    async def told(request: Request) -> Response:
        return _json(described(model, limits))

    async def healthy(request: Request) -> Response:
        return _json({"notice": NOTICE, "status": "ok"})

    async def question(request: Request) -> Response:
        body = await _body(request, limits)
        path, query = request.url.path, dict(request.query_params)
        async with one_at_a_time:
            ask = partial(answer, model, path, query, body, limits)
            return _text(await run_in_threadpool(lambda: "".join(ask())))

    async def invocation(request: Request) -> Response:
        body = await _body(request, limits)
        async with one_at_a_time:
            return _text(
                await run_in_threadpool(lambda: "".join(invoked(model, body, limits))),
            )

    def route(path: str, handler: Handler, method: str) -> Route:
        return Route(path, _guarded(handler, hosts), methods=[method])

    return Starlette(
        routes=[
            route("/", told, "GET"),
            *(route(path, healthy, "GET") for path in ("/ping", "/health")),
            *(route(path, question, "POST") for path in QUESTIONS),
            route("/invocations", invocation, "POST"),
        ],
        exception_handlers={
            Refusal: _refused,
            HTTPException: _refused,
            ClientDisconnect: _gone,
            Exception: _broken,
        },
    )


def _guarded(handler: Handler, hosts: tuple[str, ...]) -> Handler:
    """Answer only who asks this server by its own name, and no page of another site."""

    async def guarded(request: Request) -> Response:
        host = request.headers.get("host", "")
        name = _split(f"//{host}").hostname or ""
        if hosts and name not in hosts:
            raise Refusal(403, f"this server is not '{name}'", allowed=", ".join(hosts))
        origin = request.headers.get("origin")
        if origin is not None and _split(origin).netloc != host:
            raise Refusal(403, "pages of another origin are not answered")
        return await handler(request)

    return guarded


def _split(address: str) -> SplitResult:
    """The parts of an address; none of what is no address."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


async def _body(request: Request, limits: Limits) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refusal(415, f"the body is '{kind}'", allowed="Content-Type: application/json")
    body = bytearray()
    try:
        async with asyncio.timeout(limits.seconds):
            async for piece in request.stream():
                body += piece
                if len(body) > limits.body:
                    raise Refusal(
                        413,
                        f"the body is larger than {limits.body:,} bytes",
                        allowed=f"{limits.body:,} bytes and {limits.rows:,} rows a request",
                        hint="ask in parts, or use the command line",
                    )
    except TimeoutError:
        raise Refusal(408, f"the body did not come within {limits.seconds:g} seconds") from None
    return bytes(body)


async def _refused(request: Request, exc: Exception) -> Response:
    if isinstance(exc, HTTPException):
        allowed = (exc.headers or {}).get("Allow")
        status = exc.status_code if exc.status_code in CODES else 400
        exc = Refusal(status, f"{request.method} {request.url.path}: {exc.detail}", allowed=allowed)
    assert isinstance(exc, Refusal)
    return _json(exc.to_json(), exc.status)


async def _gone(request: Request, exc: Exception) -> Response:
    return _json(Refusal(400, "the body broke off").to_json(), 400)


async def _broken(request: Request, exc: Exception) -> Response:
    """What went wrong is for the log of the server, not for whoever asked."""
    refusal = Refusal(500, "this is a fault of resistml's; its log says where")
    return _json(refusal.to_json(), 500)


def _json(document: dict[str, object], status: int = 200) -> Response:
    return _text(json.dumps(document, ensure_ascii=False, allow_nan=False), status)


def _text(text: str, status: int = 200) -> Response:
    return Response(text, status, _HEADERS, media_type="application/json")
