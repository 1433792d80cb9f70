"""The stream contract, property by property, on every stack that we ship."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from importlib.metadata import version
from typing import Any

import pytest

from anyftp.testing import BYTE_STREAM_CHECKS, STREAM_IO_CHECKS, Skipped, run_check
from streams import stacks
from streams.stacks import TLS12, Contexts
from support.clocks import ASYNCIO, BACKENDS, TRIO, VIRTUAL_BACKENDS

pytestmark = pytest.mark.anyio

FAST = 1e9

#: name -> maker of the maker; those that need no TLS ignore the contexts.
BYTE_STREAMS: dict[str, Callable[[Contexts], Any]] = {
    "memory": lambda _: stacks.memory_pair,
    "socketpair": lambda _: stacks.socket_pair,
    "tcp": lambda _: stacks.tcp_pair,
    "text-memory": lambda _: stacks.text_pair(stacks.memory_pair),
    "text-tcp": lambda _: stacks.text_pair(stacks.tcp_pair),
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

#: Those of them that no socket is under.
IN_MEMORY = {
    *("memory", "text-memory", "patient", "tls-memory", "tls-patient"),
    *("io-memory", "io-plain", "limited-plain"),
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


#: A local (Unix) socket has no such thing as a reset.
RESETS = ("peer_reset", "aclose_after_a_reset")


def _cases(
    checks: Sequence[Callable[..., Awaitable[None]]], stacks: Iterable[str]
) -> pytest.MarkDecorator:
    """Every check on every stack; those of memory alone under clocks that jump, in no time."""
    return pytest.mark.parametrize(
        ("anyio_backend", "check", "stack"),
        [
            pytest.param(
                *backend.values,
                check,
                stack,
                id=f"{backend.id}-{check.__name__}-{stack}",
                marks=backend.marks,
            )
            for check in checks
            for stack in stacks
            if stack != "socketpair" or check.__name__ not in RESETS
            for backend in (VIRTUAL_BACKENDS if stack in IN_MEMORY else BACKENDS)
        ],
    )


@pytest.mark.every_loop
@_cases(BYTE_STREAM_CHECKS, BYTE_STREAMS)
async def test_byte_stream(check: Any, stack: str, modern: Contexts) -> None:
    await _run(check, BYTE_STREAMS[stack](modern))


@pytest.mark.parametrize("check", BYTE_STREAM_CHECKS, ids=_name)
async def test_byte_stream_over_tls_1_2(
    check: Any, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    contexts = Contexts(server_tls, client_tls, TLS12)
    await _run(check, stacks.tls_pair(contexts, stacks.tcp_pair))


@_cases(STREAM_IO_CHECKS, STREAM_IOS)
async def test_stream_io(check: Any, stack: str, modern: Contexts) -> None:
    await _run(check, STREAM_IOS[stack](modern))


@_cases(BYTE_STREAM_CHECKS, ["io-plain", "limited", "data-tls"])
async def test_stream_io_is_a_byte_stream(check: Any, stack: str, modern: Contexts) -> None:
    await _run(check, STREAM_IOS[stack](modern))


#: A StreamIO over streams that are not ours.
FOREIGN: dict[str, Callable[[Contexts], Any]] = {
    "anyio": lambda _: stacks.io_pair(stacks.anyio_pair),
    "anyio-tls": lambda contexts: stacks.io_pair(
        stacks.hasty_pair(stacks.anyio_tls_pair(contexts, stacks.anyio_pair))
    ),
}


#: Seen with 4.12; what is around such a stream cannot mend it.
IS_OLD_ANYIO = tuple(map(int, version("anyio").split(".")[:2])) < (4, 13)


@pytest.mark.skipif(
    IS_OLD_ANYIO,
    reason="streams of anyio 4.12 leave sockets open, and turn cancellation into errors",
)
@pytest.mark.parametrize("anyio_backend", [ASYNCIO, TRIO], ids=["asyncio", "trio"])
@pytest.mark.parametrize("stack", FOREIGN)
@pytest.mark.parametrize("check", [*BYTE_STREAM_CHECKS, *STREAM_IO_CHECKS], ids=_name)
async def test_over_a_foreign_stream(
    check: Any, stack: str, modern: Contexts, anyio_backend_name: str
) -> None:
    if stack == "anyio-tls":
        _skip_if_it_lacks(check, "anyio-tls")
    if anyio_backend_name == "asyncio":
        _skip_if_it_lacks(check, "anyio-on-asyncio")
    await _run(check, FOREIGN[stack](modern))


@pytest.mark.parametrize("check", BYTE_STREAM_CHECKS, ids=_name)
async def test_ours_inside_anyio_tls(check: Any, modern: Contexts) -> None:
    """Our streams serve as transport of anyio's own TLS stream."""
    _skip_if_it_lacks(check, "anyio-tls", "anyio-tls-itself")
    ours = stacks.io_pair(stacks.tcp_pair)
    await _run(check, stacks.anyio_tls_pair(modern, ours, is_standard=False))


_NO_EOF = "anyio's TLSStream has no send_eof"
_TAKES_ALL = "anyio's SocketStream takes in without bound what nobody receives, on asyncio"

#: What streams that are not ours have not got, whatever is around them.
LACKS: dict[str, dict[str, str]] = {
    "anyio-tls": dict.fromkeys(
        [
            "end_of_stream",
            "chunking_does_not_matter",
            "every_call_is_a_cancellation_point",
            "half_close",
            "half_close_with_unread_bytes",
            "read_gives_what_there_is",
            "read_to_the_end",
            "read_into_a_buffer",
            "lines",
            "exact_reads",
            "no_time_for_what_is_there",
            "nothing_is_written_after_the_end",
        ],
        _NO_EOF,
    ),
    "anyio-tls-itself": {
        "one_task_a_direction": "anyio's TLSStream does not guard its directions itself",
        "closed_streams_say_so": "anyio's TLSStream gives what it has decrypted after aclose",
        "aclose_delivers_what_was_sent": "without standard_compatible it sends no close_notify",
    },
    "anyio-on-asyncio": dict.fromkeys(
        [
            "one_task_a_direction",
            "back_pressure",
            "aclose_is_bounded",
            "specific_timeouts_win",
            "writes_cut_short",
        ],
        _TAKES_ALL,
    ),
}


def _skip_if_it_lacks(check: Any, *kinds: str) -> None:
    for kind in kinds:
        if reason := LACKS[kind].get(check.__name__):
            pytest.skip(reason)
