"""Cancelling at every point in turn: nothing leaks, and the next command gets its own reply."""

from __future__ import annotations

import contextlib
import inspect
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path, PurePosixPath
from typing import Any

import anyio
import pytest

from anyftp import Client, ConnectionLost, LocalFileSystem, Reply, Server, Session, TLSPolicy, User
from anyftp.testing import cancel_at_each_checkpoint
from client import everything
from client.everything import (
    BIG,
    COMMANDS,
    IN_CLEAR_TEXT,
    SMALL,
    TRANSFERS,
    WITH_DATA,
    Ground,
    Operation,
    is_in_step,
)
from client.peer import CONTENT, Answer, Peer, listing, silent
from support.clocks import BRISK_BACKENDS, Backend
from support.tasks import nothing_left_over

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120), pytest.mark.two_loops]

#: Seconds; real ones, on a machine that may be busy.
BOUND = 15.0

#: More than the default, so that a busy machine cannot make a client give its connection up.
CLOSE = 8.0

Scenario = Callable[[Client, Path], Coroutine[Any, Any, object]]


def test_no_method_is_left_out() -> None:
    """Each public method that waits is among the operations; whoever adds one adds an operation."""
    programs = "".join(inspect.getsource(module) for module in (everything, sys.modules[__name__]))
    waiting = (inspect.iscoroutinefunction, inspect.isasyncgenfunction)
    names = [
        name
        for name, member in inspect.getmembers(Client)
        if not name.startswith("_") and any(is_waiting(member) for is_waiting in waiting)
    ]
    assert [name for name in names if f"client.{name}(" not in programs] == []
    assert len(names) > 30


@pytest.fixture(params=BRISK_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


@contextlib.asynccontextmanager
async def our_server(folder: Path, tls: ssl.SSLContext | None) -> AsyncIterator[tuple[str, int]]:
    """Our server on loopback; gives its address."""
    folder.mkdir()
    user = User(name="alice", password="wonder-land", file_system=LocalFileSystem(folder))
    server = Server(
        [user],
        ssl_context=tls,
        tls_policy=TLSPolicy(allow_ccc=True),
        max_connections_per_address=1000,
        extensions=("HASH",),
    )
    async with anyio.create_task_group() as group:
        [address, *_] = await group.start(server.serve, "127.0.0.1", 0)
        yield address[0], address[1]
        group.cancel_scope.cancel()


async def cancel_everywhere(operation: Operation, ground: Ground) -> None:
    def begin() -> Coroutine[Any, Any, object]:
        ground.reset()
        return operation(ground)

    async with nothing_left_over():
        async for run in cancel_at_each_checkpoint(begin, within_seconds=BOUND):
            with anyio.fail_after(BOUND):
                ground.check_mine()
                ground.check_stored()
                assert await is_in_step(ground), run


@pytest.mark.parametrize(
    "operation", [*COMMANDS, *TRANSFERS, *IN_CLEAR_TEXT], ids=lambda operation: operation.__name__
)
async def test_a8_cancelled_at_every_point(operation: Operation, tmp_path: Path) -> None:
    mine, stored = tmp_path / "mine", tmp_path / "stored"
    mine.mkdir()
    async with (
        our_server(stored, None) as (host, port),
        Client.context(host, port, "alice", "wonder-land", close_timeout=CLOSE) as client,
    ):
        await cancel_everywhere(operation, Ground(client, stored, PurePosixPath("/"), mine))


@pytest.mark.parametrize("operation", WITH_DATA, ids=lambda operation: operation.__name__)
async def test_cancelled_at_every_point_over_tls(
    operation: Operation, tmp_path: Path, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    mine, stored = tmp_path / "mine", tmp_path / "stored"
    mine.mkdir()
    async with (
        our_server(stored, server_tls) as (host, port),
        Client.context(
            host,
            port,
            "alice",
            "wonder-land",
            tls="explicit",
            ssl_context=client_tls,
            close_timeout=CLOSE,
        ) as client,
    ):
        await cancel_everywhere(operation, Ground(client, stored, PurePosixPath("/"), mine))


async def test_an_atomic_upload_cancelled_at_every_point(tmp_path: Path) -> None:
    mine, stored = tmp_path / "mine", tmp_path / "stored"
    mine.mkdir()
    async with (
        our_server(stored, None) as (host, port),
        Client.context(host, port, "alice", "wonder-land", close_timeout=CLOSE) as client,
    ):
        ground = Ground(client, stored, PurePosixPath("/"), mine)

        def begin() -> Coroutine[Any, Any, object]:
            ground.reset()
            return client.upload(mine / "up" / "big", "/small", atomic=True)

        async with nothing_left_over():
            async for _ in cancel_at_each_checkpoint(begin, within_seconds=BOUND):
                assert await is_in_step(ground)
                ground.check_stored()
                assert (stored / "small").read_bytes() in (SMALL, BIG)
                assert not [path for path in stored.iterdir() if path.name.startswith(".upload")]


async def test_segments_cancelled_at_every_point(tmp_path: Path) -> None:
    async def operation(ground: Ground) -> None:
        await ground.client.download(ground.remote / "large", ground.mine / "big", segments=2)

    mine, stored = tmp_path / "mine", tmp_path / "stored"
    mine.mkdir()
    async with (
        our_server(stored, None) as (host, port),
        Client.context(host, port, "alice", "wonder-land", close_timeout=CLOSE) as client,
    ):
        ground = Ground(client, stored, PurePosixPath("/"), mine)
        ground.reset()
        content = BIG * 22
        async with nothing_left_over():
            (stored / "large").write_bytes(content)
            async for _ in cancel_at_each_checkpoint(
                lambda: operation(ground), within_seconds=BOUND
            ):
                assert await is_in_step(ground)
                found = {path.name: path for path in mine.iterdir() if path.is_file()}
                assert set(found) <= {"big"}
                if found:
                    assert found["big"].read_bytes() == content
                    found["big"].unlink()


# The beginning and the end of a connection


async def _connect(client: Client, host: str, port: int) -> None:
    await client.connect(host, port)
    await client.login("alice", "wonder-land")
    await client.quit()


async def _connect_explicit(client: Client, host: str, port: int) -> None:
    await client.connect(host, port, tls="explicit")
    await client.login("alice", "wonder-land")
    await client.quit()


async def _upgrade_late(client: Client, host: str, port: int) -> None:
    await client.connect(host, port)
    await client.login("alice", "wonder-land")
    await client.upgrade_to_tls()


async def _clear(client: Client, host: str, port: int) -> None:
    await client.connect(host, port, tls="explicit")
    await client.login("alice", "wonder-land")
    await client.clear_command_channel()


@pytest.mark.parametrize("scenario", [_connect, _connect_explicit, _upgrade_late, _clear])
async def test_connecting_cancelled_at_every_point(
    scenario: Callable[[Client, str, int], Coroutine[Any, Any, None]],
    tmp_path: Path,
    server_tls: ssl.SSLContext,
    client_tls: ssl.SSLContext,
) -> None:
    client = Client(ssl_context=client_tls)

    async with our_server(tmp_path / "stored", server_tls) as (host, port), nothing_left_over():
        async for _ in cancel_at_each_checkpoint(
            lambda: scenario(client, host, port), within_seconds=BOUND
        ):
            if client.is_connected:  # in step, then, whether logged in or not
                await client.noop()
            await client.aclose()


async def test_a_handshake_by_hand_cancelled_at_every_point(
    tmp_path: Path, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    """Whether it has come about or the connection is closed, nothing in between."""
    client = Client()

    async def say_auth(host: str, port: int) -> None:
        await client.connect(host, port)
        await client.send_command("AUTH", "TLS")
        assert (await client.receive_reply()).code == "234"

    async with our_server(tmp_path / "stored", server_tls) as (host, port), nothing_left_over():
        await say_auth(host, port)
        async for _ in cancel_at_each_checkpoint(
            lambda: client.start_tls(client_tls, "127.0.0.1"), within_seconds=BOUND
        ):
            if client.is_connected:
                await client.noop()
            await client.aclose()
            await say_auth(host, port)
        await client.aclose()


async def test_a_context_cancelled_at_every_point(tmp_path: Path) -> None:
    async def operation(host: str, port: int) -> None:
        async with Client.context(host, port, "alice", "wonder-land") as client:
            await client.noop()

    async with our_server(tmp_path / "stored", None) as (host, port), nothing_left_over():
        async for _ in cancel_at_each_checkpoint(lambda: operation(host, port)):
            pass


# Servers that take cancellations otherwise than ours


async def _say_426_and_226(peer: Peer, argument: str) -> None:
    await peer.say("426 broken off")
    await peer.say("226 aborted")


async def _send_deaf(peer: Peer, argument: str) -> None:
    """As vsftpd and proftpd: no word about commands until the data connection is closed."""
    await peer.say("150 here it comes")
    data = await peer.accept_data()
    try:
        for _ in range(3):
            await data.send(CONTENT)
        await data.aclose()
    except anyio.BrokenResourceError:
        return await peer.say("426 broken off")
    return await peer.say("226 done")


async def _say_226_at_once(peer: Peer, argument: str) -> None:
    """The confirmation before the data, in one piece with 150."""
    await peer.say("150 here it comes\r\n226 done")
    data = await peer.accept_data()
    with contextlib.suppress(anyio.BrokenResourceError):
        await data.send(CONTENT)
    await data.aclose()


_DIFFERENT: dict[str, dict[str, Answer]] = {
    "426 and 226 to ABOR": {"ABOR": _say_426_and_226},
    "226 to ABOR": {"ABOR": "226 closing"},
    "225 to ABOR": {"ABOR": "225 no transfer to abort"},
    "500 to ABOR": {"ABOR": "500 what?"},
    "no answer to ABOR": {"ABOR": silent},
    "deaf in transfers": {"RETR": _send_deaf},
    "226 at once": {"RETR": _say_226_at_once},
}


@pytest.mark.parametrize("answers", _DIFFERENT.values(), ids=_DIFFERENT)
async def test_cancelled_at_every_point_on_servers_of_other_manners(
    answers: dict[str, Answer],
) -> None:
    async def operation() -> None:
        async with client.download_stream("f") as stream:
            await stream.read(10)
            await stream.read(100)
        await client.size("f")
        await client.list()

    peer = Peer(MLSD=listing("type=file;size=3; a"))
    peer.answers |= answers
    usual = dict(peer.answers)
    # To take a stale reply for these would be seen.
    unusual = {**usual, "PWD": '257 "/only here"', "SIZE": "213 4711"}
    nlost = 0
    async with peer.client(close_timeout=CLOSE) as client:
        async for _ in cancel_at_each_checkpoint(operation, within_seconds=BOUND):
            peer.answers = unusual
            try:
                with anyio.fail_after(BOUND):
                    assert str(await client.get_current_directory()) == "/only here"
                    assert await client.size("f") == 4711
            except ConnectionLost:
                nlost += 1
                assert not client.is_connected
                await client.connect("ftp.example.org")
                await client.login("alice", "wonder-land")
            peer.answers = usual
    assert nlost == 0


@pytest.mark.parametrize("verb", ["STOR", "APPE"])
async def test_an_upload_cancelled_before_the_reply_150_leaves_no_file(
    tmp_path: Path, verb: str
) -> None:
    """The server is receiving by then: it must see a reset, not the end of an empty file."""
    scope, is_over = anyio.CancelScope(), anyio.Event()
    replies: list[Reply | None] = []

    async def cancel_and_receive(session: Session, argument: str) -> Reply | None:
        scope.cancel()
        try:
            replies.append(await server.perform(session, verb, argument))
            return replies[0]
        finally:
            is_over.set()

    user = User("me", "secret", file_system=LocalFileSystem(tmp_path))
    server = Server([user], handlers={verb: cancel_and_receive})
    async with anyio.create_task_group() as group:
        [address] = await group.start(server.serve, "127.0.0.1", 0)
        # Without ABOR, for that would do as well.
        async with Client.context(
            address[0], address[1], "me", "secret", send_abort=False
        ) as client:
            with scope:
                await client.get_stream(verb, "f")
            with anyio.fail_after(10):
                await is_over.wait()
            assert str(await client.get_current_directory()) == "/"
        group.cancel_scope.cancel()
    assert [reply and reply.code for reply in replies] == ["426"]
    assert list(tmp_path.iterdir()) == []
