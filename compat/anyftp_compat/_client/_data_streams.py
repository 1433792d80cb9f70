"""The client's data streams: their end the control connection has to confirm.

`get_stream` gives a `CoreDataStream`; where a program makes its connections itself it is the
other, over asyncio's reader and writer.
"""

from __future__ import annotations

import asyncio
import re
from functools import cached_property
from types import TracebackType

import anyftp

from .._ground._codes import DEFAULT_BLOCK_SIZE, Code, wrap_into_codes, wrap_with_container
from .._ground._translation import translated_errors
from .._streams._core_as_asyncio import CoreReader, CoreWriter
from .._streams._throttle import StreamThrottle
from .._streams._throttled import ThrottleStreamIO
from ._base_client import BaseClient

#: The last line of a reply that is not preliminary.
_FINAL = re.compile(r"[2-5]\d\d( |$)")


class DataConnectionThrottleStreamIO(ThrottleStreamIO):
    """A throttled stream over a data connection.

    Leaving its `async with` finishes the transfer; leaving it by an exception closes the data
    connection at once.

    Args:
        client: hears the confirmation.
        reader, writer, throttles, timeout, read_timeout, write_timeout: as for
            `ThrottleStreamIO`.
    """

    def __init__(
        self,
        client: BaseClient,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        throttles: dict[str, StreamThrottle] | None = None,
        timeout: float | None = None,
        read_timeout: float | None = None,
        write_timeout: float | None = None,
    ) -> None:
        super().__init__(reader, writer, throttles, timeout, read_timeout, write_timeout)
        self.client = client

    async def finish(
        self,
        expected_codes: str | tuple[str, ...] = "2xx",
        wait_codes: str | tuple[str, ...] = "1xx",
    ) -> None:
        """Close the data connection and await the server's word that the transfer is done.

        Args:
            expected_codes: masks of codes that mean success.
            wait_codes: masks of codes after which another reply comes.

        Raises:
            StatusCodeError: the server did not confirm the transfer.

        Cancellation: the reply is read off before the next command.
        """
        self.close()
        await self.client.command(None, expected_codes, wait_codes)

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        await (self.finish() if exc is None else self._give_up())

    async def _give_up(self) -> None:
        """The block has failed: close at once."""
        self.close()


class CoreDataStream(DataConnectionThrottleStreamIO):
    """What `Client.get_stream` gives.

    Time-outs and throttles are this stream's; the core's stream below moves bytes and settles the
    end of the transfer with the control connection.

    Attributes:
        is_settled: what the server says of the transfer has been heard, or nobody wants to know.
        verdict: what the server said of the transfer after an ABOR that was not waited for.
    """

    def __init__(
        self,
        client: BaseClient,
        core: anyftp.DataConnectionThrottleStreamIO,
        *,
        is_upload: bool,
    ) -> None:
        core.read_timeout = core.write_timeout = None
        self.core = core  # its own throttles limit nothing, see `Connecting._make_core`
        self.client = client
        self.throttles = {"_": client.throttle}
        self.read_timeout = self.write_timeout = client.socket_timeout or None
        self.is_settled = False
        self.verdict: str | None = None
        self._has_hooks = False
        self._is_upload = is_upload

    @cached_property
    def reader(self) -> CoreReader:  # type: ignore[override]  # made when somebody asks for it
        """What has come, for `asyncio`'s readers."""
        reader = CoreReader(self.core)
        if self._is_upload:  # nothing ever comes
            reader.feed_eof()
        return reader

    @cached_property
    def writer(self) -> CoreWriter:  # type: ignore[override]  # made when somebody asks for it
        """What goes out, for `asyncio`'s writers."""
        return CoreWriter(self.core, self.reader)

    async def read(self, count: int = -1) -> bytes:
        """As `ThrottleStreamIO.read`, in blocks that do not burst. Cancellation: safe."""
        if self.read_timeout is None and not self._pays("read"):
            return await self.reader.read(count)
        if count > DEFAULT_BLOCK_SIZE:
            count = self._piece("read", count)
        return await super().read(count)

    async def write(self, data: bytes) -> None:
        """As `ThrottleStreamIO.write`. Cancellation: a part of data may have been sent."""
        if "writer" in self.__dict__ or self.write_timeout is not None or self._pays("write"):
            await super().write(data)
            return
        channel: anyftp.OptimisticStream = self.core.stream  # type: ignore[assignment]  # never less
        view = memoryview(data) if type(data) is bytes else memoryview(data).cast("B")
        nbytes = 0
        try:
            nbytes = channel.try_send(view)
            if nbytes == len(view) and not channel.has_unsent:
                return
        except Exception:
            pass  # the stream's own call will say why
        with translated_errors():
            await self.core.write(view[nbytes:])

    async def finish(
        self,
        expected_codes: str | tuple[str, ...] = "2xx",
        wait_codes: str | tuple[str, ...] = "1xx",
    ) -> None:
        """Close the data connection and await the server's word that the transfer is done.

        A download that was not read to its end is broken off instead, which is no error.

        Raises:
            StatusCodeError: the server did not confirm the transfer.

        Cancellation: leaves the control connection in step, or says that it is lost.
        """
        expected: tuple[str, ...] = wrap_with_container(expected_codes)
        waited: tuple[str, ...] = wrap_with_container(wait_codes)
        if self.client._hear == self.hear:
            await self.abandon()
            if self.verdict is not None:
                code, info = Code(self.verdict[:3]), [self.verdict[3:]]
                self.client.check_codes(wrap_into_codes(expected), code, info)
            return
        if "writer" in self.__dict__ and not self.writer.is_closing():
            await self.writer.drain()
        self.is_settled = True
        with translated_errors(expected):
            await self.core.finish(expected, waited)

    def hear(self, line: str) -> None:
        """Take note of what the server says once ABOR has been sent: the first is about us."""
        if self.verdict is None and _FINAL.match(line):
            self.verdict = line

    async def _give_up(self) -> None:
        self.client._hear = self.hear
        await self.abandon()
        self.client._hear = None
        if self.verdict is not None:  # who asks for the reply behind a failure gets it
            self.client._unread = anyftp.Reply(self.verdict[:3], (self.verdict[4:],))

    async def abandon(self) -> None:
        """Break the transfer off and get the control connection back into step.

        Cancellation: not interrupted; bounded.
        """
        self.is_settled = True
        await self.core.abandon()
        self.reader.feed_eof()

    def close(self) -> None:
        """Close the data connection; its reply is read off before the next command."""
        self.is_settled = True
        if "writer" in self.__dict__:
            self.writer.close()
        else:  # also where there is no event loop any more
            self.core.close()
