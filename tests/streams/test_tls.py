"""TLS: what moves, what ends, what breaks; and nothing that a silent peer can hold up."""

from __future__ import annotations

import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import anyio
import pytest
import trustme
from anyio.streams.tls import TLSAttribute

from anyftp import TLSStream, TruncatedStreamError
from anyftp._streams._records import Records
from anyftp._streams._tls import _RECEIVED_BYTES
from anyftp.testing import MemoryStream, memory_stream_pair
from anyftp.testing._byte_stream_checks import send_without_end
from streams.stacks import SERVER_NAME, TLS13, Contexts, PlainStream, shake_hands
from support.cancelling import cancelled_everywhere
from support.clocks import VIRTUAL_BACKENDS, Backend

pytestmark = pytest.mark.anyio

GARBAGE = b"\x17\x03\x03\x00\x20" + b"no record of theirs at all......"


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


@dataclass
class Link:
    """A connection with both sides' plain transports at hand."""

    client: TLSStream
    server: TLSStream
    below_client: MemoryStream
    below_server: MemoryStream


async def connect(
    contexts: Contexts, capacity: int = 65536, session: ssl.SSLSession | None = None
) -> Link:
    left, right = memory_stream_pair(capacity)
    client, server = await shake_hands(contexts, left, right, session)
    client.close_timeout = server.close_timeout = 2.0
    return Link(client, server, left, right)


async def receive_all(stream: TLSStream) -> bytes:
    got = bytearray()
    while True:
        try:
            got += await stream.receive()
        except anyio.EndOfStream:
            return bytes(got)


@pytest.mark.parametrize("capacity", [3000, 65536, 4 * _RECEIVED_BYTES])
async def test_any_transport_carries_any_amount(contexts: Contexts, capacity: int) -> None:
    """Less than a record at a time as well as several pieces of ciphertext at once."""
    link = await connect(contexts, capacity)
    data = bytes(range(251)) * 2400

    async def send() -> None:
        await link.client.send(data)
        await link.client.send_eof()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(send)
        assert await receive_all(link.server) == data
    assert link.server.clean_end


async def test_blocks_smaller_than_a_record_and_larger_than_many(contexts: Contexts) -> None:
    link = await connect(contexts, 1 << 20)
    data = bytes(range(256)) * 1000
    await link.client.send(data)
    small, large = bytearray(7), bytearray(200_000)
    got = bytearray()
    assert await link.server.receive_into(memoryview(small)) == 7
    got += small
    filled = await link.server.receive_into(memoryview(large))
    assert filled > 16384, "records are gathered into the caller's block"
    got += large[:filled]
    while len(got) < len(data):
        got += await link.server.receive(1000)
    assert got == data


async def test_the_caller_sees_through_it(contexts: Contexts) -> None:
    link = await connect(contexts)
    version = "TLSv1.3" if contexts.version is TLS13 else "TLSv1.2"
    assert link.client.extra(TLSAttribute.tls_version) == version
    assert link.client.extra(TLSAttribute.server_side) is False
    assert link.server.extra(TLSAttribute.server_side) is True
    assert link.client.extra(TLSAttribute.peer_certificate_binary)
    assert link.client.ssl_object.version() == version


async def test_a_session_is_resumed(contexts: Contexts) -> None:
    first = await connect(contexts)
    await first.server.send(b"x")  # TLS 1.3: the ticket comes before it
    assert await first.client.receive() == b"x"
    session = first.client.session
    assert session is not None
    assert not first.client.session_reused
    second = await connect(contexts, session=session)
    assert second.client.session_reused
    assert second.server.session_reused


async def test_a_certificate_that_does_not_verify(contexts: Contexts) -> None:
    """Both sides hear of it, and neither transport stays open."""
    left, right = memory_stream_pair()
    trustme.CA().configure_trust(stranger := ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_fail_as_server, right, contexts.server)
        with pytest.raises(ssl.SSLCertVerificationError):
            await TLSStream.wrap(left, stranger, server_hostname=SERVER_NAME)
    for stream in (left, right):
        with pytest.raises(anyio.ClosedResourceError):
            await stream.receive()


async def _fail_as_server(stream: MemoryStream, context: ssl.SSLContext) -> None:
    async def fail() -> None:
        tls = await TLSStream.wrap(stream, context, server_side=True)
        await tls.receive()  # TLS 1.3: the client's alert comes behind the handshake

    with pytest.raises((ssl.SSLError, anyio.BrokenResourceError)):
        await fail()
    stream.close()


@pytest.mark.parametrize(
    ("said", "error"),
    [
        pytest.param(b"220 plain FTP here\r\n" * 2, ssl.SSLError, id="garbage"),
        pytest.param(b"", anyio.BrokenResourceError, id="the-end"),
        pytest.param(b"\x16\x03", anyio.BrokenResourceError, id="the-end-inside-a-record"),
    ],
)
async def test_a_handshake_that_comes_to_nothing(
    contexts: Contexts, said: bytes, error: type[Exception]
) -> None:
    left, right = memory_stream_pair()
    await right.send(said)
    await right.send_eof()
    with pytest.raises(error):
        await TLSStream.wrap(left, contexts.client, server_hostname=SERVER_NAME)
    with pytest.raises(anyio.ClosedResourceError):
        await left.receive()


async def test_a_handshake_is_bounded(contexts: Contexts) -> None:
    left, _ = memory_stream_pair()
    started = anyio.current_time()
    with pytest.raises(TimeoutError, match="TLS handshake: not done within 7"):
        await TLSStream.wrap(
            left, contexts.client, server_hostname=SERVER_NAME, handshake_timeout=7.0
        )
    assert anyio.current_time() - started == pytest.approx(7.0)
    with pytest.raises(anyio.ClosedResourceError):
        await left.receive()


async def test_a_handshake_whose_beginning_was_read_already(contexts: Contexts) -> None:
    left, right = memory_stream_pair()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_greet, left, contexts)
        beginning = await right.receive(100)
        server = await TLSStream.wrap(right, contexts.server, server_side=True, received=beginning)
        assert await server.receive() == b"hello"


async def _greet(stream: MemoryStream, contexts: Contexts) -> None:
    client = await TLSStream.wrap(stream, contexts.client, server_hostname=SERVER_NAME)
    await client.send(b"hello")


@pytest.mark.parametrize("is_foreign", [False, True], ids=["ours", "foreign"])
async def test_a_server_does_not_wait_for_its_tickets_to_be_read(
    contexts: Contexts, is_foreign: bool
) -> None:
    """The pipe is smaller than they are, and the client reads only after it has written."""
    left, right = memory_stream_pair(capacity=40)
    below = PlainStream(right) if is_foreign else right
    data = bytes(range(256)) * 8

    async def serve() -> None:
        server = await TLSStream.wrap(below, contexts.server, server_side=True)
        got = bytearray()
        while len(got) < len(data):
            got += await server.receive()
        await server.send(got)
        server.close()

    with anyio.fail_after(1):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(serve)
            client = await TLSStream.wrap(left, contexts.client, server_hostname=SERVER_NAME)
            await client.send(data)
            got = bytearray()
            while len(got) < len(data):
                got += await client.receive()
    assert got == data
    assert client.session is not None, "the tickets came before what was sent next"
    client.close()


async def test_tickets_go_out_at_once_where_there_is_room(contexts: Contexts) -> None:
    """A client whose server says nothing more can resume the session all the same."""
    link = await connect(contexts)
    assert not link.server.has_unsent
    if contexts.version is TLS13:
        assert link.below_client.nbytes_waiting > 0


async def test_handshakes_cancelled_anywhere_close_the_transport(contexts: Contexts) -> None:
    transports: list[MemoryStream] = []

    async def serve(stream: MemoryStream) -> None:
        with suppress(anyio.BrokenResourceError, ssl.SSLError):
            (await TLSStream.wrap(stream, contexts.server, server_side=True)).close()

    async def scenario() -> None:
        left, right = memory_stream_pair(capacity=3000)
        transports.append(left)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(serve, right)
            client = await TLSStream.wrap(left, contexts.client, server_hostname=SERVER_NAME)
            client.close()

    cancellations = 0
    async for is_cancelled in cancelled_everywhere(scenario):
        cancellations += is_cancelled
        with pytest.raises(anyio.ClosedResourceError):
            await transports[-1].receive()
    assert cancellations > 3


async def test_cancelled_reads_lose_nothing_and_break_nothing(contexts: Contexts) -> None:
    """Records come in pieces, and before and after each piece a read is given up."""
    link = await connect(contexts)
    data = bytes(range(256)) * 100
    await link.client.send(data)
    ciphertext = bytearray()
    while link.below_server.nbytes_waiting:
        ciphertext += await link.below_server.receive()
    got = bytearray()
    for start in range(0, len(ciphertext), 700):
        await link.below_client.send(ciphertext[start : start + 700])
        with anyio.CancelScope() as scope:
            scope.cancel()
            await link.server.receive()
        assert scope.cancelled_caught
        with anyio.move_on_after(0.001):
            while True:
                got += await link.server.receive(5000)
    assert got == data


async def test_a_cancelled_send_breaks_only_what_it_cut(contexts: Contexts) -> None:
    """What the peer gets is a beginning of what was sent; what comes back still comes."""
    link = await connect(contexts, capacity=40_000)
    with anyio.move_on_after(1) as scope:
        await link.client.send(b"a" * 100_000)
    assert scope.cancelled_caught
    await link.server.send(b"still here")
    assert await link.client.receive() == b"still here"
    got = await link.server.receive()
    assert got == b"a" * len(got)


async def test_the_end_is_told_again_and_again(contexts: Contexts) -> None:
    link = await connect(contexts)
    await link.client.send(b"last")
    await link.client.send_eof()
    assert await link.server.receive() == b"last"
    for _ in range(3):
        with pytest.raises(anyio.EndOfStream):
            await link.server.receive()
    assert link.server.clean_end
    await link.server.send(b"back")
    assert await link.client.receive() == b"back"


@pytest.mark.parametrize("accepts", [False, True])
async def test_an_end_without_close_notify_truncates(contexts: Contexts, accepts: bool) -> None:
    link = await connect(contexts)
    link.server.accepts_truncation = accepts
    await link.client.send(b"a part")
    link.below_client.close()
    assert await link.server.receive() == b"a part"
    for _ in range(2):
        with pytest.raises(anyio.EndOfStream if accepts else TruncatedStreamError):
            await link.server.receive()
    assert not link.server.clean_end


async def test_an_end_in_the_middle_of_a_record(contexts: Contexts) -> None:
    link = await connect(contexts)
    left, right = link.below_client, link.below_server
    del right
    await left.send(GARBAGE[:10])
    left.close()
    with pytest.raises(TruncatedStreamError):
        await link.server.receive()


async def test_garbage_breaks_it_after_what_was_good(contexts: Contexts) -> None:
    link = await connect(contexts)
    await link.client.send(b"good")
    await link.below_client.send(GARBAGE)
    assert await link.server.receive() == b"good"
    for _ in range(2):
        with pytest.raises(anyio.BrokenResourceError, match="TLS failed"):
            await link.server.receive()


async def test_a_reset_below_is_told_after_what_was_good(contexts: Contexts) -> None:
    link = await connect(contexts)
    link.below_client.reset()
    with pytest.raises(anyio.BrokenResourceError):
        await link.server.receive()
    with pytest.raises(anyio.BrokenResourceError):
        await link.server.send(b"x")
    await link.server.aclose()


async def test_a_silent_peer_holds_up_the_close_for_its_bound(contexts: Contexts) -> None:
    link = await connect(contexts)
    started = anyio.current_time()
    await link.client.aclose()
    assert anyio.current_time() - started == pytest.approx(2.0)
    with pytest.raises(anyio.ClosedResourceError):
        await link.below_client.receive()


async def test_a_peer_that_takes_nothing_holds_it_up_no_longer(contexts: Contexts) -> None:
    """The close_notify itself cannot be sent, as much lies before it."""
    link = await connect(contexts, capacity=3000)
    with anyio.move_on_after(1):
        await link.client.send(bytes(100_000))
    started = anyio.current_time()
    await link.client.aclose()
    assert anyio.current_time() - started == pytest.approx(2.0)


async def test_a_peer_that_never_stops_talking_is_not_listened_to_for_ever(
    contexts: Contexts,
) -> None:
    """No close_notify in 16 MiB: under a clock that stands still a time-out would not help."""
    link = await connect(contexts, capacity=1 << 20)

    async def talk() -> None:
        with pytest.raises(anyio.BrokenResourceError):
            await send_without_end(link.server)

    started = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(talk)
        await link.client.aclose()
    assert anyio.current_time() - started <= 2.0


async def test_both_say_close_notify_and_wait_for_nobody(contexts: Contexts) -> None:
    link = await connect(contexts)
    started = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(link.client.aclose)
        tasks.start_soon(link.server.aclose)
    assert anyio.current_time() == started
    assert link.client.clean_end
    assert link.server.clean_end


async def test_a_close_cancelled_anywhere_closes(contexts: Contexts) -> None:
    links: list[Link] = []

    async def scenario() -> None:
        await links[-1].client.aclose()

    links.append(await connect(contexts))
    async for _ in cancelled_everywhere(scenario):
        link = links[-1]
        with pytest.raises(anyio.ClosedResourceError):
            await link.client.send(b"x")
        with pytest.raises(anyio.ClosedResourceError):
            await link.below_client.receive()
        links.append(await connect(contexts))


async def test_going_on_in_clear_text(contexts: Contexts) -> None:
    link = await connect(contexts)
    await link.server.send(b"nobody reads this")
    plain: list[bytes] = []

    async def unwrap() -> None:
        below, rest = await link.server.unwrap()
        assert below is link.below_server
        plain.append(rest)
        await below.send(b"plain too")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(unwrap)
        below, rest = await link.client.unwrap()
    assert below is link.below_client
    got = rest or await below.receive()
    assert got == b"plain too"
    with pytest.raises(anyio.ClosedResourceError):
        await link.client.receive()


async def test_a_peer_that_will_not_leave_tls(contexts: Contexts) -> None:
    link = await connect(contexts)
    started = anyio.current_time()
    with pytest.raises(TimeoutError, match="end of TLS: not done within 2"):
        await link.client.unwrap()
    assert anyio.current_time() - started == pytest.approx(2.0)


class Renegotiating:
    """OpenSSL in the middle of a renegotiation (TLS 1.2): it wants to read before it writes."""

    def __init__(self, outgoing: ssl.MemoryBIO, incoming: ssl.MemoryBIO) -> None:
        self._outgoing = outgoing
        self._incoming = incoming
        self.answers = 2
        self.written = bytearray()

    def write(self, data: memoryview) -> int:
        if self.answers and self._incoming.read(1):
            self.answers -= 1
        if self.answers:
            raise ssl.SSLWantReadError
        self.written += data
        self._outgoing.write(data)
        return len(data)

    def read(self, nbytes: int, view: memoryview) -> int:
        raise ssl.SSLWantReadError


async def test_a_write_that_wants_to_read() -> None:
    """It waits for the peer, takes in what comes, and sends all then, once."""
    left, right = memory_stream_pair()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    engine = Renegotiating(outgoing, incoming)
    stream = TLSStream(left, Records(engine, incoming, outgoing))  # type: ignore[arg-type]

    async def answer() -> None:
        for _ in range(2):
            await anyio.sleep(1)
            await right.send(b"1")

    started = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(answer)
        with anyio.fail_after(10):
            await stream.send(b"all of this")
    assert anyio.current_time() - started == pytest.approx(2.0)
    assert engine.written == b"all of this"
    assert await right.receive() == b"all of this"
    stream.close()


class Flooding(Renegotiating):
    """A peer that sends data in the middle of a renegotiation, and does not end it."""

    def write(self, data: memoryview) -> int:
        raise ssl.SSLWantReadError

    def read(self, nbytes: int, view: memoryview) -> int:
        if received := self._incoming.read(nbytes):
            view[: len(received)] = received
            return len(received)
        raise ssl.SSLWantReadError


async def test_a_renegotiation_without_end_takes_bounded_memory() -> None:
    left, right = memory_stream_pair(capacity=1 << 18)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    engine = Flooding(outgoing, incoming)
    stream = TLSStream(left, Records(engine, incoming, outgoing))  # type: ignore[arg-type]
    sent = 0

    async def flood() -> None:
        nonlocal sent
        while sent < 1 << 24:
            await right.send(bytes(1 << 16))
            sent += 1 << 16

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(flood)
        with anyio.fail_after(10), pytest.raises(anyio.BrokenResourceError, match="renegotiation"):
            await stream.send(b"x")
        tasks.cancel_scope.cancel()
    assert sent < 3 << 20
    stream.close()


async def test_tls_inside_tls(contexts: Contexts) -> None:
    """A data connection through a proxy that speaks TLS itself."""
    outer = await connect(contexts)
    client, server = await shake_hands(contexts, outer.client, outer.server)
    await client.send(b"twice protected")
    assert await server.receive() == b"twice protected"


async def test_over_a_stream_that_is_not_ours(contexts: Contexts) -> None:
    left, right = memory_stream_pair()
    client, server = await shake_hands(contexts, PlainStream(left), PlainStream(right))
    await client.send(b"x")
    assert await server.receive() == b"x"
    server.close()
    with pytest.raises(TruncatedStreamError):
        await client.receive()


async def test_two_tasks_in_one_direction(contexts: Contexts) -> None:
    link = await connect(contexts)
    calls: list[Any] = [link.client.receive, link.client.unwrap]
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(link.client.receive)
        await anyio.wait_all_tasks_blocked()
        for call in calls:
            with pytest.raises(anyio.BusyResourceError):
                await call()
        tasks.cancel_scope.cancel()
