"""ThrottleStreamIO: a StreamIO whose blocks are paid for.

The order is aioftp's: wait until what has been moved is paid for, move a block, record it. One
sleep a wait, the longest that any throttle asks for; a throttle of a class of the user's own that
overrides `wait` or `append` is asked and told for every block.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any, Self, cast

from .._ground._codes import DEFAULT_BLOCK_SIZE
from .._ground._patchable import patched
from ._stream import AsyncStreamIterator, StreamIO, unread
from ._throttle import StreamThrottle, Throttle, is_hooked, sleep_is_replaced, wait_for

#: Seconds that a limit is for one piece of a block.
_PIECE_SECONDS = 0.02
#: Of these is made what `read()` to the end takes at once.
_WHOLE_BYTES = 1 << 20


class ThrottleStreamIO(StreamIO):
    """A `StreamIO` with throttles.

    Args:
        reader: where bytes come from.
        writer: where bytes go to.
        throttles: name to StreamThrottle. The dictionary is alive: what is put into it or taken
            out of it counts from the next block on. A fresh one by default.
        timeout, read_timeout, write_timeout: as for `StreamIO`; waiting for a throttle does not
            count.
    """

    _nbytes_read = 0  # and paid for

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        throttles: dict[str, StreamThrottle] | None = None,
        timeout: float | None = None,
        read_timeout: float | None = None,
        write_timeout: float | None = None,
    ) -> None:
        super().__init__(reader, writer, timeout, read_timeout, write_timeout)
        self.throttles: dict[str, StreamThrottle] = {} if throttles is None else throttles
        kind = type(self)
        self._has_hooks = (
            kind.wait is not ThrottleStreamIO.wait or kind.append is not ThrottleStreamIO.append
        )

    async def wait(self, name: str) -> None:
        """Wait until all throttles of one direction let the next block pass.

        Args:
            name: "read" or "write".

        Cancellation: safe.
        """
        plain = []
        for pair in self.throttles.values():
            throttle = getattr(pair, name)
            if is_hooked(throttle):
                await throttle.wait()
            elif throttle.effective_limit is not None and throttle not in plain:
                plain.append(throttle)
        if plain:
            await wait_for(plain)

    def append(self, name: str, data: bytes, start: float) -> None:
        """Record a block that moved.

        Args:
            name: "read" or "write".
            data: the block.
            start: when it began to move.
        """
        for pair in self.throttles.values():
            getattr(pair, name).append(data, start)

    async def read(self, count: int = -1) -> bytes:
        """As `StreamIO.read`. Cancellation: safe."""
        if count < 0 and self._is_cut("read"):
            return await self._read_to_end()
        if not self._pays("read"):
            return await super().read(count)
        data = await self._paid(super().read, self._rest_of_block(count))
        self._nbytes_read += len(data)
        return data

    async def readline(self) -> bytes:
        """As `StreamIO.readline`. Cancellation: safe."""
        return await (self._paid(super().readline) if self._pays("read") else super().readline())

    async def readexactly(self, count: int) -> bytes:
        """As `StreamIO.readexactly`, and paid for like the others. Cancellation: safe."""
        return await self._paid(super().readexactly, count)

    async def _paid(self, read: Callable[..., Awaitable[bytes]], *count: int) -> bytes:
        await self.wait("read")
        start = _now()
        try:
            data = await read(*count)
        except asyncio.IncompleteReadError as error:
            self.append("read", error.partial, start)
            raise
        self.append("read", data, start)
        return data

    async def write(self, data: bytes) -> None:
        """As `StreamIO.write`. A block beyond 8 KiB goes out in pieces, lest it bursts.

        Cancellation: a part of data may have been sent.
        """
        if not self._pays("write"):
            await super().write(data)
            return
        size = memoryview(data).nbytes
        piece = self._piece("write", size)
        if piece >= size:
            await self._write_block(data)
            return
        view = memoryview(data).cast("B")
        for start in range(0, size, piece):
            await self._write_block(cast("bytes", view[start : start + piece]))  # as good

    async def _write_block(self, data: bytes) -> None:
        await self.wait("write")
        start = _now()
        await super().write(data)
        self.append("write", data, start)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *args: Any) -> None:
        self.close()

    def iter_by_line(self) -> AsyncStreamIterator:
        """Iterate over the lines, endings included."""
        iterator: AsyncStreamIterator = patched.common.AsyncStreamIterator(self.readline)
        return iterator

    def iter_by_block(self, count: int = DEFAULT_BLOCK_SIZE) -> AsyncStreamIterator:
        """Iterate over blocks of at most count bytes, as they come."""
        iterator: AsyncStreamIterator = patched.common.AsyncStreamIterator(lambda: self.read(count))
        return iterator

    def _pays(self, name: str) -> bool:
        """Whether anything has to be asked or told about blocks of this direction."""
        if self._has_hooks:
            return True
        for pair in self.throttles.values():
            throttle = getattr(pair, name)
            if type(throttle) is not Throttle or throttle._limit is not None:
                return True
            if "append" in throttle.__dict__:
                return True
        return False

    def _piece(self, name: str, nbytes: int) -> int:
        """How much of a block may move at once without a burst.

        It is the block, or a half, a quarter and so on: whoever adds up blocks meets the sums that
        they would meet without a limit. For a hook, or recorded sleeps, nothing is cut.
        """
        if not self._is_cut(name):
            return nbytes
        throttles = [getattr(pair, name) for pair in self.throttles.values()]
        limits = [each.effective_limit for each in throttles if each.effective_limit is not None]
        most = max(min(limits, default=math.inf) * _PIECE_SECONDS, DEFAULT_BLOCK_SIZE)
        while nbytes > most:
            nbytes = -(-nbytes // 2)
        return nbytes

    def _rest_of_block(self, count: int) -> int:
        """For a hook that adds up blocks: the rest where a part has come, so that sums are round.

        The network cuts blocks at will, and the first one of a transfer above all.
        """
        is_told = any(is_hooked(pair.read) for pair in self.throttles.values())
        return count - self._nbytes_read % count if is_told and count > 0 else count

    def _is_cut(self, name: str) -> bool:
        throttles = [getattr(pair, name) for pair in self.throttles.values()]
        if sleep_is_replaced() or any(map(is_hooked, throttles)):
            return False
        return any(throttle.effective_limit is not None for throttle in throttles)

    async def _read_to_end(self) -> bytes:
        """Read everything, in pieces that are paid for.

        If it does not come to the end, what was taken goes back into the reader.
        """
        piece = self._piece("read", _WHOLE_BYTES)
        gathered = bytearray()
        try:
            while data := await self.read(piece):
                gathered += data
        except BaseException:
            unread(self.reader)[:0] = gathered
            raise
        return bytes(gathered)


def _now() -> float:
    return asyncio.get_running_loop().time()
