"""`--metrics HOST:PORT`: the server's figures for Prometheus, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import anyio
from anyio.abc import ByteStream
from anyio.streams.buffered import BufferedByteReceiveStream

from anyftp._cli._ending._failure import Failure

if TYPE_CHECKING:
    from anyftp.prometheus import Counting

_SECONDS = 5.0
_MAX_REQUEST = 8192
#: Answers at the same time; who comes beyond them is not listened to.
AT_ONCE = 8


def exposition_of(server: Counting) -> Callable[[], bytes]:
    """What gives a server's figures as text.

    Raises:
        Failure: the extra is not installed.
    """
    try:
        from prometheus_client import CollectorRegistry, generate_latest

        from anyftp.prometheus import ServerCollector
    except ImportError as error:
        raise Failure(
            '--metrics needs prometheus-client: python -m pip install "anyftp[prometheus]"'
        ) from error
    registry = CollectorRegistry()
    registry.register(ServerCollector(server))
    return lambda: generate_latest(registry)


async def answer(
    stream: ByteStream, exposition: Callable[[], bytes], at_once: anyio.CapacityLimiter
) -> None:
    """Answer one request: GET /metrics. Cancellation: closes the connection."""
    async with stream:
        if at_once.available_tokens < 1:
            return
        at_once.acquire_nowait()
        try:
            await _answer(stream, exposition)
        finally:
            at_once.release()


async def _answer(stream: ByteStream, exposition: Callable[[], bytes]) -> None:
    with anyio.move_on_after(_SECONDS):
        try:
            head = await BufferedByteReceiveStream(stream).receive_until(b"\r\n\r\n", _MAX_REQUEST)
            await stream.send(_response(head.partition(b"\r\n")[0].split(b" "), exposition))
        except (
            anyio.EndOfStream,
            anyio.IncompleteRead,
            anyio.DelimiterNotFound,
            anyio.BrokenResourceError,
        ):
            pass  # it speaks no HTTP, or is gone


def _response(words: list[bytes], exposition: Callable[[], bytes]) -> bytes:
    kind = b"text/plain; version=0.0.4; charset=utf-8"
    if len(words) != 3 or words[0] not in (b"GET", b"HEAD"):
        status, body = b"405 Method Not Allowed", b""
    elif words[1].partition(b"?")[0] not in (b"/", b"/metrics"):
        status, body = b"404 Not Found", b"/metrics\n"
    else:
        status, body = b"200 OK", exposition()
    head = b"HTTP/1.1 %b\r\nContent-Type: %b\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (
        status,
        kind,
        len(body),
    )
    return head if words[0] == b"HEAD" else head + body
