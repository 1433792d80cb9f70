"""Rates over time as small plots of text. Values only: what they are drawn on is not known here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from anyftp._cli._given._rates import format_rate

#: From nothing to a full block by eighths; and what a terminal without them can show.
BLOCKS, ASCII_BLOCKS = " ▁▂▃▄▅▆▇█", " ..::-=+#"


@dataclass(slots=True)
class RateHistory:
    """How many bytes moved in each slot of time.

    Attributes:
        slot_seconds: how long a slot is.
        most_slots: older ones are forgotten.
    """

    slot_seconds: float
    most_slots: int = 1000
    _first: int = 0
    _slots: list[int] = field(default_factory=list)

    def add(self, now: float, nbytes: int) -> None:
        """Count bytes that have moved; `now` is in the clock of the other calls."""
        slot = int(now / self.slot_seconds)
        if not self._slots:
            self._first = slot
        while len(self._slots) <= slot - self._first:
            self._slots.append(0)
            if len(self._slots) > self.most_slots:
                del self._slots[0]
                self._first += 1
        self._slots[slot - self._first] += nbytes

    def rates(self) -> list[float]:
        """Bytes per second of each slot, without the last one, which is not over."""
        return [nbytes / self.slot_seconds for nbytes in self._slots[:-1]]


def spark(rates: Sequence[float], top: float, *, ascii_only: bool = False) -> str:
    """Rates as a line of blocks, as high as they are parts of `top`."""
    blocks = ASCII_BLOCKS if ascii_only else BLOCKS
    return "".join(blocks[_eighths(rate, top)] for rate in rates)


def plot(
    rates: Sequence[float], top: float, *, width: int, height: int, ascii_only: bool = False
) -> list[str]:
    """Rates as a bar chart, with their scale at the left.

    Args:
        rates: are averaged where there are more than columns.
        top: the rate at the upper edge.
        width, height: in characters; the scale takes twelve of the columns.
    """
    blocks = ASCII_BLOCKS if ascii_only else BLOCKS
    edge, floor, tick = ("|", "-", "+") if ascii_only else ("│", "─", "└")
    columns = _averaged(rates, max(width - 12, 1))
    lines = []
    for row in reversed(range(height)):
        label = format_rate(top) if row == height - 1 else ""
        bars = (blocks[_eighths(rate * height - row * top, top)] for rate in columns)
        lines.append(f"{label:>10} {edge}{''.join(bars)}".rstrip())
    lines.append(f"{'0':>10} {tick}{floor * len(columns)}")
    return lines


def _eighths(part: float, whole: float) -> int:
    if part <= 0 or whole <= 0:
        return 0
    return 8 if part >= whole else round(8 * part / whole)


def _averaged(rates: Sequence[float], columns: int) -> list[float]:
    """As many values as there are columns, or fewer, each the average of what falls into it."""
    count = min(len(rates), columns)
    found = []
    for number in range(count):
        part = rates[number * len(rates) // count : (number + 1) * len(rates) // count]
        found.append(sum(part) / len(part))
    return found
