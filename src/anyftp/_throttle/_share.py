"""A stream's share of its limits: which ones a block pays, and how much of it may move now.

Grant first, then move at most the grant. The share draws *lots* from all its lines and hands them
out in the pieces that the stream asks for. A lot is a turn of the narrowest line. The lines are
asked one after the other, first the one where the wait is longest: by then the others are free as a
rule, so that there is one sleep a lot.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

import anyio
from anyio.lowlevel import current_token

from anyftp._throttle._line import UNLIMITED_BYTES, Line
from anyftp._throttle._meter import SILENCE_SECONDS, check_weight
from anyftp._throttle._throttle import StreamThrottle, Throttle
from anyftp._throttle._waiting import Place, Withdrawn

T = TypeVar("T")

#: What is left of a lot after this time goes back; it was granted for now, not for later.
_LOT_SECONDS = 0.008
#: Nobody knows how many begin in the same moment. So the first lot is small, and each larger than
#: the last; and so it is again after a pause.
_FIRST_LOT_BYTES = 512
_GROWTH = 4
_PAUSE_SECONDS = 1.0


def is_limited(throttles: Mapping[str, StreamThrottle], direction: int) -> bool:
    """Whether `paid_by` would tell of anything.

    This runs for every block of every stream, so an unlimited throttle costs one `is None`.
    """
    try:
        for pair in throttles.values():
            throttle = pair[direction]
            if throttle._line.meter is not None or type(throttle) is not Throttle:
                return True
    except (AttributeError, TypeError, IndexError):
        check_throttles(throttles)
        raise
    return False


def paid_by(throttles: Mapping[str, StreamThrottle], direction: int) -> tuple[list[Line], bool]:
    """The limits that a block of one direction pays.

    Args:
        direction: 0 for the throttles of reading, 1 for those of writing.

    Returns:
        The lines with a limit, each once though its throttle may have several names; and whether
        somebody wants to be asked and told for every block.

    Raises:
        TypeError: something among the throttles is none.
    """
    lines = []
    has_hooks = False
    try:
        for pair in throttles.values():
            throttle = pair[direction]
            line = throttle._line
            if line.meter is not None:
                lines.append(line)
            if type(throttle) is not Throttle and throttle._is_hooked():
                has_hooks = True
    except (AttributeError, TypeError, IndexError):
        check_throttles(throttles)
        raise
    return (each_once(lines) if len(lines) > 1 else lines), has_hooks


def check_throttles(throttles: object) -> None:
    """Refuse what cannot be the throttles of a stream.

    Raises:
        TypeError: it is no mapping of names to pairs of throttles.
    """
    if type(throttles) is not dict and not isinstance(throttles, Mapping):
        raise TypeError(f"throttles must be a dict of names to StreamThrottle, not {throttles!r}")
    for name, pair in throttles.items():
        is_pair = isinstance(pair, tuple) and len(pair) == 2
        if not (is_pair and isinstance(pair[0], Throttle) and isinstance(pair[1], Throttle)):
            raise TypeError(
                f"throttles[{name!r}] must be a StreamThrottle of two Throttles, not {pair!r}"
            )


def each_once(items: Iterable[T]) -> list[T]:
    """The same objects without repetitions: bytes pay a limit once, under however many names."""
    return list({id(item): item for item in items}.values())


class Share:
    """What one direction of one stream may move, under every limit that it pays.

    Args:
        weight: how large a part of a contested limit this stream gets, relative to others.

    Raises:
        ValueError: the weight is not above zero.

    Attributes:
        seconds: spent waiting so far.
        nbytes_left: of the present lot.
        nbytes_ahead: what is due while its peer is waited for.
    """

    __slots__ = (
        "__weakref__",
        "_appetite",
        "_began",
        "_expires",
        "_fetching",
        "_has_lag",
        "_jitter",
        "_lag",
        "_lines",
        "_now",
        "_places",
        "nbytes_ahead",
        "nbytes_left",
        "seconds",
        "weight",
    )

    def __init__(self, weight: float = 1.0) -> None:
        if weight != 1.0:
            check_weight(weight)
        self.weight = weight
        self.nbytes_left = 0
        self.nbytes_ahead = UNLIMITED_BYTES
        self.seconds = 0.0
        self._appetite = _FIRST_LOT_BYTES
        self._lines: list[Line] = []  # that the lot was taken from, as they were given
        self._fetching: list[Line] = []
        # And then what that leads to: anyio looks it up each time, and this runs for every block.
        self._now: Callable[[], float] = anyio.current_time
        self._began = 0.0
        # How long the peer takes, and the mean deviation from it, as RFC 6298 reckons round trips.
        self._lag = self._jitter = 0.0
        self._has_lag = False
        self._places: dict[Line, Place] = {}
        self._expires = -math.inf

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
            began = self._now()
            self.release()
            try:
                await self._draw(lines)
            finally:
                self.seconds += self._now() - began
            granted = min(nbytes, max(self.nbytes_left, 1))
            self.nbytes_left -= granted
        return granted

    def grant_at_once(self, lines: list[Line], nbytes: int) -> int:
        """As `grant`, of the present lot; 0 if another has to be drawn."""
        left = self.nbytes_left
        if left <= 0 or lines != self._lines or self._now() >= self._expires:
            return 0
        granted = min(nbytes, left)
        self.nbytes_left = left - granted
        return granted

    def give_back(self, nbytes: int) -> None:
        """Return bytes of the last grant that did not move."""
        if self._lines:
            self.nbytes_left += nbytes

    def release(self) -> None:
        """Return what is left of the lot."""
        left, self.nbytes_left = self.nbytes_left, 0
        lines, self._lines = self._lines, []
        for line in lines:
            line.give_back(self._places[line], left)

    def close(self) -> None:
        """Give back what is left; the stream moves no more, and who waits for it wakes."""
        self.release()
        for place in self._places.values():
            place.withdraw()

    async def pay(self, lines: Iterable[Line]) -> bool:
        """Wait until everything moved is paid for: the end of a stream comes no sooner.

        Returns:
            Whether there was anything to wait for. If not, this was no checkpoint.

        Cancellation: safe.
        """
        self.release()
        began = self._now()
        has_slept = False
        try:
            for line in sorted(lines, key=Line.delay, reverse=True):
                has_slept = await line.until_paid(self._place(line)) or has_slept
        except Withdrawn:
            has_slept = True
        if has_slept:
            self.seconds += self._now() - began
        return has_slept

    async def ask(self, lines: Sequence[Line], wait: Callable[[], Awaitable[None]]) -> None:
        """Have hooks wait. They have the places of the present task, as by hand.

        Cancellation: as that of wait.
        """
        self.release()
        for line in lines:
            self._places[line] = line.task_place(self.weight)
        began = self._now()
        try:
            await wait()
        finally:
            self.seconds += self._now() - began

    async def ask_again(self, lines: Sequence[Line]) -> None:
        """Wait for other turns, where hooks have waited for turns that went by meanwhile.

        Cancellation: safe.
        """
        with suppress(Withdrawn):
            for line in lines:
                place = self._places[line] = line.task_place(self.weight)
                if place.takes_turns:
                    await line.take(place, 0)

    def turn_bytes(self, lines: Sequence[Line]) -> int:
        """What hooks may move at most, once they have waited."""
        return min([line.turn_bytes(self.weight) for line in lines], default=UNLIMITED_BYTES)

    def begin_fetching(self, lines: list[Line]) -> int:
        """The stream waits for its peer, to ask for a grant with what has come.

        Returns:
            How much it may fetch: what is left of its lot, or the bytes of one turn, in turns with
            all who do the same.
        """
        now = self._began = self._now()
        usual = self._lag + 4 * self._jitter
        # Only for a peer that is known: others would do without what is kept for one that is slow.
        is_quick = self._has_lag and now + usual < self._expires
        if is_quick and self.nbytes_left > 0 and lines == self._lines:
            return self.nbytes_left
        self.release()
        self._fetching = lines
        turns = [line.begin_fetching(self._place(line), usual) for line in lines]
        if not turns:
            self.nbytes_ahead = UNLIMITED_BYTES
            return UNLIMITED_BYTES
        self.nbytes_ahead = int(usual * min(self._places[line].rate for line in lines))
        return min(self._appetite, *turns)

    def end_fetching(self) -> None:
        """It does not wait any more; how long it did tells of its peer, whatever it had left."""
        slack = max([line.end_fetching(self._place(line)) for line in self._fetching], default=0.0)
        self._fetching = []
        seconds = max(0.0, self._now() - self._began - slack)
        is_silent = seconds > SILENCE_SECONDS
        is_first, self._has_lag = not self._has_lag, not is_silent
        if is_silent:
            self._lag = self._jitter = 0.0
            return
        if is_first:
            self._lag, self._jitter = seconds, seconds / 2
            return
        self._jitter += (abs(seconds - self._lag) - self._jitter) / 4
        self._lag += (seconds - self._lag) / 8

    async def _draw(self, lines: list[Line]) -> None:
        """Take a lot from each line; none if the share is closed meanwhile."""
        if len(self._places) > len(lines):
            self._places = {line: self._place(line) for line in lines}
        while True:
            versions = [line.version for line in lines]
            lot = await self._take(lines)
            self._now = current_token().backend_class.current_time
            now = self._now()
            if now - self._expires > _PAUSE_SECONDS:
                self._appetite = _FIRST_LOT_BYTES
            self._appetite = min(self._appetite * _GROWTH, UNLIMITED_BYTES)
            self._expires = now + _LOT_SECONDS
            self._lines, self.nbytes_left = lines, lot
            if not lot or versions == [line.version for line in lines]:
                return
            self.release()  # a part of it was granted under another limit

    async def _take(self, lines: list[Line]) -> int:
        """Returns how much was taken from each; 0 if the share was closed meanwhile."""
        if len(lines) > 1:
            lines = sorted(lines, key=Line.seconds_ahead, reverse=True)
        lot = self._appetite
        taken: list[Line] = []
        try:
            for line in lines:
                granted = await line.take(self._place(line), lot)
                for other in taken:
                    other.give_back(self._place(other), lot - granted)
                lot = granted
                taken.append(line)
        except BaseException as failure:
            for line in taken:
                line.give_back(self._place(line), lot)
            if isinstance(failure, Withdrawn):
                return 0
            raise
        return lot if any(line.meter for line in lines) else UNLIMITED_BYTES

    def _place(self, line: Line) -> Place:
        place = self._places.get(line)
        if place is None:
            place = self._places[line] = Place(self.weight)
            line.holders.add(self)
        return place


async def until_paid(throttles: Iterable[Throttle]) -> bool:
    """Wait until all is paid that has moved so far, under each of the throttles: by one sleep.

    Args:
        throttles: any number of them; an overridden `wait` is not asked.

    Returns:
        Whether there was anything to wait for. If not, this was no checkpoint.

    Cancellation: safe.
    """
    return await Share().pay([throttle._line for throttle in throttles])
