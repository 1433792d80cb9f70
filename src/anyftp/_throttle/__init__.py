"""Limits on bytes per second: arithmetic in `_account`, waiting in `_throttle` and `_share`."""

from ._share import Share as Share
from ._share import that_matter as that_matter
from ._throttle import StreamThrottle as StreamThrottle
from ._throttle import Throttle as Throttle

__all__ = ["Share", "StreamThrottle", "Throttle", "that_matter"]
