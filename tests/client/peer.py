"""A server that follows a script, over socket pairs: no ports, no waiting, every line on record.

By default it behaves like a plain modern server with one file. A test overrides what the answer to
a verb is: text to send, or a coroutine function that does as it likes.

    peer = Peer(EPSV="500 what?", RETR=slow_download)
    async with peer.client() as client:
        await client.download_stream("file")
    assert peer.commands == [...]
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
from anyio.abc import ByteStream

from anyftp._client import Client
from anyftp._streams import OptimisticStream, SocketStream, TLSStream

Handler = Callable[["Peer", str], Awaitable[None]]
Answer = str | bytes | Handler
#: Several: one after the other, the last of them for ever.
Answers = Answer | tuple[Answer, ...]

CONTENT = b"It was a bright cold day in April, and the clocks were striking thirteen.\r\n" * 60


class Hangup(Exception):
    """Raised by a handler to close the control connection."""


class DataFailed(Exception):
    """The handshake on a data connection failed."""


def tcp_pair() -> tuple[socket.socket, socket.socket]:
    """Two ends of a TCP connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname())
        theirs, _ = listener.accept()
    return ours, theirs


class Peer:
    """One scripted server; it serves any number of connections, one after the other.

    Attributes:
        commands: every line received, without its ending.
        greeting: what is sent first.
        received: what the last upload brought, and whether it ended cleanly.
        dialled: the ports that were dialled, the control connection's included.
        make_pair: makes the two ends of a connection; a pair of local sockets knows no reset.
    """

    def __init__(
        self,
        *,
        greeting: str = "220 ready",
        content: bytes = CONTENT,
        tls: ssl.SSLContext | None = None,
        implicit: bool = False,
        **answers: Answers,
    ) -> None:
        self.answers: dict[str, Answers] = {**_DEFAULTS, **answers}
        self.greeting = greeting
        self.content = content
        self.files: dict[str, bytes] = {}
        self.commands: list[str] = []
        self.dialled: list[tuple[str, int]] = []
        self.received: bytes | None = None
        self.ended_well: bool | None = None
        self.offset = 0
        self.tls = tls
        self.implicit = implicit
        self.protects_data = implicit
        self.make_pair: Callable[[], tuple[socket.socket, socket.socket]] = socket.socketpair
        self.refused_ports: set[int] = set()
        self.silent_ports: set[int] = set()
        self.control: OptimisticStream | None = None
        self.open_ends: list[OptimisticStream] = []
        self._buffer = b""
        self._next_port = 50_000
        self._waiting = anyio.Condition()
        self._data: dict[int, SocketStream] = {}
        self._group: anyio.abc.TaskGroup | None = None

    # What the client sees

    async def dial(self, host: str, port: int) -> ByteStream:
        """Connect as the client does."""
        self.dialled.append((host, port))
        if port in self.refused_ports:
            raise ConnectionRefusedError(111, "Connection refused")
        if port in self.silent_ports:
            await anyio.sleep_forever()
        await anyio.lowlevel.checkpoint()
        ours, theirs = self.make_pair()
        stream = SocketStream(ours)
        self.open_ends.append(stream)
        if port < 50_000:
            assert self._group is not None
            self._group.start_soon(self._serve, stream)
        else:
            try:
                async with self._waiting:
                    self._data[port] = stream
                    self._waiting.notify_all()
            except BaseException:
                theirs.close()
                raise
        return SocketStream(theirs)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve within the block; everything is closed at its end."""
        failure: Exception | None = None
        async with anyio.create_task_group() as group:
            self._group = group
            try:
                yield
            except Exception as error:
                failure = error  # raised outside, so that tests do not meet the group
            finally:
                group.cancel_scope.cancel()
                for stream in self.open_ends:
                    stream.close()
        if failure is not None:
            raise failure

    @contextlib.asynccontextmanager
    async def client(self, *, login: bool = True, **options: Any) -> AsyncIterator[Client]:
        """A client connected to this server."""
        tls = options.pop("tls", None)
        async with self.running():
            client = Client(dialler=self.dial, **options)
            try:
                await client.connect("ftp.example.org", tls=tls)
                if login:
                    await client.login("alice", "wonder-land")
                    self.commands.clear()
                yield client
            finally:
                await client.aclose()

    # What handlers use

    async def say(self, text: str | bytes) -> None:
        """Send a reply; a line without an ending gets one."""
        assert self.control is not None
        data = text.encode() if isinstance(text, str) else text
        await self.control.send(data if data.endswith(b"\n") else data + b"\r\n")

    async def next_bytes(self) -> bytes:
        """Receive what comes, line or not."""
        assert self.control is not None
        return await self.control.receive()

    async def next_command(self) -> str:
        """Receive one line."""
        while b"\n" not in self._buffer:
            assert self.control is not None
            self._buffer += await self.control.receive()
        line, _, self._buffer = self._buffer.partition(b"\n")
        command = line.removesuffix(b"\r").decode("utf-8", "surrogateescape")
        self.commands.append(command)
        return command

    def take_in(self, received: bytes) -> None:
        """Have something that a handler has received taken for the beginning of commands."""
        self._buffer += received

    def open_port(self) -> int:
        """A new port for a data connection."""
        self._next_port += 1
        return self._next_port

    async def accept_data(self) -> OptimisticStream:
        """The client's data connection to the newest port, TLS and all."""
        port = self._next_port
        async with self._waiting:
            while port not in self._data:
                await self._waiting.wait()
        stream: OptimisticStream = self._data.pop(port)
        if self.protects_data:
            assert self.tls is not None
            try:
                stream = await TLSStream.wrap(stream, self.tls, server_side=True)
            except (ssl.SSLError, anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
                raise DataFailed from error
            self.open_ends.append(stream)
        return stream

    # The server itself

    async def _serve(self, stream: SocketStream) -> None:
        self._buffer = b""
        self.control = stream
        ended = (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError, Hangup)
        with contextlib.suppress(*ended, ssl.SSLError):
            if self.implicit:
                await self.start_tls()
            await self.say(self.greeting)
            while True:
                await self.answer(await self.next_command())
        stream.close()  # not self.control: the next connection may have come by now

    async def start_tls(self) -> None:
        """Shake hands on the control connection."""
        assert self.tls is not None
        assert self.control is not None
        self.control = await TLSStream.wrap(self.control, self.tls, server_side=True)

    async def answer(self, command: str) -> None:
        """Do as the script says."""
        verb, _, argument = command.partition(" ")
        answer = self.answers.get(verb.upper(), "502 not implemented")
        if isinstance(answer, tuple):
            answer, *later = answer
            self.answers[verb.upper()] = tuple(later) or answer
        try:
            if callable(answer):
                await answer(self, argument)
            else:
                await self.say(answer)
        except DataFailed:
            await self.say("426 no handshake")


async def _auth(peer: Peer, argument: str) -> None:
    if peer.tls is None:
        return await peer.say("502 no TLS here")
    await peer.say("234 go ahead")
    await peer.start_tls()
    return None


async def _prot(peer: Peer, argument: str) -> None:
    peer.protects_data = argument == "P"
    await peer.say("200 done")


async def epsv(peer: Peer, argument: str) -> None:
    """Open a port and tell it."""
    await peer.say(f"229 Entering Extended Passive Mode (|||{peer.open_port()}|)")


async def pasv(peer: Peer, argument: str) -> None:
    """Open a port and tell it together with an address that nobody should use."""
    port = peer.open_port()
    await peer.say(f"227 Entering Passive Mode (10,11,12,13,{port >> 8},{port & 255})")


async def rest(peer: Peer, argument: str) -> None:
    """Remember an offset."""
    peer.offset = int(argument)
    await peer.say("350 restarting")


async def send_data(
    peer: Peer, content: bytes, first: str = "150 here it comes", final: str = "226 done"
) -> None:
    """Send content and an end cleanly, with the replies around."""
    await peer.say(first)
    data = await peer.accept_data()
    try:
        await data.send(content)
        await data.aclose()
    except anyio.BrokenResourceError:
        return await peer.say("426 broken off")
    return await peer.say(final)


async def retr(peer: Peer, argument: str) -> None:
    """Send a file."""
    content = peer.files.get(argument, peer.content)
    offset, peer.offset = peer.offset, 0
    await send_data(peer, content[offset:], f"150 here it comes ({len(content)} bytes)")


async def stor(peer: Peer, argument: str) -> None:
    """Receive a file."""
    await peer.say("150 send it")
    data = await peer.accept_data()
    received, peer.ended_well = b"", True
    try:
        while True:
            received += await data.receive()
    except anyio.EndOfStream:
        pass
    except anyio.BrokenResourceError:
        peer.ended_well = False
    peer.received = peer.files[argument] = received
    await data.aclose()
    await peer.say("226 done" if peer.ended_well else "426 broken off")


async def size(peer: Peer, argument: str) -> None:
    """The size of what was uploaded; of the file "a" in the listings, where there is no other."""
    await peer.say(f"213 {len(peer.files[argument]) if argument in peer.files else 3}")


def listing(*lines: str) -> Handler:
    """A handler that sends these lines as a listing."""

    async def send_listing(peer: Peer, argument: str) -> None:
        text = "".join(f"{line}\r\n" for line in lines)
        await send_data(peer, text.encode("utf-8", "surrogateescape"))

    return send_listing


async def drain(data: OptimisticStream) -> bytes:
    """Receive to the end."""
    received = b""
    with contextlib.suppress(anyio.EndOfStream):
        while True:
            received += await data.receive()
    return received


async def silent(peer: Peer, argument: str) -> None:
    """Do not answer."""


async def hang_up(peer: Peer, argument: str) -> None:
    """Close the control connection instead of an answer."""
    raise Hangup


_DEFAULTS: dict[str, Answer] = {
    "USER": "331 password?",
    "PASS": "230 welcome",
    "AUTH": _auth,
    "PBSZ": "200 PBSZ=0",
    "PROT": _prot,
    "TYPE": "200 type set",
    "OPTS": "200 done",
    "PWD": '257 "/home" is where you are',
    "CWD": "250 changed",
    "CDUP": "250 changed",
    "NOOP": "200 here",
    "QUIT": "221 goodbye",
    "ABOR": "226 nothing to abort",
    "EPSV": epsv,
    "PASV": pasv,
    "REST": rest,
    "RETR": retr,
    "STOR": stor,
    "APPE": stor,
    "MLSD": listing("type=cdir; /home", "type=file;size=3; a", "type=dir; d"),
    "LIST": listing("-rw-r--r-- 1 u g 3 Nov 23 2025 a", "drwxr-xr-x 2 u g 4096 Nov 23 2025 d"),
    "FEAT": "211-Features\r\n MLST type*;size*;\r\n EPSV\r\n211 End",
    "MLST": "250-here\r\n type=file;size=3;modify=20260102030405; /home/a\r\n250 end",
    "SIZE": size,
    "MDTM": "213 20260102030405",
    "MKD": '257 "/d" made',
    "RMD": "250 removed",
    "DELE": "250 removed",
    "RNFR": "350 go on",
    "RNTO": "250 renamed",
}
