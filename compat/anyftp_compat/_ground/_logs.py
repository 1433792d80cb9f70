"""The loggers that aioftp's programs configure, and what is written to them.

As in aioftp each command and each line of a reply is a record of the level DEBUG; no password is in
any of them.
"""

from __future__ import annotations

import logging
from typing import Literal

import anyftp

from ._patchable import patched

client_logger: logging.Logger = logging.getLogger("aioftp.client")
server_logger: logging.Logger = logging.getLogger("aioftp.server")


def log_line(session: anyftp.Session, direction: Literal["received", "sent"], line: str) -> None:
    """Log a command or a line of a reply of the server's."""
    patched.server.logger.debug("%s", line)
