"""What is done with a stream that was opened."""

from __future__ import annotations

from typing import Any

from client.peer import (
    Peer,
)


async def read(peer: Peer, **options: Any) -> bytes:
    async with peer.client(**options) as client:
        async with client.download_stream("f") as stream:
            content = await stream.read()
        await client.noop()
    return content
