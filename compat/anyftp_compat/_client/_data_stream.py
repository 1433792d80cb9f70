"""DataConnectionThrottleStreamIO: a stream whose end the control connection has to confirm."""

from __future__ import annotations

import asyncio
from types import TracebackType

from .._streams._throttle import StreamThrottle
from .._streams._throttled import ThrottleStreamIO
from ._base_client import BaseClient


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
        if exc is None:
            await self.finish()
        else:
            self.close()
