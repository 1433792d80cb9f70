"""The page over HTTP, by Hypercorn.

Hypercorn has tasks of its own, some beside the caller's on one of the backends. So it is never
cancelled from outside: it is told to stop, and ends by itself within a bound.
"""

from __future__ import annotations

import importlib
import logging
import secrets
import socket
import sys
from collections.abc import Collection
from types import ModuleType

import anyio
from anyio.abc import TaskStatus
from hypercorn.config import Config
from starlette.types import ASGIApp

from anyftp._server import Server
from anyftp.status._app import application
from anyftp.status._state import Refusals

#: Seconds that requests under way have at the end.
_GRACE_SECONDS = 1
#: Seconds that a connection may be silent.
_IDLE_SECONDS = 10
_MAX_HEAD_BYTES = 8192
#: Characters of a token that is too short to be one.
_MIN_TOKEN = 16


async def serve_status(
    server: Server,
    host: str = "127.0.0.1",
    port: int = 8021,
    *,
    token: str | None = None,
    names: Collection[str] = (),
    task_status: TaskStatus[str] = anyio.TASK_STATUS_IGNORED,
) -> None:
    """Serve the page of a server until cancelled.

    It is plain HTTP: for other machines put a proxy with TLS in front, or reach it through SSH.

    Args:
        server: whose state it shows; it need not run yet.
        host: the address to listen on. Whoever reaches it sees a page that asks for the token.
        port: 0 for a free one.
        token: what whoever looks has to know; a new one by default.
        names: host names under which it is reached, if any beside localhost: by a proxy, say.
            Requests for others are refused, addresses are always taken.
        task_status: told the address, token included, once it is listened on.

    Raises:
        OSError: the address cannot be listened on.
        ValueError: the token has less than 16 characters, or others than visible ASCII.

    Cancellation: ends all, within some seconds.
    """
    if token is None:
        token = secrets.token_urlsafe(32)
    check_token(token)
    refusals = Refusals()
    stop = anyio.Event()
    sock = _listening(host, port)
    address, bound_port = sock.getsockname()[:2]
    app = application(server, refusals, token=token, names=names)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_follow, server, refusals)
        tasks.start_soon(_run, app, sock, stop)
        shown = f"[{address}]" if ":" in address else address
        task_status.started(f"http://{shown}:{bound_port}/#{token}")
        try:
            await anyio.sleep_forever()
        finally:
            stop.set()


def check_token(token: str) -> None:
    """Make sure that a token is one.

    Raises:
        ValueError: it has less than 16 characters, or others than visible ASCII.
    """
    if len(token) < _MIN_TOKEN or not (token.isascii() and token.isprintable()) or " " in token:
        raise ValueError(f"token must be at least {_MIN_TOKEN} characters of visible ASCII")


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=100)


async def _follow(server: Server, refusals: Refusals) -> None:
    """Note what is refused. Cancellation: safe."""
    async with server.events() as events:
        async for event in events:
            refusals.note(event)


async def _run(app: ASGIApp, sock: socket.socket, stop: anyio.Event) -> None:
    """Have Hypercorn serve until it is told to stop.

    Cancellation: has no effect; `stop` ends it.
    """
    logger = logging.getLogger("anyftp.server.status")
    logger.setLevel(logging.WARNING)  # it tells of its start by itself, of each request not at all
    config = Config()
    config.bind = [f"fd://{sock.detach()}"]
    config.errorlog = logger
    config.graceful_timeout = _GRACE_SECONDS
    config.read_timeout = _IDLE_SECONDS
    config.keep_alive_timeout = _IDLE_SECONDS
    config.h11_max_incomplete_size = _MAX_HEAD_BYTES
    config.include_server_header = False
    with anyio.CancelScope(shield=True):
        await hypercorn_here().serve(app, config, shutdown_trigger=stop.wait)


def hypercorn_here() -> ModuleType:
    """Hypercorn for the event loop that runs, which is imported by this."""
    trio = sys.modules.get("trio")
    is_trio = trio is not None and trio.lowlevel.in_trio_run()
    other = next(name for name in anyio.get_all_backends() if name != "trio")
    return importlib.import_module(f"hypercorn.{'trio' if is_trio else other}")
