"""The page and its requests, as an ASGI application."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection
from contextlib import aclosing
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from anyftp._server import Server
from anyftp.status._actions import ACTIONS, Action, NoSuchThing
from anyftp.status._guard import Guard
from anyftp.status._state import Refusals, state

_Endpoint = Callable[[Request], Awaitable[Response]]

#: By path: what is in a file of this package, and its type.
_FILES = {
    path: (files(__package__).joinpath(name).read_bytes(), kind)
    for path, name, kind in (
        ("/", "page.html", "text/html"),
        ("/page.css", "page.css", "text/css"),
        ("/page.js", "page.js", "text/javascript"),
    )
}
_MAX_REQUEST_BYTES = 4096


def application(
    server: Server, refusals: Refusals, *, token: str, names: Collection[str] = ()
) -> ASGIApp:
    """All of it, guarded."""

    async def show(request: Request) -> Response:
        return JSONResponse(state(server, refusals))

    routes = [Route(path, _sends(*what)) for path, what in _FILES.items()]
    routes.append(Route("/state", show))
    routes += [
        Route(f"/{name}", _does(server, action), methods=["POST"])
        for name, action in ACTIONS.items()
    ]
    return Guard(Starlette(routes=routes), token=token, is_open=_FILES, names=names)


def _sends(content: bytes, media_type: str) -> _Endpoint:
    async def send(request: Request) -> Response:
        return Response(content, media_type=f"{media_type}; charset=utf-8")

    return send


def _does(server: Server, action: Action) -> _Endpoint:
    async def do(request: Request) -> Response:
        try:
            action(server, await _object(request))
        except ClientDisconnect:  # in the middle of its request: nobody hears the answer
            return Response(status_code=400)
        except NoSuchThing as error:
            return PlainTextResponse(f"{error}\n", 404)
        except ValueError as error:
            return PlainTextResponse(f"{error}\n", 400)
        return Response(status_code=204)

    return do


async def _object(request: Request) -> dict[str, Any]:
    """The JSON object that a request brings.

    Raises:
        ValueError: it brings something else, or too much.

    Cancellation: safe.
    """
    body = b""
    async with aclosing(request.stream()) as parts:
        async for part in parts:
            body += part
            if len(body) > _MAX_REQUEST_BYTES:
                raise ValueError(f"the request must have at most {_MAX_REQUEST_BYTES} bytes")
    try:
        found = json.loads(body)
    except RecursionError as error:
        raise ValueError("the request is nested too deeply") from error
    if not isinstance(found, dict):
        raise ValueError("the request must be a JSON object")
    return found
