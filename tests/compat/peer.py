"""Servers as processes of their own: what aioftp and its stand-in are both asked about."""

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
    auth_failed_timeout = 0.05
if len(sys.argv) > 2:
    Handler.certfile, Handler.keyfile = sys.argv[2:4]
server = FTPServer(("127.0.0.1", 0), Handler)
print(server.address[1], flush=True)
server.serve_forever()
"""

_AIOFTP = """
import asyncio, sys
import aioftp
async def main():
    users = [aioftp.User("user", "secret", base_path=sys.argv[1])]
    server = aioftp.Server(users, path_io_factory=aioftp.PathIO)
    await server.start("127.0.0.1", 0)
    print(server.address[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
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


def pyftpdlib_serving(root: Path, *certificate: str) -> contextlib.AbstractContextManager[Peer]:
    """Serve a folder for "user" (password "secret") and for anonymous."""
    return _serving(_PROGRAM, root, *certificate)


def aioftp_serving(root: Path) -> contextlib.AbstractContextManager[Peer]:
    """Serve a folder for "user" (password "secret") by aioftp's own server."""
    return _serving(_AIOFTP, root)


@contextlib.contextmanager
def _serving(program: str, root: Path, *arguments: str) -> Iterator[Peer]:
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", program, str(root), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, "the server did not start"
        yield Peer(int(line), root)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
