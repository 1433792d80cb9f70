"""ThrottleStreamIO: a StreamIO whose blocks are paid for.

The order is aioftp's: wait until what has been moved is paid for, move a block, record it. One
sleep a wait, the longest that any throttle asks for; a throttle of a class of the user's own that
overrides `wait` or `append` is asked and told for every block.
"""

from __future__ import annotations

import asyncio
from typing import Any, Self

import anyftp

from .._ground._codes import DEFAULT_BLOCK_SIZE
from .._ground._patchable import patchable
from ._stream import AsyncStreamIterator, StreamIO
from ._throttle import StreamThrottle, Throttle, ask


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
        throttles = [getattr(pair, name) for pair in self.throttles.values()]
        for throttle in throttles:
            if is_hooked(throttle):
                await ask(throttle, throttles)
            elif throttle.limit is not None:
                throttle.count_early()
                plain.append(throttle)
        if plain:
            await anyftp.until_paid(plain)

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
        if count < 0 and self._turn("read") is not None:
            return await self._read_to_end()
        if not self._pays("read"):
            return await super().read(count)
        await self.wait("read")
        start = _now()
        data = await super().read(count)
        self.append("read", data, start)
        return data

    async def readline(self) -> bytes:
        """As `StreamIO.readline`. Cancellation: safe."""
        if not self._pays("read"):
            return await super().readline()
        await self.wait("read")
        start = _now()
        data = await super().readline()
        self.append("read", data, start)
        return data

    async def readexactly(self, count: int) -> bytes:
        """As `StreamIO.readexactly`, and paid for like the others. Cancellation: safe."""
        await self.wait("read")
        start = _now()
        try:
            data = await super().readexactly(count)
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
        turn = self._turn("write") if size > DEFAULT_BLOCK_SIZE else None
        if turn is None or turn >= size:
            await self._write_block(data)
            return
        view = memoryview(data).cast("B")
        for start in range(0, size, turn):
            await self._write_block(view[start : start + turn])

    async def _write_block(self, data: Any) -> None:
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
        iterator: AsyncStreamIterator = patchable("common", "AsyncStreamIterator")(self.readline)
        return iterator

    def iter_by_block(self, count: int = DEFAULT_BLOCK_SIZE) -> AsyncStreamIterator:
        """Iterate over blocks of at most count bytes, as they come."""
        iterator: AsyncStreamIterator = patchable("common", "AsyncStreamIterator")(
            lambda: self.read(count)
        )
        return iterator

    def _pays(self, name: str) -> bool:
        """Whether anything has to be asked or told about blocks of this direction."""
        if self._has_hooks:
            return True
        for pair in self.throttles.values():
            throttle = getattr(pair, name)
            if type(throttle) is not Throttle or throttle.limit is not None:
                return True
            if "append" in throttle.__dict__:
                return True
        return False

    def _turn(self, name: str) -> int | None:
        """Bytes that may move at once without a burst; None if nothing limits them.

        A hook wants to see the caller's blocks as they are, so nothing is cut then.
        """
        turns = []
        for pair in self.throttles.values():
            throttle = getattr(pair, name)
            if is_hooked(throttle):
                return None
            if throttle.turn_bytes is not None:
                turns.append(throttle.turn_bytes)
        return max(min(turns), DEFAULT_BLOCK_SIZE) if turns else None

    async def _read_to_end(self) -> bytes:
        """Read everything, in pieces that are paid for.

        If it does not come to the end, what was taken goes back into the reader.
        """
        turn = self._turn("read") or DEFAULT_BLOCK_SIZE
        gathered = bytearray()
        try:
            while data := await self.read(turn):
                gathered += data
        except BaseException:
            self._put_back(gathered)
            raise
        return bytes(gathered)

    def _put_back(self, data: bytearray) -> None:
        """Return bytes to an asyncio reader; those that have come since follow them."""
        reader = self.reader
        if not data or reader.at_eof():
            return
        step = reader.read(1 << 62)
        try:
            step.send(None)
        except StopIteration as done:
            data += done.value
        except Exception:
            return
        else:
            step.close()
        if not reader.at_eof():
            reader.feed_data(bytes(data))


def is_hooked(throttle: Any) -> bool:
    """Whether a throttle wants to be asked and told for every block, as the user's own do."""
    if type(throttle) is Throttle and not (throttle.__dict__.keys() & _HOOKS):
        return False
    return not isinstance(throttle, Throttle) or throttle.is_hooked


_HOOKS = {"wait", "append"}


def _now() -> float:
    return asyncio.get_running_loop().time()
