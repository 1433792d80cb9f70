"""One data connection: how it is announced, made and closed; SECURITY rows A7, A9, D14."""

from __future__ import annotations

import os
import ssl
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from anyftp._fs import LocalFileSystem, MemoryFileSystem
from anyftp._net import connect_tcp
from anyftp._server import Session
from anyftp._streams import StreamIO
from anyftp._throttle import StreamThrottle, Throttle
from server.probe import Probe, logged_in, server_of, serving
from support.patient_clocks import patient

pytestmark = pytest.mark.anyio


async def test_150_comes_before_the_connection() -> None:
    tree = MemoryFileSystem()
    tree.put("/f", b"late")
    async with logged_in(server_of(tree)) as probe:
        address = await probe.data_address()
        assert (await probe.ask("RETR f")) == "150 Sending /f (4 bytes)."
        async with StreamIO(await connect_tcp(*address), timeout=5.0) as data:
            assert await data.read() == b"late"
        assert (await probe.reply())[:3] == "226"


async def test_d14_a_client_that_half_closes_its_upload() -> None:
    async with logged_in() as probe, await probe.open_data() as data:
        await probe.ask("STOR f")
        await data.write(b"x")
        await data.send_eof()
        assert (await probe.reply())[:3] == "226"
        assert await data.read() == b""


async def test_d14_a_client_that_half_closes_its_download() -> None:
    tree = MemoryFileSystem()
    content = os.urandom(1_000_000)
    tree.put("/f", content)
    async with logged_in(server_of(tree)) as probe, await probe.open_data() as data:
        await data.send_eof()
        await probe.ask("RETR f")
        assert await data.read() == content
        assert (await probe.reply())[:3] == "226"


@patient
async def test_a7_a_client_that_never_reads_its_download() -> None:
    tree = MemoryFileSystem()
    tree.put("/f", bytes(50_000_000))
    async with logged_in(server_of(tree, stall_timeout=0.2)) as probe:
        async with await probe.open_data():
            assert await probe.codes("RETR f", "NOOP") == ["150", "200"]
            assert (await probe.reply())[:3] == "426"
        assert (await probe.ask("NOOP"))[:3] == "200"


@pytest.mark.wallclock
async def test_a9_a_tls_client_that_does_not_say_close_notify(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    tree = MemoryFileSystem()
    tree.put("/f", b"content")
    async with (
        serving(server_of(tree, ssl_context=server_tls)) as address,
        await Probe.connect(address) as probe,
    ):
        await probe.reply()
        await (await probe.start_tls(client_tls)).log_in_again()
        stream = StreamIO(await connect_tcp(*await probe.data_address()), timeout=5.0)
        assert (await probe.ask("RETR f"))[:3] == "150"
        await stream.start_tls(client_tls, "127.0.0.1")
        assert await stream.read() == b"content"
        began = anyio.current_time()
        assert (await probe.reply())[:3] == "226"
        assert anyio.current_time() - began < 1.5
        stream.close()


@pytest.mark.wallclock
async def test_a9_cancelling_the_server_waits_for_no_close_notify(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async with serving(server_of(ssl_context=server_tls)) as address:
        probe = await Probe.connect(address)
        await probe.reply()
        await (await probe.start_tls(client_tls)).log_in_again()
        began = anyio.current_time()
    assert anyio.current_time() - began < 1
    probe.stream.close()


@pytest.mark.parametrize("size", [0, 5000, 300_000, 3_000_000])
async def test_whoever_wants_to_be_told_is_told_of_files_in_memory_too(
    size: int, tmp_path: Path
) -> None:
    told: list[int] = []

    class Listening(Throttle):
        def append(self, data: Any, start: float) -> None:
            told.append(len(data))

    content = os.urandom(size)
    (tmp_path / "f").write_bytes(content)
    server = server_of(LocalFileSystem(tmp_path))
    async with logged_in(server) as probe:
        for name in ("", "mine", ""):
            session = server.sessions[0]
            session.throttles.pop("mine", None)
            if name:
                session.throttles[name] = StreamThrottle(Throttle(), Listening())
            assert await probe.download("RETR f") == (content, f"226 {size} bytes sent.")
            assert sum(told) == (size if name else 0)
            told.clear()


async def test_who_is_limited_while_it_waits_for_its_turn_is_limited(tmp_path: Path) -> None:
    told: list[int] = []

    class Listening(Throttle):
        def append(self, data: Any, start: float) -> None:
            told.append(len(data))

    content = os.urandom(300_000)
    (tmp_path / "f").write_bytes(content)
    server = server_of(LocalFileSystem(tmp_path))
    async with logged_in(server) as probe, AsyncExitStack() as stack:
        assert await probe.download("RETR f") == (content, "226 300000 bytes sent.")
        session = server.sessions[0]
        while session.shared.senders.value:
            await stack.enter_async_context(session.shared.senders)
        async with await probe.open_data() as data:
            await probe.ask("RETR f")
            await anyio.wait_all_tasks_blocked()
            session.throttles["mine"] = StreamThrottle(Throttle(), Listening())
            await stack.aclose()
            assert await data.read() == content
        assert (await probe.reply())[:3] == "226"
        assert sum(told) == len(content)


async def test_many_who_fetch_what_is_in_memory_let_others_go_first(tmp_path: Path) -> None:
    """Counted, not timed: how many files go before the event loop comes to others."""
    (tmp_path / "f").write_bytes(bytes(100_000))
    order: list[str] = []

    def trace(session: Session, what: str, line: str) -> None:
        order.append(line[:3])

    nclients = 20
    most = nclients + 1
    server = server_of(LocalFileSystem(tmp_path), max_connections_per_address=most, trace=trace)
    async with logged_in(server) as probe, AsyncExitStack() as stack:
        await probe.download("RETR f")  # by which the disk is known
        probes = []
        for _ in range(nclients):
            other = await stack.enter_async_context(await Probe.connect(probe.address))
            await other.log_in()
            await stack.enter_async_context(await other.open_data())
            probes.append(other)
        order.clear()
        for other in probes:
            await other.send("RETR f")
        while order.count("226") < nclients:
            order.append(" ")
            await checkpoint()
    at_once = "".join("x" if code == "226" else code for code in order if code in ("226", " "))
    assert max(len(turn) for turn in at_once.split()) <= 8
