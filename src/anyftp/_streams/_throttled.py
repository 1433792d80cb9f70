"""ThrottleStreamIO: a StreamIO every byte of which is paid for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Self

import anyio
from anyio.lowlevel import checkpoint

from anyftp._streams._any_stream import AnyStream
from anyftp._streams._flow import Direction
from anyftp._streams._optimistic import Buffer
from anyftp._streams._stream import StreamIO
from anyftp._throttle import Share, StreamThrottle, Throttle, Turns, each_once, that_matter


class AsyncStreamIterator(AsyncIterator[bytes]):
    """Iterates over a stream until a read returns b"".

    Args:
        read: called for each item.
    """

    def __init__(self, read: Callable[[], Awaitable[bytes]]) -> None:
        self._read = read

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        """The next item. Cancellation: safe; nothing is lost."""
        if item := await self._read():
            return item
        raise StopAsyncIteration


class ThrottleStreamIO(StreamIO):
    """A `StreamIO` with throttles.

    Every path pays: reads, lines, iteration, writes. A read is granted before it happens and
    moves at most what was granted, so no block size makes a burst. `throttles` is alive: entries
    added, replaced or removed count from the next block on.

    A subclass, or a `Throttle` subclass, that overrides `wait` or `append` is asked before and
    told after each block.

    Args:
        stream: the stream to wrap; it is owned from now on.
        throttles: name to StreamThrottle; all of them hold at once, and one that has several
            names counts once. A fresh dict by default.
        timeout, read_timeout, write_timeout, stall_timeout, max_line: as for `StreamIO`.
        weight: this stream's part of a contested limit, relative to other streams; above zero.

    Raises:
        ValueError: the weight is not above zero.
    """

    def __init__(
        self,
        stream: AnyStream,
        throttles: dict[str, StreamThrottle] | None = None,
        *,
        timeout: float | None = None,
        read_timeout: float | None = None,
        write_timeout: float | None = None,
        stall_timeout: float | None = None,
        max_line: int = 65536,
        weight: float = 1.0,
    ) -> None:
        super().__init__(
            stream,
            timeout=timeout,
            read_timeout=read_timeout,
            write_timeout=write_timeout,
            stall_timeout=stall_timeout,
            max_line=max_line,
        )
        self.throttles: dict[str, StreamThrottle] = {} if throttles is None else throttles
        self._shares: dict[Direction, Share] = {"read": Share(weight), "write": Share(weight)}
        self._turns: dict[Direction, Turns] = {"read": Turns(weight), "write": Turns(weight)}
        self._starts: dict[Direction, float | None] = {"read": None, "write": None}
        self._seconds_hooked: dict[Direction, float] = {"read": 0.0, "write": 0.0}
        kind = type(self)
        self._hooked = (
            kind.wait is not ThrottleStreamIO.wait or kind.append is not ThrottleStreamIO.append
        )

    _pays = True

    @property
    def is_hooked(self) -> bool:
        """Whether someone wants to be asked and told for every block."""
        pairs = self.throttles.values()
        return self._hooked or any(t.is_hooked for pair in pairs for t in pair)

    async def wait(self, name: Direction) -> None:
        """Wait as long as the throttles of one direction ask for.

        Args:
            name: "read" or "write".

        Cancellation: safe.
        """
        throttles = self._throttles(name)
        with self._turns[name].taken():
            for throttle in throttles:
                await throttle.wait()
        if not throttles:
            await checkpoint()

    def append(self, name: Direction, data: Any, start: float) -> None:
        """Record a block that moved.

        What it raises ends the call that moved the block. One that was read stays for the next
        read; after one that was written the stream is broken.

        Args:
            name: "read" or "write".
            data: the block, any buffer; its type is open as in `Throttle.append`.
            start: when it began to move; see `Throttle.append`.
        """
        with self._turns[name].taken():
            for throttle in self._throttles(name):
                throttle.append(data, start)

    def iter_by_line(self) -> AsyncStreamIterator:
        """Iterate over the lines, endings included."""
        return AsyncStreamIterator(self.readline)

    def iter_by_block(self, count: int = 8192) -> AsyncStreamIterator:
        """Iterate over blocks of at most count bytes, as they come.

        Raises:
            ValueError: count is less than one.
        """
        if count < 1:
            raise ValueError(f"blocks of {count} bytes have no end")
        return AsyncStreamIterator(lambda: self.read(count))

    async def _admit(self, direction: Direction, nbytes: int) -> int:
        throttles, has_hooks = that_matter(self.throttles, direction == "write")
        if has_hooks or self._hooked:
            return await self._ask_hooks(direction, throttles, nbytes)
        self._starts[direction] = None
        share = self._shares[direction]
        if not throttles:
            share.close()
            return nbytes
        return await share.grant(throttles, nbytes)

    def _settle(self, direction: Direction, granted: int, moved: Buffer | int) -> None:
        nbytes = moved if isinstance(moved, int) else len(moved)
        start = self._starts[direction]
        if start is None:
            share = self._shares[direction]
            share.give_back(granted - nbytes)
            if not nbytes:
                share.close()
        elif not nbytes:
            self._turns[direction].close()
        elif not isinstance(moved, int):  # the kernel's copies stop where hooks begin
            self._starts[direction] = None
            self._tell(direction, moved, start)

    def _tell(self, direction: Direction, moved: Buffer, start: float) -> None:
        try:
            self.append(direction, moved, start)
        except BaseException:  # a hook of the user's; what it was told of has moved all the same
            if direction == "read":
                self._buffer += moved
            else:
                self._break_off()
            raise

    def _rest(self, direction: Direction) -> None:
        self._starts[direction] = None
        self._shares[direction].close()
        self._turns[direction].close()

    def seconds_throttled(self, direction: Direction) -> float:
        return self._shares[direction].seconds + self._seconds_hooked[direction]

    async def _end(self, direction: Direction) -> None:
        throttles, has_hooks = that_matter(self.throttles, direction == "write")
        if has_hooks or self._hooked:
            self._turns[direction].close()  # else its last lot would last for one more question
            await self._wait_for_hooks(direction)
            self._turns[direction].close()
        elif throttles:
            await self._shares[direction].pay(throttles)

    def close(self) -> None:
        self._stop_paying()
        super().close()

    async def aclose(self) -> None:
        """Close in bounded time. Cancellation: closes all the same."""
        self._stop_paying()
        await super().aclose()

    def _throttles(self, direction: Direction) -> list[Throttle]:
        pairs = self.throttles.values()
        return each_once(pair.read if direction == "read" else pair.write for pair in pairs)

    async def _ask_hooks(self, direction: Direction, throttles: list[Throttle], nbytes: int) -> int:
        if self._starts[direction] is None:  # else: asked already, and no block has come since
            self._starts[direction] = await self._wait_for_hooks(direction)
        turns = self._turns[direction]
        lots = [turns.share(t).nbytes_left or t.turn_bytes or nbytes for t in throttles]
        return min([nbytes, *lots])

    async def _wait_for_hooks(self, direction: Direction) -> float:
        """Wait as they ask for, and count it; gives the time it is by then."""
        began = anyio.current_time()
        await self.wait(direction)
        now = anyio.current_time()
        self._seconds_hooked[direction] += now - began
        return now

    def _stop_paying(self) -> None:
        for direction, share in self._shares.items():
            share.close()
            self._turns[direction].close()
