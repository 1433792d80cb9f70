"""The throttle of all data connections of a client, which may be another one at any time."""

from __future__ import annotations

from weakref import WeakSet

from anyftp._streams import ThrottleStreamIO
from anyftp._throttle import StreamThrottle

_KEY = "client"


class Limits:
    """What a client and its further sessions share: a new throttle holds for all of them."""

    def __init__(self, throttle: StreamThrottle) -> None:
        self._throttle = throttle
        self._streams: WeakSet[ThrottleStreamIO] = WeakSet()

    @property
    def throttle(self) -> StreamThrottle:
        """The throttle; one that is set holds from the next block on, in open streams too."""
        return self._throttle

    @throttle.setter
    def throttle(self, throttle: StreamThrottle) -> None:
        old, self._throttle = self._throttle, throttle
        for stream in self._streams:
            if stream.throttles.get(_KEY) is old:  # whoever took it out meant it
                stream.throttles[_KEY] = throttle

    def hold(self, stream: ThrottleStreamIO) -> None:
        """Have a stream pay, as long as it is open."""
        stream.throttles[_KEY] = self._throttle
        self._streams.add(stream)
