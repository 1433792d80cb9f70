"""A gateway that ends every connection whenever 200 KB have gone through it, FIN or RST.

Between our client and other programs' servers, trees of 400 files come over it with `retry` and
`resume`: what is said to have gone over is identical, whatever it took; or there is an error.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import anyio
import pytest
from anyio.abc import ByteStream, TaskGroup

from anyftp import Client, FTPError, RetryPolicy
from anyftp._net import connect_tcp
from anyftp._streams import SocketStream
from anyftp.testing import reset_stream
from client.peer import tcp_pair
from interop.daemons import StartDaemon

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.interop,
    pytest.mark.matrix,
    pytest.mark.every_loop,
    pytest.mark.timeout(300),
]

#: Bytes after which all connections end.
_PATIENCE_BYTES = 200_000
_SIZES = (0, 1, 4_000, 12_719, 24_000, 60_000)
_GONE = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream, OSError)


class Gateway:
    """Dials for a client; every so many bytes all that it has open ends."""

    def __init__(self, group: TaskGroup, *, resets: bool) -> None:
        self.cuts = 0
        self._group = group
        self._resets = resets
        self._nbytes = 0
        self._open: list[ByteStream] = []

    async def dial(self, host: str, port: int) -> ByteStream:
        """Connect as `dialler` of a client."""
        there = await connect_tcp(host, port)
        ours, theirs = (SocketStream(end) for end in tcp_pair())
        self._open += [there, theirs]
        self._group.start_soon(self._hand_on, there, theirs)
        self._group.start_soon(self._hand_on, theirs, there)
        return ours

    async def _hand_on(self, source: ByteStream, target: ByteStream) -> None:
        try:
            while True:
                data = await source.receive()
                left = _PATIENCE_BYTES - self._nbytes
                self._nbytes += len(data)
                await target.send(data[:left] if left > 0 else b"")
                if self._nbytes >= _PATIENCE_BYTES:
                    await self._cut()
                    return
        except _GONE:
            with suppress(*_GONE):
                await target.send_eof()

    async def _cut(self) -> None:
        self.cuts, self._nbytes = self.cuts + 1, 0
        going, self._open = self._open, []
        with anyio.CancelScope(shield=True):  # who ends the gateway meanwhile finds none of them
            for stream in going:
                with suppress(*_GONE):
                    if self._resets:
                        reset_stream(stream)
                    await stream.aclose()

    async def aclose(self) -> None:
        """Close what is open."""
        self._resets = False
        await self._cut()


def lay_tree(root: Path) -> dict[str, bytes]:
    """Lay 400 files; gives their contents by name."""
    draw = random.Random(400)
    files = {f"d{n % 7}/f{n}": draw.randbytes(draw.choice(_SIZES)) for n in range(400)}
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return files


def differing(root: Path, files: dict[str, bytes]) -> Iterator[str]:
    """The names of those that are not there as they should be."""
    for name, content in files.items():
        path = root / name
        if not path.is_file() or path.read_bytes() != content:
            yield name


@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize("end", ["fin", "rst"])
@pytest.mark.parametrize("way", ["down", "up"])
@pytest.mark.parametrize("server", ["vsftpd", "pure-ftpd", "proftpd", "pyftpdlib"])
async def test_what_is_said_to_have_gone_over_is_identical(
    server: str, way: str, end: str, jobs: int, ftp_daemon: StartDaemon, tmp_path: Path
) -> None:
    daemon = ftp_daemon(server)
    stored, remote = daemon.folder()
    mine = tmp_path / "mine"
    mine.mkdir()
    source, target = (stored, mine) if way == "down" else (mine, stored)
    files = lay_tree(source / "t")
    for path in (stored, *sorted(stored.rglob("*"))):
        daemon.setup.give(path)
    failure: FTPError | None = None
    async with anyio.create_task_group() as group:
        gateway = Gateway(group, resets=end == "rst")
        try:
            async with Client.context(
                daemon.host,
                daemon.port,
                daemon.user,
                daemon.password,
                timeout=5,
                confirmation_timeout=2,
                close_timeout=1,
                retry=RetryPolicy(8, 0.05),
                dialler=gateway.dial,
            ) as client:
                if way == "down":
                    await client.download(remote / "t", mine, jobs=jobs, resume=True)
                else:
                    await client.upload(mine / "t", remote, jobs=jobs, resume=True)
        except FTPError as error:
            failure = error
        await gateway.aclose()
        group.cancel_scope.cancel()
    wrong = list(differing(target / "t", files))
    assert gateway.cuts > 10 or failure is not None
    assert failure is not None or not wrong, f"after {gateway.cuts} cuts"
