"""The server: users, permissions, limits, and commands that users write themselves."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

import anyftp_compat as aioftp
from compat.conftest import SleepRecorder

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def serving(server: aioftp.Server) -> AsyncIterator[int]:
    await server.start("127.0.0.1", 0)
    try:
        yield server.address[1]
    finally:
        await server.close()


def user_of(root: Path, **options: Any) -> aioftp.User:
    return aioftp.User("user", "secret", base_path=root, **options)


async def test_files_go_there_and_back(tmp_path: Path) -> None:
    served, local = tmp_path / "served", tmp_path / "local"
    served.mkdir()
    local.mkdir()
    content = bytes(range(256)) * 1000
    (local / "file").write_bytes(content)
    async with (
        serving(aioftp.Server([user_of(served)])) as port,
        aioftp.Client.context("127.0.0.1", port, "user", "secret") as client,
    ):
        await client.upload(local / "file", "sub")
        assert (served / "sub" / "file").read_bytes() == content
        await client.download("sub", str(local))
        assert (local / "sub" / "file").read_bytes() == content
        assert [str(path) for path, _ in await client.list(recursive=True)] == ["sub", "sub/file"]
        await client.remove("sub")
        assert await client.list() == []


async def test_tls_from_the_first_byte(
    tmp_path: Path, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    (tmp_path / "file").write_bytes(b"protected")
    async with (
        serving(aioftp.Server([user_of(tmp_path)], ssl=server_tls)) as port,
        aioftp.Client.context("127.0.0.1", port, "user", "secret", ssl=client_tls) as client,
        client.download_stream("file") as stream,
    ):
        assert await stream.read() == b"protected"


async def test_start_stop_and_address(tmp_path: Path) -> None:
    server = aioftp.Server([user_of(tmp_path)])
    with pytest.raises(AttributeError):
        _ = server.address
    await server.start("127.0.0.1")
    assert server.address == (server.server_host, server.server_port)
    assert server.server.sockets[0].getsockname() == server.address
    port = server.address[1]
    waiting = asyncio.ensure_future(server.serve_forever())
    await server.close()
    await waiting
    with pytest.raises(ConnectionRefusedError):
        await aioftp.Client().connect("127.0.0.1", port)
    await server.close()


async def test_run_until_cancelled(tmp_path: Path) -> None:
    server = aioftp.Server([user_of(tmp_path)])
    task = asyncio.ensure_future(server.run("127.0.0.1"))
    while not hasattr(server, "server"):
        await asyncio.sleep(0.01)
    async with aioftp.Client.context("127.0.0.1", server.address[1], "user", "secret"):
        pass
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_port_in_use(tmp_path: Path) -> None:
    async with serving(aioftp.Server()) as port:
        with pytest.raises(OSError, match="in use"):
            await aioftp.Server().start("127.0.0.1", port)


async def test_permissions(tmp_path: Path) -> None:
    for name in ("readonly", "hidden", "free"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(b"x")
    user = user_of(
        tmp_path,
        permissions=[
            aioftp.Permission("/"),
            aioftp.Permission("/readonly", writable=False),
            aioftp.Permission("/hidden", readable=False, writable=False),
        ],
    )
    async with (
        serving(aioftp.Server([user])) as port,
        aioftp.Client.context("127.0.0.1", port, "user", "secret") as client,
    ):
        async with client.download_stream("readonly/file") as stream:
            assert await stream.read() == b"x"
        for refused in (
            client.remove_file("readonly/file"),
            client.make_directory("readonly/new"),
            client.upload_stream("readonly/new"),
            client.download_stream("hidden/file"),
        ):
            with pytest.raises(aioftp.StatusCodeError):
                await refused
        await client.remove_file("free/file")


async def test_users(tmp_path: Path) -> None:
    users = [user_of(tmp_path, maximum_connections=1), aioftp.User("open", base_path=tmp_path)]
    async with serving(aioftp.Server(users)) as port:
        for name, password in (("user", "wrong"), ("nobody", "secret")):
            client = aioftp.Client()
            await client.connect("127.0.0.1", port)
            with pytest.raises(aioftp.StatusCodeError):
                await client.login(name, password)
            client.close()
        async with aioftp.Client.context("127.0.0.1", port, "open"):
            pass
        for _ in range(2):  # the one connection is given back
            async with aioftp.Client.context("127.0.0.1", port, "user", "secret"):
                second = aioftp.Client()
                await second.connect("127.0.0.1", port)
                with pytest.raises(aioftp.StatusCodeError):
                    await second.login("user", "secret")
                second.close()
            await asyncio.sleep(0.05)


async def test_own_user_manager(tmp_path: Path) -> None:
    heard: list[object] = []
    known = aioftp.User("anyone", base_path=tmp_path)

    class Manager(aioftp.AbstractUserManager):
        async def get_user(self, login: str) -> Any:
            heard.append(login)
            responses = aioftp.AbstractUserManager.GetUserResponse
            if login == "stranger":
                return responses.ERROR, None, "never heard"
            return responses.PASSWORD_REQUIRED, known, "and?"

        async def authenticate(self, user: aioftp.User, password: str) -> bool:
            return password == "open sesame"

        async def notify_logout(self, user: aioftp.User) -> None:
            heard.append(user)

    async with serving(aioftp.Server(Manager(timeout=1))) as port:
        async with aioftp.Client.context("127.0.0.1", port, "me", "open sesame"):
            pass
        await asyncio.sleep(0.05)
        assert heard == ["me", known]
        client = aioftp.Client()
        await client.connect("127.0.0.1", port)
        with pytest.raises(aioftp.StatusCodeError):
            await client.login("stranger", "open sesame")
        client.close()


async def test_memory_is_served() -> None:
    async with (
        serving(aioftp.Server(path_io_factory=aioftp.MemoryPathIO)) as port,
        aioftp.Client.context("127.0.0.1", port) as client,
    ):
        await client.make_directory("a/b")
        async with client.upload_stream("a/b/file") as stream:
            await stream.write(b"in memory")
        async with client.append_stream("a/b/file") as stream:
            await stream.write(b"!")
        async with client.download_stream("a/b/file", offset=3) as stream:
            assert await stream.read() == b"memory!"
        await client.rename("a/b/file", "a/moved")
        listing = {str(path): info["type"] for path, info in await client.list(recursive=True)}
        assert listing == {"a": "dir", "a/b": "dir", "a/moved": "file"}
        with pytest.raises(aioftp.StatusCodeError):
            await client.download_stream("nothing")
        with pytest.raises(aioftp.StatusCodeError):
            await client.remove_directory("a")
        await client.remove("a")
        assert await client.list() == []


LEVELS = ["server", "server, per connection", "user", "user, per connection"]


@pytest.mark.parametrize("direction", ["read", "write"])
@pytest.mark.parametrize("level", LEVELS)
async def test_throttles_at_four_levels(
    level: str, direction: str, tmp_path: Path, sleeps: SleepRecorder
) -> None:
    """One sleep a wait, and together they take what the transfer would have taken."""
    seconds, size = 20, 60_000
    (tmp_path / "file").write_bytes(bytes(size))
    place, _, each = level.partition(", ")
    limit: Any = {f"{direction}_speed_limit{each and '_per_connection'}": size // seconds}
    server = aioftp.Server(
        [user_of(tmp_path, **(limit if place == "user" else {}))],
        **(limit if place == "server" else {}),
    )
    loop = asyncio.get_running_loop()
    async with (
        serving(server) as port,
        aioftp.Client.context("127.0.0.1", port, "user", "secret") as client,
    ):
        begin = loop.time()
        if direction == "write":
            async with client.download_stream("file") as stream:
                assert len(await stream.read()) == size
        else:
            async with client.upload_stream("up") as stream:
                await stream.write(bytes(size))
    assert sleeps.end - begin == pytest.approx(seconds, rel=0.05)
    assert len(sleeps.delays) < seconds / 0.004


class Extended(aioftp.Server):
    """As users extend aioftp's server."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.commands_mapping["hello"] = self.hello
        self.commands_mapping["members"] = self.members
        self.commands_mapping["twice"] = self.twice
        self.commands_mapping["size"] = self.size
        self.commands_mapping["bye"] = self.bye
        self.commands_mapping["broken"] = self.broken
        del self.commands_mapping["dele"]

    async def hello(self, connection: aioftp.Connection, rest: str) -> bool:
        connection.response("200", f"hello {rest} from {connection.client_host}")
        return True

    @aioftp.ConnectionConditions(aioftp.ConnectionConditions.login_required)
    async def members(self, connection: aioftp.Connection, rest: str) -> bool:
        connection.response("211", ["one", "two", connection.user.login], True)
        return True

    @aioftp.ConnectionConditions(
        aioftp.ConnectionConditions.login_required,
        aioftp.ConnectionConditions.passive_server_started,
    )
    async def twice(self, connection: aioftp.Connection, rest: str) -> bool:
        @aioftp.ConnectionConditions(
            aioftp.ConnectionConditions.data_connection_made, wait=True, fail_code="425"
        )
        @aioftp.worker
        async def send(self: Any, connection: aioftp.Connection, rest: str) -> bool:
            stream = connection.data_connection
            del connection.data_connection
            async with stream:
                await stream.write(rest.encode() * 2)
            connection.response("226", "sent")
            return True

        task = asyncio.create_task(send(self, connection, rest))
        connection.extra_workers.add(task)
        connection.response("150", "sending")
        return True

    @aioftp.ConnectionConditions(aioftp.ConnectionConditions.login_required)
    @aioftp.PathConditions(
        aioftp.PathConditions.path_must_exists, aioftp.PathConditions.path_must_be_file
    )
    @aioftp.PathPermissions(aioftp.PathPermissions.readable)
    async def size(self, connection: aioftp.Connection, rest: str) -> bool:
        real_path, virtual_path = self.get_paths(connection, rest)
        stats = await connection.path_io.stat(real_path)
        connection.response("213", f"{stats.st_size} {virtual_path}")
        return True

    async def mkd(self, connection: aioftp.Connection, rest: Any) -> bool:
        if "forbidden" in str(rest):
            connection.response("550", "not that")
            return True
        return await super().mkd(connection, rest)

    async def retr(self, connection: aioftp.Connection, rest: Any) -> bool:
        return await super().retr(connection, f"{rest}.txt")

    async def bye(self, connection: aioftp.Connection, rest: str) -> bool:
        connection.response("221", "bye")
        return False

    async def broken(self, connection: aioftp.Connection, rest: str) -> bool:
        raise KeyError(rest)


@asynccontextmanager
async def extended(root: Path) -> AsyncIterator[aioftp.Client]:
    user = user_of(root, permissions=[aioftp.Permission("/hidden", readable=False)])
    async with (
        serving(Extended([user])) as port,
        aioftp.Client.context("127.0.0.1", port, "user", "secret") as client,
    ):
        yield client


async def refusal(client: aioftp.Client, command: str) -> str:
    with pytest.raises(aioftp.StatusCodeError) as caught:
        await client.command(command, "2xx")
    return f"{caught.value.received_codes[-1]}{caught.value.info[-1]}"


async def test_own_commands(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "hidden").write_bytes(b"x")
    async with extended(tmp_path) as client:
        assert await client.command("HELLO you there", "200") == (
            "200",
            [" hello you there from 127.0.0.1"],
        )
        assert await client.command("MEMBERS", "211") == ("211", ["-one", " two", " user"])
        assert await client.command("SIZE file", "213") == ("213", [" 5 /file"])
        assert await refusal(client, "SIZE nothing") == "550 path does not exists"
        assert await refusal(client, "SIZE /") == "550 path is not a file"
        assert await refusal(client, "SIZE hidden") == "550 permission denied"
        assert (await refusal(client, "DELE file"))[:3] == "502"
        assert (await refusal(client, "BROKEN"))[:3] == "451"
        assert (await refusal(client, "TWICE x"))[:3] == "503"


async def test_own_command_with_data(tmp_path: Path) -> None:
    async with extended(tmp_path) as client:
        async with client.get_stream("TWICE abc", "1xx") as stream:
            assert await stream.read() == b"abcabc"
        assert (await client.command("HELLO", "2xx"))[0] == "200"  # type: ignore[index]


async def test_own_command_before_the_login(tmp_path: Path) -> None:
    async with serving(Extended([user_of(tmp_path)])) as port:
        client = aioftp.Client()
        await client.connect("127.0.0.1", port)
        assert await refusal(client, "MEMBERS") == ("503 bad sequence of commands (not logged in)")
        client.close()


async def test_overridden_commands(tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_bytes(b"by another name")
    async with extended(tmp_path) as client:
        await client.make_directory("fine", parents=False)
        assert (tmp_path / "fine").is_dir()
        assert await refusal(client, "MKD forbidden") == "550 not that"
        async with client.download_stream("file") as stream:
            assert await stream.read() == b"by another name"


async def test_a_command_that_returns_false_ends_the_session(tmp_path: Path) -> None:
    async with serving(Extended([user_of(tmp_path)])) as port:
        client = aioftp.Client()
        await client.connect("127.0.0.1", port)
        assert await client.command("BYE", "221")
        with pytest.raises(ConnectionError):
            await client.command("HELLO", "2xx")
        client.close()


async def test_paths_cannot_climb_out(tmp_path: Path) -> None:
    connection = aioftp.Connection(
        user=aioftp.User(base_path=tmp_path), current_directory=PurePosixPath("/a")
    )
    for path, virtual in (("../../../etc", "/etc"), ("b/../..", "/"), ("/x/./y", "/x/y")):
        found = aioftp.Server.get_paths(connection, path)
        assert found == (tmp_path / virtual[1:], PurePosixPath(virtual))


async def test_a_cancelled_worker_ends_cancelled() -> None:
    told: list[str] = []

    class Handlers(aioftp.Server):
        @aioftp.worker
        async def work(self, connection: aioftp.Connection, rest: Any) -> None:
            await asyncio.sleep(60)

    workers: set[Any] = set()
    connection = aioftp.Connection(
        response=lambda code, text: told.append(code), extra_workers=workers
    )
    task = asyncio.ensure_future(Handlers().work(connection, ""))
    workers.add(task)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert told == ["426", "226"]
    assert not workers


async def test_sessions_are_run_by_the_core() -> None:
    reader: Any = None
    with pytest.raises(NotImplementedError):
        await aioftp.Server().dispatcher(reader, reader)


@pytest.mark.parametrize("name", ["dispatcher", "response_writer"])
async def test_dead_hooks_are_named(name: str) -> None:
    async def mine(self: Any, *args: Any) -> None:
        raise AssertionError("nobody calls it")

    kind = type("Own", (aioftp.Server,), {name: mine})
    with pytest.warns(RuntimeWarning, match=f"Own.{name} is never called"):
        kind()


#: Methods that are overridden, and what of a conversation shows that they were called.
HOOKS = ["greeting", "write_response", "write_line", "parse_command"]


@pytest.mark.parametrize("where", ["class", "object"])
@pytest.mark.parametrize("name", HOOKS)
async def test_hooks_take_effect(name: str, where: str, tmp_path: Path) -> None:
    calls: list[Any] = []

    def counted(method: Any) -> Any:
        async def mine(*args: Any, **options: Any) -> Any:
            calls.append(args)
            return await method(*args, **options)

        return mine

    (tmp_path / "file").write_bytes(b"abc")
    kind: type[aioftp.Server] = aioftp.Server
    if where == "class":
        kind = type("Own", (aioftp.Server,), {name: counted(getattr(aioftp.Server, name))})
    server = kind([user_of(tmp_path)])
    if where == "object":
        setattr(server, name, counted(getattr(server, name)))
    async with (
        serving(server) as port,
        aioftp.Client.context("127.0.0.1", port, "user", "secret") as client,
    ):
        before = len(calls)
        assert before > 0
        async with client.download_stream("file") as stream:
            assert await stream.read() == b"abc"
        assert [str(path) for path, _ in await client.list()] == ["file"]
        assert (len(calls) > before) is (name != "greeting")


async def test_a_greeting_of_ones_own_may_send_away() -> None:
    class Own(aioftp.Server):
        async def greeting(self, connection: aioftp.Connection, rest: Any) -> bool:
            connection.response("421", "Not today")
            return False

    async with serving(Own()) as port:
        with pytest.raises(aioftp.StatusCodeError, match="Not today"):
            await aioftp.Client().connect("127.0.0.1", port)


async def test_facts_of_the_disk(tmp_path: Path) -> None:
    """Those that aioftp tells, of folders too; links are what they lead to, or unknown."""
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "file").write_bytes(b"four")
    (tmp_path / "inside" / "folder").mkdir()
    for name, target in (("link", "file"), ("nowhere", "none"), ("outside", "../../")):
        (tmp_path / "inside" / name).symlink_to(target)
    (tmp_path / "inside" / "two\nlines").touch()
    kinds = {"file": "file", "folder": "dir", "link": "file"}
    async with (
        serving(aioftp.Server([user_of(tmp_path / "inside")])) as port,
        aioftp.Client.context("127.0.0.1", port, "user", "secret") as client,
    ):
        found: Any = {str(path): info for path, info in await client.list()}
        assert {name: info["type"] for name, info in found.items()} == {
            **kinds,
            "nowhere": "unknown",
            "outside": "unknown",
        }
        for name in kinds:
            status = (tmp_path / "inside" / name).stat()
            times = [
                datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%d%H%M%S")
                for seconds in (status.st_ctime, status.st_mtime)
            ]
            told = await client.stat(name)
            assert told == found[name]
            assert list(told) == ["size", "create", "modify", "type"]
            assert list(told.values())[:3] == [str(status.st_size), *times]
        by_list: Any = {str(path): info for path, info in await client.list(raw_command="LIST")}
        assert (by_list["link"]["type"], by_list["link"]["size"]) == ("file", "4")
        assert by_list["file"]["unix.owner"] == "none"
        _, features = await client.command("FEAT", "211")  # type: ignore[misc]
        assert " MLST Size*;Create*;Modify*;Type*;" in features


@pytest.mark.parametrize("offset", [1, 3, 6, 10, 100_000])
@pytest.mark.parametrize("method", ["upload_stream", "append_stream"])
async def test_writing_at_an_offset_of_the_disk(method: str, offset: int, tmp_path: Path) -> None:
    """Beyond the end too, where zeros fill the gap."""
    (tmp_path / "file").write_bytes(b"foobar")
    async with (
        serving(aioftp.Server([user_of(tmp_path)])) as port,
        aioftp.Client.context("127.0.0.1", port, "user", "secret") as client,
    ):
        async with getattr(client, method)("file", offset=offset) as stream:
            await stream.write(b"123")
        async with client.download_stream("file", offset=offset + 1) as stream:
            assert (await stream.read())[:2] == b"23"
    expected = bytearray(b"foobar".ljust(offset, b"\0"))
    expected[offset : offset + 3] = b"123"
    assert (tmp_path / "file").read_bytes() == expected


async def test_rights_may_be_waited_for(tmp_path: Path) -> None:
    """Whatever a verb does with a path, rights that have to be waited for decide."""

    class Slow(aioftp.User):
        async def get_permissions(self, path: str | PurePosixPath) -> aioftp.Permission:
            await asyncio.sleep(0.001)
            return aioftp.Permission(writable=PurePosixPath(path).is_relative_to("/open"))

    for name in ("open", "closed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(b"x")
    async with (
        serving(aioftp.Server([Slow("user", "secret", base_path=tmp_path)])) as port,
        aioftp.Client.context("127.0.0.1", port, "user", "secret") as client,
    ):
        for folder in ("open", "closed"):
            codes = []
            for line in ("MKD {}/new", "RMD {}/new", "RNFR {}/file", "DELE {}/file"):
                answer = await client.command(line.format(folder), ("xxx",))
                assert answer is not None
                codes.append(answer[0])
            stored = []
            for method in (client.upload_stream, client.append_stream):
                try:
                    async with method(f"{folder}/up") as stream:
                        await stream.write(b"abc")
                    stored.append("226")
                except aioftp.StatusCodeError as error:
                    stored.append(error.received_codes[0])
            may = folder == "open"
            assert codes == (["257", "250", "350", "250"] if may else ["550"] * 4)
            assert stored == (["226"] * 2 if may else ["550"] * 2)
            listed = [path.name for path, _ in await client.list(folder)]
            assert listed == (["up"] if may else ["file"])
            assert await client.exists(f"{folder}/{listed[0]}")


async def test_the_encoding_is_kept(tmp_path: Path) -> None:
    (tmp_path / "h\u00e4").write_bytes(b"x")
    server = aioftp.Server([user_of(tmp_path)], encoding="latin-1")
    assert server.encoding == "latin-1"
    async with (
        serving(server) as port,
        aioftp.Client.context("127.0.0.1", port, "user", "secret") as client,
    ):
        assert [str(path) for path, _ in await client.list()] == ["h\u00e4"]


@pytest.mark.parametrize(
    ("seconds", "year", "stamp"),
    [
        (10**17, 9999, "99991231235959"),
        (-(10**17), 1, "00010101000000"),
        (0, 1970, "19700101000000"),
    ],
)
async def test_one_odd_time_does_not_spoil_a_listing(seconds: int, year: int, stamp: str) -> None:
    class Odd(aioftp.MemoryPathIO):
        async def stat(self, path: Any) -> Any:
            return (await super().stat(path))._replace(st_mtime=seconds)

    path_io = Odd()
    folder = Path("/d")
    await path_io.mkdir(PurePosixPath(folder))
    connection = aioftp.Connection(path_io=path_io)
    server = aioftp.Server()
    line = await server.build_list_string(connection, PurePosixPath(folder))
    assert abs(int(line.split()[-2]) - year) <= 1  # it is in local time
    assert f"Modify={stamp};" in await server.build_mlsx_string(connection, folder)


@pytest.mark.parametrize("factory", [aioftp.PathIO, aioftp.AsyncPathIO, aioftp.MemoryPathIO])
async def test_a_rename_replaces_nothing(factory: Any, tmp_path: Path) -> None:
    """Whatever is there: a file, a folder with something in it, the thing itself."""
    base = Path("/") if factory is aioftp.MemoryPathIO else tmp_path
    async with (
        serving(aioftp.Server([user_of(base)], path_io_factory=factory)) as port,
        aioftp.Client.context("127.0.0.1", port, "user", "secret") as client,
    ):
        await client.make_directory("folder/below")
        for name in ("one", "two"):
            async with client.upload_stream(name) as stream:
                await stream.write(name.encode())
        before = sorted(str(path) for path, _ in await client.list(recursive=True))
        for source, target in (
            ("one", "two"),
            ("one", "folder"),
            ("one", "one"),
            ("folder", "one"),
            ("folder/below", "folder"),
        ):
            with pytest.raises(aioftp.StatusCodeError, match="550"):
                await client.rename(source, target)
        assert sorted(str(path) for path, _ in await client.list(recursive=True)) == before
        with pytest.raises(aioftp.StatusCodeError, match="503"):
            await client.command("RNTO three", "2xx")
        await client.rename("one", "folder/three")
        assert await client.exists("folder/three")


@pytest.mark.parametrize("factory", [aioftp.PathIO, aioftp.MemoryPathIO])
async def test_the_root_is_told_about(factory: Any, tmp_path: Path) -> None:
    base = Path("/") if factory is aioftp.MemoryPathIO else tmp_path
    async with (
        serving(aioftp.Server([user_of(base)], path_io_factory=factory)) as port,
        aioftp.Client.context("127.0.0.1", port, "user", "secret") as client,
    ):
        for path in ("/", ".", ""):
            assert (await client.is_dir(path), await client.is_file(path)) == (True, False)
            assert await client.exists(path)
