"""Where counts are kept, as a URL says it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from urllib.parse import unquote, urlsplit

from anyftp.shared._ledger import Ledger


def opener_of(url: str, name: str) -> Callable[[], AbstractAsyncContextManager[Ledger]]:
    """What opens the ledger at a URL; the module for it is imported now.

    Raises:
        ValueError: the URL makes no sense.
        ImportError: coredis is needed and is not installed.
    """
    scheme = url.partition(":")[0]
    if scheme == "sqlite":
        from anyftp.shared._sqlite import SQLiteLedger

        return partial(SQLiteLedger.opened, _file_of(url))
    if scheme in ("redis", "rediss"):
        from anyftp.shared._redis import RedisLedger
        from anyftp.shared._redis_url import check_url

        check_url(url)
        return partial(RedisLedger.opened, url, name)
    raise ValueError("the URL of counts must begin with sqlite:///, redis:// or rediss://")


def _file_of(url: str) -> str:
    """The file that a URL of SQLite names; not one that each process would find elsewhere.

    Of a name that is empty SQLite makes a file for this process alone.
    """
    parts = urlsplit(url)
    is_whole = not (parts.netloc or parts.query or parts.fragment)
    if not is_whole or not parts.path.startswith("/") or parts.path.endswith("/"):
        raise ValueError(f"the URL of counts in a file must be sqlite:///absolute/path, not {url}")
    return unquote(parts.path)
