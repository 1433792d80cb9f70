"""What is to be changed."""

from __future__ import annotations

from anyftp._fs import MemoryFileSystem
from anyftp._server import Permission

P = Permission


def scene() -> MemoryFileSystem:
    tree = MemoryFileSystem()
    tree.put("/d/f", b"12345")
    tree.put("/g", b"")
    return tree
