"""Limits that several processes and machines share, kept in Redis or Valkey (extra `redis`).

The client library is coredis: it is built on anyio, so that it runs on trio as well and knows the
cancellation of both.
"""

from anyftp.shared._throttle import SharedThrottle as SharedThrottle

__all__ = ["SharedThrottle"]
