"""Listening: every connection is taken once, and a closed listener says so."""

from __future__ import annotations

import errno
import socket
import struct

import anyio
import pytest

from anyftp._errors import NoDataPort
from anyftp._net import Listener, _listen, connect_tcp, listen_tcp
from support.ports import free_ports

pytestmark = pytest.mark.anyio


async def test_who_connects_is_accepted() -> None:
    listener = await listen_tcp("127.0.0.1")
    assert listener.address == ("127.0.0.1", listener.port)
    client = await connect_tcp(*listener.address)
    server = await listener.accept()
    assert server.remote_address == client.local_address
    await client.send(b"x")
    assert await server.receive() == b"x"
    for one in (client, server, listener):
        await one.aclose()


async def test_any_port_may_have_been_in_use_a_moment_ago(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever closes a connection first leaves its port to nobody for a minute, but to us."""
    port = free_ports(1)
    monkeypatch.setattr(_listen, "_free_for_all", lambda: range(port, port + 1))
    for _ in range(3):
        listener = await listen_tcp("127.0.0.1")
        assert listener.port == port
        client = await connect_tcp(*listener.address)
        await (await listener.accept()).aclose()
        await client.aclose()
        await listener.aclose()


async def test_where_all_ports_are_taken_the_system_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = free_ports(1)
    monkeypatch.setattr(_listen, "_free_for_all", lambda: range(port, port + 1))
    listeners = [await listen_tcp("127.0.0.1") for _ in range(3)]
    assert listeners[0].port == port
    assert len({listener.port for listener in listeners}) == 3
    for listener in listeners:
        await listener.aclose()


def test_the_ports_that_the_system_gives_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        given = server.getsockname()[1]
    assert not _listen._free_for_all() or given in _listen._free_for_all()


async def test_accept_waits() -> None:
    listener = await listen_tcp("127.0.0.1")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_connect_and_close, listener)
        await (await listener.accept()).aclose()
    await listener.aclose()


async def _connect_and_close(listener: Listener) -> None:
    await anyio.wait_all_tasks_blocked()
    await (await connect_tcp(*listener.address)).aclose()


async def test_accept_is_a_checkpoint() -> None:
    listener = await listen_tcp("127.0.0.1")
    with anyio.CancelScope() as scope, socket.create_connection(listener.address):
        scope.cancel()
        await listener.accept()
    assert scope.cancelled_caught
    await (await listener.accept()).aclose()
    listener.close()


async def test_a_cancelled_accept_loses_no_connection() -> None:
    """Somebody connects and the waiting task is cancelled in one moment; the next one gets him."""
    listener = await listen_tcp("127.0.0.1")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listener.accept)
        await anyio.wait_all_tasks_blocked()
        client = socket.create_connection(listener.address)
        tasks.cancel_scope.cancel()
    with anyio.fail_after(5):
        stream = await listener.accept()
    assert stream.remote_address == client.getsockname()
    client.close()
    await stream.aclose()
    listener.close()


@pytest.mark.parametrize("is_async", [False, True], ids=["close", "aclose"])
async def test_a_closed_listener(is_async: bool) -> None:
    listener = await listen_tcp("127.0.0.1")

    async def accept() -> None:
        with pytest.raises(anyio.ClosedResourceError):
            await listener.accept()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(accept)
        await anyio.wait_all_tasks_blocked()
        for _ in range(2):
            if is_async:
                await listener.aclose()
            else:
                listener.close()
    await accept()
    with pytest.raises(ConnectionRefusedError):
        await connect_tcp(*listener.address)


async def test_a_peer_that_is_gone_already_is_accepted_with_its_name() -> None:
    """The socket itself no longer knows; the address tells who it was."""
    listener = await listen_tcp("127.0.0.1")
    with socket.create_connection(listener.address) as gone:
        gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        name = gone.getsockname()
    stream = await listener.accept()
    assert stream.remote_address == name
    with pytest.raises(anyio.BrokenResourceError):
        await stream.receive()
    await stream.aclose()
    await listener.aclose()


class Failing:
    """A listening socket whose accept fails in these ways, in this order, and then succeeds."""

    def __init__(self, *codes: int) -> None:
        self._codes = list(codes)
        self._left, right = socket.socketpair()
        self._accepted: tuple[socket.socket, str] = (right, "")

    def setblocking(self, flag: bool) -> None:
        assert not flag

    def getsockname(self) -> tuple[str, int]:
        return ("127.0.0.1", 1)

    def accept(self) -> tuple[socket.socket, str]:
        if self._codes:
            raise OSError(self._codes.pop(0), "refused by the kernel")
        return self._accepted

    def close(self) -> None:
        self._left.close()


async def test_who_vanished_before_accept_is_nobodys_failure() -> None:
    kernel = Failing(errno.ECONNABORTED, errno.EPROTO, errno.EINTR)
    stream = await Listener(kernel).accept()  # type: ignore[arg-type]  # as much as is needed
    await stream.aclose()
    kernel.close()


async def test_a_lack_of_descriptors_is_told() -> None:
    kernel = Failing(errno.EMFILE)
    listener = Listener(kernel)  # type: ignore[arg-type]  # as much as is needed
    with pytest.raises(OSError, match="refused by the kernel"):
        await listener.accept()
    await (await listener.accept()).aclose()
    kernel.close()


async def test_a_port_out_of_some() -> None:
    first = free_ports(3)
    listeners = [await listen_tcp("127.0.0.1", ports=range(first, first + 3)) for _ in range(3)]
    assert sorted(listener.port for listener in listeners) == [first, first + 1, first + 2]
    with pytest.raises(NoDataPort, match="all 3 ports"):
        await listen_tcp("127.0.0.1", ports=range(first, first + 3))
    for listener in listeners:
        listener.close()


async def test_an_address_that_cannot_be_listened_on() -> None:
    """Another reason than a port in use is told, with one port as with many (RFC 5737)."""
    for ports in (None, [50001, 50002]):
        with pytest.raises(OSError, match="assign requested address") as caught:
            await listen_tcp("192.0.2.1", 0, ports=ports)
        assert caught.value.errno == errno.EADDRNOTAVAIL
