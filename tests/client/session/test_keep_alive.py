"""NOOP while nothing else is said; quirk 28, and the order of replies that it mixes up."""

from __future__ import annotations

import contextlib
from typing import Any

import anyio
import pytest

from anyftp import Client, RetryPolicy
from anyftp._errors import ConnectionLost, LocalProtocolError, PermanentReplyError
from anyftp.testing import memory_stream_pair
from client.peer import CONTENT, Peer, drain, hang_up, silent
from support.clocks import VIRTUAL_BACKENDS, Backend

pytestmark = pytest.mark.anyio


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


async def test_noop_goes_out_whenever_nothing_else_has() -> None:
    peer = Peer()
    async with peer.client() as client:
        async with client.keep_alive(60):
            await anyio.sleep(30)
            await client.get_current_directory()
            await anyio.sleep(59)
            assert peer.commands == ["PWD"]
            await anyio.sleep(2)
            assert peer.commands == ["PWD", "NOOP"]
            await anyio.sleep(600)
            assert peer.commands == ["PWD", *["NOOP"] * 11]
            assert str(await client.get_current_directory()) == "/home"
        await anyio.sleep(600)
    assert peer.commands == ["PWD", *["NOOP"] * 11, "PWD"]


async def test_another_command() -> None:
    peer = Peer()
    async with peer.client() as client, client.keep_alive(10, command="STAT /a b"):
        await anyio.sleep(11)
    assert peer.commands == ["STAT /a b"]


async def test_a_command_at_the_very_moment_gets_its_own_reply() -> None:
    async def late(peer: Peer, argument: str) -> None:
        await anyio.sleep(1)
        await peer.say("200 here")

    peer = Peer(NOOP=late)
    async with peer.client() as client, client.keep_alive(10):
        for _ in range(5):
            await anyio.sleep(10)
            assert str(await client.get_current_directory()) == "/home"
    assert peer.commands == ["NOOP", "PWD"] * 5 or peer.commands.count("PWD") == 5


async def test_a_server_that_does_not_answer_is_asked_no_more() -> None:
    peer = Peer(NOOP=silent)
    async with peer.client() as client, client.keep_alive(10):
        await anyio.sleep(100)
        assert peer.commands == ["NOOP"]
        with pytest.raises(ConnectionLost, match="NOOP never came"):
            await client.get_current_directory()


@pytest.mark.parametrize("fault", [hang_up, "421 bored", "what?"], ids=["gone", "421", "nonsense"])
async def test_a_failure_is_the_next_commands(fault: Any) -> None:
    async with Peer(NOOP=fault).client() as client, client.keep_alive(10):
        await anyio.sleep(100)
        with pytest.raises(ConnectionLost):
            await client.get_current_directory()
        await anyio.sleep(100)


async def test_with_a_policy_the_next_command_finds_a_connection() -> None:
    peer = Peer(NOOP=(hang_up, "200 here"))
    async with peer.client(retry=RetryPolicy()) as client, client.keep_alive(10):
        await anyio.sleep(15)
        assert str(await client.get_current_directory()) == "/home"
        await anyio.sleep(15)
    assert peer.commands == ["NOOP", "USER alice", "PASS wonder-land", "PWD", "NOOP"]


async def test_a_refusal_is_no_matter() -> None:
    async with Peer(NOOP="500 what?").client() as client, client.keep_alive(10):
        await anyio.sleep(100)
        assert str(await client.get_current_directory()) == "/home"


async def test_errors_in_the_block_stay_what_they_are() -> None:
    async with Peer().client() as client:
        with pytest.raises(ZeroDivisionError):
            async with client.keep_alive(10):
                raise ZeroDivisionError
        with anyio.move_on_after(5) as scope:
            async with client.keep_alive(10):
                await anyio.sleep(100)
        assert scope.cancelled_caught
        await client.noop()


async def test_not_connected_and_connected_again() -> None:
    peer = Peer()
    async with peer.client() as client, client.keep_alive(10):
        await client.quit()
        await anyio.sleep(100)
        await client.connect("ftp.example.org")
        await anyio.sleep(15)
    assert peer.commands == ["QUIT", "NOOP"]


@pytest.mark.parametrize(
    "arguments", [{"seconds": 0}, {"seconds": -1}, {"command": "NOOP\r\nDELE x"}, {"command": ""}],
    ids=str,
)  # fmt: skip
async def test_what_cannot_be(arguments: dict[str, Any]) -> None:
    async with Peer().client() as client:
        with pytest.raises(LocalProtocolError):
            client.keep_alive(**arguments)


async def test_over_a_stream_that_can_only_wait() -> None:
    """A dialler of one's own: there is no trying, a line is on its way for a moment."""
    lines: list[bytes] = []

    async def dial(host: str, port: int) -> Any:
        ours, theirs = memory_stream_pair()
        group.start_soon(serve, theirs)
        return ours

    async def serve(stream: Any) -> None:
        await stream.send(b"220 hello\r\n")
        with contextlib.suppress(anyio.EndOfStream, anyio.BrokenResourceError):
            while True:
                lines.append(await stream.receive())
                await stream.send(b'257 "/x"\r\n' if lines[-1][:3] == b"PWD" else b"200 yes\r\n")

    async with anyio.create_task_group() as group:
        client = Client(dialler=dial)
        await client.connect("ftp.example.org")
        async with client.keep_alive(10):
            await anyio.sleep(15)
            assert lines == [b"NOOP\r\n"]
            assert str(await client.get_current_directory()) == "/x"
        await client.aclose()
        group.cancel_scope.cancel()


# Transfers


async def slow(peer: Peer, argument: str) -> None:
    """A download of 100 s, during which commands are not looked at."""
    await peer.say("150 here it comes (10 bytes)")
    data = await peer.accept_data()
    for _ in range(10):
        await anyio.sleep(10)
        await data.send(b"x")
    data.close()
    await peer.say("226 done")


def attentive(noop: str, final: str = "226 done", *, is_upload: bool = False) -> Any:
    """A transfer of 100 s, during which NOOP is answered like this."""

    async def transfer(peer: Peer, argument: str) -> None:
        await peer.say("150 here it comes")
        data = await peer.accept_data()
        later: list[str] = []
        async with anyio.create_task_group() as group:

            async def listen() -> None:
                while True:
                    command = await peer.next_command()
                    if command != "NOOP":
                        later.append(command)
                    elif noop:
                        await peer.say(noop)

            group.start_soon(listen)
            if is_upload:
                peer.received = await drain(data)
            else:
                for _ in range(10):
                    await anyio.sleep(10)
                    await data.send(b"x")
            data.close()
            group.cancel_scope.cancel()
        await peer.say(final)
        for command in later:
            await peer.answer(command)

    return transfer


async def read(client: Client) -> bytes:
    async with client.download_stream("f") as stream:
        return await stream.read()


async def test_quirk_28_nothing_is_sent_during_a_transfer_unless_asked_for() -> None:
    peer = Peer(RETR=slow)
    async with peer.client() as client, client.keep_alive(15):
        assert await read(client) == b"x" * 10
        await anyio.sleep(16)
    assert peer.commands == ["TYPE I", "EPSV", "RETR f", "NOOP"]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(slow, id="answered-after-the-transfer"),
        pytest.param(attentive("200 here"), id="answered-at-once"),
        pytest.param(attentive("500 busy"), id="refused"),
        pytest.param(attentive("226 busy"), id="as-if-it-were-the-end"),
        pytest.param(attentive(""), id="ignored"),
        pytest.param(attentive("200 here", "200 sent"), id="final-200"),
    ],
)
async def test_quirk_28_noop_during_a_download(answer: Any) -> None:
    peer = Peer(RETR=(answer, answer, "550 no"))
    async with peer.client() as client:
        async with client.keep_alive(15, during_transfers=True):
            for _ in range(2):
                assert await read(client) == b"x" * 10
            assert str(await client.get_current_directory()) == "/home"
        with pytest.raises(PermanentReplyError):
            await read(client)
    assert peer.commands.count("NOOP") == 12
    assert peer.commands.count("PWD") == 2 + 1


@pytest.mark.parametrize("noop", ["200 here", "500 busy", ""], ids=["200", "500", "ignored"])
@pytest.mark.parametrize("final", ["226 done", "552 too much"])
async def test_quirk_28_noop_during_an_upload(noop: str, final: str) -> None:
    peer = Peer(STOR=attentive(noop, final, is_upload=True))
    async with peer.client() as client, client.keep_alive(15, during_transfers=True):
        with contextlib.ExitStack() as stack:
            if final.startswith("552"):
                stack.enter_context(pytest.raises(PermanentReplyError, match="too much"))
            async with client.upload_stream("f") as stream:
                for _ in range(10):
                    await stream.write(b"y")
                    await anyio.sleep(10)
        await client.noop()
    assert peer.received == b"y" * 10


async def test_a_transfer_given_up_after_noop() -> None:
    peer = Peer(RETR=slow, ABOR="226 closing")
    async with peer.client() as client, client.keep_alive(15, during_transfers=True):
        with anyio.move_on_after(50):
            await read(client)
        await anyio.sleep(100)
        assert not client.is_connected or str(await client.get_current_directory()) == "/home"


async def test_a_short_transfer_costs_nothing_more() -> None:
    peer = Peer()
    async with peer.client() as client, client.keep_alive(15, during_transfers=True):
        assert await read(client) == CONTENT
    assert peer.commands == ["TYPE I", "EPSV", "RETR f"]
