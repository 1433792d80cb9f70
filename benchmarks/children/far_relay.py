"""A long way between two addresses of this machine: ``far_relay '{"ports": […], "seconds": 1}'``.

What comes to a port of 127.0.0.2 goes on to the same port of 127.0.0.1, as much later, and so does
what comes back. Connecting takes no time: the kernel answers for us. For servers whose passive
ports are known, and clients that dial data connections where the control connection goes.
"""

import asyncio
import socket
import sys
from collections import deque
from contextlib import suppress
from typing import Any

from benchmarks.children.meter import job, tell

NEAR, FAR = "127.0.0.1", "127.0.0.2"
WINDOW = 1 << 20


class Direction:
    """Bytes on their way, in order; b"" is the end.

    Args:
        writer: where they go.
        back: where they come from, which has to hear that nobody takes them any more.
    """

    def __init__(
        self, writer: asyncio.StreamWriter, back: asyncio.StreamWriter, seconds: float
    ) -> None:
        self._writer = writer
        self._back = back
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._queue: deque[tuple[float, bytes]] = deque()
        self._nbytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._room = asyncio.Event()
        self._room.set()

    async def carry(self, reader: asyncio.StreamReader) -> None:
        """Take in all that comes, to the end."""
        try:
            while True:
                data = await reader.read(1 << 18)
                self._queue.append((self._loop.time() + self._seconds, data))
                self._nbytes += len(data)
                if self._timer is None:
                    self._timer = self._loop.call_at(self._queue[0][0], self._deliver)
                if not data:
                    return
                if self._nbytes > WINDOW:
                    self._room.clear()
                    await self._room.wait()
        except OSError:
            self._loop.call_later(self._seconds, self._writer.transport.abort)

    def _deliver(self) -> None:
        now = self._loop.time()
        while self._queue and self._queue[0][0] <= now:
            _, data = self._queue.popleft()
            self._nbytes -= len(data)
            if self._writer.transport.is_closing():
                self._back.transport.abort()
            elif data:
                self._writer.write(data)
            else:
                with suppress(OSError):
                    self._writer.write_eof()
        self._room.set()
        self._timer = None
        if self._queue:
            self._timer = self._loop.call_at(self._queue[0][0], self._deliver)


async def serve(ports: list[int], seconds: float) -> None:
    """Carry until the standard input ends."""

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        port = writer.get_extra_info("sockname")[1]
        # ftplib sends ABOR as urgent data, whose last byte is lost otherwise.
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
        try:
            on_reader, on_writer = await asyncio.open_connection(NEAR, port)
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(
            Direction(on_writer, writer, seconds).carry(reader),
            Direction(writer, on_writer, seconds).carry(on_reader),
        )
        await asyncio.sleep(2 * seconds)
        writer.close()
        on_writer.close()

    servers: list[Any] = [await asyncio.start_server(carry, FAR, port) for port in ports]
    tell(port=ports[0])
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for server in servers:
        server.close()


if __name__ == "__main__":
    work = job()
    asyncio.run(serve(work["ports"], work["seconds"]))
    tell(seconds=0, user=0, system=0, peak_kib=0, before_kib=0)
