"""Limits that several processes and machines share.

`SharedCounts` keeps them in a file of SQLite for one machine, or in Redis or Valkey for many;
`SharedThrottle` in Redis or Valkey (extra `redis`).

The client library for Redis is coredis: it is built on anyio, so that it runs on trio as well and
knows the cancellation of both.
"""

from typing import TYPE_CHECKING

from anyftp._lazy import lazily

if TYPE_CHECKING:
    from anyftp.shared._counts import SharedCounts as SharedCounts
    from anyftp.shared._throttle import SharedThrottle as SharedThrottle

_HOMES = {
    "anyftp.shared._counts": ("SharedCounts",),
    "anyftp.shared._throttle": ("SharedThrottle",),
}

if not TYPE_CHECKING:  # else any name would do
    __getattr__, __dir__ = lazily(__name__, _HOMES)

__all__ = ["SharedCounts", "SharedThrottle"]
