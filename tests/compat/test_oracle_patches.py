"""What `unittest.mock.patch` on aioftp's names does on aioftp, and here.

The same program runs with one name patched by something that counts. Where aioftp then calls it, so
does this package, but for the rows of docs/design/compat.md that `NOT_HERE` is.
"""

# Classes of either package are Any here.
# mypy: allow-subclassing-any, allow-untyped-decorators

from __future__ import annotations

import asyncio
import datetime
import importlib
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, patch

import pytest

import anyftp_compat
from support.clocks import ASYNCIO, Backend

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def anyio_backend() -> Backend:
    """Names are looked up in the same way on each loop."""
    return ASYNCIO


@pytest.fixture
def oracle() -> Any:
    return pytest.importorskip("aioftp", reason="aioftp is not installed")


async def program(package: Any, root: Path) -> None:
    """A client and a server do most of what they can."""
    (root / "file").write_bytes(bytes(20_000))
    server = package.Server(
        [package.User("user", "secret", base_path=root)],
        path_io_factory=package.AsyncPathIO,
        read_speed_limit=1 << 30,
    )
    await server.start("127.0.0.1", 0)
    try:
        client = package.Client(socket_timeout=5, write_speed_limit=1 << 30)
        await client.connect(*server.address)
        await client.login("user", "secret")
        await client.get_current_directory()
        await client.list(recursive=True)
        await client.list(raw_command="LIST")
        await client.download("file", str(root / "local"), write_into=True)
        async with client.download_stream("file", offset=5) as stream:
            stream.throttles["mine"] = package.StreamThrottle.from_limits(1 << 30)
            async for _ in stream.iter_by_block():
                pass
        async with client.append_stream("more") as stream:
            await stream.write(b"x")
        await client.quit()
    finally:
        await server.close()
    package.Server()
    package.StreamThrottle.from_limits(1).clone()
    package.User(permissions=None)
    memory = package.MemoryPathIO()
    await memory.mkdir(Path("/folder"))
    async with memory.open(Path("/folder/file"), mode="wb") as file:
        await file.write(b"x")
    async with memory.open(Path("/folder/file"), mode="rb") as file:
        async for _ in file.iter_by_block():
            pass


def counting(original: Any, calls: list[object]) -> Any:
    """What stands in: it does the same, and counts."""
    if not inspect.isclass(original):

        def called(*args: Any, **kwargs: Any) -> Any:
            calls.append(args)
            return original(*args, **kwargs)

        return called

    class Counting(original):
        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            calls.append(args)
            return original(*args, **kwargs)

    return Counting


async def is_called(package: Any, module: str, name: str, root: Path) -> bool:
    root.mkdir()
    calls: list[object] = []
    home = importlib.import_module(f"{package.__name__}.{module}")
    stand_in = counting(getattr(home, name), calls)
    with patch(f"{package.__name__}.{module}.{name}", stand_in):
        async with asyncio.timeout(15):
            await program(package, root)
    return bool(calls)


CALLED = [
    ("client", "Code"),
    ("client", "DataConnectionThrottleStreamIO"),
    ("client", "StreamThrottle"),
    ("client", "ThrottleStreamIO"),
    ("client", "open_connection"),
    ("common", "AsyncStreamIterator"),
    ("common", "Throttle"),
    ("pathio", "AsyncPathIOContext"),
    ("pathio", "AsyncStreamIterator"),
    ("pathio", "Node"),
    ("pathio", "PathIONursery"),
    ("server", "AvailableConnections"),
    ("server", "Connection"),
    ("server", "MemoryUserManager"),
    ("server", "Permission"),
    ("server", "StreamThrottle"),
    ("server", "ThrottleStreamIO"),
]


@pytest.mark.parametrize(("module", "name"), CALLED)
async def test_what_is_put_there_is_called(
    module: str, name: str, oracle: Any, tmp_path: Path
) -> None:
    assert await is_called(oracle, module, name, tmp_path / "theirs")
    assert await is_called(anyftp_compat, module, name, tmp_path / "ours")


#: aioftp calls them, and here the core does that work: a row of docs/design/compat.md.
NOT_HERE = [
    ("client", "setlocale"),
    ("client", "wrap_into_codes"),
    ("client", "wrap_with_container"),
    ("server", "setlocale"),
    ("server", "wrap_with_container"),
]


@pytest.mark.parametrize(("module", "name"), NOT_HERE)
async def test_what_the_core_does_without_them(
    module: str, name: str, oracle: Any, tmp_path: Path
) -> None:
    assert await is_called(oracle, module, name, tmp_path / "theirs")
    assert not await is_called(anyftp_compat, module, name, tmp_path / "ours")


@pytest.mark.parametrize("name", ["wait_for"])
async def test_functions_of_asyncio_that_the_core_does_without(
    name: str, oracle: Any, tmp_path: Path
) -> None:
    found = []
    for package in (oracle, anyftp_compat):
        calls: list[object] = []
        root = tmp_path / package.__name__
        root.mkdir()
        stand_in = counting(getattr(asyncio, name), calls)
        with patch(f"{package.__name__}.server.asyncio.{name}", stand_in):
            async with asyncio.timeout(15):
                await program(package, root)
        found.append(bool(calls))
    assert found == [True, False]


class Peer:
    """A server in memory: what `open_connection` gives in its place."""

    def __init__(self) -> None:
        self.said: list[bytes] = []
        self.reader = asyncio.StreamReader()
        self.reader.feed_data(b"220 hello\r\n")
        self.is_closed = False

    def write(self, data: bytes) -> None:
        self.said.append(bytes(data))
        verb = bytes(data).split()[0]
        answers = {b"USER": b"230 in\r\n", b"PWD": b'257 "/here"\r\n', b"QUIT": b"221 bye\r\n"}
        self.reader.feed_data(answers.get(verb, b"500 what?\r\n"))

    async def drain(self) -> None:
        return

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    async def wait_closed(self) -> None:
        return

    def get_extra_info(self, name: str, default: object = None) -> object:
        return ("192.0.2.1", 21) if name == "peername" else default


async def test_a_connection_of_ones_own(oracle: Any) -> None:
    """`open_connection` gives a reader and something that looks like a writer."""
    told = []
    for package in (oracle, anyftp_compat):
        peer = Peer()
        opening = AsyncMock(return_value=(peer.reader, peer))
        with patch(f"{package.__name__}.client.open_connection", opening):
            client = package.Client()
            greeting = await client.connect("ftp.example.org", 2121)
            await client.login("me")
            here = await client.get_current_directory()
            await client.quit()
        said = b"".join(peer.said).split()
        told.append((greeting, here, said[:3], peer.is_closed, opening.await_args))
    assert told[0] == told[1]


async def test_a_connection_that_fails(oracle: Any) -> None:
    for package in (oracle, anyftp_compat):
        opening = AsyncMock(side_effect=ConnectionRefusedError("no"))
        with (
            patch(f"{package.__name__}.client.open_connection", opening),
            pytest.raises(ConnectionRefusedError),
        ):
            await package.Client().connect("ftp.example.org")
        assert opening.await_count == 1


async def test_another_time(oracle: Any) -> None:
    class Fixed(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Any:
            return datetime.datetime(2011, 6, 1, tzinfo=tz)

    line = b"-rw-r--r-- 1 o g 1 Mar 01 12:34 x"
    found = []
    for package in (oracle, anyftp_compat):
        with patch(f"{package.__name__}.client.datetime", Fixed):
            found.append(package.Client().parse_list_line_unix(line))
    assert found[0] == found[1]
    assert found[0][1]["modify"] == "20110301123400"


Patch = Callable[[Any, Any], Any]

#: How a test puts a mock where `command` was.
PATCHES: list[Any] = [
    pytest.param(lambda package, mock: patch.object(package.Client, "command", mock), id="Client"),
    pytest.param(
        lambda package, mock: patch.object(package.BaseClient, "command", mock), id="BaseClient"
    ),
    pytest.param(
        lambda package, mock: patch(f"{package.__name__}.client.Client.command", mock), id="name"
    ),
]


@pytest.mark.parametrize("put", PATCHES)
async def test_a_mock_for_command(put: Patch, oracle: Any) -> None:
    told = []
    for package in (oracle, anyftp_compat):
        mock = AsyncMock(return_value=(package.Code("257"), [' "/here"']))
        with put(package, mock):
            client = package.Client()
            here = await client.get_current_directory()
            await client.change_directory("x")
            await client.change_directory()
            await client.remove_file("x")
            await client.remove_directory("x")
            await client.rename("a", "b")
        told.append((here, mock.await_args_list))
    assert told[0] == told[1]


FACTS = ["-start", " type=file;size=5; f", " end"]
Run = Callable[[Any], Any]

#: What `command` answers to a verb, and what is called.
BY_COMMAND: dict[str, tuple[dict[str, tuple[str, list[str]]], Run]] = {
    "login": (
        {"USER": ("331", [" password?"]), "PASS": ("332", [" account?"]), "ACCT": ("230", [""])},
        lambda client: client.login("me", "secret", "mine"),
    ),
    "login-refused": ({"USER": ("530", [" no"])}, lambda client: client.login("me")),
    "login-odd": ({"USER": ("333", [" what?"])}, lambda client: client.login("me")),
    "make": (
        {"MLST": ("550", [" no"]), "MKD": ("257", [" made"])},
        lambda client: client.make_directory("a/b/c"),
    ),
    "make-what-is-there": ({"MLST": ("250", FACTS)}, lambda client: client.make_directory("a/b")),
    "make-without-parents": (
        {"MLST": ("550", [" no"]), "MKD": ("257", [" made"])},
        lambda client: client.make_directory("a/b", parents=False),
    ),
    "stat": ({"MLST": ("250", FACTS)}, lambda client: client.stat("f")),
    "stat-of-nothing": ({"MLST": ("550", [" no"])}, lambda client: client.stat("f")),
    "exists": ({"MLST": ("550", [" no"])}, lambda client: client.exists("f")),
    "is-file": ({"MLST": ("250", FACTS)}, lambda client: client.is_file("f")),
    "remove": ({"MLST": ("250", FACTS), "DELE": ("250", [""])}, lambda client: client.remove("f")),
    "quit": ({"QUIT": ("221", [" bye"])}, lambda client: client.quit()),
    "abort": ({"ABOR": ("226", [" done"])}, lambda client: client.abort()),
    "passive": (
        {"TYPE": ("200", [""]), "EPSV": ("500", [" no"]), "PASV": ("425", [" no"])},
        lambda client: client.get_passive_connection(),
    ),
    "passive-refused-at-once": (
        {"TYPE": ("200", [""]), "EPSV": ("425", [" no"])},
        lambda client: client.get_passive_connection("A"),
    ),
    "list": ({"TYPE": ("200", [""]), "EPSV": ("530", [" no"])}, lambda client: client.list("x")),
    "stream": (
        {"TYPE": ("200", [""]), "EPSV": ("530", [" no"])},
        lambda client: client.download_stream("x", offset=5),
    ),
}


def own_client(package: Any, answers: dict[str, tuple[str, list[str]]], said: list[Any]) -> Any:
    """A client whose `command` knows the answers, and notes how it was called."""

    class Own(package.Client):
        async def command(self, command: Any, *args: Any, **options: Any) -> Any:
            said.append((command, args, options))
            code, info = answers[command.split()[0]]
            if args and args[0]:
                masks = package.wrap_into_codes(package.wrap_with_container(args[0]))
                self.check_codes(masks, package.Code(code), info)
            return package.Code(code), info

    return Own()


@pytest.mark.parametrize("name", BY_COMMAND)
async def test_all_goes_through_a_command_of_ones_own(name: str, oracle: Any) -> None:
    answers, run = BY_COMMAND[name]
    told = []
    for package in (oracle, anyftp_compat):
        said: list[Any] = []
        try:
            result = await run(own_client(package, answers, said))
        except Exception as error:
            result = type(error).__name__, str(error)
        told.append((result, said))
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("name", "value"),
    [("client.Client.list", "x"), ("common.Throttle.wait", 5), ("server.User", 1)],
)
async def test_after_the_block_all_is_as_before(name: str, value: object) -> None:
    before = anyftp_compat.Client.list, anyftp_compat.Throttle.wait, anyftp_compat.server.User
    with patch(f"anyftp_compat.{name}", value):
        pass
    assert before == (
        anyftp_compat.Client.list,
        anyftp_compat.Throttle.wait,
        anyftp_compat.server.User,
    )
