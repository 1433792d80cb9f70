"""DataConnectionThrottleStreamIO: a stream whose end has to be settled elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Protocol

from anyio.abc import ByteStream
from anyio.lowlevel import checkpoint

from anyftp._streams._flow import Buffer, Direction
from anyftp._streams._throttled import ThrottleStreamIO
from anyftp._streams._timeouts import Budget
from anyftp._throttle import StreamThrottle

Codes = str | Sequence[str]


class TransferOwner(Protocol):
    """Who knows how a transfer over a data connection ends: the client."""

    async def finish_transfer(
        self, stream: DataConnectionThrottleStreamIO, expected_codes: Codes, wait_codes: Codes
    ) -> None:
        """Close the stream cleanly and hear what the other side says of the transfer.

        Cancellation: closes the stream all the same, and gets back into step within a bound.
        """

    async def leave_transfer(self, stream: DataConnectionThrottleStreamIO) -> None:
        """Close the stream; the other side is heard later.

        Cancellation: as `abandon_transfer`.
        """

    async def abandon_transfer(self, stream: DataConnectionThrottleStreamIO) -> None:
        """Close the stream at once and get back into step.

        Cancellation: shielded; it takes as long as the owner's bound at most.
        """

    async def failure(self) -> Exception | None:
        """After the stream broke: what the other side says of it, None for nothing."""


class DataConnectionThrottleStreamIO(ThrottleStreamIO):
    """A throttled stream over a data connection.

    Leaving its `async with` finishes the transfer; leaving it by an exception or a cancellation
    closes the data connection at once and brings the control connection back into step.

    Args:
        client: settles the end of the transfer.
        stream: the data connection; it is owned from now on.
        is_readable: whether the peer sends anything; if not, every read ends at once.
        throttles, options: as for `ThrottleStreamIO`.

    Attributes:
        nbytes_received: bytes that have come so far, those that the kernel has copied included.
        is_at_end: whether a read has met the end of what the peer sends.
    """

    def __init__(
        self,
        client: TransferOwner,
        stream: ByteStream,
        throttles: dict[str, StreamThrottle] | None = None,
        *,
        is_readable: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(stream, throttles, **options)
        self.client = client
        self.nbytes_received: int = 0
        self.is_at_end: bool = False
        self._is_readable = is_readable
        self._left: int | None = None
        self._is_settled = False

    async def finish(self, expected_codes: Codes = "2xx", wait_codes: Codes = "1xx") -> None:
        """Close the data connection and await the server's word that the transfer is done.

        Args:
            expected_codes: masks of codes that mean success.
            wait_codes: masks of codes after which another reply comes.

        Raises:
            FTPError: the server did not confirm the transfer.

        Cancellation: leaves the control connection in step, or says that it is lost.
        """
        if not self._is_settled:
            self._is_settled = True
            await self.client.finish_transfer(self, expected_codes, wait_codes)

    async def abandon(self) -> None:
        """Break the transfer off and get the control connection back into step, within a bound.

        Cancellation: shielded; it takes as long as the client's bound at most.
        """
        if not self._is_settled:
            self._is_settled = True
            await self.client.abandon_transfer(self)

    async def leave(self) -> None:
        """Break the transfer off, and have the next command hear what the server says to that.

        For whoever goes on with another transfer, for which the server gets ready meanwhile.

        Cancellation: as `abandon`.
        """
        if not self._is_settled:
            self._is_settled = True
            try:
                await self.client.leave_transfer(self)
            except BaseException:
                await self.client.abandon_transfer(self)
                raise

    async def _take(self, count: int, budget: Budget | None = None) -> bytes:
        if self._is_readable and self._left != 0:
            most = count if self._left is None else min(count, self._left)
            data = await super()._take(most, budget)
            self.nbytes_received += len(data)
            if self._left is not None:
                self._left = self._left - len(data) if data else 0
            return data
        await self._be_at_the_end()
        return b""

    async def _take_into(self, view: memoryview) -> int:
        if self._is_readable and self._left != 0:
            part = view if self._left is None else view[: self._left]
            nbytes = await super()._take_into(part)
            self.nbytes_received += nbytes
            if self._left is not None:
                self._left = self._left - nbytes if nbytes else 0
            return nbytes
        await self._be_at_the_end()
        return 0

    def end_after(self, nbytes: int) -> None:
        """Have the stream end after this many more bytes, whatever the peer would send then.

        Whoever has read them and reads on finds the end; the transfer is finished by that.
        """
        self._left = nbytes

    async def _be_at_the_end(self) -> None:
        await checkpoint()
        if not self._is_readable:
            self._check_open()
        if self._left == 0 and not self.nbytes_buffered:  # the half of a line is still wanted
            await self.finish()

    async def _end(self, direction: Direction) -> None:
        if direction == "read":
            self.is_at_end = True
        await super()._end(direction)

    def _settle(self, direction: Direction, granted: int, moved: Buffer | int) -> None:
        super()._settle(direction, granted, moved)
        if direction == "read" and isinstance(moved, int):  # by the kernel, past `_take`
            self.nbytes_received += moved

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        if exc_type is None:
            await self.finish()
        else:
            await self.abandon()
