"""Writing under a quota, and whether it was refused."""

from __future__ import annotations

import errno
from pathlib import PurePosixPath

from anyftp._errors import FileSystemError
from anyftp._fs import (
    QuotaFileSystem,
)

P = PurePosixPath


async def put(
    quota: QuotaFileSystem,
    path: str,
    content: bytes,
    *,
    offset: int | None = None,
    append: bool = False,
) -> None:
    async with await quota.open_write(P(path), offset=offset, append=append) as file:
        for start in range(0, len(content), 10):
            await file.write(memoryview(content[start : start + 10]))
        await file.commit()


async def refused(quota: QuotaFileSystem, path: str, content: bytes, **how: object) -> bool:
    """Whether the quota forbids it; then nothing has changed."""
    before = await quota.usage()
    try:
        await put(quota, path, content, **how)  # type: ignore[arg-type]
    except FileSystemError as error:
        if error.errno != errno.EDQUOT or await quota.usage() != before:
            raise
        return True
    return False
