"""anyftp's streams and copy loop under a blocking control connection, to and from a file in place.

The whole-file calls of the client write to a temporary file and rename it; fresh pages then cost
more than the copying. This is the data path by itself.
"""

import os
import ssl
from typing import Any

from anyio.to_thread import run_sync

from anyftp._streams import (
    OptimisticStream,
    SocketStream,
    StreamIO,
    TLSStream,
    copy_from_file,
    copy_to_file,
)
from benchmarks.children.blocking_client import BlockingClient


class InPlace:
    """An open file as the copy loop wants it; `portable` hides its descriptor from the kernel."""

    def __init__(self, path: str, flags: int, *, portable: bool) -> None:
        self._fd = os.open(path, flags)
        self._portable = portable

    def fileno(self) -> int | None:
        """The descriptor, unless the portable path is wanted."""
        return None if self._portable else self._fd

    async def readinto(self, buffer: memoryview) -> int:
        """Read in a worker thread."""
        return await run_sync(os.readv, self._fd, [buffer])

    async def write(self, data: memoryview) -> None:
        """Write in a worker thread."""
        await run_sync(os.write, self._fd, data)

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)


async def opened(client: BlockingClient, line: str, *, tls: bool) -> StreamIO:
    """The data connection of a command, handshake done."""
    sock = client.open_plain(line)
    sock.setblocking(False)
    stream: OptimisticStream = SocketStream(sock)
    if tls:
        stream = await TLSStream.wrap(stream, ssl._create_unverified_context())
    return StreamIO(stream)


async def work(task: dict[str, Any]) -> dict[str, Any]:
    """Do the task once."""
    tls = bool(task.get("tls"))
    portable = bool(task.get("portable"))
    client = BlockingClient(task["host"], task["port"], tls=tls)
    if task["work"] == "download":
        file = InPlace(task["file"], os.O_WRONLY, portable=portable)
        stream = await opened(client, f"RETR {task['path']}", tls=tls)
        nbytes = await copy_to_file(stream, file)
        await stream.aclose()
    else:
        file = InPlace(task["file"], os.O_RDONLY, portable=portable)
        stream = await opened(client, f"STOR {task['path']}", tls=tls)
        nbytes = await copy_from_file(file, stream)
        await stream.send_eof()
        await stream.aclose()
    file.close()
    client.confirm()
    client.quit()
    return {"nbytes": nbytes}
