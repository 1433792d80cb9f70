"""Limits on bytes per second: arithmetic in `_account`, waiting on top of it."""

from anyftp._throttle._share import Share as Share
from anyftp._throttle._sleep import until_paid as until_paid
from anyftp._throttle._throttle import StreamThrottle as StreamThrottle
from anyftp._throttle._throttle import Throttle as Throttle
from anyftp._throttle._throttle import each_once as each_once
from anyftp._throttle._throttle import that_matter as that_matter
from anyftp._throttle._turns import Turns as Turns

__all__ = [
    "Share",
    "StreamThrottle",
    "Throttle",
    "Turns",
    "each_once",
    "that_matter",
    "until_paid",
]
