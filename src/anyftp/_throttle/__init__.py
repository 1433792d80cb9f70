"""Limits on bytes per second: arithmetic in `_meter`, waiting on top of it."""

from anyftp._throttle._line import Line as Line
from anyftp._throttle._line import ThrottleStatistics as ThrottleStatistics
from anyftp._throttle._meter import check_weight as check_weight
from anyftp._throttle._share import Share as Share
from anyftp._throttle._share import check_throttles as check_throttles
from anyftp._throttle._share import each_once as each_once
from anyftp._throttle._share import is_limited as is_limited
from anyftp._throttle._share import paid_by as paid_by
from anyftp._throttle._share import until_paid as until_paid
from anyftp._throttle._throttle import StreamThrottle as StreamThrottle
from anyftp._throttle._throttle import Throttle as Throttle

__all__ = [
    "Line",
    "Share",
    "StreamThrottle",
    "Throttle",
    "ThrottleStatistics",
    "check_throttles",
    "check_weight",
    "each_once",
    "is_limited",
    "paid_by",
    "until_paid",
]
