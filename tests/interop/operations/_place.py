"""Where an operation takes place."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from anyftp import Client
from interop.daemons import Daemon

#: Over the size of socket buffers on both sides together only in the larger one.
CONTENT = random.Random(3659).randbytes(100_000) + b"\r\n\xff\xf4\x00\n" * 500
LARGE = random.Random(959).randbytes(3 * 1024 * 1024)
TEXT = b"one\ntwo\n\nfour\n" * 3000
LONG_AGO = datetime(2009, 2, 13, 23, 31, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Place:
    """A client and a folder of its own on a server.

    Attributes:
        client: logged in; where it is does not matter.
        stored: the folder, as the server's disk has it.
        remote: the folder, as the client names it.
        mine: an empty folder of the client's.
        connect: gives another client, connected and logged in unless `login=False`.
    """

    daemon: Daemon
    client: Client
    stored: Path
    remote: PurePosixPath
    mine: Path
    connect: Callable[..., AbstractAsyncContextManager[Client]]

    def put(self, name: str, content: bytes = CONTENT) -> PurePosixPath:
        """Lay down a file on the server; gives its remote path."""
        self.daemon.put(self.stored / name, content)
        return self.remote / name

    def put_folder(self, name: str) -> PurePosixPath:
        """Make a folder on the server; gives its remote path."""
        (self.stored / name).mkdir()
        self.daemon.setup.give(self.stored / name)
        return self.remote / name

    def names(self) -> list[str]:
        """What is in the folder, as the server's disk has it."""
        return sorted(path.name for path in self.stored.iterdir())

    def files(self) -> dict[str, bytes]:
        """All files at any depth below the folder."""
        return _files(self.stored)

    def my_files(self) -> dict[str, bytes]:
        """All files at any depth below the client's folder."""
        return _files(self.mine)


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
