"""Checksums made by the server: HASH (draft-bryan-ftpext-hash), or XSHA256 and its kin."""

from __future__ import annotations

import re

from anyftp._client._features import get_features, is_unknown_command
from anyftp._client._session import RemotePath, Session, text_of
from anyftp._errors import PermanentReplyError, RemoteProtocolError
from anyftp._protocol import Reply

#: Names as HASH has them, the older command, and the length of the result in hex digits.
_ALGORITHMS = {
    "CRC32": ("XCRC", 8),
    "MD5": ("XMD5", 32),
    "SHA-1": ("XSHA1", 40),
    "SHA-256": ("XSHA256", 64),
    "SHA-512": ("XSHA512", 128),
}

#: Older commands by other names: some servers know SHA-1 as XSHA only.
_OTHER_NAMES = {"XSHA1": "XSHA"}


async def checksum(session: Session, path: RemotePath, algorithm: str) -> str:
    """Have the server compute a checksum; in lower-case hex digits."""
    name = algorithm.upper()
    command, ndigits = _ALGORITHMS.get(name, ("", 0))
    if "HASH" in await get_features(session):
        await session.command("OPTS", f"HASH {name}")
        return _digits(await session.command("HASH", text_of(path)), ndigits)
    if not command:
        raise PermanentReplyError("504", [f"the server knows no {algorithm}"], command="HASH")
    try:
        reply = await session.command(command, text_of(path))
    except PermanentReplyError as error:
        if not is_unknown_command(error) or command not in _OTHER_NAMES:
            raise
        reply = await session.command(_OTHER_NAMES[command], text_of(path))
    return _digits(reply, ndigits)


def _digits(reply: Reply, ndigits: int) -> str:
    length = str(ndigits) if ndigits else "8,"
    match = re.search(rf"(?<![0-9A-Fa-f])[0-9A-Fa-f]{{{length}}}(?![0-9A-Fa-f])", reply.text)
    if match is None:
        raise RemoteProtocolError(f"no checksum in the reply: {reply.text[:200]!r}")
    return match[0].lower()
