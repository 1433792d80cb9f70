"""The ways in which the soak disturbs an operation."""

import random
import socket
import struct
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import suppress
from typing import Any

import anyio

from anyftp import Client, FTPError, SocketStream, connect_tcp

KINDS = ("none", "timer", "checkpoint", "close", "reset", "cut")
WEIGHTS = (50, 20, 18, 4, 4, 4)
#: These end the connection; so a client without a retry policy has to connect again.
BREAKING = ("close", "reset", "cut")


class Dialler:
    """Connects, and remembers the latest connections so that they can be broken.

    Args:
        port: the server's for control connections.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: list[SocketStream] = []
        self._control: SocketStream | None = None

    async def __call__(self, host: str, port: int) -> SocketStream:
        stream = await connect_tcp(host, port)
        self._streams = [one for one in self._streams if one.raw_socket.fileno() >= 0]
        self._streams.append(stream)
        if port == self._port:
            self._control = stream
        return stream

    def reset_on_close(self) -> None:
        """Let every connection that is open now end by RST."""
        for stream in self._streams:
            if stream.raw_socket.fileno() >= 0:
                linger = struct.pack("ii", 1, 0)
                stream.raw_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    def cut_control(self) -> None:
        """End the latest control connection as something in between would, unseen by the client.

        Not those of data: an upload that ends cleanly counts as whole.
        """
        if self._control is not None and self._control.raw_socket.fileno() >= 0:
            with suppress(OSError):
                self._control.raw_socket.shutdown(socket.SHUT_RDWR)


class Counted:
    """Awaits a coroutine and calls a function just before it is suspended for the nth time."""

    def __init__(
        self, coroutine: Coroutine[Any, Any, None], n: int, call: Callable[[], object]
    ) -> None:
        self._coroutine = coroutine
        self._left = n
        self._call = call

    def __await__(self) -> Generator[Any, Any, None]:
        advance, value = self._coroutine.send, None
        while True:
            try:
                waited_for = advance(value)
            except StopIteration:
                return
            self._left -= 1
            if self._left == 0:
                self._call()
            try:
                value = yield waited_for
                advance = self._coroutine.send
            except BaseException as error:
                value, advance = error, self._coroutine.throw


def short_time(random_: random.Random) -> float:
    """Seconds: none at all, or up to a tenth, small ones as likely as large ones."""
    return random_.choice((0.0, 10 ** random_.uniform(-5, -1)))


async def disturbed(
    kind: str,
    random_: random.Random,
    client: Client,
    dialler: Dialler,
    work: Callable[[], Coroutine[Any, Any, None]],
) -> bool:
    """Do the work and disturb it; tells whether it was done all the same."""
    match kind:
        case "timer":
            with anyio.move_on_after(short_time(random_)) as scope:
                await work()
            return not scope.cancelled_caught
        case "checkpoint":
            n = int(2 ** random_.uniform(0, 7))
            with anyio.CancelScope() as scope:
                await Counted(work(), n, scope.cancel)
            return not scope.cancelled_caught
        case "close" | "reset" | "cut":
            return await _break(kind, short_time(random_), client, dialler, work)
        case _:
            await work()
            return True


async def _break(
    kind: str,
    seconds: float,
    client: Client,
    dialler: Dialler,
    work: Callable[[], Awaitable[None]],
) -> bool:
    async def breaking() -> None:
        await anyio.sleep(seconds)
        if kind == "cut":
            return dialler.cut_control()
        if kind == "reset":
            dialler.reset_on_close()
        return client.close()

    is_done = False
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(breaking)
        try:
            await work()
            is_done = True
        except (FTPError, anyio.ClosedResourceError, anyio.BrokenResourceError):
            if client.is_connected and kind != "cut":
                raise
        tasks.cancel_scope.cancel()
    return is_done
