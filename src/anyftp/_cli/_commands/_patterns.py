"""What a URL with `*`, `?` or `[ab]` in its path stands for."""

from __future__ import annotations

from anyftp import Client
from anyftp._cli._given._url import RemoteURL


async def expand(client: Client, url: RemoteURL) -> list[str]:
    """The paths that fit, sorted; where none does, or nothing is wild, the path as it is written.

    Cancellation: safe.
    """
    if url.pattern is None:
        return [url.path]
    found = [str(entry.path) for entry in await client.glob(url.pattern)]
    return sorted(found) or [url.path]
