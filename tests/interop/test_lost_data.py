"""Data connections that are reset as soon as they stand, with the control connection alive.

Some servers have accepted nothing by then, and keep what they had to send for whoever comes next.
"""

from __future__ import annotations

import random
from contextlib import suppress

import anyio
import pytest
from anyio.abc import ByteStream

from anyftp import Client, FTPError
from anyftp._net import connect_tcp
from anyftp.testing import reset_stream
from interop.daemons import StartDaemon

#: The resetting end is that of the client itself.
_GONE = (anyio.BrokenResourceError, anyio.ClosedResourceError)

pytestmark = [pytest.mark.anyio, pytest.mark.interop]


class Resetting:
    """Dials for a client, and resets the next data connection after so many bytes.

    Attributes:
        patience: bytes, None to leave connections alone.
    """

    def __init__(self, control_port: int) -> None:
        self.patience: int | None = None
        self._control_port = control_port

    async def dial(self, host: str, port: int) -> ByteStream:
        """Connect as `dialler` of a client."""
        stream = await connect_tcp(host, port)
        if port != self._control_port and self.patience is not None:
            patience, self.patience = self.patience, None
            if patience:
                with suppress(TimeoutError, anyio.EndOfStream, anyio.BrokenResourceError):
                    with anyio.fail_after(0.2):
                        await stream.receive(patience)
            reset_stream(stream)
        return stream


@pytest.mark.parametrize("server", ["vsftpd", "pure-ftpd", "proftpd", "pyftpdlib", "anyftp"])
async def test_the_next_transfer_is_not_taken_for_one_that_was_lost(
    server: str, ftp_daemon: StartDaemon
) -> None:
    daemon = ftp_daemon(server)
    stored, remote = daemon.folder()
    draw = random.Random(57)
    large, small = draw.randbytes(2_000_000), draw.randbytes(50_000)
    for name, content in (("large", large), ("small", small)):
        (stored / name).write_bytes(content)
        daemon.setup.give(stored / name)
    resetting = Resetting(daemon.port)
    async with Client.context(
        daemon.host,
        daemon.port,
        daemon.user,
        daemon.password,
        timeout=10,
        close_timeout=1,
        dialler=resetting.dial,
    ) as client:
        await client.change_directory(remote)
        for lost in ("RETR", "RETR", "STOR", "MLSD", "RETR"):
            resetting.patience = 0
            with suppress(FTPError, *_GONE):
                if lost == "RETR":
                    async with client.download_stream("large") as stream:
                        await stream.read()
                elif lost == "STOR":
                    async with client.upload_stream("up") as stream:
                        await stream.write(large)
                else:
                    await client.list()
            resetting.patience = None
            async with client.download_stream("small") as stream:
                assert await stream.read() == small
        assert {"large", "small"} <= {entry.name for entry in await client.list()}
