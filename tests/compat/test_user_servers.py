"""Servers as users of aioftp write them: the same clients see the same of aioftp and of ours.

Each program is given the package and a folder, runs a server, and returns what was seen of it by
ftplib, which is neither's client.
"""

# Classes of either package are Any here.
# mypy: allow-subclassing-any, allow-untyped-decorators, disable-error-code="name-defined"

from __future__ import annotations

import asyncio
import contextlib
import ftplib
import functools
import io
import ssl
import stat
import types
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

import anyftp_compat
from support.clocks import ASYNCIO, Backend

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.interop,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

Program = Callable[[Any, Path], Awaitable[Any]]
PROGRAMS: dict[str, Program] = {}


@pytest.fixture
def anyio_backend() -> Backend:
    """What is compared does not depend on the event loop."""
    return ASYNCIO


def program(function: Program) -> Program:
    PROGRAMS[function.__name__] = function
    return function


@contextlib.asynccontextmanager
async def serving(server: Any) -> AsyncIterator[int]:
    await server.start("127.0.0.1", 0)
    try:
        yield server.address[1]
    finally:
        await server.close()


async def seen(
    port: int, visit: Callable[[ftplib.FTP], Any], user: str = "user", password: str = "secret"
) -> Any:
    """What a visitor sees, or the code that it is refused with."""

    def run() -> Any:
        with contextlib.closing(ftplib.FTP(timeout=10)) as client:
            client.connect("127.0.0.1", port)
            try:
                client.login(user, password)
                return visit(client)
            except ftplib.Error as error:
                return str(error)[:3]

    return await asyncio.to_thread(run)


def put(client: ftplib.FTP, name: str, data: bytes, offset: int | None = None) -> str:
    try:
        return client.storbinary(f"STOR {name}", io.BytesIO(data), rest=offset)[:3]
    except ftplib.Error as error:
        return str(error)[:3]


def get(client: ftplib.FTP, name: str) -> bytes:
    data = io.BytesIO()
    client.retrbinary(f"RETR {name}", data.write)
    return data.getvalue()


def said(client: ftplib.FTP, *lines: str) -> list[str]:
    """The replies to commands; of the server's own only the codes, for the words differ."""
    replies = []
    for line in lines:
        try:
            reply = client.sendcmd(line)
        except ftplib.Error as error:
            reply = str(error)
        replies.append(reply if "mine" in reply else reply[:3])
    return replies


def user_of(package: Any, root: Path, **options: Any) -> Any:
    return package.User("user", "secret", base_path=root, **options)


@program
async def a_command_more(package: Any, root: Path) -> Any:
    """SIZE, and one that answers in several lines and remembers."""
    told = []

    class Server(package.Server):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.commands_mapping["size"] = self.size
            self.commands_mapping["note"] = self.note

        @package.ConnectionConditions(package.ConnectionConditions.login_required)
        @package.PathConditions(
            package.PathConditions.path_must_exists, package.PathConditions.path_must_be_file
        )
        @package.PathPermissions(package.PathPermissions.readable)
        async def size(self, connection: Any, rest: Any) -> bool:
            real, _ = self.get_paths(connection, rest)
            facts = await connection.path_io.stat(real)
            connection.response("213", f"mine {facts.st_size}")
            return True

        async def note(self, connection: Any, rest: Any) -> bool:
            if connection.future.noted.done():
                told.append(connection.noted)
            connection.noted = rest
            told.append((connection.user.login, str(connection.current_directory)))
            connection.response("200", ["mine", "and", rest], True)
            return True

    (root / "file").write_bytes(b"12345")
    async with serving(Server([user_of(package, root)])) as port:
        commands = ("SIZE file", "SIZE nothing", "SIZE /", "NOTE one", "NOTE two")
        return await seen(port, lambda client: said(client, *commands)), told


@program
async def uploads_by_a_worker_of_ones_own(package: Any, root: Path) -> Any:
    """STOR, and with it APPE, that does something with what has come."""
    done: list[object] = []
    conditions = package.ConnectionConditions

    class Server(package.Server):
        @conditions(conditions.login_required, conditions.passive_server_started)
        @package.PathPermissions(package.PathPermissions.writable)
        async def stor(self, connection: Any, rest: Any, mode: str = "wb") -> bool:
            @conditions(
                conditions.data_connection_made, wait=True, fail_code="425", fail_info="no data"
            )
            @package.worker
            async def work(self: Any, connection: Any, rest: Any) -> bool:
                stream = connection.data_connection
                del connection.data_connection
                offset = connection.restart_offset
                file = connection.path_io.open(real, mode="r+b" if offset else mode)
                nbytes = 0
                async with file, stream:
                    if offset:
                        await file.seek(offset)
                    async for block in stream.iter_by_block(connection.block_size):
                        await file.write(block)
                        nbytes += len(block)
                done.append((virtual.name, mode, nbytes, connection.user.login))
                connection.response("226", "done")
                return True

            real, virtual = self.get_paths(connection, rest)
            if await connection.path_io.is_dir(real.parent):
                connection.extra_workers.add(asyncio.create_task(work(self, connection, rest)))
                connection.response("150", "go on")
            else:
                connection.response("550", "no such folder")
            return True

    def visit(client: ftplib.FTP) -> Any:
        codes = [
            put(client, "a", b"x" * 50_000),
            put(client, "no/such", b"x"),
            put(client, "a", b"yy", offset=10),
            put(client, "empty", b""),  # the offset is forgotten
            client.storbinary("APPE a", io.BytesIO(b"end"))[:3],
        ]
        return codes, client.pwd()

    async with serving(Server([user_of(package, root)])) as port:
        codes = await seen(port, visit)
    return codes, done, (root / "a").read_bytes()


@program
async def downloads_and_listings_by_workers_of_ones_own(package: Any, root: Path) -> Any:
    conditions = package.ConnectionConditions

    class Server(package.Server):
        @conditions(conditions.login_required, conditions.passive_server_started)
        async def retr(self, connection: Any, rest: Any) -> bool:
            return self.work(connection, rest, self.numbers)

        @conditions(conditions.login_required, conditions.passive_server_started)
        async def list(self, connection: Any, rest: Any) -> bool:
            return self.work(connection, rest, self.lines)

        def work(self, connection: Any, rest: Any, content: Any) -> bool:
            @conditions(conditions.data_connection_made, wait=True, fail_code="425")
            @package.worker
            async def send(self: Any, connection: Any, rest: Any) -> bool:
                stream = connection.data_connection
                del connection.data_connection
                async with stream:
                    async for block in content(connection, rest):
                        await stream.write(block)
                connection.response("226", "sent")
                return True

            connection.extra_workers.add(asyncio.create_task(send(self, connection, rest)))
            connection.response("150", "sending")
            return True

        async def numbers(self, connection: Any, rest: Any) -> AsyncIterator[bytes]:
            for number in range(100):
                yield b"%d " % number

        async def lines(self, connection: Any, rest: Any) -> AsyncIterator[bytes]:
            real, _ = self.get_paths(connection, rest)
            async for path in connection.path_io.list(real):
                yield (await self.build_list_string(connection, path) + "\r\n").encode()

    def visit(client: ftplib.FTP) -> Any:
        lines: list[str] = []
        client.retrlines("LIST", lines.append)
        return get(client, "anything"), [line.split()[-1] for line in lines], client.pwd()

    (root / "file").write_bytes(b"1")
    async with serving(Server([user_of(package, root)])) as port:
        return await seen(port, visit)


@program
async def asked_in_the_course_of_a_transfer(package: Any, root: Path) -> Any:
    """Of files as the server sends them, by a worker of one's own, and by a verb of one's own."""
    conditions = package.ConnectionConditions

    class Server(package.Server):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.commands_mapping.update(mine=self.mine, note=self.note)

        async def note(self, connection: Any, rest: Any) -> bool:
            connection.response("200", f"noted {rest}")
            return True

        @conditions(conditions.login_required, conditions.passive_server_started)
        async def mine(self, connection: Any, rest: Any) -> bool:
            @conditions(conditions.data_connection_made, wait=True, fail_code="425")
            @package.worker
            async def send(self: Any, connection: Any, rest: Any) -> bool:
                stream = connection.data_connection
                del connection.data_connection
                async with stream:
                    for _ in range(400):
                        await stream.write(bytes(1 << 16))
                connection.response("226", "sent")
                return True

            connection.extra_workers.add(asyncio.create_task(send(self, connection, rest)))
            connection.response("150", "sending")
            return True

    class Working(Server):
        async def retr(self, connection: Any, rest: Any) -> bool:
            is_open: bool = await self.mine(connection, rest)
            return is_open

    (root / "big").write_bytes(bytes(400 << 16))
    (root / "small").write_bytes(b"1")
    lines = (
        "PWD NOTE-1 MKD-a CWD-a PWD RNFR-/small RNTO-/other DELE-/other RMD-/a TYPE-I"
        " REST-5 TYPE-A TYPE-I SYST FOO NOTE-2"
    )

    def visit(verb: str) -> Callable[[ftplib.FTP], Any]:
        def ask(client: ftplib.FTP) -> Any:
            client.cwd("/")
            with client.transfercmd(verb) as data:
                codes = said(client, *(line.replace("-", " ") for line in lines.split()))
                nbytes = 0
                while block := data.recv(1 << 16):
                    nbytes += len(block)
            return codes, nbytes, client.getresp()[:3], said(client, "NOTE 3")

        return ask

    told = []
    for kind, verb in ((Server, "RETR big"), (Working, "RETR big"), (Server, "MINE big")):
        (root / "small").write_bytes(b"1")
        async with serving(kind([user_of(package, root)])) as port:
            told.append(await seen(port, visit(verb)))
    return told


class Facts(types.SimpleNamespace):
    """What users give for `os.stat_result`."""

    @classmethod
    def of(cls, nbytes: int | None) -> Facts:
        mode = stat.S_IFDIR | 0o755 if nbytes is None else stat.S_IFREG | 0o644
        times = {"st_mtime": 1e9, "st_ctime": 1e9}
        return cls(st_size=nbytes or 0, st_mode=mode, st_nlink=1, **times)


def bridge(package: Any, closed: list[str]) -> Any:
    """A file system that keeps everything in what the user of its connection brought along."""

    class Bridge(package.AbstractPathIO):
        def __init__(
            self, *, timeout: Any = None, connection: Any = None, state: Any = None
        ) -> None:
            self._connection = connection

        @property
        def _store(self) -> dict[str, bytes]:
            store: dict[str, bytes] = self._connection.user.store
            return store

        async def exists(self, path: PurePosixPath) -> bool:
            return str(path) == "/" or path.name in self._store

        async def is_dir(self, path: PurePosixPath) -> bool:
            return str(path) == "/"

        async def is_file(self, path: PurePosixPath) -> bool:
            return path.name in self._store

        async def mkdir(self, path: PurePosixPath, *, parents: bool = False) -> None:
            raise package.errors.PathIOError

        async def rmdir(self, path: PurePosixPath) -> None:
            raise package.errors.PathIOError

        async def unlink(self, path: PurePosixPath) -> None:
            del self._store[path.name]

        async def list(self, path: PurePosixPath) -> AsyncIterator[PurePosixPath]:
            for name in sorted(self._store):
                yield PurePosixPath(name)  # not below the path that was asked for

        async def stat(self, path: PurePosixPath) -> Facts:
            if str(path) == "/":
                return Facts.of(None)
            if path.name not in self._store:
                raise package.errors.PathIOError
            return Facts.of(len(self._store[path.name]))

        async def rename(self, source: PurePosixPath, destination: PurePosixPath) -> None:
            self._store[destination.name] = self._store.pop(source.name)

        async def _open(self, path: PurePosixPath, mode: str = "rb") -> Any:
            if "w" in mode:
                self._store[path.name] = b""
            return [path.name, 0]

        async def read(self, file: Any, count: int) -> bytes:
            data: bytes = self._store[file[0]][file[1] : file[1] + count]
            file[1] += len(data)
            return data

        async def write(self, file: Any, data: Any) -> None:
            self._store[file[0]] += bytes(data)

        async def seek(self, file: Any, position: int) -> None:
            file[1] = position

        async def close(self, file: Any) -> None:
            closed.append(file[0])

    return Bridge


def manager_for_anyone(package: Any, gone: list[str]) -> Any:
    """A user manager that makes a new user for each login, as bridges to elsewhere do."""

    class Manager(package.AbstractUserManager):
        def __init__(self) -> None:
            """Without a time-out."""

        async def get_user(self, login: str) -> Any:
            response = package.AbstractUserManager.GetUserResponse.PASSWORD_REQUIRED
            return response, package.User(login=login), "password?"

        async def authenticate(self, user: Any, password: str) -> bool:
            user.store = {"whose": user.login.encode()}
            user.base_path = PurePosixPath("/")
            return password == "secret"

        async def notify_logout(self, user: Any) -> None:
            gone.append(user.login)

    return Manager()


@program
async def files_that_belong_to_the_login(package: Any, root: Path) -> Any:
    closed: list[str] = []
    gone: list[str] = []

    def visit(client: ftplib.FTP) -> Any:
        told: list[Any] = [get(client, "whose"), put(client, "new", b"n" * 9000)]
        told.append(len(get(client, "new")))
        lines: list[str] = []
        client.retrlines("LIST", lines.append)
        told += [[line.split()[-1] for line in lines]]
        told += [sorted((name, facts["type"], facts["size"]) for name, facts in client.mlsd())]
        told += [client.delete("new")[:3], client.rename("whose", "mine")[:3], get(client, "mine")]
        return told, said(client, "MKD x", "PASV", "RETR nothing")

    server = package.Server(
        manager_for_anyone(package, gone), path_io_factory=bridge(package, closed)
    )
    async with serving(server) as port:
        told = [await seen(port, visit, user) for user in ("user", "other")]
        told.append(await seen(port, visit, "user", "wrong"))
        async with asyncio.timeout(5):
            while len(gone) < 3:
                await asyncio.sleep(0.01)
    return told, sorted(gone), sorted(set(closed))


@program
async def facts_without_a_mode(package: Any, root: Path) -> Any:
    """MLSD of aioftp's server asks `is_dir` and `is_file` for the type."""

    class Files(package.MemoryPathIO):
        async def stat(self, path: PurePosixPath) -> Any:
            facts = await super().stat(path)
            names = ("st_size", "st_mtime", "st_ctime")
            return types.SimpleNamespace(**{name: getattr(facts, name) for name in names})

    def visit(client: ftplib.FTP) -> Any:
        client.mkd("d")
        put(client, "d/f", b"abc")
        kinds = {name: facts["type"] for name, facts in client.mlsd("/")}
        sizes = {name: facts["size"] for name, facts in client.mlsd("/d")}
        return kinds, sizes, get(client, "d/f")

    user = user_of(package, Path("/"))
    async with serving(package.Server([user], path_io_factory=Files)) as port:
        return await seen(port, visit)


@program
async def files_of_a_subclass(package: Any, root: Path) -> Any:
    calls: list[object] = []

    class Files(package.AsyncPathIO):
        async def _open(self, path: Path, *args: Any, **options: Any) -> Any:
            calls.append((path.name, args, options))
            return await super()._open(path, *args, **options)

        async def unlink(self, path: Path) -> None:
            calls.append(path.name)
            await super().unlink(path)

    def visit(client: ftplib.FTP) -> Any:
        told = [put(client, "f", b"abc"), get(client, "f"), put(client, "f", b"Z", offset=1)]
        told.append(client.storbinary("APPE f", io.BytesIO(b"E"))[:3])
        return told, get(client, "f"), client.delete("f")[:3]

    async with serving(package.Server([user_of(package, root)], path_io_factory=Files)) as port:
        return await seen(port, visit), calls


@program
async def a_mapping_of_ones_own(package: Any, root: Path) -> Any:
    """What is not in it is not there, be it under another name."""

    class Server(package.Server):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.commands_mapping = {
                **{"noop": self.noop, "user": self.user, "pass": self.pass_, "pwd": self.pwd},
                **{"type": self.type, "pasv": self.pasv, "retr": self.retr, "list": self.no},
            }

        async def noop(self, connection: Any, rest: Any) -> bool:
            connection.response("200", "mine")
            return True

        async def no(self, connection: Any, rest: Any) -> bool:
            connection.response("502", "not mine")
            return True

    def visit(client: ftplib.FTP) -> Any:
        verbs = (
            "NOOP",
            "LIST",
            "PWD",
            "MLSD",
            "STOR x",
            "STOU",
            "FEAT",
            "SIZE f",
            "NLST",
            "DELE f",
        )
        return said(client, *verbs), get(client, "f")

    (root / "f").write_bytes(b"content")
    async with serving(Server([user_of(package, root)])) as port:
        return await seen(port, visit)


@program
async def a_verb_taken_out(package: Any, root: Path) -> Any:
    server = package.Server([user_of(package, root)])
    for verb in ("stor", "appe"):
        del server.commands_mapping[verb]
    async with serving(server) as port:
        verbs = ("PASV", "STOR x", "STOU", "PASV", "APPE x", "XMKD x")
        return await seen(port, lambda client: said(client, *verbs)), list(root.iterdir())


@program
async def folders_that_are_not_there(package: Any, root: Path) -> Any:
    """CWD, and with it CDUP, that goes anywhere; a handler that calls another."""
    login_required = package.ConnectionConditions(package.ConnectionConditions.login_required)

    class Server(package.Server):
        @login_required
        async def cwd(self, connection: Any, rest: Any) -> bool:
            _, virtual = self.get_paths(connection, rest)
            connection.current_directory = virtual
            connection.response("250", "mine")
            return True

        @login_required
        async def where(self, connection: Any, rest: Any) -> bool:
            connection.current_directory = PurePosixPath("/elsewhere")
            return bool(await self.pwd(connection, rest))

    def visit(client: ftplib.FTP) -> Any:
        told = []
        for line in ("CWD not/there", "CWD ../x", "CDUP", "WHERE"):
            told += [*said(client, line), client.pwd()]
        return told

    server = Server([user_of(package, root)])
    server.commands_mapping["where"] = server.where
    async with serving(server) as port:
        return await seen(port, visit)


@program
async def logins_that_are_watched(package: Any, root: Path) -> Any:
    told: list[object] = []

    class Server(package.Server):
        async def user(self, connection: Any, rest: Any) -> Any:
            told.append(rest)
            return await super().user(connection, rest)

        async def pass_(self, connection: Any, rest: Any) -> Any:
            is_open = await super().pass_(connection, rest)
            told.append((rest, connection.future.logged.done(), connection.client_host))
            return is_open

        async def quit(self, connection: Any, rest: Any) -> Any:
            told.append("quit")
            return await super().quit(connection, rest)

    async with serving(Server([user_of(package, root)])) as port:
        first = await seen(port, lambda client: (client.pwd(), client.quit()[:3]))
        second = await seen(port, lambda client: client.pwd(), password="wrong")
    return first, second, told


@program
async def replies_that_come_later(package: Any, root: Path) -> Any:
    async def site(connection: Any, rest: str) -> bool:
        async def later() -> None:
            await asyncio.sleep(0.02)
            connection.response("200", f"mine, {rest}")
            connection.extra_workers.discard(asyncio.current_task())

        connection.extra_workers.add(asyncio.create_task(later()))
        return True

    server = package.Server([user_of(package, root)])
    server.commands_mapping["site"] = site
    async with serving(server) as port:
        return await seen(port, lambda client: (said(client, "SITE x"), client.pwd()))


@program
async def rights_and_homes(package: Any, root: Path) -> Any:
    nobody = package.Permission("/", readable=False, writable=False)
    users = (
        user_of(
            package, root, home_path="/home", permissions=(nobody, package.Permission("/home"))
        ),
        package.User(
            base_path=root,
            home_path="/anon",
            permissions=(nobody, package.Permission("/anon", writable=False)),
            maximum_connections=1,
        ),
    )
    for name in ("home", "anon"):
        (root / name).mkdir()
        (root / name / "f").write_bytes(name.encode())

    def visit(client: ftplib.FTP) -> Any:
        commands = ("DELE f", "MKD x", "CWD /", "DELE /anon/f", "CWD /anon")
        return client.pwd(), get(client, "f"), said(client, *commands)

    async with serving(package.Server(users)) as port:
        return [await seen(port, visit, name) for name in ("user", "anonymous")]


@program
async def memory_that_a_test_looks_into(package: Any, root: Path) -> Any:
    server = package.Server(path_io_factory=package.MemoryPathIO)

    def leaves(nodes: Any, above: str = "") -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for node in nodes:
            name = f"{above}/{node.name.strip('/')}"
            found |= (
                leaves(node.content, name)
                if node.type == "dir"
                else {name: node.content.getvalue()}
            )
        return found

    async with (
        serving(server) as port,
        package.Client.context("127.0.0.1", port) as client,
    ):
        await client.make_directory("/in/box")
        async with client.upload_stream("/in/box/file") as stream:
            await stream.write(b"content")
        return leaves(server.path_io_factory.state)


@program
async def closed_while_somebody_is_there(package: Any, root: Path) -> Any:
    server = package.Server([user_of(package, root)])
    await server.start("127.0.0.1", 0)
    client = package.Client(socket_timeout=5)
    await client.connect(*server.address)
    await client.login("user", "secret")
    await server.close()
    with pytest.raises(ConnectionError):
        await client.get_current_directory()
    client.close()


@program
async def from_one_server_to_the_other(package: Any, root: Path) -> Any:
    for name in ("a", "b"):
        (root / name).mkdir()
    (root / "a" / "f").write_bytes(bytes(range(256)) * 200)
    login = ("user", "secret")
    async with (
        serving(package.Server([user_of(package, root / "a")])) as one,
        serving(package.Server([user_of(package, root / "b")])) as two,
        package.Client.context("127.0.0.1", one, *login) as here,
        package.Client.context("127.0.0.1", two, *login) as there,
        here.download_stream("f") as source,
        there.upload_stream("g") as target,
    ):
        async for block in source.iter_by_block(1000):
            await target.write(block)
    return (root / "b" / "g").read_bytes() == (root / "a" / "f").read_bytes()


@pytest.mark.parametrize("name", PROGRAMS)
async def test_the_same_is_seen(name: str, tmp_path: Path) -> None:
    oracle = pytest.importorskip("aioftp", reason="aioftp is not installed")
    told = []
    for package in (oracle, anyftp_compat):
        root = tmp_path / package.__name__
        root.mkdir()
        told.append(await PROGRAMS[name](package, root))
    assert told[0] == told[1]


async def test_tls_by_a_handler_of_ones_own(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext, tmp_path: Path
) -> None:
    """AUTH that is answered, and shaken hands for, on the connection itself."""

    def visit(port: int) -> Any:
        with contextlib.closing(ftplib.FTP_TLS(context=client_tls, timeout=10)) as client:
            client.connect("127.0.0.1", port)
            client.login("user", "secret")
            client.prot_p()
            return put(client, "up", b"x" * 10_000), len(get(client, "up")), client.pwd()

    told = []
    for package in (pytest.importorskip("aioftp"), anyftp_compat):

        class Server(package.Server):
            async def auth(self, connection: Any, rest: Any) -> bool:
                await connection.command_connection.write(b"234 go\r\n")
                await connection.command_connection.writer.start_tls(server_tls)
                self.ssl = server_tls
                return True

            async def protection(self, connection: Any, rest: Any) -> bool:
                writer = connection.command_connection.writer
                assert writer.get_extra_info("ssl_object") is not None
                connection.response("200", "protected")
                return True

        server = Server([user_of(package, tmp_path)])
        server.commands_mapping |= {
            "auth": server.auth,
            "pbsz": server.protection,
            "prot": server.protection,
        }
        async with serving(server) as port:
            told.append(await asyncio.to_thread(visit, port))
    assert told[0] == told[1] == ("226", 10_000, "/")


async def test_users_made_for_each_login_are_forgotten(tmp_path: Path) -> None:
    gone: list[str] = []
    server = anyftp_compat.Server(manager_for_anyone(anyftp_compat, gone))
    async with serving(server) as port:
        for _ in range(3):
            await seen(port, lambda client: client.pwd())
        async with asyncio.timeout(5):
            while len(gone) < 3:
                await asyncio.sleep(0.01)
        assert not server._logins._known


async def test_a_worker_that_fails_is_answered(tmp_path: Path) -> None:
    """aioftp ends the session there; somebody has to tell the client."""

    async def site(connection: Any, rest: str) -> bool:
        async def fail() -> None:
            raise KeyError(rest)

        connection.extra_workers.add(asyncio.create_task(fail()))
        return True

    server = anyftp_compat.Server([user_of(anyftp_compat, tmp_path)])
    server.commands_mapping["site"] = site
    async with serving(server) as port:
        assert await seen(port, lambda client: (said(client, "SITE x"), client.pwd())) == (
            ["451"],
            "/",
        )


@pytest.mark.parametrize("where", ["class", "object"])
async def test_what_builds_lines_of_listings_counts_everywhere(where: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    told = []
    for package in (pytest.importorskip("aioftp"), anyftp_compat):

        class Own(package.Server):
            async def build_mlsx_string(self, connection: Any, path: Any) -> Any:
                return "Own=yes;" + await super().build_mlsx_string(connection, path)

            async def build_list_string(self, connection: Any, path: Any) -> Any:
                line: str = await super().build_list_string(connection, path)
                return line.replace("none", "mine")

        server = (Own if where == "class" else package.Server)([user_of(package, tmp_path)])
        if where == "object":
            for name in ("build_mlsx_string", "build_list_string"):
                setattr(server, name, functools.partial(getattr(Own, name), Own()))
        async with (
            serving(server) as port,
            package.Client.context("127.0.0.1", port, "user", "secret") as client,
        ):
            listed = await client.list()
            unix = await client.list(raw_command="LIST")
            told.append([listed[0][1]["own"], unix[0][1]["unix.owner"]])
            told[-1].append((await client.stat("file"))["own"])
    assert told == [["yes", "mine", "yes"]] * 2


async def test_get_paths_of_ones_own_counts_everywhere(tmp_path: Path) -> None:
    """A server that keeps names in upper case."""
    told = []
    for package in (pytest.importorskip("aioftp"), anyftp_compat):
        root = tmp_path / package.__name__
        root.mkdir()

        class Own(package.Server):
            @staticmethod
            def get_paths(connection: Any, path: Any) -> Any:
                real, virtual = package.Server.get_paths(connection, path)  # noqa: B023
                base = connection.user.base_path
                return base / str(real.relative_to(base)).upper(), virtual

        async with (
            serving(Own([user_of(package, root)])) as port,
            package.Client.context("127.0.0.1", port, "user", "secret") as client,
        ):
            await client.make_directory("dir")
            async with client.upload_stream("dir/file") as stream:
                await stream.write(b"abc")
            async with client.download_stream("dir/file") as stream:
                found: list[Any] = [await stream.read()]
            found.append(sorted(str(path.relative_to(root)) for path in root.rglob("*")))
            found.append([str(path) for path, _ in await client.list("dir")])
            await client.rename("dir/file", "moved")
            await client.remove_file("moved")
            await client.remove_directory("dir")
            told.append([*found, list(root.iterdir())])
    assert told == [[b"abc", ["DIR", "DIR/FILE"], ["dir/FILE"], []]] * 2


async def test_the_type_before_any_type(tmp_path: Path) -> None:
    told = []
    for package in (pytest.importorskip("aioftp"), anyftp_compat):

        async def site(connection: Any, rest: str) -> bool:
            is_there = connection.future.transfer_type.done()
            connection.response("200", f"mine {connection.transfer_type if is_there else None}")
            return True

        server = package.Server([user_of(package, tmp_path)])
        server.commands_mapping["site"] = site
        async with serving(server) as port:
            told.append(await seen(port, lambda client: said(client, "SITE", "TYPE I", "SITE")))
    assert told == [["200 mine None", "200", "200 mine I"], ["200 mine A", "200", "200 mine I"]]
