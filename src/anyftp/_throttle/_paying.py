"""Which throttles a block pays, and waiting until all of them are paid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import anyio

from anyftp._throttle._line import Line
from anyftp._throttle._throttle import StreamThrottle, Throttle


async def until_paid(throttles: Sequence[Throttle]) -> bool:
    """Wait until all is paid that has moved so far, under each of the throttles: by one sleep.

    Args:
        throttles: any number of them; an overridden `wait` is not asked.

    Returns:
        Whether there was anything to wait for. If not, this was no checkpoint.

    Cancellation: safe.
    """
    has_slept = False
    while True:
        delays = [throttle.delay() for throttle in throttles]
        delay = max(delays, default=0.0)
        if delay <= 0.0:
            return has_slept
        has_slept = True
        lines = [throttle._line for throttle in throttles]
        dues = [line.now() + delay for line in lines]
        if not await _sleep(throttles, throttles[delays.index(delay)], delay):
            for line, due in zip(lines, dues, strict=True):
                line.trust_sleep(due)
            return True


async def _sleep(throttles: Sequence[Throttle], slowest: Throttle, seconds: float) -> bool:
    """Sleep for all of them, by the means of the slowest; whether a limit was changed meanwhile."""
    is_changed: object = None
    with anyio.CancelScope() as alarm:
        for throttle in throttles:
            throttle._alarms.add(alarm)
        try:
            is_changed = await slowest.sleep(seconds)
        finally:
            for throttle in throttles:
                throttle._alarms.discard(alarm)
    return alarm.cancel_called or is_changed is True


def paid_by(throttles: Mapping[str, StreamThrottle], direction: int) -> tuple[list[Line], bool]:
    """The limits that a block of one direction pays.

    This runs for every block of every stream, so an unlimited throttle costs one `is None`.

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
    if not isinstance(throttles, Mapping):
        raise TypeError(f"throttles are a dict of names to StreamThrottle: {throttles!r}")
    for name, pair in throttles.items():
        if not isinstance(pair, tuple) or [isinstance(t, Throttle) for t in pair] != [True, True]:
            raise TypeError(f"throttles[{name!r}] must be a StreamThrottle of two: {pair!r}")


T = TypeVar("T")


def each_once(items: Iterable[T]) -> list[T]:
    """The same objects without repetitions: bytes pay a limit once, under however many names."""
    return list({id(item): item for item in items}.values())
