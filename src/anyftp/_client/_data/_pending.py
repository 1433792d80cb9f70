"""What `download_stream` and its kin return: to be awaited, or entered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from types import TracebackType
from typing import Any

import anyio

from anyftp._client._data._stream import DataConnectionThrottleStreamIO

Stream = DataConnectionThrottleStreamIO


class OpeningStream:
    """A data connection about to be opened.

    `async with client.download_stream(path) as stream` finishes the transfer at the end of the
    block, or breaks it off if the block fails. `stream = await client.download_stream(path)`
    leaves that to `stream.finish()` and `stream.abandon()`.
    """

    def __init__(self, open_stream: Callable[[], Awaitable[Stream]]) -> None:
        self._open_stream = open_stream
        self._stream: Stream | None = None

    def __await__(self) -> Generator[Any, Any, Stream]:
        return self._open_stream().__await__()

    async def __aenter__(self) -> Stream:
        self._stream = await self._open_stream()
        return await self._stream.__aenter__()

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        stream, self._stream = self._stream, None
        if stream is None:
            return
        if isinstance(exc_value, anyio.BrokenResourceError):
            # Who hangs up usually says why, on the control connection.
            refusal = await stream.client.failure()
            if refusal is not None:
                raise refusal from exc_value
        await stream.__aexit__(exc_type, exc_value, traceback)
