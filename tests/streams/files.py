"""Files for the tests of the copy loop: on disk, with or without a descriptor, slow or failing."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import anyio
import anyio.to_thread


@dataclass
class DiskFile:
    """A real file. `is_bare` lets the kernel at its descriptor."""

    fd: int
    is_bare: bool = True

    @classmethod
    def read(cls, path: Path | str, *, is_bare: bool = True) -> Self:
        return cls(os.open(path, os.O_RDONLY), is_bare)

    @classmethod
    def create(cls, path: Path | str, *, is_bare: bool = True, flags: int = 0) -> Self:
        return cls(os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o600), is_bare)

    def fileno(self) -> int | None:
        return self.fd if self.is_bare else None

    async def readinto(self, buffer: memoryview) -> int:
        return await anyio.to_thread.run_sync(os.readv, self.fd, [buffer])

    async def write(self, data: memoryview) -> None:
        def write_all() -> None:
            view = data
            while view.nbytes:
                view = view[os.write(self.fd, view) :]

        await anyio.to_thread.run_sync(write_all)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        os.close(self.fd)


@dataclass
class MemoryFile:
    """A file in memory; no threads, so that it works under virtual clocks."""

    data: bytearray = field(default_factory=bytearray)
    position: int = 0
    seconds: float = 0.0

    def fileno(self) -> int | None:
        return None

    async def readinto(self, buffer: memoryview) -> int:
        await anyio.sleep(self.seconds)
        block = self.data[self.position : self.position + buffer.nbytes]
        buffer[: len(block)] = block
        self.position += len(block)
        return len(block)

    async def write(self, data: memoryview) -> None:
        await anyio.sleep(self.seconds)
        self.data += data


def random_file(path: Path, nbytes: int) -> bytes:
    """Fill a file with bytes that do not repeat; returns them."""
    seed = hashlib.sha256(str(nbytes).encode()).digest()
    block = bytearray()
    for number in range(nbytes // 8192 + 1):
        block += hashlib.sha256(seed + number.to_bytes(4, "big")).digest() * 256
    data = bytes(block[:nbytes])
    path.write_bytes(data)
    return data
