"""HASH (draft-bryan-ftpext-hash-02) and XCRC, XMD5, XSHA1, XSHA256, XSHA512.

A file is read and hashed a MiB at a time in worker threads, so that no session waits for another's;
between two blocks ABOR, a client that leaves, and cancellation are obeyed.
"""

from __future__ import annotations

import hashlib
import zlib
from pathlib import PurePosixPath
from typing import Protocol

from anyftp._errors import FileSystemError
from anyftp._protocol import (
    CHECKSUM_VERBS,
    FileHash,
    HashFeature,
    Permission,
    Reply,
    format_hash,
    parse_checksum_argument,
)
from anyftp._server._moving._ranges import RangeReader
from anyftp._server._refusals import Refused, beyond_end
from anyftp._server._session._session import Session
from anyftp._server._verbs._request import Answer, Request

#: What HASH computes, the first one unless OPTS HASH has chosen another.
ALGORITHMS = ("SHA-256", "SHA-512", "SHA-1", "MD5", "CRC32")

_BLOCK_BYTES = 1 << 20


class _Digest(Protocol):
    def update(self, data: memoryview, /) -> object: ...

    def hexdigest(self) -> str: ...


class _Crc32:
    """CRC32 in the form of hashlib's."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: memoryview, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def hexdigest(self) -> str:
        return f"{self._value:08x}"


def algorithm_of(session: Session) -> str:
    """The algorithm that HASH uses in a session."""
    return session.state.hash_algorithm or ALGORITHMS[0]


def hash_feature(session: Session) -> str:
    """HASH's line in FEAT."""
    return str(HashFeature(ALGORITHMS, algorithm_of(session)))


async def hash_(session: Session, request: Request) -> Reply:
    """HASH: of the bytes as they are stored, whatever the TYPE."""
    part = session.state.take_range()
    path = request.path
    algorithm = algorithm_of(session)
    start = part.start if part else 0
    digest, nbytes = await _digest(session, path, algorithm, start, part.nbytes if part else None)
    end = start + max(nbytes - 1, 0)
    return Reply("213", (format_hash(FileHash(algorithm, digest, start, end, request.argument)),))


def checksum(verb: str) -> Answer:
    """The handler of a verb of the X family."""

    async def handler(session: Session, request: Request) -> Reply:
        name, start, behind = parse_checksum_argument(request.argument)
        path = session.resolve(name)
        session.demand(path, Permission.READ)
        if behind is not None and behind < (start or 0):
            raise Refused("501", "The range ends before it begins.")
        size = None if behind is None else behind - (start or 0)
        digest, _ = await _digest(session, path, CHECKSUM_VERBS[verb], start or 0, size)
        return Reply("250", (digest.upper() if verb == "XCRC" else digest,))

    handler.__name__ = verb.lower()
    return handler


async def _digest(
    session: Session, path: PurePosixPath, algorithm: str, start: int, size: int | None
) -> tuple[str, int]:
    """Hash a part of a file; gives the digest and how many bytes there were."""
    digest = _new_digest(algorithm)
    stats = None if session.transfer is None else session.transfer.stats
    block = memoryview(bytearray(_BLOCK_BYTES))
    total = 0
    try:
        file = await session.file_system.open_read(path, start)
    except FileSystemError as error:
        raise beyond_end(error, start) from error
    async with file:
        source = file if size is None else RangeReader(file, size)
        while nbytes := await source.readinto(block):
            await session.compute(digest.update, block[:nbytes])
            total += nbytes
            if stats is not None:
                stats.nbytes = total
    return digest.hexdigest(), total


def _new_digest(algorithm: str) -> _Digest:
    if algorithm == "CRC32":
        return _Crc32()
    # Nobody's security rests on MD5 here: it is what the client asks for.
    return hashlib.new(algorithm.replace("-", ""), usedforsecurity=False)
