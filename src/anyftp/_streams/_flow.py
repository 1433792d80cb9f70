"""The primitives under every stream of ours: ask the throttles, try the channel, wait in a budget.

Nothing here buffers. A grant is asked for before each try and settled after it. A stream that can
only be tried by waiting is waited for first, for at most a turn, and asks for what has come.
"""

from __future__ import annotations

import math
from collections.abc import Coroutine
from typing import Any, Literal, Protocol

from anyio.abc import AsyncBackend
from anyio.lowlevel import current_token

from anyftp._streams._timeouts import UNBOUNDED, Budget, Timeouts

#: The two directions, as the throttle hooks name them.
Direction = Literal["read", "write"]
#: Types that a write accepts.
Buffer = bytes | bytearray | memoryview
#: Largest block that a read allocates; larger fresh blocks cost page faults.
MAX_RECEIVE_BYTES = 65536

_BYTES_PER_TURN = 1 << 20
_BYTES_PER_CALL = 16384


def bytes_view(data: Buffer) -> memoryview:
    """A flat view of any buffer object's bytes; one with gaps in it is copied."""
    view = memoryview(data)
    return view.cast("B") if view.c_contiguous else memoryview(view.tobytes())


class Pace:
    """Lets other tasks run: after each MiB, and after each 64 small calls.

    Every call checks for cancellation; a full checkpoint in each would cost more than a read.
    """

    _left = _BYTES_PER_TURN
    #: What anyio's calls lead to here; it looks that up in each of them.
    _backend: type[AsyncBackend] | None = None

    def step(self) -> Coroutine[Any, Any, None]:
        """Look for a cancellation, or give a turn to other tasks. Cancellation: safe."""
        backend = self._backend
        if backend is None:
            backend = self._backend = current_token().backend_class
        return backend.checkpoint() if self.is_over() else backend.checkpoint_if_cancelled()

    def is_over(self) -> bool:
        """Take note of a call; says whether it is time to give a turn to other tasks."""
        self._left -= _BYTES_PER_CALL
        if self._left > 0:
            return False
        self._left = _BYTES_PER_TURN
        return True

    def count(self, nbytes: int) -> None:
        """Take note of work done."""
        self._left -= nbytes


class Channel(Protocol):
    """What a flow moves blocks over: see `OptimisticStream`."""

    tries_by_waiting: bool

    @property
    def has_unsent(self) -> bool: ...

    def is_ready(self, most: int) -> bool: ...
    def try_receive(self, max_bytes: int) -> bytes | None: ...
    def try_receive_into(self, view: memoryview) -> int | None: ...
    def try_send(self, view: memoryview) -> int: ...
    async def until_readable(self) -> None: ...
    async def until_writable(self) -> None: ...


class Flow(Timeouts):
    """Moves blocks over a channel, under time-outs and the hooks of throttles.

    Whoever is one has a channel, and lets one task at a time use each direction.
    """

    _channel: Channel
    _pace: Pace
    #: Whether an earlier write was cut short.
    _was_cut = False
    #: Whether anybody had to be asked for the last grant.
    _is_paid = False
    #: Whether somebody was asked who is to be told what moved.
    _is_told = False

    async def _until_ready(self, direction: Direction) -> None:
        """Wait within the time-out until something may move. Cancellation: safe."""
        self._forgo(direction)
        await self._await_peer(direction, self._budget(direction))

    def _budget(self, operation: str) -> Budget:
        seconds = self._read_timeout if operation.startswith("read") else self._write_timeout
        if seconds is None:
            seconds = self._timeout
        if seconds is None and self._stall_timeout is None:
            return UNBOUNDED
        return Budget(operation, seconds, self._stall_timeout)

    def _break_off(self) -> None:
        """What is being sent stops half-way: later writes say that the stream is broken."""
        self._was_cut = True

    def _admit_at_once(self, direction: Direction, nbytes: int) -> int:
        """How many of nbytes may move now; 0 to `_admit` them. Here: all."""
        return nbytes

    async def _admit(self, direction: Direction, nbytes: int) -> int:
        """Where nothing may move at once, wait; returns how many may. Cancellation: safe."""
        return self._admit_at_once(direction, nbytes)

    def _settle(self, direction: Direction, granted: int, moved: Buffer | int) -> None:
        """Tell what became of a grant: the bytes that moved, or their number.

        Where nobody had to be asked, that need not be told, see `_is_paid`; nor, where all of it
        moved, but to who wants to hear of each block, see `_is_told`.
        """

    def _forgo(self, direction: Direction) -> None:
        """Give back what was granted and is left."""

    def _has_hooks(self) -> bool:
        """Whether someone wants to be asked and told for every block."""
        return False

    def _lowest_limit(self, direction: Direction) -> float:
        """Bytes per second; infinite where there is no limit."""
        return math.inf

    def _fetchable(self, direction: Direction) -> int:
        """How much may be fetched unpaid by one who begins to wait for its peer now."""
        return MAX_RECEIVE_BYTES

    def _fetched(self, direction: Direction) -> None:
        """Whoever began to wait for its peer has ended to."""

    def seconds_throttled(self, direction: Direction) -> float:
        """How long throttles have made one direction wait so far, in all."""
        return 0.0

    async def _end(self, direction: Direction) -> None:
        """Wait until what moved is paid for; called once the end of the stream is seen.

        Cancellation: safe; the end is seen again by the next read.
        """

    async def _take(self, count: int, budget: Budget | None = None) -> bytes:
        """Receive one fresh block from the channel; b"" at the end."""
        await self._pace.step()
        channel = self._channel
        while True:
            if channel.tries_by_waiting and not channel.is_ready(count):
                budget = await self._fetch(count, budget)
            granted = self._admit_at_once("read", count) or await self._admit("read", count)
            try:
                data = channel.try_receive(granted)
            except BaseException:
                self._settle("read", granted, 0)
                raise
            if self._is_paid and (data is None or len(data) != granted or self._is_told):
                self._settle("read", granted, data or 0)
            if data is not None:
                break
            budget = budget or self._budget("read")
            await self._await_peer("read", budget)
        if not data:
            await self._end("read")
        self._pace.count(len(data))
        return data

    async def _fetch(self, count: int, budget: Budget | None) -> Budget:
        """Where only waiting tells what a stream has, wait: a grant would lapse meanwhile.

        No more than a turn is fetched before it is paid for.
        """
        budget = budget or self._budget("read")
        most = self._fetchable("read")
        try:
            self._channel.is_ready(min(count, most))
            await self._await_peer("read", budget)
        finally:
            self._fetched("read")
        return budget

    async def _take_into(self, view: memoryview) -> int:
        """Receive from the channel into view; 0 at the end."""
        await self._pace.step()
        channel = self._channel
        budget: Budget | None = None
        while True:
            if channel.tries_by_waiting and not channel.is_ready(view.nbytes):
                budget = await self._fetch(view.nbytes, budget)
            size = view.nbytes
            granted = self._admit_at_once("read", size) or await self._admit("read", size)
            try:
                nbytes = channel.try_receive_into(view[:granted])
            except BaseException:
                self._settle("read", granted, 0)
                raise
            if self._is_paid and (nbytes != granted or self._is_told):
                self._settle("read", granted, view[: nbytes or 0])
            if nbytes is not None:
                break
            budget = budget or self._budget("read")
            await self._await_peer("read", budget)
        if not nbytes:
            await self._end("read")
        self._pace.count(nbytes)
        return nbytes

    async def _put(self, view: memoryview, budget: Budget) -> int:
        """Send what can be sent at once from view, else wait; returns how many bytes."""
        channel = self._channel
        if channel.tries_by_waiting and channel.has_unsent:
            await self._await_peer("write", budget)  # first: a grant would lapse meanwhile
        size = view.nbytes
        granted = self._admit_at_once("write", size) or await self._admit("write", size)
        try:
            nbytes = channel.try_send(view[:granted])
        except BaseException:
            self._settle("write", granted, 0)
            raise
        if self._is_paid and (nbytes != granted or self._is_told):
            self._settle("write", granted, view[:nbytes])
        if not nbytes:
            await self._await_peer("write", budget)
        self._pace.count(nbytes)
        return nbytes

    async def _await_peer(self, direction: Direction, budget: Budget) -> None:
        channel = self._channel
        until = channel.until_readable if direction == "read" else channel.until_writable
        try:
            if budget is UNBOUNDED:
                await until()
            else:
                await budget.wait(until, is_try=channel.tries_by_waiting)
        except BaseException:
            self._forgo(direction)
            raise
