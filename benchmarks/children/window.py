"""How even a flow of bytes was: averages and windows. No clock, no sockets."""

import itertools
from collections.abc import Sequence

Event = tuple[float, int]
WINDOW = 0.25


def worst_window(events: Sequence[Event]) -> int:
    """The most bytes that came within any quarter of a second, its first event included."""
    worst = total = first = 0
    for at, nbytes in events:
        total += nbytes
        while events[first][0] <= at - WINDOW:
            total -= events[first][1]
            first += 1
        worst = max(worst, total)
    return worst


def jain(totals: Sequence[int]) -> float:
    """Jain's index: 1 if all have the same, 1/n if one has everything."""
    squares = sum(total * total for total in totals)
    return sum(totals) ** 2 / (len(totals) * squares) if squares else 0.0


def longest_silence(events: Sequence[Event], start: float, seconds: float) -> float:
    """The longest time without a byte."""
    times = [start, *(at for at, _ in events), start + seconds]
    return max(later - earlier for earlier, later in itertools.pairwise(times))


def figures(
    logs: Sequence[Sequence[Event]], start: float, seconds: float, limit: int
) -> dict[str, float]:
    """What is judged, as ratios of what the limit allows."""
    inside = [[event for event in log if event[0] <= start + seconds] for log in logs]
    totals = [sum(nbytes for _, nbytes in log) for log in inside]
    events = sorted(event for log in inside for event in log)
    early = sum(nbytes for at, nbytes in events if at <= start + WINDOW)
    return {
        "average": sum(totals) / (limit * seconds),
        "worst_window": worst_window(events) / (limit * WINDOW),
        "first_window": early / (limit * WINDOW),
        "silence_ms": longest_silence(events, start, seconds) * 1000,
        "jain": jain(totals),
        "largest_read": max((nbytes for _, nbytes in events), default=0),
    }
