"""The same servers on aioftp and on ours: the same conversations, what programs see from inside.

A conversation is lines sent and codes received. "get " and "put " before a line stand for a data
connection made before: what came through it is compared, and where that lies on the disk. A
semicolon puts another line between EPSV and the one that transfers.
"""

# mypy: allow-untyped-decorators

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path, PurePosixPath
from typing import Any

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
    """One loop is enough: sessions are the core's, which is tested on all."""
    return ASYNCIO


@pytest.fixture
def oracle(caplog: pytest.LogCaptureFixture) -> Any:
    caplog.set_level(logging.CRITICAL)
    return pytest.importorskip("aioftp", reason="aioftp is not installed")


class Client:
    """Sends lines as they are."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._data: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    @asynccontextmanager
    async def talking(self) -> AsyncIterator[str]:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            yield await self.reply()
        finally:
            self._writer.close()

    async def reply(self) -> str:
        """The next reply, all its lines."""
        async with asyncio.timeout(10):
            lines = [await self._reader.readline()]
            while re.match(rb"\d{3}-", lines[0]) and not lines[-1].startswith(lines[0][:3] + b" "):
                lines.append(await self._reader.readline())
        return b"".join(lines).decode().strip()

    async def say(self, line: str) -> Any:
        """The code of the answer to a line; with data, codes and what came."""
        way, _, rest = line.partition(" ")
        if way in ("get", "put"):
            return await self._transfer(way, rest)
        self._writer.write(line.encode() + b"\r\n")
        return (await self.reply())[:3]

    async def _transfer(self, way: str, line: str) -> Any:
        self._writer.write(b"EPSV\r\n")
        found = re.search(r"\|\|\|(\d+)\|", await self.reply())
        assert found is not None
        reader, writer = await asyncio.open_connection("127.0.0.1", int(found[1]))
        try:
            codes = [await self.say(part) for part in line.split(";")]
            if not codes[-1].startswith("1"):
                return codes
            data = b""
            if way == "put":
                writer.write(b"abc")
                await writer.drain()
            else:
                data = await reader.read()
        finally:
            writer.close()
        return [*codes, data, (await self.reply())[:3]]


def plant(root: Path) -> None:
    for name in ("dir/sub", "readonly", "hidden"):
        (root / name).mkdir(parents=True)
    for name in ("file", "dir/inner", "readonly/file", "hidden/file"):
        (root / name).write_bytes(b"0123456789")


def tree(root: Path) -> dict[str, Any]:
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else None
        for path in sorted(root.rglob("*"))
    }


def users_of(package: Any, root: Path) -> list[Any]:
    permissions = [
        package.Permission(),
        package.Permission("/readonly", writable=False),
        package.Permission("/hidden", readable=False, writable=False),
    ]
    return [
        package.User("user", "secret", base_path=root, permissions=permissions),
        package.User("open", base_path=root, home_path="/dir", maximum_connections=1),
    ]


@asynccontextmanager
async def serving(server: Any) -> AsyncIterator[int]:
    await server.start("127.0.0.1", 0)
    try:
        yield server.address[1]
    finally:
        await server.close()
        await asyncio.sleep(0.01)


async def conversation(package: Any, root: Path, lines: list[str]) -> Any:
    root.mkdir()
    plant(root)
    server = package.Server(users_of(package, root), wait_future_timeout=0.5)
    async with serving(server) as port:
        client = Client(port)
        async with client.talking() as greeting:
            found = [greeting]
            for line in lines:
                found.append(await client.say(line))  # noqa: PERF401  # seen when one fails
    return found, tree(root)


LOGIN = ["USER user", "PASS secret", "TYPE I"]

#: After the login, separated by bars.
SAME = [
    "SYST|QUIT",
    "PWD|CWD dir|PWD|CWD sub|CDUP|PWD|CDUP|CDUP|PWD",
    "CWD nowhere|CWD file|PWD",
    "CWD ../..|PWD|CWD",
    "CWD hidden|CWD hidden/sub|PWD",
    "CWD readonly|MKD x|DELE file|RMD /readonly|RNFR file",
    "MKD new|MKD new|MKD a/b/c|MKD file",
    "RMD dir/sub|RMD file|RMD nothing",
    "DELE file|DELE file|DELE dir",
    "RNTO x|RNFR nothing|RNFR file|RNTO moved|RNTO again",
    "RNFR dir|RNTO moved|CWD moved/sub|PWD",
    "MLST file|MLST nothing|MLST hidden/file|MLST",
    "REST 5|REST x|REST -1|ABOR",
    "PASV|EPSV|PASV",
    "epsv|pWd|Syst",
    "get RETR file|get RETR nothing|get RETR dir|get RETR hidden/file|get RETR readonly/file",
    "get REST 4;RETR file|get RETR file|get RETR ../file",
    "get LIST nothing|get LIST hidden|get MLSD nothing|get MLSD hidden",
    "put STOR up|get RETR up|put APPE up|get RETR up|put REST 1;STOR up|get RETR up",
    "put APPE fresh|put STOR file|put STOR hidden/x|put STOR readonly/file|put STOR no/where",
    "PASS secret|USER user|PASS secret|PWD",
    "TYPE A|TYPE I|type I",
    "EPSV|RETR file",
    "TYPE E|TYPE FOO|NONSENSE|PBSZ|PBSZ 0|PROT P|PROT C|PROT nothing",
    "get LIST file",
    "put REST 2;APPE file|get RETR file|put REST 9;APPE file|get RETR file",
    "get REST 10;RETR file|get REST 11;RETR file|get REST 99999;RETR file",
]


@pytest.mark.parametrize("lines", SAME)
async def test_same_conversation(lines: str, oracle: Any, tmp_path: Path) -> None:
    said = [*LOGIN, *lines.split("|")]
    ours = await conversation(anyftp_compat, tmp_path / "ours", said)
    theirs = await conversation(oracle, tmp_path / "theirs", said)
    for number, line in enumerate(["greeting", *said]):
        assert ours[0][number] == theirs[0][number], line
    assert ours[1] == theirs[1]


#: Lines, what aioftp answers to the last one, what we answer: rows of docs/design/compat.md.
DIFFERENT = [
    ("USER nobody", "530", "331"),
    ("USER open", "230", "331"),
    ("PWD", "503", "530"),
    ("USER user|PASS wrong|PASS secret", "230", "503"),
    ("*NOOP", "502", "200"),
    ("*FEAT", "502", "211"),
    ("*SIZE file", "502", "213"),
    ("*TYPE i", "502", "200"),
    ("*REST 4|get RETR file", ["150", b"0123456789", "226"], ["150", b"456789", "226"]),
    ("*MKD", "550", "501"),
    ("*RMD dir", "451", "550"),
    ("*RETR file", "503", "425"),
    ("*TYPE A|REST 5", "350", "501"),
    ("*put STOR dir", ["150", b"", "451"], ["550"]),
    ("*get MLSD dir/sub", ["150", b"", "200"], ["150", b"", "226"]),
    ("*get MLSD file", ["150", b"", "200"], ["150", b"", "226"]),
    ("*EPSV 1", "522", "229"),
    ("*RNFR file|PWD|RNTO x", "250", "503"),
]


@pytest.mark.parametrize(("lines", "theirs", "ours"), DIFFERENT)
async def test_different_conversation(
    lines: str, theirs: Any, ours: Any, oracle: Any, tmp_path: Path
) -> None:
    said = [*LOGIN, *lines[1:].split("|")] if lines[0] == "*" else lines.split("|")
    found = await conversation(anyftp_compat, tmp_path / "ours", said)
    assert found[0][-1] == ours
    found = await conversation(oracle, tmp_path / "theirs", said)
    assert found[0][-1] == theirs


def own_server(package: Any, seen: dict[str, Any]) -> Any:
    """A server that tells what a handler sees."""
    conditions, paths, permissions = (
        package.ConnectionConditions,
        package.PathConditions,
        package.PathPermissions,
    )

    class Own(package.Server):  # type: ignore[misc]
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            for name in ("look", "said", "lines", "needs", "file", "data", "off", "change"):
                self.commands_mapping[name] = getattr(self, name)

        async def look(self, connection: Any, rest: str) -> bool:
            seen[rest] = {
                name: value
                for name, future in connection.items()
                if future.done() and isinstance(value := future.result(), str | int | None)
            }
            seen[rest]["port"] = seen[rest].pop("client_port") > 0
            seen[rest]["server_port"] = seen[rest]["server_port"] == self.server_port
            seen[rest]["here"] = str(connection.get("current_directory") and "there")
            seen[rest]["connections"] = len(self.connections)
            seen[rest]["me"] = self.connections[connection.command_connection] is connection
            seen[rest]["users"] = [user.login for user in self.throttle_per_user]
            connection.response("200", "looked")
            return True

        async def said(self, connection: Any, rest: str) -> bool:
            connection.response("211", f"<{rest}>")
            return True

        async def lines(self, connection: Any, rest: str) -> bool:
            connection.response("211", ["first", "second", "last"], True)
            return True

        @conditions(conditions.login_required, conditions.passive_server_started)
        async def needs(self, connection: Any, rest: str) -> bool:
            connection.response("200", "all there")
            return True

        @conditions(conditions.login_required)
        @paths(paths.path_must_exists, paths.path_must_be_file)
        @permissions(permissions.readable)
        async def file(self, connection: Any, rest: str) -> bool:
            real, virtual = self.get_paths(connection, rest)
            connection.response("200", f"{real.relative_to(connection.user.base_path)} {virtual}")
            return True

        @conditions(conditions.login_required, conditions.passive_server_started)
        async def data(self, connection: Any, rest: str) -> bool:
            @conditions(conditions.data_connection_made, wait=True, fail_code="425")
            @package.worker
            async def send(self: Any, connection: Any, rest: str) -> bool:
                stream = connection.data_connection
                del connection.data_connection
                async with stream:
                    await stream.write(rest.encode() * 3)
                connection.response("226", "sent")
                return True

            task = asyncio.create_task(send(self, connection, rest))
            connection.extra_workers.add(task)
            connection.response("150", "sending")
            return True

        async def change(self, connection: Any, rest: str) -> bool:
            connection.current_directory = PurePosixPath("/dir")
            connection.restart_offset = 7
            connection.response("200", "changed")
            return True

        async def off(self, connection: Any, rest: str) -> bool:
            connection.response("221", "off")
            return False

        async def retr(self, connection: Any, rest: Any) -> bool:
            if "secret" in str(rest):
                connection.response("550", "secret")
                return True
            is_open: bool = await super().retr(connection, rest)
            return is_open

    return Own


OWN = [
    "SAID hello|SAID|said  two  blanks ",
    "LINES",
    "NEEDS|EPSV|NEEDS",
    "FILE file|FILE nothing|FILE dir|FILE hidden/file|FILE dir/../file",
    "get DATA abc|SAID still",
    "get RETR file|get RETR secret",
    "get CHANGE;RETR inner|PWD",
    "OFF",
]


@pytest.mark.parametrize("lines", OWN)
async def test_own_commands(lines: str, oracle: Any, tmp_path: Path) -> None:
    results = []
    for package, name in ((anyftp_compat, "ours"), (oracle, "theirs")):
        root = tmp_path / name
        root.mkdir()
        plant(root)
        kind = own_server(package, {})
        async with serving(kind(users_of(package, root))) as port:
            client = Client(port)
            async with client.talking():
                results.append([await client.say(line) for line in [*LOGIN, *lines.split("|")]])
    assert results[0] == results[1]


async def test_what_a_handler_sees(oracle: Any, tmp_path: Path) -> None:
    plant(tmp_path)
    told = []
    for package in (anyftp_compat, oracle):
        seen: dict[str, Any] = {}
        server = own_server(package, seen)(
            users_of(package, tmp_path), socket_timeout=3, idle_timeout=9, path_timeout=2
        )
        async with serving(server) as port:
            client = Client(port)
            async with client.talking():
                for line in [*LOGIN[:2], "LOOK 1", "TYPE I", "REST 5", "LOOK 2"]:
                    await client.say(line)
        told.append(seen)
    for moment in ("1", "2"):
        theirs = told[1][moment]
        ours = {name: told[0][moment][name] for name in theirs}
        assert ours == theirs


Program = Callable[[Any, Path], Awaitable[Any]]


async def wrong_arguments(package: Any, root: Path) -> Any:
    found = []
    makers: list[Callable[[], Any]] = [
        lambda: package.Server(tmieout=1),
        lambda: package.User(home_path="relative"),
        lambda: package.Permission(5),
        lambda: package.AvailableConnections("x").acquire(),
        lambda: package.Server().address,
    ]
    for make in makers:
        try:
            found.append(make())
        except Exception as error:
            found.append(type(error).__name__)
    return found


async def available_connections(package: Any, root: Path) -> Any:
    found: list[Any] = []
    for value in (None, 1, 0):
        counter = package.AvailableConnections(value)
        for name in ("locked", "acquire", "locked", "release", "locked", "release", "locked"):
            try:
                found.append(getattr(counter, name)())
            except Exception as error:
                found.append((type(error).__name__, str(error)))
        found.append((counter.value, counter.maximum_value))
    return found


async def permissions(package: Any, root: Path) -> Any:
    user = package.User(
        permissions=[
            package.Permission("/a", writable=False),
            package.Permission("/a/b", readable=False),
            package.Permission("relative"),
        ]
    )
    found = [
        repr(await user.get_permissions(path))
        for path in ("/", "/a", "/a/b", "/a/b/c", "/ab", PurePosixPath("/a/x"), "relative/x")
    ]
    child = PurePosixPath("/a/b")
    parents = [package.Permission(p).is_parent(child) for p in ("/", "/a", "/a/b", "/b", "a")]
    return found, parents, repr(user.permissions[0])


async def memory_users(package: Any, root: Path) -> Any:
    users = [
        package.User("one", "secret", maximum_connections=1),
        package.User("two"),
        package.User(password="anything"),
    ]
    manager = package.MemoryUserManager(users)
    found: list[Any] = []
    for login in ("one", "one", "two", "stranger"):
        response, user, text = await manager.get_user(login)
        found.append((response.name, user and user.login, text))
    for user, password in ((users[0], "secret"), (users[0], "wrong"), (users[1], "")):
        found.append(await manager.authenticate(user, password))
    await manager.notify_logout(users[0])
    found.append((await manager.get_user("one"))[0].name)
    only = package.MemoryUserManager([users[0]], timeout=3)
    found += [(await only.get_user("nobody"))[::2][1], only.timeout]
    everybody = package.MemoryUserManager(None)
    return found, (await everybody.get_user("anybody"))[0].name, len(everybody.users)


async def conditions(package: Any, root: Path) -> Any:
    told: list[Any] = []

    class Handlers:
        @package.ConnectionConditions(("wanted", "not there"))
        async def plain(self, connection: Any, rest: str) -> str:
            return f"ran {rest}"

        @package.ConnectionConditions(("wanted", "x"), ("more", "y"), fail_code="425")
        async def coded(self, connection: Any, rest: str) -> str:
            return "ran"

        @package.ConnectionConditions(("wanted", "x"), fail_info="because", wait=True)
        async def waiting(self, connection: Any, rest: str) -> str:
            return "ran"

        @package.worker
        async def work(self, connection: Any, rest: str) -> None:
            await asyncio.sleep(10)

    def respond(*args: Any) -> None:
        told.append(args)

    connection = package.Connection(response=respond, wait_future_timeout=0.01, extra_workers=set())
    handlers = Handlers()

    async def all_of_them() -> list[Any]:
        return [
            await getattr(handlers, name)(connection, name)
            for name in ("plain", "coded", "waiting")
        ]

    told += await all_of_them()
    connection.wanted = 1
    told += await all_of_them()
    task = asyncio.create_task(handlers.work(connection, ""))
    connection.extra_workers.add(task)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    return told, task.done(), Handlers.plain.__name__


async def lists(package: Any, root: Path) -> Any:
    build = package.Server.build_list_mtime
    now = 1_700_000_000.0
    half = package.common.HALF_OF_YEAR_IN_SECONDS
    times = [build(now - past, now) for past in (0, 3600, half - 100, half + 100, 3 * half, -5)]
    (root / "file").write_bytes(b"12345")
    connection = package.Connection(path_io=package.PathIO())
    server = package.Server()
    line = await server.build_list_string(connection, root / "file")
    facts = await server.build_mlsx_string(connection, root / "file")
    return times, line, facts


async def paths(package: Any, root: Path) -> Any:
    user = package.User(base_path="/base")
    connection = package.Connection(user=user, current_directory=PurePosixPath("/here/now"))
    given = ("", "x", "/x", "..", "../../..", "/../x", "x/./y", PurePosixPath("/a/b"), "x/../y")
    return [package.Server.get_paths(connection, path) for path in given]


async def lines_by_hand(package: Any, root: Path) -> Any:
    class Writer:
        data = b""

        def write(self, data: bytes) -> None:
            self.data += data

        async def drain(self) -> None:
            pass

    writer, reader = Writer(), asyncio.StreamReader()
    reader.feed_data(b"USER  Somebody \r\nPass secret\r\nQUIT\r\nMKD a b\n")
    reader.feed_eof()
    stream = package.StreamIO(reader, writer)
    server = package.Server()
    await server.write_line(stream, "a line")
    await server.write_response(stream, "220", "one")
    await server.write_response(stream, "220", "")
    await server.write_response(stream, "211", ["a", "b", "c"], True)
    await server.write_response(stream, "212", ["a", "b"])
    await server.write_response(stream, "212", ["a", "b", "c"])
    found: list[Any] = [await server.parse_command(stream) for _ in range(4)]
    try:
        await server.parse_command(stream)
    except Exception as error:
        found.append(type(error).__name__)
    queue: asyncio.Queue[Any] = asyncio.Queue()
    queue.put_nowait(("226", "later"))
    task = asyncio.create_task(server.response_writer(stream, queue))
    await queue.join()
    task.cancel()
    return found, writer.data


async def states_of_a_server(package: Any, root: Path) -> Any:
    server = package.Server([package.User("user", "secret", base_path=root)])
    await server.start("127.0.0.1", 0)
    waiting = asyncio.ensure_future(server.serve_forever())
    await asyncio.sleep(0.01)
    found: list[Any] = [waiting.done(), type(server.address).__name__, server.address[0]]
    await server.close()
    done, _ = await asyncio.wait([waiting], timeout=5)
    found.append(len(done))
    running = asyncio.ensure_future(package.Server().run("127.0.0.1", 0))
    await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.wait([running], timeout=5)
    try:
        await package.Server().start("192.0.2.1", 0)
    except OSError:
        found.append("cannot listen there")
    return found, running.cancelled()


@pytest.mark.parametrize(
    "run",
    [
        states_of_a_server,
        wrong_arguments,
        available_connections,
        permissions,
        memory_users,
        conditions,
        lists,
        paths,
        lines_by_hand,
    ],
)
async def test_same_outcome(run: Program, oracle: Any, tmp_path: Path) -> None:
    assert await run(anyftp_compat, tmp_path) == await run(oracle, tmp_path)


async def test_rights_are_asked_for_each_time(tmp_path: Path) -> None:
    plant(tmp_path)

    class Moody(anyftp_compat.User):
        mood = True

        async def get_permissions(self, path: str | PurePosixPath) -> anyftp_compat.Permission:
            return anyftp_compat.Permission(readable=self.mood)

    user = Moody("user", "secret", base_path=tmp_path)
    async with serving(anyftp_compat.Server([user])) as port:
        client = Client(port)
        async with client.talking():
            for line in LOGIN:
                await client.say(line)
            assert await client.say("get RETR file") == ["150", b"0123456789", "226"]
            user.mood = False
            assert await client.say("get RETR file") == ["550"]
