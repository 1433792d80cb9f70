"""The end of a transfer, good and bad. Quirks 5 to 11, 27, 29, 33 to 36; cancelling."""

from __future__ import annotations

import contextlib
import gc
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from anyftp._client import Client
from anyftp._client._data._open import open_transfer
from anyftp._client._data._transfer import Transfer
from anyftp._errors import (
    ConnectionLost,
    FTPError,
    FTPTimeoutError,
    IncompleteTransferError,
    LocalProtocolError,
    PermanentReplyError,
    TransientReplyError,
    UnconfirmedTransferError,
)
from anyftp._streams import ThrottleStreamIO
from anyftp._throttle import StreamThrottle
from anyftp.testing import reset_stream
from client.data.transferred import endless_peer, read_until
from client.peer import CONTENT, Hangup, Peer, drain, retr, stor, tcp_pair
from support.clocks import VIRTUAL_BACKENDS
from support.patient_clocks import patient

pytestmark = pytest.mark.anyio


# In good order


async def test_finishing_an_awaited_stream() -> None:
    async with Peer().client() as client:
        stream = await client.download_stream("f")
        assert await stream.read() == CONTENT
        await stream.finish()
        await stream.finish()
        await client.noop()


async def test_an_upload() -> None:
    peer = Peer()
    async with peer.client() as client, client.upload_stream("f") as stream:
        await stream.write(CONTENT)
    assert peer.received == CONTENT
    assert peer.commands == ["TYPE I", "EPSV", "STOR f"]


async def test_reading_an_upload_ends_at_once() -> None:
    peer = Peer()
    async with peer.client(timeout=5) as client, client.upload_stream("g") as stream:
        await stream.write(b"abc")
        assert await stream.read() == b""
        assert await stream.read(10) == b""
        assert await stream.readline() == b""
        assert await stream.read_into(bytearray(10)) == 0
        assert [block async for block in stream.iter_by_block()] == []
        with pytest.raises(anyio.EndOfStream):
            await stream.receive()
        with pytest.raises(anyio.IncompleteRead):
            await stream.readexactly(1)
    assert peer.received == b"abc"


async def test_an_append() -> None:
    peer = Peer()
    async with peer.client() as client, client.append_stream("f") as stream:
        await stream.write(CONTENT)
    assert peer.commands == ["TYPE I", "EPSV", "APPE f"]


@pytest.mark.parametrize("code", ["226", "250", "200"])
async def test_any_2xx_confirms(code: str) -> None:
    async def confirm(peer: Peer, argument: str) -> None:
        await peer.say("150 it comes (0 bytes)")
        (await peer.accept_data()).close()
        await peer.say(f"{code} done")

    async with Peer(RETR=confirm).client() as client:
        async with client.download_stream("f") as stream:
            assert await stream.read() == b""
        await client.noop()


async def test_a_refusal_after_the_data() -> None:
    async def fail(peer: Peer, argument: str) -> None:
        await peer.say("150 it comes")
        data = await peer.accept_data()
        await data.send(b"some")
        data.close()
        await peer.say("451 the disk broke")

    async with Peer(RETR=fail).client() as client:
        with pytest.raises(TransientReplyError, match="the disk broke"):
            async with client.download_stream("f") as stream:
                await stream.read()
        await client.noop()


async def test_a_refusal_after_an_upload() -> None:
    async def fail(peer: Peer, argument: str) -> None:
        await peer.say("150 send it")
        data = await peer.accept_data()
        await drain(data)
        data.close()
        await peer.say("552 over quota")

    async with Peer(STOR=fail).client() as client:
        with pytest.raises(PermanentReplyError, match="over quota"):
            async with client.upload_stream("f") as stream:
                await stream.write(b"x")
        await client.noop()


async def test_a_server_that_hangs_up_on_an_upload_says_why() -> None:
    async def full(peer: Peer, argument: str) -> None:
        await peer.say("150 send it")
        (await peer.accept_data()).close()
        await peer.say("452 no space left")

    async with Peer(STOR=full).client() as client:
        with pytest.raises(TransientReplyError, match="no space left"):
            await write_for_ever(client)
        await client.noop()


async def write_for_ever(client: Client) -> None:
    async with client.upload_stream("f") as stream:
        while True:
            await stream.write(bytes(65536))


@pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS, indirect=True)
@pytest.mark.parametrize(
    ("options", "limit"),
    [({}, 60), ({"confirmation_timeout": 7}, 7), ({"timeout": 90}, 90)],
)
async def test_a_confirmation_of_an_upload_that_does_not_come(
    options: dict[str, Any], limit: float
) -> None:
    async def never(peer: Peer, argument: str) -> None:
        await peer.say("150 send it")
        await drain(await peer.accept_data())

    async with Peer(STOR=never).client(**{"timeout": 5, **options}) as client:
        stream = await client.upload_stream("f")
        await stream.write(b"x")
        start = anyio.current_time()
        with pytest.raises(FTPTimeoutError, match=f"within {limit} s"):
            await stream.finish()
        assert anyio.current_time() - start == pytest.approx(limit)


@patient
async def test_a_slow_confirmation_of_an_upload_is_waited_for() -> None:
    async def scan_for_viruses(peer: Peer, argument: str) -> None:
        peer.answers["STOR"] = stor
        original = peer.say

        async def say(text: str | bytes) -> None:
            if text == "226 done":
                await anyio.sleep(0.2)
            await original(text)

        peer.say = say  # type: ignore[method-assign]  # one reply of this script is late
        await stor(peer, argument)

    async with (
        Peer(STOR=scan_for_viruses).client(timeout=0.05) as client,
        client.upload_stream("f") as stream,
    ):
        await stream.write(b"x")


@pytest.mark.parametrize(
    ("is_tls", "told"), [(True, None), (False, None), (False, len(CONTENT)), (False, 20_000)]
)
async def test_the_control_connection_dies_during_a_download(
    is_tls: bool, told: int | None, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async def die(peer: Peer, argument: str) -> None:
        await peer.say("150 it comes" if told is None else f"150 it comes ({told} bytes)")
        data = await peer.accept_data()
        await data.send(peer.content)
        await data.aclose()
        raise Hangup

    options: dict[str, Any] = {"tls": "explicit", "ssl_context": client_tls} if is_tls else {}
    async with Peer(RETR=die, tls=server_tls).client(**options) as client:
        with pytest.raises(FTPError) as caught:
            async with client.download_stream("f") as stream:
                assert await stream.read() == CONTENT
        assert not client.is_connected
    if is_tls or told == len(CONTENT):  # TLS's end, and the size, say that this is all
        assert isinstance(caught.value, UnconfirmedTransferError)
        assert (caught.value.path, caught.value.command) == ("f", "RETR")
        assert "all went over" in str(caught.value)
    else:  # a server that is killed ends a plain connection as one that has sent all
        assert isinstance(caught.value, IncompleteTransferError)
        assert (caught.value.received, caught.value.expected) == (len(CONTENT), told)


async def die_after_receiving(peer: Peer, argument: str) -> None:
    await peer.say("150 send it")
    data = await peer.accept_data()
    peer.received = await drain(data)
    await data.aclose()
    raise Hangup


@pytest.mark.parametrize("is_tls", [False, True], ids=["plain", "tls"])
async def test_the_control_connection_dies_before_an_upload_is_confirmed(
    is_tls: bool, tmp_path: Path, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    (tmp_path / "f").write_bytes(CONTENT)
    options: dict[str, Any] = {"tls": "explicit", "ssl_context": client_tls} if is_tls else {}
    peer = Peer(STOR=die_after_receiving, tls=server_tls)
    async with peer.client(**options) as client:
        with pytest.raises(UnconfirmedTransferError, match="STOR 'g': all went over"):
            await client.upload(tmp_path / "f", "g")
    assert peer.received == CONTENT
    peer = Peer(STOR=die_after_receiving, tls=server_tls)
    async with peer.client(**options) as client:
        with pytest.raises(UnconfirmedTransferError, match="STOR 'g': all went over"):
            async with client.upload_stream("g") as stream:
                await stream.write(CONTENT)
    assert peer.received == CONTENT


async def test_a_download_that_was_cut_is_not_called_unconfirmed() -> None:
    async def cut(peer: Peer, argument: str) -> None:
        await peer.say("150 it comes")
        data = await peer.accept_data()
        await data.send(peer.content)
        reset_stream(data)
        raise Hangup

    peer = Peer(RETR=cut)
    peer.make_pair = tcp_pair
    async with peer.client() as client:
        with pytest.raises((ConnectionLost, anyio.BrokenResourceError)) as caught:
            async with client.download_stream("f") as stream:
                await stream.read()
    assert not isinstance(caught.value, UnconfirmedTransferError)


# Other commands meanwhile


async def test_other_commands_are_refused_until_the_stream_is_finished() -> None:
    peer = Peer()
    async with peer.client() as client:
        async with client.download_stream("f") as stream:
            with pytest.raises(LocalProtocolError, match="RETR 'f' is under way"):
                await client.noop()
            with pytest.raises(LocalProtocolError, match="under way"):
                await client.download_stream("g")
            assert await stream.read() == CONTENT
        await client.noop()


async def test_a_stream_closed_by_hand_does_not_block_the_client() -> None:
    async with Peer().client() as client:
        stream = await client.download_stream("f")
        assert await stream.read() == CONTENT
        await stream.aclose()
        await client.noop()


async def test_closing_the_client_closes_the_open_stream() -> None:
    async with Peer().client() as client:
        await client.download_stream("f")
        client.close()
        assert not client.is_connected


async def test_quitting_while_a_stream_is_open() -> None:
    peer = endless_peer("426 ok|ABOR|226 ok")
    async with peer.client() as client:
        await client.download_stream("f")
        await client.quit()
    assert peer.commands[-1] == "QUIT"


# Reading a part


async def test_a_download_left_before_its_end_is_broken_off() -> None:
    peer = endless_peer("426 broken off|ABOR|226 aborted")
    async with peer.client() as client:
        async with client.download_stream("f") as stream:
            assert len(await stream.read(10)) == 10
        assert str(await client.get_current_directory()) == "/home"


async def test_a_reader_may_stop_right_before_the_end() -> None:
    peer = Peer()
    async with peer.client() as client:
        async with client.download_stream("f") as stream:
            assert await stream.readexactly(len(CONTENT)) == CONTENT
        await client.noop()
    assert "ABOR" not in peer.commands


async def test_bytes_in_the_buffer_of_the_stream_do_not_make_it_unfinished() -> None:
    peer = Peer()
    async with peer.client() as client:
        async with client.download_stream("f") as stream:
            assert await stream.readline()
            await anyio.sleep(0.05)
        await client.noop()
    assert "ABOR" not in peer.commands


async def test_a_stalled_download_is_out_of_time() -> None:
    async def stall(peer: Peer, argument: str) -> None:
        await peer.say("150 it comes")
        data = await peer.accept_data()
        await data.send(b"some")
        with pytest.raises(anyio.EndOfStream):
            await data.receive()
        await peer.say("426 broken off")

    async def read(client: Client) -> None:
        async with client.download_stream("f") as stream:
            stream.read_timeout = 0.05
            await stream.read()

    async with Peer(RETR=stall).client() as client:
        with pytest.raises(TimeoutError):
            await read(client)
        await client.noop()


async def test_an_upload_that_is_given_up_is_reset() -> None:
    peer = Peer(ABOR="225 nothing to abort")
    async with peer.client() as client:
        with anyio.CancelScope() as scope:
            async with client.upload_stream("f") as stream:
                await stream.write(CONTENT)
                scope.cancel()
                await anyio.sleep_forever()
        await client.noop()
    # A pair of local sockets knows no reset; on TCP the server sees one (see the interop tests).
    assert peer.received == CONTENT


async def _close(client: Client) -> None:
    client.close()


@pytest.mark.parametrize("leave", [_close, Client.aclose], ids=["close", "aclose"])
async def test_a_client_closed_in_an_upload_resets_it(
    leave: Callable[[Client], Awaitable[None]],
) -> None:
    """An orderly end would tell the server that the file is whole."""
    is_over = anyio.Event()

    async def store(peer: Peer, argument: str) -> None:
        try:
            await stor(peer, argument)
        finally:
            is_over.set()

    peer = Peer(STOR=store)
    peer.make_pair = tcp_pair
    async with peer.client() as client:
        stream = await client.upload_stream("f")
        await stream.write(CONTENT)
        await leave(client)
        await is_over.wait()
    assert peer.ended_well is False


@patient
async def test_no_226_in_time() -> None:
    async def never(peer: Peer, argument: str) -> None:
        await peer.say("150 it comes")
        (await peer.accept_data()).close()

    async with Peer(RETR=never).client(timeout=0.05, close_timeout=0.05) as client:
        with pytest.raises(FTPTimeoutError, match="RETR"):
            async with client.download_stream("f") as stream:
                assert await stream.read() == b""
        await client.noop()  # ABOR and PWD have got it back in step


#: First replies and last ones to the download of 4500 bytes, and whether these may be all.
COUNTS = [
    ("150 it comes (4,500 bytes)", "226 done", True),
    ("150 it comes (4,501 bytes)", "226 done", False),
    ("150-it comes\r\n150 4500 bytes to download", "226 done", True),
    ("150-it comes\r\n150 4501 bytes to download", "226 done", False),
    ("150-it comes\r\n150 4.4 kbytes to download", "226 done", True),
    ("150-it comes\r\n150 4.5 kbytes to download", "226 done", False),
    ("150 it comes", "226 4500 bytes transferred", True),
    ("150 it comes", "226-4,501 bytes sent\r\n226 done", False),
    ("150 it comes", "226 Sent 4501 bytes.", False),
    ("150 it comes", "226 Sent 9999 bytes per second", True),
    ("150 it comes", '226 "/9999 bytes sent" has gone', True),
]


@pytest.mark.parametrize(("first", "last", "is_all"), COUNTS)
@pytest.mark.parametrize("way", ["stream", "file"])
async def test_every_count_that_a_server_tells_is_minded(
    first: str, last: str, is_all: bool, way: str, tmp_path: Path
) -> None:
    async def send(peer: Peer, argument: str) -> None:
        await peer.say(first)
        data = await peer.accept_data()
        await data.send(peer.content)
        data.close()
        await peer.say(last)

    async with Peer(RETR=send).client() as client:
        with contextlib.nullcontext() if is_all else pytest.raises(IncompleteTransferError):
            if way == "stream":
                async with client.download_stream("9999 bytes sent") as stream:
                    await stream.read()
            else:
                await client.download("9999 bytes sent", tmp_path / "f", verify_size=False)
        assert (tmp_path / "f").exists() == (is_all and way == "file")
        await client.noop()


@pytest.mark.parametrize(
    ("last", "is_all"),
    [
        ("226 4500 bytes received", True),
        ("226 4499 bytes received", False),
        ("226 0 bytes written", False),
        ("226 done", True),
    ],
)
async def test_an_upload_of_which_the_server_has_taken_less(
    last: str, is_all: bool, tmp_path: Path
) -> None:
    """Where nothing else tells, for it knows neither SIZE nor MLST."""

    async def take(peer: Peer, argument: str) -> None:
        await peer.say("150 ok")
        data = await peer.accept_data()
        with contextlib.suppress(anyio.EndOfStream):
            while True:
                await data.receive()
        data.close()
        await peer.say(last)

    (tmp_path / "f").write_bytes(bytes(4500))
    async with Peer(STOR=take, SIZE="500 what?", MLST="500 what?").client() as client:
        for verify_size in (False, True):
            with contextlib.nullcontext() if is_all else pytest.raises(IncompleteTransferError):
                await client.upload(tmp_path / "f", "f", verify_size=verify_size)


# TLS


@pytest.fixture
def tls(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> tuple[ssl.SSLContext, Any]:
    return server_tls, {"tls": "explicit", "ssl_context": client_tls}


async def test_t8_an_upload_ends_with_close_notify(tls: tuple[ssl.SSLContext, Any]) -> None:
    peer = Peer(tls=tls[0])
    async with peer.client(**tls[1]) as client, client.upload_stream("f") as stream:
        await stream.write(CONTENT)
    assert peer.received == CONTENT
    assert peer.ended_well


async def test_an_upload_that_is_given_up_ends_without_close_notify(
    tls: tuple[ssl.SSLContext, Any],
) -> None:
    peer = Peer(tls=tls[0], ABOR="225 nothing to abort")
    async with peer.client(**tls[1]) as client:
        with anyio.CancelScope() as scope:
            async with client.upload_stream("f") as stream:
                await stream.write(CONTENT)
                scope.cancel()
                await anyio.sleep_forever()
        await client.noop()
    assert peer.ended_well is False


@patient
async def test_a9_a_server_that_never_sends_close_notify_holds_an_upload_up_for_a_moment_only(
    tls: tuple[ssl.SSLContext, Any],
) -> None:
    async def rude(peer: Peer, argument: str) -> None:
        await peer.say("150 send it")
        data = await peer.accept_data()
        await drain(data)
        await peer.say("226 done")

    peer = Peer(tls=tls[0], STOR=rude)
    async with peer.client(**tls[1], close_timeout=0.2) as client:
        with anyio.fail_after(3):
            async with client.upload_stream("f") as stream:
                await stream.write(CONTENT)
        await client.noop()


async def test_a_cancelled_tls_download_leaves_the_connection_usable(
    tls: tuple[ssl.SSLContext, Any],
) -> None:
    peer = endless_peer("426 broken off|ABOR|226 aborted")
    peer.tls = tls[0]
    async with peer.client(**tls[1]) as client:
        with anyio.move_on_after(0.05):
            await read_until("cancelled", client.download_stream("f"))
        await client.noop()
        peer.answers["RETR"] = retr
        async with client.download_stream("f") as stream:
            assert await stream.read() == CONTENT


async def test_a_download_without_close_notify_is_noticed(
    tls: tuple[ssl.SSLContext, Any],
) -> None:
    async def cut(peer: Peer, argument: str) -> None:
        await peer.say("150 it comes")
        data = await peer.accept_data()
        await data.send(peer.content)
        data.close()
        await peer.say("226 done")

    async with Peer(tls=tls[0], RETR=cut).client(**tls[1]) as client:
        with pytest.raises(anyio.BrokenResourceError, match="close_notify"):
            async with client.download_stream("f") as stream:
                await stream.read()
        await client.noop()


# What is left


async def test_nothing_is_left_to_the_collector(tmp_path: Path) -> None:
    """Thousands of small files would have it run for nothing."""
    (tmp_path / "file").write_bytes(CONTENT)
    async with Peer().client() as client:

        async def part() -> None:
            async with client.download_stream("file") as stream:
                await stream.read(1)

        async def all_of_it() -> None:
            async with client.download_stream("file") as stream:
                await stream.read()

        async def up() -> None:
            async with client.upload_stream("file") as stream:
                await stream.write(CONTENT)

        async def listing() -> None:
            async for _ in client.list():
                pass

        transfers: list[Callable[[], Awaitable[object]]] = [part, all_of_it, up, listing]
        transfers += [lambda: client.download("file", tmp_path / "copy")]
        transfers += [lambda: client.upload(tmp_path / "file", "copy")]
        for transfer in transfers:
            await transfer()
            gc.collect()
            gc.disable()
            try:
                await transfer()
                left = [each for each in gc.get_objects() if type(each) is Transfer]
            finally:
                gc.enable()
            assert not left


async def test_a_copy_moves_over_a_plain_stream_that_pays_the_throttle_of_the_client() -> None:
    peer = Peer()
    async with peer.client() as client:
        transfer = await open_transfer(client._connected(), "RETR", "f")
        stream = transfer.bare_stream
        assert type(stream) is ThrottleStreamIO
        assert transfer.bare_stream is stream
        client.throttle = StreamThrottle.from_limits(read_speed_limit=1e9)
        assert stream.throttles["client"] is client.throttle
        assert await stream.read() == CONTENT
        transfer.copied, transfer.is_at_end = len(CONTENT), True
        await transfer.finish_transfer()
        assert transfer.received == len(CONTENT)
        await client.noop()


async def test_a_copy_goes_on_where_a_reader_stopped() -> None:
    """What the reader's buffer holds by then comes first."""
    async with Peer().client() as client:
        transfer = await open_transfer(client._connected(), "RETR", "f")
        assert await transfer.stream.readexactly(10) == CONTENT[:10]
        assert transfer.bare_stream is transfer.stream
        assert await transfer.bare_stream.read() == CONTENT[10:]
        await transfer.finish_transfer()
        assert transfer.received == len(CONTENT)


async def test_a_copy_that_is_given_up_needs_no_stream_of_a_user() -> None:
    async with Peer().client() as client:
        transfer = await open_transfer(client._connected(), "RETR", "f")
        await transfer.abandon_transfer()
        assert transfer.channel.is_closed
        await client.noop()
