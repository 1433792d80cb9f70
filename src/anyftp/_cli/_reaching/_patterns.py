"""What a URL with `*`, `?` or `[ab]` in its path stands for."""

from __future__ import annotations

import anyftp
from anyftp._cli._reaching._remote import Remote


async def expand(client: anyftp.Client, place: Remote) -> list[Remote]:
    """The places that fit, sorted; where none does, or nothing is wild, the path as it is written.

    Cancellation: safe.
    """
    if place.url.pattern is None:
        return [place]
    found = sorted(str(entry.path) for entry in await client.glob(place.url.pattern))
    return [place.at(path, len(found)) for path in found] or [place.at(place.url.path)]
