"""Checksums made by the server: HASH (draft-bryan-ftpext-hash), or XSHA256 and its kin."""

from __future__ import annotations

from anyftp._client._control._control_connection import check_reply
from anyftp._client._session._features import get_features, is_unknown
from anyftp._client._session._session import RemotePath, Session, text_of
from anyftp._errors import PermanentReplyError, RemoteProtocolError
from anyftp._protocol import (
    CHECKSUM_VERBS,
    HASH_DIGITS,
    HashFeature,
    Reply,
    hash_name,
    parse_checksum,
    parse_hash,
)


async def checksum(session: Session, path: RemotePath, algorithm: str) -> str:
    """Have the server compute a checksum; in lower-case hex digits.

    Raises:
        PermanentReplyError: it cannot.
        RemoteProtocolError: there is no such checksum in its answer.

    Cancellation: safe; the reply stays owed.
    """
    name = hash_name(algorithm)
    await session.use_type("I")
    if "HASH" in await get_features(session):
        return await _by_hash(session, path, name)
    refusal: PermanentReplyError | None = None
    for verb in _verbs_of(name):
        try:
            return parse_checksum(verb, await _ask(session, verb, path)).digest
        except PermanentReplyError as error:
            if not await is_unknown(session, verb, error.code):
                raise
            refusal = refusal or error
    raise refusal or no_checksums(f"the server knows no {algorithm}")


async def offered_algorithm(session: Session) -> str | None:
    """The strongest algorithm that the server says it knows and we know as well.

    Cancellation: safe.
    """
    features = await get_features(session)
    offered = HashFeature.parse(features.get("HASH", "")).algorithms
    for name in HASH_DIGITS:  # the strongest first
        if "HASH" in features:
            is_known = name in offered
        else:
            is_known = not features.keys().isdisjoint(_verbs_of(name))
        if is_known:
            return name
    return None


def no_checksums(text: str) -> PermanentReplyError:
    """The refusal of a server that has not been asked because it would not know."""
    return PermanentReplyError("504", [text], command="HASH")


def _verbs_of(name: str) -> list[str]:
    """The X family's verbs for an algorithm, the usual one first; "MD5" alone is another time's."""
    return [verb for verb, known in CHECKSUM_VERBS.items() if known == name and verb != "MD5"]


async def _by_hash(session: Session, path: RemotePath, name: str) -> str:
    """What HASH tells, by the algorithm that was asked for: the answer names its own.

    Where the connection was made anew between the choice and the question it is the server's.
    """
    for _ in range(2):
        await _choose(session, name)
        found = parse_hash(await _ask(session, "HASH", path))
        if found.algorithm == name:
            return found.digest
        session.login.hash_algorithm = None
    raise RemoteProtocolError(f"HASH answers by {found.algorithm}, not by {name} as was chosen")


async def _choose(session: Session, name: str) -> None:
    """Have HASH compute this one from now on."""
    await get_features(session)
    if session.login.hash_algorithm != name:
        await session.command("OPTS", f"HASH {name}")
        session.login.hash_algorithm = name


async def _ask(session: Session, verb: str, path: RemotePath) -> Reply:
    """Send a command whose answer may take its time: the server reads the whole file for it."""
    await session.make_way()
    await session.control.send(verb, text_of(path))
    reply = await session.control.receive_final(session.options.patient_timeout)
    return check_reply(reply, "2xx", verb, text_of(path))
