"""Cancelling at every point in turn: nothing leaks, and the next command gets its own reply.

Each scenario is run again and again, cancelled at its first suspension, at its second, and so on
until it is over before the cancellation comes.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Awaitable, Callable, Coroutine, Generator
from pathlib import Path
from typing import Any

import anyio
import pytest

from anyftp import LocalFileSystem, Reply, Server, Session, User
from anyftp._client import Client
from anyftp._errors import ConnectionLost
from client.peer import CONTENT, Peer, listing
from support.leaks import open_descriptors

pytestmark = pytest.mark.anyio

Scenario = Callable[[Client, Path], Coroutine[Any, Any, object]]


class CancelledAt:
    """Awaits a coroutine and cancels a scope when it suspends for the nth time."""

    def __init__(self, coroutine: Coroutine[Any, Any, object], nth: int) -> None:
        self._coroutine = coroutine
        self._nth = nth
        self.scope = anyio.CancelScope()

    def __await__(self) -> Generator[Any, Any, object]:
        steps = self._coroutine.__await__()
        count = 0
        resume = _sending(steps, None)
        while True:
            try:
                waited_for = resume()
            except StopIteration as stop:
                return stop.value
            count += 1
            if count == self._nth:
                self.scope.cancel()
            try:
                value = yield waited_for
            except BaseException as error:
                resume = _throwing(steps, error)
            else:
                resume = _sending(steps, value)


def _throwing(steps: Generator[Any, Any, Any], error: BaseException) -> Callable[[], Any]:
    return lambda: steps.throw(error)


def _sending(steps: Generator[Any, Any, Any], value: object) -> Callable[[], Any]:
    return lambda: steps.send(value)


async def download_stream(client: Client, folder: Path) -> None:
    async with client.download_stream("f") as stream:
        while await stream.read(1000):
            pass


async def upload_stream(client: Client, folder: Path) -> None:
    async with client.upload_stream("g", offset=1) as stream:
        await stream.write(CONTENT)
        await stream.write(CONTENT)


async def partial_download(client: Client, folder: Path) -> None:
    async with client.download_stream("f") as stream:
        await stream.read(10)


async def download(client: Client, folder: Path) -> None:
    await client.download("f", folder / "f")


async def upload(client: Client, folder: Path) -> None:
    await client.upload(folder / "mine", "g")


async def trees(client: Client, folder: Path) -> None:
    await client.upload(folder / "tree", "d")
    await client.download("d/", folder / "d")


async def listings(client: Client, folder: Path) -> None:
    await client.list()
    async for entry in client.list():
        await client.exists(entry.path)


async def commands(client: Client, folder: Path) -> None:
    await client.make_directory("a/b")
    await client.rename("a", "b")
    await client.size("a")
    await client.remove("a")
    await client.features()


SCENARIOS = [
    download_stream,
    upload_stream,
    partial_download,
    download,
    upload,
    trees,
    listings,
    commands,
]


def make_peer(**options: Any) -> Peer:
    async def mlsd(peer: Peer, argument: str) -> None:
        lines = ["type=file;size=3; a"] if argument else ["type=file;size=3; a", "type=dir; d"]
        await listing(*lines)(peer, argument)

    # PWD gives another text than any other reply: to take a stale one for it would be seen.
    return Peer(MLSD=mlsd, PWD='257 "/here"', MLST="250-\r\n type=dir; d\r\n250 end", **options)


async def check(client: Client) -> bool:
    """Whether the client is in step; if it is not, it has to say so."""
    with anyio.fail_after(5):
        for _ in range(2):
            try:
                assert str(await client.get_current_directory()) == "/here"
            except ConnectionLost:
                return False
    return True


async def cancel_at_every_point(
    run: Callable[[int], Awaitable[bool]], folder: Path, *, least: int
) -> None:
    points = 0
    while True:
        points += 1
        before = open_descriptors()
        with anyio.fail_after(10):
            is_cancelled = await run(points)
        assert len(open_descriptors()) <= len(before)
        assert not [path for path in folder.rglob("*") if ".anyftp" in path.name]
        if not is_cancelled:
            break
    assert points > least


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("is_tls", [False, True], ids=["plain", "tls"])
@pytest.mark.timeout(120)
async def test_cancelled_at_every_point(
    scenario: Scenario,
    is_tls: bool,
    tmp_path: Path,
    server_tls: ssl.SSLContext,
    client_tls: ssl.SSLContext,
) -> None:
    (tmp_path / "mine").write_bytes(os.urandom(300_000))
    (tmp_path / "tree" / "d").mkdir(parents=True)
    (tmp_path / "tree" / "d" / "a").write_bytes(CONTENT)
    in_step = []

    async def run(nth: int) -> bool:
        peer = make_peer(tls=server_tls if is_tls else None)
        options: dict[str, Any] = {"tls": "explicit", "ssl_context": client_tls} if is_tls else {}
        async with peer.client(close_timeout=1, **options) as client:
            cancelled = CancelledAt(scenario(client, tmp_path), nth)
            with cancelled.scope:
                await cancelled
            in_step.append(await check(client))
        return cancelled.scope.cancelled_caught

    await cancel_at_every_point(run, tmp_path, least=5)
    assert all(in_step)


@pytest.mark.parametrize("is_tls", [False, True], ids=["plain", "tls"])
@pytest.mark.timeout(120)
async def test_cancelled_at_every_point_on_our_server(
    is_tls: bool, tmp_path: Path, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    served, folder = tmp_path / "served", tmp_path / "mine"
    served.mkdir()
    folder.mkdir()
    (served / "f").write_bytes(os.urandom(300_000))
    (folder / "mine").write_bytes(os.urandom(300_000))
    user = User(name="alice", password="wonder-land", file_system=LocalFileSystem(served))
    server = Server([user], ssl_context=server_tls, max_connections_per_address=200)
    tls: Any = "explicit" if is_tls else None
    async with anyio.create_task_group() as group:
        ((host, port), *_) = await group.start(server.serve, "127.0.0.1", 0)
        async with Client.context(
            host, port, "alice", "wonder-land", tls=tls, ssl_context=client_tls
        ) as client:
            for scenario in (download, upload, download_stream, partial_download, listings):
                await cancel_in_turn(client, scenario, folder)
        group.cancel_scope.cancel()


async def cancel_in_turn(client: Client, scenario: Scenario, folder: Path) -> None:
    nth = 0
    while True:
        nth += 1
        cancelled = CancelledAt(scenario(client, folder), nth)
        with anyio.fail_after(10), cancelled.scope:
            await cancelled
        assert str(await client.get_current_directory()) == "/"
        assert await client.size("f") == 300_000
        assert not [path for path in folder.rglob("*") if ".anyftp" in path.name]
        if not cancelled.scope.cancelled_caught:
            return


@pytest.mark.parametrize("is_tls", [False, True], ids=["plain", "tls"])
async def test_connecting_cancelled_at_every_point(
    is_tls: bool, tmp_path: Path, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async def scenario(client: Client) -> None:
        await client.connect("ftp.example.org", tls="explicit" if is_tls else None)
        await client.login()
        await client.quit()

    async def run(nth: int) -> bool:
        peer = make_peer(tls=server_tls)
        async with peer.running():
            client = Client(dialler=peer.dial, ssl_context=client_tls, close_timeout=1)
            cancelled = CancelledAt(scenario(client), nth)
            with cancelled.scope:
                await cancelled
            await client.aclose()
        return cancelled.scope.cancelled_caught

    await cancel_at_every_point(run, tmp_path, least=4)


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
