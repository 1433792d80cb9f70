"""The rows of the table in docs/design/compat.md, each run on aioftp and on its stand-in.

A row is a small program that tells what it saw; both are compared with what the table says.
"""

from __future__ import annotations

import asyncio
import contextlib
import pickle
import socket
import struct
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

import anyftp_compat

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

Row = Callable[[Any, Path], Awaitable[object]]
ROWS: dict[str, tuple[Row, object, object]] = {}


def row(theirs: object, ours: object) -> Callable[[Row], Row]:
    """Note what a row sees on aioftp and here."""

    def noted(program: Row) -> Row:
        ROWS[program.__name__] = (program, theirs, ours)
        return program

    return noted


async def outcome(awaitable: Awaitable[Any], seconds: float = 1.0) -> str:
    """What becomes of it: "done", "hangs", or the name of what it raises."""
    try:
        async with asyncio.timeout(seconds):
            await awaitable
    except TimeoutError:
        return "hangs"
    except Exception as error:
        return type(error).__name__
    return "done"


class Writer:
    """What a stream writes to: remembers the sizes of blocks."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.has_begun_tls = False

    def write(self, data: Any) -> None:
        self.sizes.append(len(data))

    async def drain(self) -> None:
        pass

    def close(self) -> None:
        pass

    async def start_tls(self, *args: Any, **options: Any) -> None:
        self.has_begun_tls = True


def fed(data: bytes) -> asyncio.StreamReader:
    """A reader in which all has come."""
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return reader


def limited(aioftp: Any, nbytes: int) -> Any:
    """Throttles of one pair for both directions."""
    return {"_": aioftp.StreamThrottle.from_limits(nbytes, nbytes)}


@contextlib.asynccontextmanager
async def served(aioftp: Any, root: Path, kind: Any = None, **options: Any) -> AsyncIterator[Any]:
    """A server of the package, and its users' one account."""
    users = [aioftp.User("ann", "x", base_path=root)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        server = (kind or aioftp.Server)(users, **options)
    await server.start("127.0.0.1", 0)
    try:
        yield server
    finally:
        await server.close()


@contextlib.asynccontextmanager
async def client_of(aioftp: Any, port: int, **options: Any) -> AsyncIterator[Any]:
    """A client that is logged in; it is closed without a word."""
    client = aioftp.Client(**options)
    await client.connect("127.0.0.1", port)
    await client.login("ann", "x")
    try:
        yield client
    finally:
        client.close()


class Raw:
    """A client that is none: lines there and back."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def reply(self) -> str:
        """The code of the next reply; "" at the end."""
        while True:
            line = (await asyncio.wait_for(self.reader.readline(), 5)).decode()
            if line[3:4] != "-":
                return line[:3]

    async def ask(self, line: str) -> str:
        """Send a line; the code of the reply."""
        self.writer.write(line.encode() + b"\r\n")
        return await self.reply()

    async def passive(self) -> asyncio.StreamReader:
        """A data connection."""
        self.writer.write(b"EPSV\r\n")
        line = (await self.reader.readline()).decode()
        reader, self.data = await asyncio.open_connection("127.0.0.1", int(line.split("|")[3]))
        return reader


@contextlib.asynccontextmanager
async def raw(server: Any, *, login: bool = True) -> AsyncIterator[Raw]:
    """Such a client, logged in."""
    found = Raw(*await asyncio.open_connection(*server.address))
    assert await found.reply() == "220"
    if login:
        assert await found.ask("USER ann") == "331"
        assert await found.ask("PASS x") == "230"
    try:
        yield found
    finally:
        found.writer.close()


class Scripted:
    """A server that answers as it is told, and remembers what it was asked.

    Args:
        replies: to a verb a line, or several; to a transfer's verb what is sent, and a reply.
    """

    def __init__(self, replies: dict[str, Any]) -> None:
        self.replies = {"USER": "230 in", "TYPE": "200 fine", "QUIT": "221 bye", **replies}
        self.asked: list[str] = []
        self.data: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.tasks: list[Any] = []
        self.listeners: list[asyncio.Server] = []
        self.writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.tasks.append(asyncio.current_task())
        self.writers.append(writer)
        writer.write(b"220 hello\r\n")
        while line := await reader.readline():
            verb = line.decode().split()[0].upper()
            self.asked.append(verb)
            reply = self.replies.get(verb, "502 no")
            if callable(reply):
                reply = await reply()
            if verb in ("EPSV", "PASV") and reply == "port":
                reply = await self.listen(verb)
            if isinstance(reply, bytes):  # a transfer
                writer.write(b"150 here\r\n")
                await self.has_come.wait()
                data = self.data[-1][1]
                data.write(reply)
                data.close()
                reply = "226 done"
            writer.write(reply.encode() + b"\r\n")
        writer.close()

    async def listen(self, verb: str) -> str:
        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.data.append((reader, writer))
            self.writers.append(writer)
            self.has_come.set()

        self.has_come = asyncio.Event()
        listener = await asyncio.start_server(accept, "127.0.0.1", 0)
        self.listeners.append(listener)
        port = listener.sockets[0].getsockname()[1]
        if verb == "EPSV":
            return f"229 ok (|||{port}|)"
        return f"227 ok (127,0,0,1,{port >> 8},{port & 255})"


@contextlib.asynccontextmanager
async def scripted(**replies: Any) -> AsyncIterator[tuple[Scripted, int]]:
    """Such a server, and its port."""
    script = Scripted({"EPSV": "port", **replies})
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    try:
        yield script, server.sockets[0].getsockname()[1]
    finally:
        closed: list[Any] = [server, *script.listeners, *script.writers]
        for each in closed:
            each.close()
        for task in script.tasks:
            task.cancel()
        await asyncio.gather(*script.tasks, return_exceptions=True)


# Streams and throttles.


@row(theirs=True, ours=False)
async def default_throttles(aioftp: Any, root: Path) -> object:
    one, other = (aioftp.ThrottleStreamIO(None, None) for _ in "12")
    return one.throttles is other.throttles


@row(theirs=[0, 0], ours=[4, 2])
async def readexactly_pays(aioftp: Any, root: Path) -> object:
    told = []
    for data in (b"four", b"ab"):
        paid: list[int] = []
        stream = aioftp.ThrottleStreamIO(fed(data), Writer(), throttles=limited(aioftp, 10**6))
        stream.throttles["_"].read.append = lambda data, start, paid=paid: paid.append(len(data))
        with contextlib.suppress(asyncio.IncompleteReadError):
            await stream.readexactly(4)
        told.append(sum(paid))
    return told


@row(theirs=False, ours=True)
async def reading_to_the_end_is_slowed(aioftp: Any, root: Path) -> object:
    reader = fed(bytes(60_000))
    stream = aioftp.ThrottleStreamIO(reader, Writer(), throttles=limited(aioftp, 100_000))
    start = asyncio.get_running_loop().time()
    await stream.read()
    return asyncio.get_running_loop().time() - start > 0.4


@row(theirs=0, ours=1)
async def idle_time_is_not_saved_up(aioftp: Any, root: Path) -> object:
    throttle = aioftp.Throttle(limit=1000)
    now = asyncio.get_running_loop().time()
    throttle.append(b"x", now - 5)
    throttle.append(bytes(3000), now)
    start = asyncio.get_running_loop().time()
    await outcome(throttle.wait(), 1.5)
    return round(asyncio.get_running_loop().time() - start > 0.5)


@row(theirs=2, ours=0)
async def a_wait_makes_tasks(aioftp: Any, root: Path) -> object:
    throttles = {name: aioftp.StreamThrottle.from_limits(10, 10) for name in "ab"}
    stream = aioftp.ThrottleStreamIO(fed(b""), Writer(), throttles=throttles)
    stream.append("read", bytes(100), asyncio.get_running_loop().time())
    before = asyncio.all_tasks()
    waiting = asyncio.ensure_future(stream.wait("read"))
    await asyncio.sleep(0.02)
    made = asyncio.all_tasks() - before
    for task in made:
        task.cancel()
    await asyncio.wait(made)
    return len(made - {waiting})


@row(theirs="hangs", ours="done")
async def a_changed_limit_wakes_sleepers(aioftp: Any, root: Path) -> object:
    throttle = aioftp.Throttle(limit=10)
    throttle.append(bytes(1000), asyncio.get_running_loop().time())
    waiting = asyncio.ensure_future(throttle.wait())
    await asyncio.sleep(0.02)
    throttle.limit = 10**9
    return await outcome(waiting)


@row(theirs=[65536], ours=[8192] * 8)
async def a_large_block_under_a_limit(aioftp: Any, root: Path) -> object:
    writer = Writer()
    stream = aioftp.ThrottleStreamIO(fed(b""), writer, throttles=limited(aioftp, 300_000))
    await stream.write(bytes(65536))
    return writer.sizes


@row(theirs=["append"], ours=["wait", "append"])
async def a_throttle_of_ones_own_without_a_limit(aioftp: Any, root: Path) -> object:
    told = []

    class Own(aioftp.Throttle):  # type: ignore[misc]
        async def wait(self) -> None:
            told.append("wait")
            await super().wait()

        def append(self, data: bytes, start: float) -> None:
            told.append("append")
            super().append(data, start)

    pair = aioftp.StreamThrottle(Own(), Own())
    await aioftp.ThrottleStreamIO(fed(b"x"), Writer(), throttles={"_": pair}).read(1)
    return told


@row(theirs="done", ours="ConnectionAbortedError")
async def plain_bytes_before_tls(aioftp: Any, root: Path) -> object:
    reader = asyncio.StreamReader()
    reader.feed_data(b"230 slipped in")
    return await outcome(aioftp.StreamIO(reader, Writer()).start_tls(None, "x"))


# The client.


@row(theirs="open", ours="closed")
async def a_refusal_closes_the_socket(aioftp: Any, root: Path) -> object:
    async with scripted(RETR="550 no") as (script, port), client_of(aioftp, port) as client:
        error = None
        try:
            async with client.download_stream("x"):
                pass
        except aioftp.StatusCodeError as caught:
            error = caught
        assert error is not None
        end = await outcome(script.data[0][0].read(), 0.3)
        return {"done": "closed", "hangs": "open"}[end]


@row(theirs="213", ours="215")
async def a_reply_after_a_cancellation(aioftp: Any, root: Path) -> object:
    async def late() -> str:
        await asyncio.sleep(0.1)
        return "213 1"

    async with scripted(SIZE=late, SYST="215 x") as (_, port), client_of(aioftp, port) as client:
        assert await outcome(client.command("SIZE x", "2xx"), 0.05) == "hangs"
        code, _ = await client.command("SYST", "2xx")
        return str(code)


@row(theirs="213", ours="215")
async def a_reply_that_was_never_read(aioftp: Any, root: Path) -> object:
    async with scripted(SIZE="213 1", SYST="215 x") as (_, port), client_of(aioftp, port) as client:
        await client.command("SIZE x")
        code, _ = await client.command("SYST", "2xx")
        return str(code)


@row(theirs="ConnectionResetError", ours="done")
async def leaving_a_download_early(aioftp: Any, root: Path) -> object:
    (root / "big").write_bytes(bytes(30_000_000))

    async def leave() -> None:
        async with client.download_stream("big") as stream:
            await stream.read(1)

    async with served(aioftp, root) as server, client_of(aioftp, server.server_port) as client:
        return await outcome(leave())


@row(theirs="hangs", ours="done")
async def reading_an_upload(aioftp: Any, root: Path) -> object:
    async def read() -> None:
        async with client.upload_stream("x") as stream:
            await stream.write(b"x")
            assert await stream.read() == b""

    async with served(aioftp, root) as server, client_of(aioftp, server.server_port) as client:
        return await outcome(read())


@row(theirs=["done", True], ours=["AIOFTPException", False])
async def names_that_lead_anywhere(aioftp: Any, root: Path) -> object:
    kinds = iter(["type=dir;", "type=dir;", *["type=file;size=1;"] * 9])

    async def facts() -> str:
        return f"250-x\r\n {next(kinds)} x\r\n250 end"

    listing = b"type=file;size=1; ../../escaped\r\n"
    target = root / "a" / "b"
    async with (
        scripted(MLST=facts, MLSD=listing, RETR=b"x") as (_, port),
        client_of(aioftp, port) as client,
    ):
        end = await outcome(client.download("dir", target))
    return [end, any(path.name == "escaped" for path in root.rglob("*"))]


@row(
    theirs=["folder", "folder/file", "into", "into/folder"],
    ours=["into", "into/folder", "into/folder/file"],
)
async def uploading_a_folder_into_another(aioftp: Any, root: Path) -> object:
    source = root / "local" / "folder"
    source.mkdir(parents=True)
    (source / "file").write_text("x")
    remote = root / "remote"
    remote.mkdir()
    async with served(aioftp, remote) as server, client_of(aioftp, server.server_port) as client:
        await client.upload(source, "into")
    return sorted(path.relative_to(remote).as_posix() for path in remote.rglob("*"))


@row(theirs="ValueError", ours=["file"])
async def one_odd_line(aioftp: Any, root: Path) -> object:
    lines = b"total 3\r\n-rw-r--r-- 1 o g 1 Jan  1  2020 file\r\n"
    async with scripted(LIST=lines) as (_, port), client_of(aioftp, port) as client:
        try:
            return [path.name for path, _ in await client.list(raw_command="LIST")]
        except ValueError:
            return "ValueError"


@row(theirs=["TYPE", "EPSV", "RETR"] * 2, ours=["TYPE", "EPSV", "RETR", "EPSV", "RETR"])
async def type_before_each_transfer(aioftp: Any, root: Path) -> object:
    async with scripted(RETR=b"x") as (script, port), client_of(aioftp, port) as client:
        script.asked.clear()
        for _ in "12":
            async with client.download_stream("x") as stream:
                await stream.read()
        return script.asked


@row(theirs=["EPSV"], ours=["EPSV", "PASV"])
async def pasv_after_a_refused_epsv(aioftp: Any, root: Path) -> object:
    replies = {"EPSV": "425 no", "PASV": "port", "RETR": b"x"}
    async with scripted(**replies) as (script, port), client_of(aioftp, port) as client:
        with contextlib.suppress(aioftp.StatusCodeError):
            async with client.download_stream("x") as stream:
                await stream.read()
        return [verb for verb in script.asked if verb.endswith("SV")]


@row(theirs="done", ours="StatusCodeError")
async def a_lone_code_as_the_expected_one(aioftp: Any, root: Path) -> object:
    async def check() -> None:
        aioftp.Client().check_codes(aioftp.Code("200"), aioftp.Code("250"), [""])

    return await outcome(check())


@row(theirs="TypeError", ours="done")
async def errors_are_pickled(aioftp: Any, root: Path) -> object:
    async def there_and_back() -> None:
        error = aioftp.StatusCodeError("2xx", aioftp.Code("550"), "x")
        pickle.loads(pickle.dumps(error))

    return await outcome(there_and_back())


@row(theirs="ConnectionResetError", ours="done")
async def a_context_left_after_quit(aioftp: Any, root: Path) -> object:
    async def quit_inside() -> None:
        async with aioftp.Client.context("127.0.0.1", server.server_port, "ann", "x") as client:
            await client.quit()

    async with served(aioftp, root) as server:
        return await outcome(quit_inside())


# The server.


@row(theirs=["331", "530", "230"], ours=["331", "331", "331"])
async def whether_a_name_exists(aioftp: Any, root: Path) -> object:
    told = []
    server = aioftp.Server([aioftp.User("ann", "x"), aioftp.User("open")])
    await server.start("127.0.0.1", 0)
    for name in ("ann", "nobody", "open"):
        async with raw(server, login=False) as client:
            told.append(await client.ask(f"USER {name}"))
    await server.close()
    return told


@row(theirs=False, ours=True)
async def a_cancelled_worker(aioftp: Any, root: Path) -> object:
    connection = aioftp.Connection(response=lambda *arguments: None, extra_workers=set())

    @aioftp.worker  # type: ignore[untyped-decorator]
    async def work(server: object, connection: Any, rest: str) -> bool:
        await asyncio.sleep(10)
        return True

    task = asyncio.ensure_future(work(None, connection, ""))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    return task.cancelled()


def own(aioftp: Any, **methods: Any) -> Any:
    """A server with verbs of its own."""

    class Own(aioftp.Server):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.commands_mapping.update({name: getattr(self, name) for name in methods})

    for name, method in methods.items():
        setattr(Own, name, method)
    return Own


@row(theirs=["", ""], ours=["451", "200"])
async def an_exception_in_a_handler(aioftp: Any, root: Path) -> object:
    async def fail(self: Any, connection: Any, rest: str) -> bool:
        raise ZeroDivisionError

    async with served(aioftp, root, own(aioftp, fail=fail)) as server, raw(server) as client:
        return [await client.ask("FAIL"), await client.ask("TYPE I")]


@row(theirs=["200", ""], ours=["200", "451"])
async def an_exception_in_a_worker(aioftp: Any, root: Path) -> object:
    async def fail(self: Any, connection: Any, rest: str) -> bool:
        async def work() -> None:
            raise ZeroDivisionError

        connection.extra_workers.add(asyncio.create_task(work()))
        connection.response("200", "begun")
        return True

    async with served(aioftp, root, own(aioftp, fail=fail)) as server, raw(server) as client:
        return [await client.ask("FAIL"), await client.reply()]


@row(theirs=True, ours=False)
async def a_dispatcher_of_ones_own(aioftp: Any, root: Path) -> object:
    seen = []

    class Own(aioftp.Server):  # type: ignore[misc]
        async def dispatcher(self, reader: Any, writer: Any) -> None:
            seen.append(1)
            await super().dispatcher(reader, writer)

    async with served(aioftp, root, Own) as server, raw(server):
        return bool(seen)


@row(theirs=["file", "link"], ours=["unknown", ""])
async def a_link_that_leads_out(aioftp: Any, root: Path) -> object:
    (root / "out").mkdir()
    (root / "secret").write_text("x")
    (root / "out" / "link").symlink_to(root / "secret")
    async with served(aioftp, root / "out") as server, raw(server) as client:
        told = []
        for verb in ("MLSD", "LIST"):
            data = await client.passive()
            await client.ask(verb)
            told.append((await data.read()).decode())
            await client.reply()
        return [told[0].partition("Type=")[2].partition(";")[0], told[1].strip()[-4:]]


@row(theirs=["150", "226", b"x"], ours=["150", "425", b""])
async def two_at_a_passive_port(aioftp: Any, root: Path) -> object:
    (root / "file").write_bytes(b"x")
    async with served(aioftp, root) as server, raw(server) as client:
        first = await client.passive()
        port = client.data.get_extra_info("peername")[1]
        with contextlib.suppress(OSError):
            await asyncio.open_connection("127.0.0.1", port)
        await asyncio.sleep(0.05)
        code = await client.ask("RETR file")
        return [code, await client.reply(), await asyncio.wait_for(first.read(), 3)]


@row(theirs="secret", ours="550")
async def a_link_that_is_followed(aioftp: Any, root: Path) -> object:
    (root / "out").mkdir()
    (root / "secret").write_text("secret")
    (root / "out" / "link").symlink_to(root / "secret")
    async with served(aioftp, root / "out") as server, raw(server) as client:
        data = await client.passive()
        code = await client.ask("RETR link")
        return (await data.read()).decode() if code == "150" else code


@row(theirs=[True, True], ours=[False, False])
async def a_half_written_upload(aioftp: Any, root: Path) -> object:
    async with served(aioftp, root) as server, raw(server) as client:
        await client.passive()
        await client.ask("STOR new")
        client.data.write(bytes(100_000))
        await client.data.drain()
        await asyncio.sleep(0.1)
        shows = (root / "new").exists()
        sock = client.data.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.data.transport.abort()  # by a reset: else that would be the end of the file
        await client.reply()
        return [shows, (root / "new").exists()]


@row(theirs=True, ours=False)
async def the_data_connection_by_itself(aioftp: Any, root: Path) -> object:
    async def look(self: Any, connection: Any, rest: str) -> bool:
        await asyncio.sleep(0.05)
        connection.response("200" if connection.future.data_connection.done() else "500", "")
        return True

    async with served(aioftp, root, own(aioftp, look=look)) as server, raw(server) as client:
        await client.passive()
        return await client.ask("LOOK") == "200"


@row(theirs=False, ours=True)
async def the_transfer_type_before_type(aioftp: Any, root: Path) -> object:
    async def look(self: Any, connection: Any, rest: str) -> bool:
        known = connection.future.transfer_type.done()
        connection.response("200" if known else "500", "")
        return True

    async with served(aioftp, root, own(aioftp, look=look)) as server, raw(server) as client:
        return await client.ask("LOOK") == "200"


@row(theirs="550", ours="226")
async def a_name_in_utf8_where_another_encoding_is_told(aioftp: Any, root: Path) -> object:
    (root / "\u00e9").write_text("x")
    async with served(aioftp, root, encoding="latin-1") as server, raw(server) as client:
        await client.passive()
        client.writer.write("RETR \u00e9\r\n".encode())
        code = await client.reply()
        return await client.reply() if code == "150" else code


@row(theirs=1, ours=0)
async def users_who_have_gone(aioftp: Any, root: Path) -> object:
    async with served(aioftp, root) as server:
        async with raw(server) as client:
            assert await client.ask("QUIT") == "221"
            await client.reader.read()
        await asyncio.sleep(0.05)
        return len(server.throttle_per_user)


@row(theirs="done", ours="cancelled")
async def a_handler_that_is_aborted(aioftp: Any, root: Path) -> object:
    ended = asyncio.get_running_loop().create_future()
    has_begun = asyncio.Event()

    class Slow(aioftp.Server):  # type: ignore[misc]  # Any of two packages
        async def slow(self, connection: Any, rest: str) -> bool:
            has_begun.set()
            try:
                await asyncio.sleep(0.5)
            except asyncio.CancelledError:
                ended.set_result("cancelled")
                raise
            connection.response("200", "slow")
            ended.set_result("done")
            return True

    async with (
        served(aioftp, root, Slow) as server,
        client_of(aioftp, server.server_port) as asking,
    ):
        server.commands_mapping["slow"] = server.slow
        await asking.command("SLOW")
        await has_begun.wait()
        await asking.stream.write(b"ABOR\r\n")
        return await ended


@row(theirs=5, ours="InvalidCommand")
async def a_transfer_within_a_transfer(aioftp: Any, root: Path) -> object:
    (root / "big").write_bytes(bytes(1 << 24))
    async with served(aioftp, root) as server, client_of(aioftp, server.server_port) as client:
        stream = await client.download_stream("big")
        try:
            async with client.upload_stream("new") as other:
                await other.write(b"12345")
        except Exception as error:
            return type(error).__name__
        finally:
            stream.close()
        return (root / "new").stat().st_size


@row(theirs="StatusCodeError", ours="done")
async def a_line_with_another_code_inside_a_reply(aioftp: Any, root: Path) -> object:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 go\r\n")
        await reader.readline()
        writer.write(b"211-begin\r\n212-middle\r\n21\r\n211 end\r\n")
        await reader.read()
        writer.close()
        await writer.wait_closed()
        is_over.set()

    is_over = asyncio.Event()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    client = aioftp.Client(socket_timeout=2)
    await client.connect("127.0.0.1", server.sockets[0].getsockname()[1])
    try:
        return await outcome(client.command("STAT", "211"))
    finally:
        client.close()
        await is_over.wait()
        server.close()


@row(theirs="done", ours="hangs")
async def a_passive_port_in_the_course_of_a_transfer(aioftp: Any, root: Path) -> object:
    (root / "big").write_bytes(bytes(1 << 24))
    async with served(aioftp, root) as server, client_of(aioftp, server.server_port) as client:
        stream = await client.download_stream("big")
        said = await outcome(client.command("EPSV", "229"), 0.5)
        stream.close()
        return said


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("which", ["theirs", "ours"])
async def test_row(name: str, which: str, tmp_path: Path) -> None:
    program, theirs, ours = ROWS[name]
    package = anyftp_compat
    if which == "theirs":
        package = pytest.importorskip("aioftp", reason="aioftp is not installed")
    assert await program(package, tmp_path) == (theirs if which == "theirs" else ours)
