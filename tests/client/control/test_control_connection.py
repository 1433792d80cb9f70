"""Quirks of FEATURES e) 1 to 17 that live on the control connection, and what cancelling leaves."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from anyftp._errors import (
    ConnectionLost,
    FTPTimeoutError,
    LocalProtocolError,
    PermanentReplyError,
    RemoteProtocolError,
    ReplyError,
)
from client.peer import Answers, Peer, hang_up, silent
from support.clocks import VIRTUAL_BACKENDS, Backend

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


async def test_a_command_answered_twice() -> None:
    async with Peer(CWD="200 ok\r\n250 ok again").client() as client:
        await client.change_directory("a")
        assert str(await client.get_current_directory()) == "/home"


async def test_a_second_answer_that_comes_late() -> None:
    async def cwd(peer: Peer, argument: str) -> None:
        await peer.say("250 changed")
        await anyio.sleep(0.05)
        await peer.say("550 or not")

    async with Peer(CWD=cwd).client() as client:
        await client.change_directory("a")
        await anyio.sleep(0.1)
        assert str(await client.get_current_directory()) == "/home"


@pytest.mark.parametrize(
    ("answers", "match"),
    [
        pytest.param({"NOOP": "421 idle too long"}, "idle too long", id="421-for-an-answer"),
        pytest.param({"NOOP": hang_up}, "closed", id="closed-for-an-answer"),
    ],
)
async def test_the_server_leaves(answers: dict[str, Any], match: str) -> None:
    async with Peer(**answers).client() as client:
        with pytest.raises(ConnectionLost, match=match):
            await client.noop()
        assert not client.is_connected
        with pytest.raises(ConnectionLost, match=match):
            await client.size("a")


@pytest.mark.parametrize("words", [None, "421 timeout"], ids=["silently", "with-421"])
async def test_the_server_left_while_we_were_idle(words: str | None) -> None:
    peer = Peer()
    async with peer.client() as client:
        if words:
            await peer.say(words)
        assert peer.control is not None
        peer.control.close()
        await anyio.sleep(0.01)
        with pytest.raises(ConnectionLost, match="timeout" if words else "closed"):
            await client.noop()
    assert peer.commands == []


async def test_a_421_behind_a_refusal() -> None:
    async with Peer(CWD="550 no\r\n421 and goodbye").client() as client:
        with pytest.raises(PermanentReplyError):
            await client.change_directory("a")
        with pytest.raises(ConnectionLost, match="goodbye"):
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


async def test_a_reply_that_does_not_come_in_time() -> None:
    async with Peer(NOOP=silent).client(timeout=0.05, close_timeout=0.05) as client:
        with pytest.raises(FTPTimeoutError, match="NOOP") as caught:
            await client.noop()
        assert isinstance(caught.value, TimeoutError)
        assert caught.value.seconds == 0.05
        with pytest.raises(ConnectionLost, match="NOOP never came"):
            await client.get_current_directory()


async def test_a_server_that_sends_a_byte_now_and_then_is_out_of_time() -> None:
    async def noop(peer: Peer, argument: str) -> None:
        for _ in range(100):
            await peer.say(b"200-x\n")
            await anyio.sleep(0.01)

    async with Peer(NOOP=noop).client(timeout=0.1) as client:
        with pytest.raises(FTPTimeoutError):
            await client.noop()


async def test_the_reply_to_a_cancelled_command_is_not_taken_for_the_next_ones() -> None:
    async def late(peer: Peer, argument: str) -> None:
        await anyio.sleep(0.1)
        await peer.say('257 "/wrong" is the answer to another question')

    async with Peer(MKD=late).client() as client:
        with anyio.move_on_after(0.02):
            await client.command("MKD", "a")
        assert str(await client.get_current_directory()) == "/home"


async def test_many_cancelled_commands() -> None:
    async def late(peer: Peer, argument: str) -> None:
        await anyio.sleep(0.01)
        await peer.say(f"213 {argument}")

    async with Peer(SIZE=late).client() as client:
        for number in range(10):
            with anyio.move_on_after(0.003):
                await client.command("SIZE", str(number))
        assert (await client.command("SIZE", "11")).text == "11"


async def test_a_command_cancelled_before_it_is_sent() -> None:
    peer = Peer()
    async with peer.client() as client:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await client.noop()
        assert scope.cancelled_caught
        assert str(await client.get_current_directory()) == "/home"
    assert peer.commands == ["PWD"]


async def test_two_tasks_at_once() -> None:
    async def slow(peer: Peer, argument: str) -> None:
        await anyio.sleep(0.05)
        await peer.say("200 done")

    async with Peer(NOOP=slow).client() as client, anyio.create_task_group() as group:
        group.start_soon(client.noop)
        await anyio.sleep(0.01)
        with pytest.raises(anyio.BusyResourceError):
            await client.get_current_directory()


# Leaving


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("221 goodbye", id="221"),
        pytest.param("421 goodbye", id="421"),
        pytest.param(hang_up, id="closed"),
        pytest.param(silent, id="silence"),
        pytest.param("500 what?", id="500"),
        pytest.param("nonsense", id="nonsense"),
    ],
)
async def test_quit_is_never_an_error_and_takes_no_time(answer: Answers) -> None:
    peer = Peer(QUIT=answer)
    async with peer.client(close_timeout=0.1) as client:
        with anyio.fail_after(1):
            await client.quit()
        assert not client.is_connected
    assert peer.commands == ["QUIT"]


async def test_refusals_tell_what_was_asked() -> None:
    async with Peer(DELE="553-no\r\n553 not yours").client() as client:
        with pytest.raises(PermanentReplyError) as caught:
            await client.remove_file("a b")
    assert str(caught.value) == "DELE 'a b': the server answered 553 no not yours"
    assert caught.value.received_codes == ("553",)
    assert (caught.value.command, caught.value.path) == ("DELE", "a b")
    assert caught.value.info == ["no", "not yours"]
    assert isinstance(caught.value, ReplyError)


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
