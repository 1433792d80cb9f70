"""The client where it must differ from aioftp's, or where aioftp cannot serve as an oracle."""

from __future__ import annotations

import asyncio
import gc
import ssl
import threading
import time
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

import anyftp_compat as aioftp
from compat.conftest import SleepRecorder
from compat.peer import Peer

pytestmark = pytest.mark.anyio


def logged_in(peer: Peer, **options: Any) -> Any:
    return aioftp.Client.context("127.0.0.1", peer.port, "user", "secret", **options)


async def test_not_connected() -> None:
    client = aioftp.Client()
    with pytest.raises(ConnectionError, match="Connect first"):
        await client.quit()
    with pytest.raises(ConnectionError, match="Connect first"):
        _ = client.stream
    client.close()


async def test_nobody_listens() -> None:
    with pytest.raises(ConnectionRefusedError):
        await aioftp.Client().connect("127.0.0.1", 1)


async def test_attributes(peer: Peer) -> None:
    async with logged_in(peer, socket_timeout=7, path_timeout=3) as client:
        assert client.server_host == "127.0.0.1"
        assert client.server_port == peer.port
        assert isinstance(client.stream, aioftp.ThrottleStreamIO)
        assert client.stream.read_timeout == 7
        assert client.path_io.timeout == 3
        assert isinstance(client.throttle, aioftp.StreamThrottle)
        async with client.upload_stream("up") as stream:
            assert isinstance(stream, aioftp.DataConnectionThrottleStreamIO)
            assert isinstance(stream.reader, asyncio.StreamReader)
            assert isinstance(stream.writer, asyncio.StreamWriter)
            assert stream.throttles == {"_": client.throttle}
            assert stream.client is client
            stream.writer.write(b"by the ")
            await stream.writer.drain()
            await stream.write(b"writer")
    assert (peer.root / "up").read_bytes() == b"by the writer"


async def test_tls(tls_peer: Peer, client_tls: ssl.SSLContext, tmp_path: Path) -> None:
    content = bytes(range(256)) * 2000
    (tls_peer.root / "file").write_bytes(content)
    client = aioftp.Client(socket_timeout=10)
    await client.connect("127.0.0.1", tls_peer.port)
    try:
        await client.upgrade_to_tls(client_tls)
        await client.login("user", "secret")
        assert client.stream.writer.get_extra_info("ssl_object") is not None
        async with client.download_stream("file") as stream:
            assert await stream.read() == content
        await client.download("file", str(tmp_path))
        async with client.upload_stream("up") as stream:
            await stream.write(content)
        assert sorted(str(path) for path, _ in await client.list()) == ["file", "up"]
        reader, writer = await client.get_passive_connection()
        await client.command("RETR file", "1xx")
        received = await reader.read()
        assert len(received) == len(content)
        assert received == content
        writer.close()
        await client.command(None, "2xx")
        await client.quit()
    finally:
        client.close()
    assert (tmp_path / "file").read_bytes() == content
    assert (tls_peer.root / "up").read_bytes() == content


async def test_a_certificate_that_does_not_verify(tls_peer: Peer) -> None:
    client = aioftp.Client()
    await client.connect("127.0.0.1", tls_peer.port)
    with pytest.raises(ssl.SSLCertVerificationError):
        await client.upgrade_to_tls()
    client.close()


@pytest.mark.parametrize("implicit", [False, True])
async def test_authorities_are_not_loaded_on_the_loop(
    implicit: bool, tls_peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []
    make = ssl.create_default_context

    def made() -> ssl.SSLContext:
        threads.append(threading.get_ident())
        return make()

    monkeypatch.setattr(ssl, "create_default_context", made)
    client = aioftp.Client(ssl=implicit or None, socket_timeout=1, connection_timeout=1)

    async def begin() -> None:
        await client.connect("127.0.0.1", tls_peer.port)
        await client.upgrade_to_tls()

    with pytest.raises((OSError, TimeoutError)):  # nobody there is to be trusted
        await begin()
    client.close()
    assert len(threads) == 1
    assert threads != [threading.get_ident()]


@pytest.mark.parametrize("seconds", [10, 30])
@pytest.mark.parametrize("direction", ["upload", "download"])
async def test_limits_of_whole_transfers_as_recorded(
    direction: str, seconds: int, peer: Peer, tmp_path: Path, sleeps: SleepRecorder
) -> None:
    size = 300 * 1024
    (peer.root / "file").write_bytes(bytes(size))
    (tmp_path / "file").write_bytes(bytes(size))
    async with logged_in(peer) as client:
        limited = client.throttle.write if direction == "upload" else client.throttle.read
        limited.limit = size / seconds
        source: Any = tmp_path / "file" if direction == "upload" else "file"
        target: Any = "up" if direction == "upload" else tmp_path / "down"
        begin = asyncio.get_running_loop().time()
        await getattr(client, direction)(source, target, write_into=True)
    # nothing has passed but what moving takes, so each sleep is until all is paid
    assert sleeps.end - begin == pytest.approx(seconds, rel=0.05)
    assert len(sleeps.delays) < seconds / 0.004  # a sleep a wait, not a loop around the clock


async def test_limits_of_lines_as_recorded(peer: Peer, sleeps: SleepRecorder) -> None:
    """One sleep for each line, of the seconds that the line before it is worth."""
    (peer.root / "file").write_bytes((b"x" * 999 + b"\n") * 40)
    async with logged_in(peer, read_speed_limit=500) as client:
        begin = asyncio.get_running_loop().time()
        async with client.download_stream("file") as stream:
            assert [len(line) async for line in stream.iter_by_line()] == [1000] * 40
    assert sleeps.end - begin == pytest.approx(80, abs=0.2)
    assert len(sleeps.delays) == 40


async def test_limits_of_a_throttle_of_ones_own_as_recorded(
    peer: Peer, tmp_path: Path, sleeps: SleepRecorder
) -> None:
    """A whole file by a class of the program's own: a wait and a sleep for each of its blocks."""
    told: list[object] = []

    class Mine(aioftp.Throttle):
        async def wait(self) -> None:
            told.append("wait")
            await super().wait()

        def append(self, data: Any, start: float) -> None:
            told.append(len(data))
            super().append(data, start)

    (peer.root / "file").write_bytes(bytes(100_000))
    async with logged_in(peer) as client:
        client.throttle = aioftp.StreamThrottle(Mine(limit=5000), Mine())
        begin = asyncio.get_running_loop().time()
        await client.download("file", tmp_path)
    assert sum(block for block in told if isinstance(block, int)) == 100_000
    assert told[::2] == ["wait"] * (len(told) // 2)
    assert sleeps.end - begin == pytest.approx(20, abs=0.2)
    assert len(sleeps.delays) <= len(told) // 2


@pytest.mark.parametrize("size", [1000, 8192])
@pytest.mark.parametrize("direction", ["upload", "download"])
async def test_limits_of_streams_as_recorded(
    direction: str, size: int, peer: Peer, sleeps: SleepRecorder
) -> None:
    (peer.root / "file").write_bytes(bytes(100 * size))
    async with logged_in(peer) as client:
        begin = asyncio.get_running_loop().time()
        if direction == "upload":
            async with client.upload_stream("up") as stream:
                stream.throttles["mine"] = aioftp.StreamThrottle.from_limits(None, size * 5)
                for _ in range(100):
                    await stream.write(bytes(size))
        else:
            async with client.download_stream("file") as stream:
                stream.throttles["mine"] = aioftp.StreamThrottle.from_limits(size * 5, None)
                async for _ in stream.iter_by_block(size):
                    pass
    # the last block is not waited for
    assert sleeps.end - begin == pytest.approx(20, rel=0.05)


@pytest.mark.parametrize("direction", ["upload", "download"])
async def test_the_other_direction_is_free(
    direction: str, peer: Peer, tmp_path: Path, sleeps: SleepRecorder
) -> None:
    (peer.root / "file").write_bytes(bytes(100_000))
    (tmp_path / "file").write_bytes(bytes(100_000))
    async with logged_in(peer) as client:
        if direction == "upload":
            client.throttle.read.limit = 1000
            await client.upload(tmp_path / "file", "up", write_into=True)
        else:
            client.throttle.write.limit = 1000
            await client.download("file", tmp_path / "down", write_into=True)
    assert sum(sleeps.delays) == pytest.approx(0, abs=0.5)


async def test_a_monitored_throttle_sees_whole_transfers(peer: Peer, tmp_path: Path) -> None:
    seen = 0

    class Monitor(aioftp.Throttle):
        def append(self, data: Any, start: float) -> None:
            nonlocal seen
            seen += len(data)
            super().append(data, start)

    (peer.root / "file").write_bytes(bytes(500_000))
    async with logged_in(peer) as client:
        client.throttle = aioftp.StreamThrottle(Monitor(), Monitor())
        await client.download("file", tmp_path)
    assert seen == 500_000


async def test_a_cancelled_download_leaves_no_stale_reply(peer: Peer) -> None:
    (peer.root / "big").write_bytes(bytes(20_000_000))

    async def slow() -> None:
        async with client.download_stream("big") as stream:
            await stream.read(100)
            await asyncio.sleep(60)

    async with logged_in(peer) as client:
        task = asyncio.ensure_future(slow())
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await client.get_current_directory() == PurePosixPath("/")
        assert await client.exists("big")


async def test_a_command_that_times_out_leaves_no_stale_reply(peer: Peer) -> None:
    async with logged_in(peer) as client:
        await client.command("NOOP")
        assert await client.get_current_directory() == PurePosixPath("/")


async def test_a_download_may_be_left_early(peer: Peer) -> None:
    (peer.root / "big").write_bytes(bytes(20_000_000))
    async with logged_in(peer) as client:
        async with client.download_stream("big") as stream:
            await stream.readexactly(10)
        assert await client.is_file("big")


async def test_a_listing_that_is_left_is_closed_at_once(peer: Peer) -> None:
    """By nobody but Python, which has no collector here."""
    for name in ("a", "b"):
        (peer.root / name).write_bytes(b"1")
    gc.disable()
    try:
        async with logged_in(peer) as client:
            for _ in range(3):
                async for _ in client.list():
                    break
                assert await client.get_current_directory() == PurePosixPath("/")
                assert await client.is_file("a")
    finally:
        gc.enable()


async def test_commands_between_the_entries_of_a_listing(peer: Peer) -> None:
    for name in ("a", "b", "c"):
        (peer.root / name).write_bytes(b"1")
    async with logged_in(peer) as client:
        assert all([await client.is_file(path) async for path, _ in client.list()])


async def test_abort(peer: Peer) -> None:
    (peer.root / "big").write_bytes(bytes(20_000_000))
    async with logged_in(peer) as client:
        stream = await client.download_stream("big")
        await stream.read(10)
        await client.abort()
        await stream.finish()
        assert await client.is_file("big")


async def test_a_read_times_out_and_loses_nothing(peer: Peer) -> None:
    async with logged_in(peer) as client:
        stream = await client.upload_stream("up")
        stream.write_timeout = 5
        await stream.write(b"within time")
        await stream.finish()
    assert (peer.root / "up").read_bytes() == b"within time"


async def test_names_from_the_server_stay_in_the_folder(tmp_path: Path) -> None:
    """A listing with a path in it must not make a download write elsewhere."""
    server = await asyncio.start_server(_lie, "127.0.0.1", 0)
    try:
        client = aioftp.Client(socket_timeout=5)
        await client.connect(*server.sockets[0].getsockname()[:2])
        await client.login()
        with pytest.raises(Exception):  # noqa: B017, PT011  # which one, the core decides
            await client.download("tree", str(tmp_path / "target"))
        client.close()
    finally:
        server.close()
        await asyncio.sleep(0.02)
    assert not (tmp_path / "evil").exists()
    assert not Path("/evil").exists()


def _accept(ready: asyncio.Future[Any], _: object, writer: asyncio.StreamWriter) -> None:
    ready.set_result(writer)


async def _lie(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 hello\r\n")
    listing = b"type=file;size=4; ../../evil\r\ntype=file;size=4; /evil\r\n"
    ready: asyncio.Future[asyncio.StreamWriter] = asyncio.get_running_loop().create_future()
    listener: asyncio.Server | None = None
    while line := await reader.readline():
        verb = line.split()[0].upper()
        if verb == b"EPSV":
            ready = asyncio.get_running_loop().create_future()
            listener = await asyncio.start_server(partial(_accept, ready), "127.0.0.1", 0)
            port = listener.sockets[0].getsockname()[1]
            writer.write(b"229 ok (|||%d|)\r\n" % port)
        elif verb in (b"MLSD", b"RETR"):
            writer.write(b"150 go\r\n")
            data = await ready
            data.write(listing if verb == b"MLSD" else b"evil")
            data.close()
            if listener is not None:
                listener.close()
            writer.write(b"226 done\r\n")
        elif verb == b"MLST":
            writer.write(b"250-\r\n type=dir; tree\r\n250 end\r\n")
        else:
            writer.write({b"USER": b"230 in\r\n", b"QUIT": b"221 bye\r\n"}.get(verb, b"200 ok\r\n"))
    writer.close()


async def test_upload_of_a_tree_goes_where_it_is_told(peer: Peer, tmp_path: Path) -> None:
    (tmp_path / "dir" / "sub").mkdir(parents=True)
    (tmp_path / "dir" / "sub" / "file").write_bytes(b"x")
    async with logged_in(peer) as client:
        await client.upload(tmp_path / "dir", "into")
    assert (peer.root / "into" / "dir" / "sub" / "file").read_bytes() == b"x"


async def test_own_parser_of_listings(peer: Peer) -> None:
    (peer.root / "file").write_bytes(b"x")
    lines = []

    def parse(line: bytes) -> tuple[PurePosixPath, dict[str, str]]:
        lines.append(line)
        return PurePosixPath("mine"), {"type": "file"}

    async with logged_in(peer, parse_list_line_custom=parse) as client:
        assert await client.list(raw_command="LIST") == [(PurePosixPath("mine"), {"type": "file"})]
    assert b"file" in lines[0]


async def test_overridden_methods_are_used(peer: Peer, tmp_path: Path) -> None:
    said = []

    class Client(aioftp.Client):
        async def command(self, command: Any = None, *args: Any, **kwargs: Any) -> Any:
            said.append(command)
            return await super().command(command, *args, **kwargs)

    (peer.root / "file").write_bytes(b"content")
    async with Client.context("127.0.0.1", peer.port, "user", "secret") as client:
        await client.change_directory("/")
        async with client.download_stream("file") as stream:
            assert await stream.read() == b"content"
    assert said == [
        None,
        "USER user",
        "PASS secret",
        "CWD /",
        "TYPE I",
        "EPSV",
        "RETR file",
        None,
        "QUIT",
    ]


async def test_memory_as_the_local_side(peer: Peer) -> None:
    (peer.root / "file").write_bytes(b"content")
    async with logged_in(peer, path_io_factory=aioftp.MemoryPathIO) as client:
        await client.download("file", "/", block_size=3)
        async with client.path_io.open(PurePosixPath("/file"), mode="rb") as file:
            assert await file.read() == b"content"
        await client.upload("/file", "back", write_into=True)
    assert (peer.root / "back").read_bytes() == b"content"


async def test_refusals_leave_no_socket_open(peer: Peer) -> None:
    async with logged_in(peer) as client:
        for _ in range(3):
            with pytest.raises(aioftp.StatusCodeError) as caught:
                await client.download_stream("nothing")
            assert caught.value.received_codes == ("550",)
            assert caught.value.expected_codes == ("1xx",)
            assert caught.value.info[-1].startswith(" ")


def test_a_lone_code_is_compared_as_a_whole() -> None:
    client = aioftp.Client()
    client.check_codes(aioftp.Code("2xx"), aioftp.Code("226"), ["done"])
    with pytest.raises(aioftp.StatusCodeError):
        client.check_codes(aioftp.Code("1xx"), aioftp.Code("226"), ["done"])


async def test_a_second_connection_may_follow(peer: Peer) -> None:
    client = aioftp.Client()
    for _ in range(2):
        await client.connect("127.0.0.1", peer.port)
        await client.login("user", "secret")
        await client.quit()


async def test_speed_of_a_limited_stream(peer: Peer) -> None:
    (peer.root / "file").write_bytes(bytes(50_000))
    async with logged_in(peer, read_speed_limit=100_000) as client:
        begin = time.monotonic()
        async with client.download_stream("file") as stream:
            assert len(await stream.read()) == 50_000
        assert time.monotonic() - begin > 0.4
