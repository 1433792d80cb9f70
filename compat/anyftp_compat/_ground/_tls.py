"""A TLS context that resumes one session on every connection made with it, and locales."""

from __future__ import annotations

import locale
import ssl
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

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

    def wrap_socket(self, *args: Any, **options: Any) -> ssl.SSLSocket:
        """As of `ssl.SSLContext`, with this object's session unless another is given."""
        return self.context.wrap_socket(*args, **self._with_session(options))

    def wrap_bio(self, *args: Any, **options: Any) -> ssl.SSLObject:
        """As of `ssl.SSLContext`, with this object's session unless another is given."""
        return self.context.wrap_bio(*args, **self._with_session(options))

    def _with_session(self, options: dict[str, Any]) -> dict[str, Any]:
        return {**options, "session": options.get("session") or self.session}
