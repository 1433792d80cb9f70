"""A stream's share of its limits: grant first, then move at most the grant.

The share draws *lots* from all its lines and hands them out in the pieces that the stream asks for.
A lot is a turn of the narrowest line. The lines are asked one after the other, first the one where
the wait is longest: by then the others are free as a rule, so that there is one sleep a lot.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

import anyio

from anyftp._throttle._line import UNLIMITED_BYTES, Line
from anyftp._throttle._ticket import Place, Withdrawn, check_weight

#: What is left of a lot after this time goes back; it was granted for now, not for later.
_LOT_SECONDS = 0.05
#: Nobody knows how many begin in the same moment. So the first lot is small, and each larger than
#: the last; and so it is again after a pause.
_FIRST_LOT_BYTES = 512
_GROWTH = 4
_PAUSE_SECONDS = 1.0


class Share:
    """What one direction of one stream may move, under every limit that it pays.

    Args:
        weight: how large a part of a contested limit this stream gets, relative to others.

    Raises:
        ValueError: the weight is not above zero.

    Attributes:
        seconds: spent waiting so far.
        nbytes_left: of the present lot.
        is_resting: whether it lies aside while the stream waits for its peer.
    """

    __slots__ = (
        "__weakref__",
        "_appetite",
        "_asked",
        "_expires",
        "_lines",
        "_places",
        "_slept_for",
        "is_resting",
        "nbytes_left",
        "seconds",
        "weight",
    )

    def __init__(self, weight: float = 1.0) -> None:
        if weight != 1.0:
            check_weight(weight)
        self.weight = weight
        self.nbytes_left = 0
        self.is_resting = False
        self.seconds = 0.0
        self._appetite = _FIRST_LOT_BYTES
        self._asked: list[Line] = []  # for which hooks waited
        self._lines: list[Line] = []  # that the lot was taken from
        self._places: dict[Line, Place] = {}
        self._expires = -math.inf
        self._slept_for: anyio.CancelScope | None = None

    async def grant(self, lines: list[Line], nbytes: int) -> int:
        """Wait until bytes may move, and say how many.

        Args:
            lines: all that have a limit.
            nbytes: how many the caller could move now, at least one.

        Returns:
            Between 1 and nbytes. What of it does not move is to be given back. If another task
            closes the share meanwhile this is 1, for the stream to find out that it is closed.

        Cancellation: safe; a cancelled waiter leaves neither debt nor credit.
        """
        granted = self.grant_at_once(lines, nbytes)
        if not granted:
            await self._draw(lines)
            granted = self.hand_out(nbytes)
        return granted

    def grant_at_once(self, lines: list[Line], nbytes: int) -> int:
        """As `grant`, of the present lot; 0 if another has to be drawn."""
        left = self.nbytes_left
        if left <= 0 or lines != self._lines or anyio.current_time() >= self._expires:
            return 0
        self.is_resting = False
        granted = min(nbytes, left)
        self.nbytes_left = left - granted
        return granted

    def turn_bytes(self, lines: Sequence[Line]) -> int:
        """The largest lot now."""
        if not lines:
            return UNLIMITED_BYTES
        return min(self._appetite, *[line.turn_bytes(self.weight) for line in lines])

    @contextmanager
    def fetching(self, lines: Sequence[Line]) -> Iterator[int]:
        """Within the block the stream waits for its peer, to ask for a grant with what has come.

        It may fetch the bytes of one turn, in turns with all who do the same.
        """
        for line in lines:
            line.weight_fetching += self.weight
        try:
            turns = [line.fetch_bytes(self.weight) for line in lines]
            yield min(self._appetite, *turns) if turns else UNLIMITED_BYTES
        finally:
            for line in lines:
                line.weight_fetching -= self.weight

    def hand_out(self, nbytes: int) -> int:
        """Of what is left, up to nbytes; 1 if nothing is."""
        self.is_resting = False
        granted = min(nbytes, max(self.nbytes_left, 1))
        self.nbytes_left -= granted
        return granted

    def give_back(self, nbytes: int) -> None:
        """Return bytes of the last grant that did not move."""
        if self._lines:
            self.nbytes_left += nbytes

    def release(self) -> None:
        """Return what is left of the lot."""
        left, self.nbytes_left = self.nbytes_left, 0
        if self._lines:
            for line in self._lines:
                line.lots.discard(self)
                line.give_back(self._places[line], left)
            self._lines = []

    def close(self) -> None:
        """Give back what is left; the stream moves no more, and who waits for it wakes."""
        self.release()
        for place in self._places.values():
            if place.ticket is not None:
                place.ticket.withdraw()
        if self._slept_for is not None:
            self._slept_for.cancel()

    async def pay(self, until_paid: Callable[[], Awaitable[bool]]) -> None:
        """Wait until everything moved is paid for: the end of a stream comes no sooner.

        Cancellation: safe.
        """
        self.release()
        began = anyio.current_time()
        has_slept = True
        with anyio.CancelScope() as self._slept_for:
            try:
                has_slept = await until_paid()
            finally:
                self._slept_for = None
        if has_slept:
            self.seconds += anyio.current_time() - began

    async def ask(
        self, lines: Sequence[Line], wait: Callable[[], Awaitable[None]], nbytes_told: int = 0
    ) -> None:
        """Have hooks wait, each of which may draw a lot by `draw`.

        Args:
            lines: all that have a limit.
            wait: asks the hooks.
            nbytes_told: so far; with a lot the sum of what they are told gets round.

        Cancellation: as that of wait; what has been drawn stays for the next time.
        """
        if self.nbytes_left <= 0 or anyio.current_time() >= self._expires:
            self.release()
        if not self._lines:
            self._asked = []
            self._forget_all_but(lines)
            turn = self.turn_bytes(lines)
            self.nbytes_left = turn - nbytes_told % turn
        token = _asking.set(self)
        began = anyio.current_time()
        try:
            await wait()
        finally:
            _asking.reset(token)
            now = anyio.current_time()
            self.seconds += now - began
            self._expires = now + _LOT_SECONDS

    async def draw_again(self) -> None:
        """Take a lot as hooks have drawn it before, if it has been given back since.

        Cancellation: safe.
        """
        if self.nbytes_left <= 0 and self._asked:
            await self._draw(self._asked)

    async def draw(self, line: Line) -> None:
        """Take the lot from one line, unless that has been done. Cancellation: safe."""
        if line.meter is not None and line not in self._lines:
            if not self._lines:
                most = line.turn_bytes(self.weight)
                self.nbytes_left = min(self.nbytes_left or most, most)
            try:
                await line.take(self._place(line), self.nbytes_left)
            except Withdrawn:
                return
            self._lines.append(line)
            self._asked = self._lines
            self._grow(anyio.current_time())
            line.lots.add(self)

    @contextmanager
    def told(self, nbytes: int) -> Iterator[None]:
        """Within the block hooks are told of bytes that were granted; what they do not record is
        given back.
        """
        lines = list(self._lines)
        for line in lines:
            line.prepaid_bytes = nbytes
        try:
            yield
        finally:
            for line in lines:
                unrecorded, line.prepaid_bytes = line.prepaid_bytes, 0
                line.give_back(self._place(line), unrecorded)

    async def _draw(self, lines: Sequence[Line]) -> None:
        self.release()
        self._forget_all_but(lines)
        began = anyio.current_time()
        while limited := [line for line in lines if line.meter is not None]:
            versions = [line.version for line in limited]
            lot = self.turn_bytes(limited)
            if await self._take(limited, lot):
                now = anyio.current_time()
                self.seconds += now - began
                began = now
                self._lines, self.nbytes_left = limited, lot
                self._grow(now)
                if versions != [line.version for line in limited]:
                    self.release()  # it was granted under another limit
                    continue
                self._expires = now + _LOT_SECONDS
                for line in limited:
                    line.lots.add(self)
            return
        self.nbytes_left = UNLIMITED_BYTES

    async def _take(self, lines: Sequence[Line], nbytes: int) -> bool:
        """Take a lot from each line; returns whether the share was not closed meanwhile."""
        if len(lines) > 1:
            lines = sorted(lines, key=Line.seconds_ahead, reverse=True)
        taken: list[Line] = []
        try:
            for line in lines:
                await line.take(self._place(line), nbytes)
                taken.append(line)
        except BaseException as failure:
            for line in taken:
                line.give_back(self._place(line), nbytes)
            if isinstance(failure, Withdrawn):
                return False
            raise
        return True

    def _grow(self, now: float) -> None:
        if now - self._expires > _PAUSE_SECONDS:
            self._appetite = _FIRST_LOT_BYTES
        self._appetite = min(self._appetite * _GROWTH, UNLIMITED_BYTES)

    def _place(self, line: Line) -> Place:
        place = self._places.get(line)
        if place is None:
            place = self._places[line] = Place(self.weight)
        return place

    def _forget_all_but(self, lines: Sequence[Line]) -> None:
        if len(self._places) > len(lines):
            self._places = {line: self._place(line) for line in lines}


#: The share of the stream whose hooks are waiting, if any.
_asking: ContextVar[Share | None] = ContextVar("share of the stream that waits", default=None)


def asking_share() -> Share | None:
    """The share of the stream on whose behalf the present hook waits."""
    return _asking.get()
