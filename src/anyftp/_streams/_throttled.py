"""ThrottleStreamIO: a StreamIO every byte of which is paid for."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import nullcontext
from typing import Any, Self

import anyio
from anyio.lowlevel import checkpoint

from anyftp._streams._any_stream import AnyStream
from anyftp._streams._flow import Buffer, Direction
from anyftp._streams._stream import StreamIO
from anyftp._streams._timeouts import stopped_watches, watches
from anyftp._throttle import (
    Line,
    Share,
    StreamThrottle,
    Throttle,
    check_throttles,
    check_weight,
    each_once,
    paid_by,
)

#: Hooks are told of pieces that are no smaller than such a part of what may move, nor than this.
_MOST_PARTS = 8
_MIN_PIECE_BYTES = 256

_NOBODY_WATCHES = nullcontext()


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
        TypeError: the throttles are no dict of StreamThrottle.
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
        self.throttles = {} if throttles is None else throttles
        if weight != 1.0:
            check_weight(weight)
        self._weight = weight
        #: Of each direction that has ever been limited.
        self._shares: dict[Direction, Share] = {}
        #: When a block was asked for of which nothing has moved yet.
        self._starts: dict[Direction, float] = {}
        self._nbytes_told: dict[Direction, int] = {}
        kind = type(self)
        self._hooked = (
            kind.wait is not ThrottleStreamIO.wait or kind.append is not ThrottleStreamIO.append
        )

    @property
    def throttles(self) -> dict[str, StreamThrottle]:
        """All of them hold at once. The dictionary is alive.

        Raises:
            TypeError: on assignment of something else than a dict of StreamThrottle.
        """
        return self._throttles

    @throttles.setter
    def throttles(self, throttles: dict[str, StreamThrottle]) -> None:
        check_throttles(throttles)
        self._throttles = throttles

    async def wait(self, name: Direction) -> None:
        """Wait as long as the throttles of one direction ask for.

        Args:
            name: "read" or "write".

        Cancellation: safe.
        """
        throttles = self._each_throttle(name)
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
        for throttle in self._each_throttle(name):
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
            raise ValueError(f"count must be at least 1, not {count}")
        return AsyncStreamIterator(lambda: self.read(count))

    def _admit_at_once(self, direction: Direction, nbytes: int) -> int:
        # This runs for every block: the throttles are looked through once.
        lines, has_hooks = paid_by(self._throttles, direction == "write")
        if has_hooks or self._hooked:
            self._is_paid = True
            return 0
        share = self._shares.get(direction)
        if lines:
            self._is_paid = True
            return 0 if share is None else share.grant_at_once(lines, nbytes)
        self._is_paid = False
        if share is not None:
            share.release()
        return nbytes

    async def _admit(self, direction: Direction, nbytes: int) -> int:
        lines, has_hooks = paid_by(self._throttles, direction == "write")
        with stopped_watches() if watches.get() else _NOBODY_WATCHES:
            if has_hooks or self._hooked:
                granted = await self._ask_hooks(direction, lines, nbytes)
            else:
                granted = await self._share(direction).grant(lines, nbytes)
        self._is_paid = True  # whatever the other direction has found meanwhile
        return granted

    def _settle(self, direction: Direction, granted: int, moved: Buffer | int) -> None:
        nbytes = moved if isinstance(moved, int) else len(moved)
        share = self._shares.get(direction)
        if share is not None and nbytes != granted:
            share.give_back(granted - nbytes)
        if not nbytes:
            self._release(direction)
        elif self._starts and not isinstance(moved, int):  # kernel copies stop where hooks begin
            start = self._starts.pop(direction, None)
            if start is not None:
                self._tell(direction, moved, start)

    def _tell(self, direction: Direction, moved: Buffer, start: float) -> None:
        self._nbytes_told[direction] = self._nbytes_told.get(direction, 0) + len(moved)
        try:
            self.append(direction, moved, start)
        except BaseException:  # a hook of the user's; what it was told of has moved all the same
            if direction == "read":
                self._buffer += moved
            else:
                self._break_off()
            raise

    def _forgo(self, direction: Direction) -> None:
        self._starts.pop(direction, None)
        self._release(direction)

    def _share(self, direction: Direction) -> Share:
        share = self._shares.get(direction)
        if share is None:
            share = self._shares[direction] = Share(self._weight)
        return share

    def _release(self, direction: Direction) -> None:
        share = self._shares.get(direction)
        if share is not None:
            share.release()

    def _has_hooks(self) -> bool:
        return self._hooked or paid_by(self._throttles, 0)[1] or paid_by(self._throttles, 1)[1]

    def _lowest_limit(self, direction: Direction) -> float:
        lines, _ = paid_by(self._throttles, direction == "write")
        return min([line.meter.limit for line in lines if line.meter], default=math.inf)

    def _fetchable(self, direction: Direction) -> int:
        lines, _ = paid_by(self._throttles, direction == "write")
        share = self._share(direction)
        most = share.begin_fetching(lines)
        self._channel.expect(share.nbytes_ahead)
        return most

    def _fetched(self, direction: Direction) -> None:
        self._share(direction).end_fetching()

    def seconds_throttled(self, direction: Direction) -> float:
        share = self._shares.get(direction)
        return 0.0 if share is None else share.seconds

    async def _end(self, direction: Direction) -> None:
        lines, has_hooks = paid_by(self._throttles, direction == "write")
        if not (lines or has_hooks or self._hooked):
            return
        share = self._share(direction)
        with stopped_watches() if watches.get() else _NOBODY_WATCHES:
            if has_hooks or self._hooked:
                await share.ask(lines, lambda: self.wait(direction))
            else:
                await share.pay(lines)

    def close(self) -> None:
        self._stop_paying()
        super().close()

    async def aclose(self) -> None:
        """Close in bounded time. Cancellation: closes all the same."""
        self._stop_paying()
        await super().aclose()

    def _each_throttle(self, direction: Direction) -> list[Throttle]:
        if direction not in ("read", "write"):
            raise ValueError(f"name must be 'read' or 'write', not {direction!r}")
        check_throttles(self._throttles)
        number = 1 if direction == "write" else 0
        return each_once(pair[number] for pair in self._throttles.values())

    async def _ask_hooks(self, direction: Direction, lines: list[Line], nbytes: int) -> int:
        share = self._share(direction)
        self._is_told = True
        if direction not in self._starts:
            await share.ask(lines, lambda: self.wait(direction))
            self._starts[direction] = anyio.current_time()
        else:  # asked already, and no block has come since
            await share.ask_again(lines)
        return _piece(nbytes, share.turn_bytes(lines), self._nbytes_told.get(direction, 0))

    def _stop_paying(self) -> None:
        for share in self._shares.values():
            share.close()


def _piece(wanted: int, most: int, told: int) -> int:
    """How much to move before hooks are told: the caller's block, or powers of two that divide it.

    Their sums are round, then, and one who counts sees each whole MiB, say. Where less has come
    than was asked for, the next piece makes the sum round again.

    Args:
        wanted: by the caller.
        most: that may move now.
        told: so far.
    """
    unit = 1 << min(wanted, most).bit_length() - 1
    divisor = wanted & -wanted
    if divisor * _MOST_PARTS < unit:  # no size whose sums anyone would call round
        return min(wanted, most)
    unit = min(unit, divisor)
    if beyond := told % unit:
        whole = beyond & -beyond
        return whole if whole >= _MIN_PIECE_BYTES else unit - beyond
    return wanted if wanted <= most else unit
