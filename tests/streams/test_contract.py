"""The stream contract, property by property, on every stack that we ship."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest
from anyio.streams.tls import TLSStream as AnyioTLSStream

from anyftp.testing import BYTE_STREAM_CHECKS, STREAM_IO_CHECKS, Skipped, run_check
from streams import stacks
from streams.stacks import TLS12, Contexts

pytestmark = pytest.mark.anyio

FAST = 1e9

#: name -> maker of the maker; those that need no TLS ignore the contexts.
BYTE_STREAMS: dict[str, Callable[[Contexts], Any]] = {
    "memory": lambda _: stacks.memory_pair,
    "socketpair": lambda _: stacks.socket_pair,
    "tcp": lambda _: stacks.tcp_pair,
    "patient": lambda _: stacks.patient_pair,
    "tls-tcp": lambda contexts: stacks.tls_pair(contexts, stacks.tcp_pair),
    "tls-memory": lambda contexts: stacks.tls_pair(contexts, stacks.memory_pair),
    "tls-patient": lambda contexts: stacks.tls_pair(contexts, stacks.plain_pair),
}
STREAM_IOS: dict[str, Callable[[Contexts], Any]] = {
    "io-memory": lambda _: stacks.io_pair(stacks.memory_pair),
    "io-plain": lambda _: stacks.io_pair(stacks.plain_pair),
    "io-tcp": lambda _: stacks.io_pair(stacks.tcp_pair),
    "io-tls": lambda contexts: stacks.io_pair(stacks.tls_pair(contexts, stacks.tcp_pair)),
    "io-io": lambda _: stacks.io_pair(stacks.io_pair(stacks.tcp_pair)),
    "unlimited": lambda _: stacks.throttled_pair(stacks.tcp_pair, None),
    "limited": lambda _: stacks.throttled_pair(stacks.tcp_pair, FAST),
    "limited-plain": lambda _: stacks.throttled_pair(stacks.plain_pair, FAST),
    "data": lambda _: stacks.throttled_pair(stacks.tcp_pair, FAST, "data"),
    "data-tls": lambda contexts: stacks.throttled_pair(
        stacks.tls_pair(contexts, stacks.tcp_pair), FAST, "data"
    ),
}


def _name(check: Callable[..., Awaitable[None]]) -> str:
    return check.__name__


async def _run(check: Any, make_pair: Any) -> None:
    try:
        await run_check(check, make_pair)
    except Skipped as reason:
        pytest.skip(str(reason))


@pytest.fixture
def modern(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> Contexts:
    return Contexts(server_tls, client_tls)


@pytest.mark.parametrize("stack", BYTE_STREAMS)
@pytest.mark.parametrize("check", BYTE_STREAM_CHECKS, ids=_name)
async def test_byte_stream(check: Any, stack: str, modern: Contexts) -> None:
    await _run(check, BYTE_STREAMS[stack](modern))


@pytest.mark.parametrize("check", BYTE_STREAM_CHECKS, ids=_name)
async def test_byte_stream_over_tls_1_2(
    check: Any, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    contexts = Contexts(server_tls, client_tls, TLS12)
    await _run(check, stacks.tls_pair(contexts, stacks.tcp_pair))


@pytest.mark.parametrize("stack", STREAM_IOS)
@pytest.mark.parametrize("check", STREAM_IO_CHECKS, ids=_name)
async def test_stream_io(check: Any, stack: str, modern: Contexts) -> None:
    await _run(check, STREAM_IOS[stack](modern))


@pytest.mark.parametrize("stack", ["io-plain", "limited", "data-tls"])
@pytest.mark.parametrize("check", BYTE_STREAM_CHECKS, ids=_name)
async def test_stream_io_is_a_byte_stream(check: Any, stack: str, modern: Contexts) -> None:
    await _run(check, STREAM_IOS[stack](modern))


@pytest.mark.parametrize("stack", ["tcp"])
@pytest.mark.parametrize("check", BYTE_STREAM_CHECKS, ids=_name)
async def test_ours_inside_anyio_tls(check: Any, stack: str, modern: Contexts) -> None:
    """Our streams serve as transport of anyio's own TLS stream."""
    if check.__name__ in ANYIO_TLS_CANNOT:
        pytest.skip(ANYIO_TLS_CANNOT[check.__name__])
    make_inner = STREAM_IOS[f"io-{stack}"](modern)

    async def make(**options: Any) -> Any:
        left, right = await make_inner(**options)
        made = []

        async def serve() -> None:
            made.append(
                await AnyioTLSStream.wrap(
                    right, server_side=True, ssl_context=modern.server, standard_compatible=False
                )
            )

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(serve)
            client = await AnyioTLSStream.wrap(
                left,
                hostname=stacks.SERVER_NAME,
                ssl_context=modern.client,
                standard_compatible=False,
            )
        return client, made[0]

    await _run(check, make)


#: Properties that anyio's TLS stream has not got, whatever carries it.
ANYIO_TLS_CANNOT = {
    "half_close": "anyio's TLSStream has no send_eof",
    "half_close_with_unread_bytes": "anyio's TLSStream has no send_eof",
    "end_of_stream": "anyio's TLSStream has no send_eof",
    "chunking_does_not_matter": "anyio's TLSStream has no send_eof",
    "one_task_a_direction": "anyio's TLSStream does not guard its directions itself",
    "aclose_delivers_what_was_sent": "without standard_compatible it says no farewell",
    "closed_streams_say_so": "anyio's TLSStream gives what it has decrypted after aclose",
}
