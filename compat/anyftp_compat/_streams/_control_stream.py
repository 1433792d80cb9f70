"""Control connections as aioftp's streams, on which `start_tls` takes place where they are."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import anyftp

from ._core_as_asyncio import CoreReader, CoreWriter

BeginTLS = Callable[[ssl.SSLContext, str | None], Awaitable[None]]


class ControlWriter(CoreWriter):
    """The writer of a control connection.

    Args:
        stream, reader: as for `CoreWriter`.
        begin_tls: shakes hands, and knows what else changes with that.
    """

    def __init__(self, stream: anyftp.StreamIO, reader: CoreReader, begin_tls: BeginTLS) -> None:
        super().__init__(stream, reader)
        self._begin_tls = begin_tls

    async def start_tls(
        self,
        sslcontext: ssl.SSLContext,
        *,
        server_hostname: str | None = None,
        **options: Any,
    ) -> None:
        """Shake hands on the connection. Cancellation: breaks it."""
        await self._begin_tls(sslcontext, server_hostname)


def control_pair(
    stream: anyftp.StreamIO, begin_tls: BeginTLS
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A reader and a writer over a control connection."""
    reader = CoreReader(stream)
    return reader, ControlWriter(stream, reader, begin_tls)
