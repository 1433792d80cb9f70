"""TLS in memory: any chunks of ciphertext give the same bytes, and every end is told for good."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anyftp._streams._records import Records
from streams.stacks import SERVER_NAME, Contexts

Pair = tuple[Records, Records]


def one_side(context: ssl.SSLContext, *, is_server: bool) -> Records:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    name = None if is_server else SERVER_NAME
    ssl_object = context.wrap_bio(incoming, outgoing, is_server, name)
    return Records(ssl_object, incoming, outgoing)


def carry(source: Records, target: Records, size: int = 1 << 20) -> None:
    while block := source.ciphertext()[:size]:
        target.feed(block)
        source.sent(len(block))


@pytest.fixture
def make_pair(contexts: Contexts) -> Callable[[], Pair]:
    """A client and a server after their handshake."""

    def make() -> Pair:
        client = one_side(contexts.client, is_server=False)
        server = one_side(contexts.server, is_server=True)
        is_done = False
        while not is_done:
            is_done = True
            for side, other in ((client, server), (server, client)):
                try:
                    side.ssl_object.do_handshake()
                except ssl.SSLWantReadError:
                    is_done = False
                carry(side, other)
        return client, server

    return make


def read(records: Records, size: int = 1 << 20) -> bytes:
    block = memoryview(bytearray(size))
    return bytes(block[: records.read_into(block)])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.integers(1, 70_000),
    ciphertext=st.integers(1, 40_000),
    plaintext=st.integers(1, 70_000),
)
def test_any_chunks(
    make_pair: Callable[[], Pair], size: int, ciphertext: int, plaintext: int
) -> None:
    client, server = make_pair()
    data = bytes(number % 251 for number in range(size))
    assert client.write(memoryview(data)) == size
    got = bytearray()
    while client.has_unsent:
        block = client.ciphertext()[:ciphertext]
        server.feed(block)
        client.sent(len(block))
        while piece := read(server, plaintext):
            got += piece
        assert server.lacks_input
    assert got == data
    assert not server.is_over


def test_close_notify_ends_it_behind_all_data(make_pair: Callable[[], Pair]) -> None:
    client, server = make_pair()
    client.write(memoryview(b"the last"))
    client.say_close_notify()
    client.say_close_notify()
    carry(client, server)
    server.feed(memoryview(b"in clear text"))
    assert not server.clean_end
    assert read(server) == b"the last"
    assert [read(server), read(server)] == [b"", b""]
    assert server.clean_end
    assert server.is_over
    assert server.behind() == b"in clear text"


def test_what_came_before_ones_own_close_notify_is_read_after_it(
    make_pair: Callable[[], Pair],
) -> None:
    client, server = make_pair()
    server.write(memoryview(b"from the server"))
    carry(server, client)
    client.say_close_notify()
    assert client.has_aside
    assert read(client, 4) == b"from"
    assert read(client) == b" the server"
    server.write(memoryview(b"and more"))
    carry(server, client)
    assert read(client) == b"and more"
    client.set_aside()
    client.forget()
    assert not client.has_aside


def _nothing(server: Records) -> None:
    server.feed(memoryview(b""))


def _garbage(server: Records) -> None:
    server.feed(memoryview(b"no record at all, of no version"))


@pytest.mark.parametrize(
    ("end", "error"),
    [
        pytest.param(_nothing, ssl.SSLEOFError, id="cut"),
        pytest.param(_garbage, ssl.SSLError, id="garbage"),
    ],
)
def test_a_bad_end_is_kept(
    make_pair: Callable[[], Pair], end: Callable[[Records], None], error: type[ssl.SSLError]
) -> None:
    client, server = make_pair()
    client.write(memoryview(b"good"))
    carry(client, server)
    end(server)
    assert read(server) == b"good"
    for look in (partial(read, server), partial(read, server)):
        assert look() == b""
        assert isinstance(server.error, error)
        assert server.is_over
        assert not server.clean_end
