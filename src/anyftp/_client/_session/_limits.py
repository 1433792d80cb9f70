"""The throttle of all data connections of a client, which may be another one at any time."""

from __future__ import annotations

from weakref import WeakSet

from anyftp._streams import ThrottleStreamIO
from anyftp._throttle import StreamThrottle

#: The name that it has among the throttles of a stream.
KEY = "client"


class Limits:
    """What a client and its further sessions share: a new throttle holds for all of them.

    Attributes:
        throttle: the throttle; each stream has it among its own from the beginning.
        streams: those that have it.
    """

    def __init__(self, throttle: StreamThrottle) -> None:
        self.throttle: StreamThrottle = throttle
        self.streams: WeakSet[ThrottleStreamIO] = WeakSet()

    def replace(self, throttle: StreamThrottle | None) -> None:
        """Have another throttle hold from the next block on, in open streams too.

        Args:
            throttle: None for no limits.
        """
        throttle = StreamThrottle.from_limits() if throttle is None else throttle
        old, self.throttle = self.throttle, throttle
        for stream in self.streams:
            if stream.throttles.get(KEY) is old:  # whoever took it out meant it
                stream.throttles[KEY] = throttle
