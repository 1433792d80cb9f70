"""COMB: files that were uploaded in parts become one.

The target is made, or lengthened if there is one. A new one appears whole, after `on_upload` has
looked at it; only then the parts go. Parts must differ from each other and from the target.
"""

from __future__ import annotations

import errno
from pathlib import PurePosixPath

from anyftp._errors import FileSystemError
from anyftp._fs import WriteFile, fold_aliases
from anyftp._protocol import Permission, Reply, parse_words
from anyftp._server._moving._uploads import inspect
from anyftp._server._refusals import Refused
from anyftp._server._session._session import Session
from anyftp._server._verbs._request import Request
from anyftp._server._verbs._transfers import open_to_append

_BLOCK_BYTES = 1 << 20


async def comb(session: Session, request: Request) -> Reply:
    """COMB."""
    target, *parts = [session.resolve(word) for word in parse_words(request.argument)]
    if not parts:
        raise Refused("501", f"Syntax: {session.options.verbs['COMB'].help}")
    if len({target, *parts}) <= len(parts):
        raise Refused("501", "A file is named twice.")
    session.demand(target, Permission.CREATE | Permission.APPEND)
    for part in parts:
        session.demand(part, Permission.READ)
        session.demand(part, Permission.DELETE)
    await _refuse_aliases(session, [target, *parts])
    async with await open_to_append(session, target) as file:
        for part in parts:
            await _append(session, part, file)
        await inspect(session, target, file, session.options.on_upload)
        await file.commit()
    for part in parts:
        await session.file_system.remove_file(part)
    return Reply("250", (f"{target}: {len(parts)} parts added.",))


async def _refuse_aliases(session: Session, paths: list[PurePosixPath]) -> None:
    """Refuse one file under two names, by a link or by letters' case.

    It would be added to itself, and then be removed as a part. Disks that number what they find at
    each name anew are known by what else is the same.
    """
    seen: set[object] = set()
    for path in paths:
        try:
            info = await session.file_system.stat(path)
        except FileSystemError as error:
            if error.errno != errno.ENOENT:
                raise
            continue
        alias = fold_aliases(path.parts), info.size, info.modified
        if info.unique in seen or alias in seen:
            raise Refused("501", f"{path}: a file is named twice.")
        seen.update({info.unique, alias} if info.unique else {alias})


async def _append(session: Session, part: PurePosixPath, file: WriteFile) -> None:
    block = memoryview(bytearray(_BLOCK_BYTES))
    async with await session.file_system.open_read(part) as source:
        left = source.size  # no more than that, whatever is added to it meanwhile
        while nbytes := await source.readinto(block[:left]):
            await file.write(block[:nbytes])
            left -= nbytes
            if session.transfer is not None:
                session.transfer.stats.nbytes += nbytes
    if left:
        raise Refused("451", f"{part}: the file has become shorter meanwhile.")
