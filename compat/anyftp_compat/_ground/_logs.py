"""The loggers that aioftp's programs configure, and what is written to them.

As in aioftp each command and each line of a reply is a record of the level DEBUG; no password is in
any of them.
"""

from __future__ import annotations

import logging
from typing import Literal

import anyftp
from anyftp import events

from ._patchable import patched

client_logger: logging.Logger = logging.getLogger("aioftp.client")
server_logger: logging.Logger = logging.getLogger("aioftp.server")


def log_line(session: anyftp.Session, direction: Literal["received", "sent"], line: str) -> None:
    """Log a command or a line of a reply of the server's."""
    patched.server.logger.debug("%s", line)


async def write_arrivals(server: anyftp.Server) -> None:
    """Log who comes and goes, until the server has closed.

    Cancellation: ends it.
    """
    async with server.events() as stream:
        async for event in stream:
            match event:
                case events.Connected():
                    patched.server.logger.info("new connection from %s", event.session.peer_host)
                case events.Disconnected():
                    patched.server.logger.info(
                        "closing connection from %s", event.session.peer_host
                    )
