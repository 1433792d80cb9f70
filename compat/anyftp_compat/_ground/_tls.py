"""A TLS context that resumes one session on every connection made with it, and locales."""

from __future__ import annotations

import asyncio
import locale
import socket
import ssl
import threading
from collections.abc import Generator
from contextlib import contextmanager

LOCALE_LOCK = threading.Lock()


@contextmanager
def setlocale(name: str) -> Generator[str, None, None]:
    """Set the locale of the process for a while, one thread at a time."""
    with LOCALE_LOCK:
        before = locale.setlocale(locale.LC_ALL)
        try:
            yield locale.setlocale(locale.LC_ALL, name)
        finally:
            locale.setlocale(locale.LC_ALL, before)


async def default_context() -> ssl.SSLContext:
    """`ssl.create_default_context()`, made in a thread: it would hold the event loop for 80 ms.

    Cancellation: safe.
    """
    return await asyncio.get_running_loop().run_in_executor(None, ssl.create_default_context)


class SSLSessionBoundContext(ssl.SSLContext):
    """Hands out TLS objects of another context, with a session to resume.

    Args:
        protocol: as for `ssl.SSLContext`.
        context: makes the TLS objects.
        session: is resumed.
    """

    __slots__ = ("context", "session")

    context: ssl.SSLContext
    session: ssl.SSLSession

    def __new__(
        cls, protocol: int, context: ssl.SSLContext, session: ssl.SSLSession
    ) -> SSLSessionBoundContext:
        return super().__new__(cls, protocol)

    def __init__(self, protocol: int, context: ssl.SSLContext, session: ssl.SSLSession) -> None:
        super().__init__()
        self.context = context
        self.session = session

    def wrap_socket(
        self,
        sock: socket.socket,
        server_side: bool = False,
        do_handshake_on_connect: bool = True,
        suppress_ragged_eofs: bool = True,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLSocket:
        """As of `ssl.SSLContext`, with this object's session unless another is given."""
        return self.context.wrap_socket(
            sock,
            server_side=server_side,
            do_handshake_on_connect=do_handshake_on_connect,
            suppress_ragged_eofs=suppress_ragged_eofs,
            server_hostname=server_hostname,
            session=self._chosen(session),
        )

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """As of `ssl.SSLContext`, with this object's session unless another is given."""
        return self.context.wrap_bio(
            incoming,
            outgoing,
            server_side=server_side,
            server_hostname=server_hostname,
            session=self._chosen(session),
        )

    def _chosen(self, session: ssl.SSLSession | None) -> ssl.SSLSession:
        return self.session if session is None else session
