"""Limits on bytes per second: arithmetic in `_account`, waiting in `_throttle` and `_share`."""

from anyftp._throttle._share import Share as Share
from anyftp._throttle._share import that_matter as that_matter
from anyftp._throttle._throttle import StreamThrottle as StreamThrottle
from anyftp._throttle._throttle import Throttle as Throttle
from anyftp._throttle._throttle import until_paid as until_paid

__all__ = ["Share", "StreamThrottle", "Throttle", "that_matter", "until_paid"]
