"""What a stream of trio's is, for those who have no trio."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class TrioStream(Protocol):
    """What `trio.abc.Stream` asks for; one that has `send_eof` as well can be half-closed."""

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send all of data. Cancellation: breaks the stream."""

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        """Receive at least one byte; b"" at the end. Cancellation: safe."""

    async def aclose(self) -> None:
        """Close it. Cancellation: closes all the same."""
