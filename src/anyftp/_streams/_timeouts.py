"""The time-outs of a stream: what each bounds, and that they are figures which make sense."""

from __future__ import annotations

import math

from anyftp._streams._budget import UNBOUNDED, Budget


class Timeouts:
    """How long a stream's operations may wait for the peer; all may be assigned at any time.

    None is any time, 0 is at once: with what is there, or where there is room. Each operation
    begins with what is assigned by then.
    """

    def __init__(
        self,
        timeout: float | None,
        read_timeout: float | None,
        write_timeout: float | None,
        stall_timeout: float | None,
    ) -> None:
        if timeout is not None:
            self.timeout = timeout
        if read_timeout is not None:
            self.read_timeout = read_timeout
        if write_timeout is not None:
            self.write_timeout = write_timeout
        if stall_timeout is not None:
            self.stall_timeout = stall_timeout

    _timeout: float | None = None
    _read_timeout: float | None = None
    _write_timeout: float | None = None
    _stall_timeout: float | None = None

    @property
    def timeout(self) -> float | None:
        """Seconds that one operation may wait, if it has no time-out of its own."""
        return self._timeout

    @timeout.setter
    def timeout(self, seconds: float | None) -> None:
        self._timeout = _checked("timeout", seconds)

    @property
    def read_timeout(self) -> float | None:
        """Seconds that one read may wait; `timeout` unless it is set."""
        return self._timeout if self._read_timeout is None else self._read_timeout

    @read_timeout.setter
    def read_timeout(self, seconds: float | None) -> None:
        self._read_timeout = _checked("read_timeout", seconds)

    @property
    def write_timeout(self) -> float | None:
        """Seconds that one write may wait; `timeout` unless it is set."""
        return self._timeout if self._write_timeout is None else self._write_timeout

    @write_timeout.setter
    def write_timeout(self, seconds: float | None) -> None:
        self._write_timeout = _checked("write_timeout", seconds)

    @property
    def stall_timeout(self) -> float | None:
        """Seconds in which nothing at all comes, or goes out, however long an operation takes."""
        return self._stall_timeout

    @stall_timeout.setter
    def stall_timeout(self, seconds: float | None) -> None:
        self._stall_timeout = _checked("stall_timeout", seconds)

    def _budget(self, operation: str) -> Budget:
        seconds = self._read_timeout if operation.startswith("read") else self._write_timeout
        if seconds is None:
            seconds = self._timeout
        if seconds is None and self._stall_timeout is None:
            return UNBOUNDED
        return Budget(operation, seconds, self._stall_timeout)


def _checked(name: str, seconds: float | None) -> float | None:
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise TypeError(f"{name} is a number of seconds or None, not {seconds!r}")
    if math.isnan(seconds) or seconds < 0:
        raise ValueError(f"{name}={seconds} is no number of seconds")
    return seconds
