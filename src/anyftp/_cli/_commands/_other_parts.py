"""Going on with a part of a file that lies under the file's own name, whoever has left it there.

Our own downloads keep their parts hidden, with a mark that tells of which file they are. curl, wget
and lftp write under the name itself. Such a file is taken for the beginning of the remote one if it
is shorter and its last bytes are those that the server has at that place.
"""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import anyio
import anyio.to_thread

import anyftp
from anyftp import IncompleteTransferError, ReplyError
from anyftp._cli._display._progress import Meter
from anyftp._cli._ending._failure import named

#: As much of the end is compared.
TAIL_BYTES = 4096
BLOCK = 1 << 18


async def complete_part(
    client: anyftp.Client, path: str, dest: str, meter: Meter | None, *, keep_times: bool = False
) -> anyftp.TransferReport | None:
    """Append to a local file what it lacks; None if it is no part of the remote one.

    Args:
        keep_times: give it the time of the remote one.

    Raises:
        IncompleteTransferError: less came than the size that the server told.
        FileSystemError: the file cannot be written.

    Cancellation: what has come is in the file.
    """
    part = _part(path, dest)
    if part is None:
        return None
    here = part.stat().st_size
    try:
        there = await client.size(path) if here else 0
    except ReplyError:  # a folder, or a server that does not tell
        return None
    if not 0 < here < there:
        return None
    began = anyio.current_time()
    if not await _append(client, path, part, here, meter, there - here):
        return None
    whole = part.stat().st_size
    if whole != there:
        raise IncompleteTransferError(path, whole, there)
    untimed = () if not keep_times or await _keep_time(client, path, part) else (path,)
    seconds = anyio.current_time() - began
    return anyftp.TransferReport(nbytes=there - here, seconds=seconds, files=1, untimed=untimed)


async def _keep_time(client: anyftp.Client, path: str, part: Path) -> bool:
    """Whether the server has told the time, which the file has now."""
    try:
        when = (await client.modified(path)).timestamp()
    except ReplyError:
        return False
    with named(part):
        os.utime(part, (when, when))
    return True


def _part(path: str, dest: str) -> Path | None:
    named = Path(dest)
    part = named / PurePosixPath(path).name if named.is_dir() else named
    return part if part.is_file() and not part.is_symlink() else None


async def _append(
    client: anyftp.Client, path: str, part: Path, here: int, meter: Meter | None, total: int
) -> bool:
    with named(part), part.open("r+b") as file:
        file.seek(-min(TAIL_BYTES, here), os.SEEK_END)
        tail = file.read()
        async with client.download_stream(path, offset=here - len(tail)) as stream:
            try:
                if await stream.readexactly(len(tail)) != tail:
                    return False
            except anyftp.IncompleteReadError:
                return False
            moved = 0
            async for block in stream.iter_by_block(BLOCK):
                await anyio.to_thread.run_sync(file.write, block)
                moved += len(block)
                if meter is not None:
                    meter(anyftp.Progress(PurePosixPath(path), moved, total))
    return True
