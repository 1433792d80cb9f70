"""Our own server for a client, and a dialler that can cut connections."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
from anyio.abc import ByteStream

from anyftp import (
    Client,
    Dialler,
    FileSystem,
    LocalFileSystem,
    RetryPolicy,
    Server,
    User,
    connect_tcp,
)
from anyftp._streams import SocketStream


@contextlib.asynccontextmanager
async def served(
    folder: Path,
    files: FileSystem | None = None,
    dialler: Dialler = connect_tcp,
    *,
    retry: RetryPolicy | None = None,
    **options: Any,
) -> AsyncIterator[Client]:
    """A client that has logged in to a server of a folder."""
    folder.mkdir(exist_ok=True)
    user = User(name="alice", password="x", file_system=files or LocalFileSystem(folder))
    server = Server([user], **options)
    async with anyio.create_task_group() as group:
        ((host, port), *_) = await group.start(server.serve, "127.0.0.1", 0)
        failure: Exception | None = None
        try:
            async with Client.context(
                host, port, "alice", "x", dialler=dialler, retry=retry
            ) as client:
                yield client
        except Exception as error:
            failure = error
        group.cancel_scope.cancel()
    if failure is not None:
        raise failure


@contextlib.asynccontextmanager
async def addressed(files: FileSystem, **options: Any) -> AsyncIterator[tuple[str, int]]:
    """The address of a server that lets alice in."""
    server = Server([User(name="alice", password="x", file_system=files)], **options)
    async with anyio.create_task_group() as group:
        ((host, port), *_) = await group.start(server.serve, "127.0.0.1", 0)
        failure: Exception | None = None
        try:
            yield host, port
        except Exception as error:
            failure = error
        group.cancel_scope.cancel()
    if failure is not None:
        raise failure


class Line:
    """A dialler that can cut control connections; the first one is the caller's."""

    def __init__(self) -> None:
        self.controls: list[socket.socket] = []
        self._port: int | None = None

    async def __call__(self, host: str, port: int) -> ByteStream:
        stream = await connect_tcp(host, port)
        assert isinstance(stream, SocketStream)
        self._port = self._port or port
        if port == self._port:
            self.controls.append(stream.raw_socket)
        return stream

    def cut(self, which: slice) -> None:
        for sock in self.controls[which]:
            with contextlib.suppress(OSError):  # closed already
                sock.shutdown(socket.SHUT_RDWR)
