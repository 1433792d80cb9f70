"""A server with its page, and requests to it."""

from __future__ import annotations

import http.client
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import anyio
from anyio import to_thread

from anyftp import Client, MemoryFileSystem, Server, User
from anyftp.status import serve_status

TOKEN = "a-token-of-26-characters-x"
PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def value(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Page:
    """Where the page and the server are."""

    server: Server
    url: str
    ftp_port: int

    @property
    def port(self) -> int:
        port = urlsplit(self.url).port
        assert port is not None
        return port

    async def ask(
        self,
        path: str,
        value: Any = None,
        *,
        method: str | None = None,
        token: str | None = TOKEN,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """One request; a value is sent as JSON."""
        given = {} if token is None else {"Authorization": f"Bearer {token}"}
        given |= headers or {}
        if value is not None:
            body = json.dumps(value).encode()
        verb = method or ("GET" if body is None else "POST")
        return await to_thread.run_sync(partial(self._ask, verb, path, body, given))

    def _ask(self, verb: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(verb, path, body, dict(headers))
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    @asynccontextmanager
    async def client(self, name: str = "alice") -> AsyncIterator[Client]:
        async with Client.context("127.0.0.1", self.ftp_port, name, "wonder") as client:
            yield client


def user(name: str, **more: Any) -> User:
    return User(name, "wonder", file_system=MemoryFileSystem(), **more)


@asynccontextmanager
async def page_of(server: Server, **options: Any) -> AsyncIterator[Page]:
    """Serve both."""
    async with anyio.create_task_group() as tasks:
        ((_, ftp_port),) = await tasks.start(server.serve, "127.0.0.1", 0)
        options = {"token": TOKEN, "port": 0, **options}
        url = await tasks.start(partial(serve_status, server, **options))
        yield Page(server, url, ftp_port)
        tasks.cancel_scope.cancel()
