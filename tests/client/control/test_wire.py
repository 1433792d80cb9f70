"""Lines out, replies in: their forms, their pieces, and what is none."""

from __future__ import annotations

import anyio
import pytest

from anyftp._errors import (
    ConnectionLost,
    FTPTimeoutError,
    LocalProtocolError,
    RemoteProtocolError,
)
from client.peer import Peer, silent
from support.clocks import VIRTUAL_BACKENDS, Backend
from support.patient_clocks import patient

pytestmark = pytest.mark.anyio


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    """Time-outs have an exact length here, and pass at once."""
    backend: Backend = request.param
    return backend


@pytest.mark.parametrize(
    ("reply", "lines"),
    [
        pytest.param("200 done", ("done",), id="one-line"),
        pytest.param(b"200 done\n", ("done",), id="bare-newline"),
        pytest.param(b"200\r\n", ("",), id="bare-code"),
        pytest.param("200-a\r\n226 b\r\n200-c\r\n200 d", ("a", "226 b", "c", "d"), id="other-code"),
        pytest.param("200-\r\n200-x\r\n200 ", ("", "x", ""), id="empty-continuation"),
        pytest.param("200-a\r\n200", ("a", ""), id="bare-last-line"),
        pytest.param("150 wait\r\n200 done", ("done",), id="preliminary-first"),
    ],
)
async def test_forms_of_replies(reply: str | bytes, lines: tuple[str, ...]) -> None:
    async with Peer(NOOP=reply).client() as client:
        assert (await client.command("NOOP")).lines == lines


async def test_glftpd_ends_a_block_with_another_code() -> None:
    async with Peer(STAT="553-no\r\n553-such\r\n150 thing").client() as client:
        reply = await client.command("STAT", expected_codes="150", wait_codes=())
        assert reply.lines == ("no", "such", "thing")


async def test_a_reply_in_pieces() -> None:
    async def noop(peer: Peer, argument: str) -> None:
        for byte in b"200-a\r\n 2\r\n200 b\r\n":
            assert peer.control is not None
            await peer.control.send(bytes([byte]))
            await anyio.sleep(0)

    async with Peer(NOOP=noop).client() as client:
        assert (await client.command("NOOP")).lines == ("a", " 2", "b")


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(b"hello\r\n", id="no-code"),
        pytest.param(b"999 x\r\n", id="code-too-high"),
        pytest.param(b"20 x\r\n", id="two-digits"),
        pytest.param(b"200 " + b"x" * 10_000, id="line-without-end"),
        pytest.param(b"200-x\r\n" * 30_000, id="reply-without-end"),
        pytest.param(b"\xff\xfe\x00", id="binary"),
    ],
)
async def test_what_is_no_reply_ends_the_connection(reply: bytes) -> None:
    async with Peer(NOOP=reply + b"\r\n").client() as client:
        with pytest.raises(RemoteProtocolError):
            await client.noop()
        assert not client.is_connected
        with pytest.raises(ConnectionLost, match="no reply"):
            await client.noop()


# What cannot be sent


@pytest.mark.parametrize("text", ["a\rb", "a\nb", "a\0b", "a\r\nDELE b", "\n"])
async def test_p1_line_breaks_never_reach_the_server(text: str) -> None:
    peer = Peer()
    async with peer.client() as client:
        for call in (
            client.change_directory,
            client.make_directory,
            client.remove_directory,
            client.stat,
            client.exists,
            client.is_dir,
            client.is_file,
            client.remove,
            client.remove_file,
            client.size,
            client.modified,
            client.site,
            client.command,
            client.download,
        ):
            with pytest.raises(LocalProtocolError):
                await call(text)
        with pytest.raises(LocalProtocolError):
            await client.rename(text, "b")
        with pytest.raises(LocalProtocolError):
            await client.rename("a", text)
        with pytest.raises(LocalProtocolError):
            await client.list(text)
        with pytest.raises(LocalProtocolError):
            async with client.upload_stream(text):
                pass
        with pytest.raises(LocalProtocolError):
            await client.command("NOOP", text)
        await client.noop()
    said = " ".join(peer.commands)
    assert "DELE" not in said
    assert not {"RETR", "STOR", "SITE", "RMD", "MLSD", "RNTO"} & set(said.split())


# Time-outs and cancellation


@patient
async def test_a_reply_that_does_not_come_in_time() -> None:
    async with Peer(NOOP=silent).client(timeout=0.05, close_timeout=0.05) as client:
        with pytest.raises(FTPTimeoutError, match="NOOP") as caught:
            await client.noop()
        assert isinstance(caught.value, TimeoutError)
        assert caught.value.seconds == 0.05
        with pytest.raises(ConnectionLost, match="NOOP never came"):
            await client.get_current_directory()


@patient
async def test_a_server_that_sends_a_byte_now_and_then_is_out_of_time() -> None:
    async def noop(peer: Peer, argument: str) -> None:
        for _ in range(100):
            await peer.say(b"200-x\n")
            await anyio.sleep(0.01)

    async with Peer(NOOP=noop).client(timeout=0.1) as client:
        with pytest.raises(FTPTimeoutError):
            await client.noop()


async def test_trace_tells_all_lines_and_no_secret() -> None:
    told: list[tuple[str, str]] = []

    def trace(direction: str, line: str) -> None:
        told.append((direction, line))

    peer = Peer(STAT="211-state\r\n a line\r\n211 end", PASS="230 in")
    async with peer.client(trace=trace) as client:
        told.clear()
        await client.command("STAT")
        await client.command("PASS", "s3cret")
    assert told[:6] == [
        ("sent", "STAT"),
        ("received", "211-state"),
        ("received", " a line"),
        ("received", "211 end"),
        ("sent", "PASS ****"),
        ("received", "230 in"),
    ]
    assert told[-2][0] == "sent"  # QUIT


async def test_whether_a_server_is_still_there_is_told_without_asking() -> None:
    peer = Peer()
    async with peer.client() as client:
        assert client.is_alive()
        assert peer.commands == []
        await peer.say("200 a word unasked")
        assert client.is_alive()
        await peer.say("421 idle for too long")
        assert not client.is_alive()
        assert not client.is_connected
        with pytest.raises(ConnectionLost, match="421 idle for too long") as caught:
            await client.noop()
        assert (caught.value.received_codes, caught.value.info) == (
            ("421",),
            ["idle for too long"],
        )
    assert not client.is_alive()
    async with peer.client() as client:
        assert peer.control is not None
        peer.control.close()
        assert not client.is_alive()
    with pytest.raises(ConnectionLost, match="421 sorry") as caught:
        async with Peer(greeting="421-sorry\r\n421 too many").client():
            pass
    assert caught.value.received_codes == ("421",)
    assert caught.value.info == ["sorry", "too many"]


async def test_no_line_is_put_together_while_nobody_wants_it() -> None:
    class Trace:
        is_listening = False

        def __init__(self) -> None:
            self.told: list[tuple[str, str]] = []

        def is_wanted(self) -> bool:
            return self.is_listening

        def __call__(self, direction: str, line: str) -> None:
            assert self.is_listening
            self.told.append((direction, line))

    trace = Trace()
    async with Peer(STAT="211 fine", NOOP="200 yes").client(trace=trace) as client:
        await client.command("STAT")
        trace.is_listening = True
        await client.command("NOOP")
        trace.is_listening = False
        await client.command("STAT")
    assert trace.told == [("sent", "NOOP"), ("received", "200 yes")]
