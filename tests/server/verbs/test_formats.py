"""Batches of entries as bytes."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from anyftp._fs import FileInfo, MemoryFileSystem
from anyftp._protocol import Permission
from anyftp._server import Server, User
from anyftp._server._users._rules import Rules
from anyftp._server._verbs._formats import as_facts
from server.probe import logged_in

pytestmark = pytest.mark.anyio

BATCH = [FileInfo("f", "file", 5, 1_000_000_000.0), FileInfo("g", "file"), FileInfo("a\nb", "file")]


@pytest.mark.parametrize(
    ("permissions", "expected"),
    [
        (Permission.READ, b"size=5;perm=r; f\r\nsize=0;perm=r; g\r\n"),
        (
            {"/": Permission.READ, "/d/g": Permission.DELETE},
            b"size=5;perm=r; f\r\nsize=0;perm=d; g\r\n",
        ),
    ],
    ids=["everywhere the same", "from place to place others"],
)
async def test_facts(permissions: Permission | Rules, expected: bytes) -> None:
    server = Server(
        [User("bob", "secret", file_system=MemoryFileSystem(), permissions=permissions)]
    )
    async with logged_in(server):
        [session] = server.sessions
        session.mlsx.select("size;perm;")
        assert as_facts(session, PurePosixPath("/d"))(BATCH) == expected
