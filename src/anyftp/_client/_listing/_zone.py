"""Finding out in which time zone a server's LIST tells times, by asking MDTM about the same files.

LIST's times are those of the server's clock and say no zone; MDTM's are UTC (RFC 3659, 3). The
difference is the same for all files, up to what LIST cuts off, or there is nothing to be learnt.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone

from anyftp._client._listing._listing import Listing
from anyftp._client._session._session import RemotePath, Session
from anyftp._errors import PermanentReplyError, RemoteProtocolError, ReplyError
from anyftp._protocol import Entry, parse_time

#: Files that have to answer, for one may be changed between the two questions; and that are asked.
_WITNESSES, _ASKED = 3, 10

#: All zones in use differ from UTC by a multiple of this.
_STEP = timedelta(minutes=15)
_FARTHEST = timedelta(hours=14)


async def measure_zone(session: Session, path: RemotePath) -> timezone:
    """Compare what LIST and MDTM say of some files, and read LIST by that from now on.

    Raises:
        PermanentReplyError: the server does not tell enough.

    Cancellation: safe; nothing is changed then.
    """
    entries = await Listing(session, path, raw_command="LIST").collect()
    offsets: list[timedelta] = []
    for entry in _witnesses(entries)[:_ASKED]:
        listed = entry.modified
        assert listed is not None
        try:
            reply = await session.command("MDTM", str(entry.path), expected="213")
            exact = parse_time(reply.text)
        except (ReplyError, RemoteProtocolError):
            continue
        offsets.append(_offset(listed.replace(tzinfo=UTC), exact))
        if len(offsets) == _WITNESSES:
            break
    offset = max(offsets, key=offsets.count, default=None)
    is_sure = offset is not None and 2 * offsets.count(offset) > len(offsets)
    if offset is None or not is_sure or abs(offset) > _FARTHEST:
        raise PermanentReplyError(
            "502", [f"no files in {str(path)!r} whose times LIST and MDTM tell alike"]
        )
    session.server_zone = timezone(offset)
    return session.server_zone


def _witnesses(entries: Iterable[Entry]) -> list[Entry]:
    """Files of which LIST tells the minute, the newest first: older ones may be of summer time."""
    known = [(entry.modified, entry) for entry in entries if entry.is_file]
    told = [(when, entry) for when, entry in known if when is not None and entry.precision <= 60]
    return [entry for _, entry in sorted(told, key=lambda pair: pair[0], reverse=True)]


def _offset(listed: datetime, exact: datetime) -> timedelta:
    """How far the server's clock is ahead of UTC; LIST has cut off up to a minute.

    LIST tells no year of recent files, so around New Year a whole year may lie between the two.
    """
    difference = listed - exact
    if abs(difference) > timedelta(days=300):
        difference = listed.replace(year=exact.year) - exact
    return round((difference + timedelta(seconds=30)) / _STEP) * _STEP
