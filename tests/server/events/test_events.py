"""What a server tells about a session from its beginning to its end."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import anyio
import pytest

from anyftp import events
from anyftp._fs import MemoryFileSystem
from anyftp._fs._memory import MemoryReadFile
from server.probe import Probe, logged_in, server_of, serving

pytestmark = pytest.mark.anyio


def told(found: list[events.Event]) -> list[tuple[Any, ...]]:
    """Kind and own fields of each event, without times and durations."""
    return [(type(event).__name__, *_own_values(event)) for event in found]


def _own_values(event: events.Event) -> list[Any]:
    names = [name for name in event.__dataclass_fields__ if not name.startswith("seconds")]
    return [getattr(event, name) for name in names if name not in ("at", "session", "text")]


async def test_the_story_of_a_session() -> None:
    tree = MemoryFileSystem()
    server = server_of(tree)
    found: list[events.Event] = []
    async with server.events() as stream, serving(server) as address:
        async with await Probe.connect(address) as probe:
            await probe.reply()
            await probe.codes("USER bob", "PASS wrong")
            await probe.log_in_again()
            await probe.upload("STOR new", b"12345")
            await probe.download("RETR new")
            await probe.download("RETR missing")
            await probe.codes(
                "MKD d", "RNFR new", "RNTO d/old", "MFMT 20260101000000 d/old", "DELE d/old"
            )
            await probe.codes("RMD d", "ACCT hunter2 x", "NONSENSE")
            await probe.download("MLSD /")
            await probe.ask("QUIT")
            await probe.is_closed()
        await server.drain(5)
        found = [event async for event in stream]
    assert told(found) == [
        ("Connected",),
        ("LoginRefused", "bob", "wrong name or password"),
        ("CommandRefused", "PASS", "****", "530"),
        ("LoggedIn",),
        ("TransferStarted", "STOR", "/new"),
        ("TransferEnded", "STOR", "/new", "226", 5),
        ("TransferStarted", "RETR", "/new"),
        ("TransferEnded", "RETR", "/new", "226", 5),
        ("CommandRefused", "RETR", "missing", "550"),
        ("FolderMade", "/d"),
        ("Renamed", "/new", "/d/old"),
        ("AttributesChanged", "/d/old"),
        ("FileRemoved", "/d/old"),
        ("FolderRemoved", "/d"),
        ("CommandRefused", "NONSENSE", "", "500"),
        ("TransferStarted", "MLSD", "/"),
        ("TransferEnded", "MLSD", "/", "226", 0),
        ("Disconnected", "the client said QUIT"),
    ]
    sessions = [event.session for event in found if isinstance(event, events.SessionEvent)]
    assert {session.number for session in sessions} == {1}
    assert {session.peer_host for session in sessions} == {"127.0.0.1"}
    assert [session.user for session in sessions] == [None] * 3 + ["bob"] * 15
    assert all(event.at.tzinfo is not None for event in found)


async def test_a_transfer_that_is_cut_off_is_told_as_such() -> None:
    server = server_of()
    async with server.events() as stream, logged_in(server) as probe:
        async with await probe.open_data() as data:
            await probe.ask("STOU")
            await data.write(b"x" * 1000)
            await probe.codes("ABOR", "NOOP")
        ended = [await anext(stream) for _ in range(4)][-1]
        assert isinstance(ended, events.TransferEnded)
        assert (ended.verb, ended.code, ended.is_complete) == ("STOU", "426", False)
        assert ended.path.startswith("/upload.")


async def test_connections_that_are_refused() -> None:
    server = server_of(max_connections=1)
    async with server.events() as stream, logged_in(server) as probe:
        async with await Probe.connect(probe.address) as other:
            assert (await other.reply())[:3] == "421"
        refused = [await anext(stream) for _ in range(3)][-1]
        assert isinstance(refused, events.ConnectionRefused)
        assert refused.peer_host == "127.0.0.1"


async def test_a_listener_that_sleeps_does_not_hold_the_server() -> None:
    server = server_of()
    async with server.events(max_buffered=1) as stream, logged_in(server) as probe:
        assert await probe.codes(*["NONSENSE"] * 100) == ["500"] * 100
        assert isinstance(await anext(stream), events.Connected)
        assert await anext(stream) == events.EventsDropped(101, at=_ANY)


class _AnyTime:
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


_ANY: Any = _AnyTime()


@pytest.mark.wallclock
async def test_a_transfer_tells_where_its_time_went() -> None:
    class SlowFile(MemoryReadFile):
        async def readinto(self, buffer: memoryview, /) -> int:
            await anyio.sleep(0.1)
            return await super().readinto(buffer)

    class Slow(MemoryFileSystem):
        async def open_read(self, path: PurePosixPath, offset: int = 0) -> MemoryReadFile:
            file = await super().open_read(path, offset)
            file.__class__ = SlowFile
            return file

    tree = Slow()
    server = server_of(tree, write_speed_limit=100_000)
    ended: list[events.TransferEnded] = []
    async with server.events() as stream, logged_in(server) as probe:
        async with await probe.open_data() as data:
            await probe.ask("STOR f")
            await anyio.sleep(0.2)
            await data.write(bytes(30_000))
        await probe.reply()
        await probe.download("RETR f")
        async for event in stream:
            if isinstance(event, events.TransferEnded):
                ended.append(event)
                if len(ended) == 2:
                    break
    up, down = ended
    assert 0.1 < up.seconds_network <= up.seconds
    assert up.seconds_throttle == 0.0
    assert 0.1 < down.seconds_throttle <= down.seconds
    assert 0.05 < down.seconds_disk <= down.seconds
    assert up.bytes_per_second == 30_000 / up.seconds
