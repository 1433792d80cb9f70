"""The client's data streams: aioftp's class over a data connection of the core."""

from __future__ import annotations

import re
from types import TracebackType

import anyftp

from .._ground._codes import DEFAULT_BLOCK_SIZE, Code, wrap_into_codes, wrap_with_container
from .._ground._translation import translated_errors
from .._streams._core_as_asyncio import CoreReader, CoreTransport, CoreWriter
from ._base_client import BaseClient
from ._data_stream import DataConnectionThrottleStreamIO

#: The last line of a reply that is not preliminary.
_FINAL = re.compile(r"[2-5]\d\d( |$)")


class CoreDataStream(DataConnectionThrottleStreamIO):
    """What `Client.get_stream` gives.

    Time-outs and throttles are this stream's; the core's stream below moves bytes and settles the
    end of the transfer with the control connection.

    Attributes:
        is_settled: what the server says of the transfer has been heard, or nobody wants to know.
        is_aborted: ABOR has been sent, and not waited for.
        verdict: what the server then said of the transfer.
    """

    def __init__(
        self,
        client: BaseClient,
        core: anyftp.DataConnectionThrottleStreamIO,
        *,
        is_upload: bool,
    ) -> None:
        core.throttles = {}
        core.read_timeout = core.write_timeout = None
        reader = CoreReader(core, is_empty=is_upload)
        super().__init__(
            client,
            reader,
            CoreWriter(core, reader),
            throttles={"_": client.throttle},
            timeout=client.socket_timeout,
        )
        self.core = core
        self._reader = reader
        self.is_settled = False
        self.is_aborted = False
        self.verdict: str | None = None
        transport = self.writer.transport
        assert isinstance(transport, CoreTransport)
        self._transport = transport

    async def read(self, count: int = -1) -> bytes:
        """As `ThrottleStreamIO.read`, in blocks that do not burst. Cancellation: safe."""
        if self.read_timeout is None and not self._pays("read"):
            return await self.reader.read(count)
        if count > DEFAULT_BLOCK_SIZE:
            count = self._piece("read", count)
        return await super().read(count)

    async def write(self, data: bytes) -> None:
        """As `ThrottleStreamIO.write`. Cancellation: a part of data may have been sent."""
        if self.write_timeout is not None or self._pays("write") or self.writer.is_closing():
            await super().write(data)
            return
        self._transport.write(data)
        if self._transport.has_unsent:
            await self._transport.flush()

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
        if self.is_aborted:
            await self.abandon()
            if self.verdict is not None:
                code, info = Code(self.verdict[:3]), [self.verdict[3:]]
                self.client.check_codes(wrap_into_codes(expected), code, info)
            return
        if not self.writer.is_closing():
            await self.writer.drain()
        self.is_settled = True
        with translated_errors(expected):
            await self.core.finish(expected, waited)

    def hear(self, line: str) -> None:
        """Take note of what the server says once ABOR has been sent: the first is about us."""
        if self.is_aborted and self.verdict is None and _FINAL.match(line):
            self.verdict = line

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if exc is None:
            await self.finish()
        else:
            await self.abandon()

    async def abandon(self) -> None:
        """Break the transfer off and get the control connection back into step.

        Cancellation: not interrupted; bounded.
        """
        self.is_settled = True
        await self.core.abandon()
        self._reader.end()

    def close(self) -> None:
        """Close the data connection; its reply is read off before the next command."""
        self.is_settled = True
        super().close()
