"""Where a Redis or Valkey is, as a URL says it."""

from __future__ import annotations

from typing import Any
from urllib.parse import SplitResult, urlsplit

from anyftp._extras import importing

with importing("redis", "what is shared in Redis"):
    import coredis

_RULE = "redis://user:password@host:6379/0, or rediss:// for TLS"


def check_url(url: str) -> None:
    """See that a URL can be one of Redis; what it says of passwords is in no message.

    Raises:
        ValueError: it is none.
    """
    try:
        parts = urlsplit(url)
        is_good = _is_good(parts)
    except ValueError:  # its port, or its brackets; the message could hold half of a password
        is_good = False
    if not is_good:
        raise ValueError(f"the URL of Redis must be {_RULE}")


def _is_good(parts: SplitResult) -> bool:
    number = parts.path.strip("/")
    return (
        parts.scheme in ("redis", "rediss")
        and bool(parts.hostname)
        and parts.port != 0
        and (not number or (number.isascii() and number.isdigit()))
        and not parts.fragment
    )


def client_of(url: str) -> Any:
    """A client of it, to be entered; "%40" in its user or password is "@"."""
    return coredis.Redis.from_url(url, decode_responses=True, decode_components=True)
