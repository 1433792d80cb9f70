"""pyftpdlib as a process of its own: what aioftp and its stand-in are both asked about."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PROGRAM = """
import logging, sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
from pyftpdlib.servers import FTPServer
logging.basicConfig(level=logging.CRITICAL)
users = DummyAuthorizer()
users.add_user("user", "secret", sys.argv[1], perm="elradfmwMT")
users.add_anonymous(sys.argv[1], perm="elradfmwMT")
base = TLS_FTPHandler if len(sys.argv) > 2 else FTPHandler
class Handler(base):
    authorizer = users
if len(sys.argv) > 2:
    Handler.certfile, Handler.keyfile = sys.argv[2:4]
server = FTPServer(("127.0.0.1", 0), Handler)
print(server.address[1], flush=True)
server.serve_forever()
"""


@dataclass(frozen=True)
class Peer:
    """A running server.

    Attributes:
        port: on 127.0.0.1.
        root: the folder that it serves.
    """

    port: int
    root: Path


@contextlib.contextmanager
def pyftpdlib_serving(root: Path, *certificate: str) -> Iterator[Peer]:
    """Serve a folder for "user" (password "secret") and for anonymous."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", _PROGRAM, str(root), *certificate],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, "pyftpdlib did not start"
        yield Peer(int(line), root)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
