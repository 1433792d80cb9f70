"""The client's methods that look through folders."""

from __future__ import annotations

from datetime import timezone
from typing import TYPE_CHECKING

from anyftp._client._listing import _zone
from anyftp._client._listing._ancestry import OnError
from anyftp._client._listing._listing import Listing
from anyftp._client._listing._open import ListCommand
from anyftp._client._session._session import RemotePath, Turns

if TYPE_CHECKING:
    from anyftp._client._listing._glob import Glob
    from anyftp._client._listing._walk import Walk


class Listings(Turns):
    """What lists folders of a connected server; see `Client`."""

    def list(
        self,
        path: RemotePath = "",
        *,
        recursive: bool = False,
        raw_command: ListCommand | None = None,
    ) -> Listing:
        """List a folder: `await` it for a list, or `async for` over it.

        MLSD is used where the server knows it, else LIST in whatever dialect. Lines that make no
        sense are passed over. `entry.path` begins with the path given here.

        Args:
            recursive: go on with the folders in it, one after the other.
            raw_command: use this command only.

        Raises:
            ReplyError: the folder cannot be listed.
            DataConnectionError: no data connection could be had, or it broke.
            ListingError: more than `max_entries` were to be gathered.

        Cancellation: ends the listing; the connection stays usable or says that it is not.
        """
        return Listing(self._connected(), path, recursive=recursive, raw_command=raw_command)

    def walk(
        self,
        path: RemotePath = "",
        *,
        max_depth: int | None = None,
        on_error: OnError | None = None,
    ) -> Walk:
        """Walk through a folder and all below it, as `os.walk` does, from the top down.

        `async for folder, directories, files in client.walk(path)`: entries, as `list` gives them.
        Folders taken out of `directories` are not walked through. Links are not followed, nor are
        folders that by the fact "unique" of MLSD are one of those above them. Other commands may
        be used in between.

        Args:
            max_depth: go this many folders below the first one, and no deeper. None: to the end;
                more than the client's `max_depth` is an error then.
            on_error: called with the path of a folder that cannot be listed, and with the
                `ReplyError`; without it the error is raised.

        Raises:
            ReplyError: a folder cannot be listed.
            DataConnectionError: no data connection could be had, or it broke.
            ListingError: a folder has more than `max_entries`.
            LocalProtocolError: folders are nested deeper than the client's `max_depth`.

        Cancellation: ends the listing under way; the connection stays usable or says that it is
        not.
        """
        from anyftp._client._listing._walk import Walk

        return Walk(self._connected(), path, max_depth=max_depth, on_error=on_error)

    def glob(
        self, pattern: str, *, include_hidden: bool = False, on_error: OnError | None = None
    ) -> Glob:
        """Find files and folders by a pattern: `await` it for a list, or `async for` over it once.

        `*` stands for any characters within a name, `?` for one, `[ab]` for one of these; `**`
        for any number of folders, and at the end for all that is in them. A slash at the end asks
        for folders only. Upper and lower case are different. Each folder that can hold something
        is listed once and looked through here; the pattern is not sent. Links to folders are
        entered where a name in the pattern fits them, but not by `**`.

        Args:
            pattern: relative to the current directory, or from "/".
            include_hidden: have `*`, `?` and `**` stand for names that begin with a dot, too.
            on_error: called with the path of a folder that cannot be listed, and with the
                `ReplyError`; without it the error is raised.

        Raises:
            ReplyError: a folder cannot be listed, the one that the pattern begins with among them.
            DataConnectionError: no data connection could be had, or it broke.
            ListingError: a folder has more than `max_entries`.
            LocalProtocolError: the pattern names nothing, or folders are nested too deep.

        Cancellation: ends the listing under way; the connection stays usable or says that it is
        not.
        """
        from anyftp._client._listing._glob import Glob

        return Glob(self._connected(), pattern, include_hidden=include_hidden, on_error=on_error)

    async def measure_zone(self, path: RemotePath = "") -> timezone:
        """Find out the zone of the times in LIST, and read LIST by it from now on.

        LIST says no zone and MDTM tells UTC, so a folder with a file or two that are not too old
        tells. Only for servers without MLSD. Where summer time comes and goes the measure is that
        of the newest file; `server_zone=ZoneInfo(…)` is right all the year.

        Args:
            path: a folder with files of the last months.

        Returns:
            The zone, with a fixed difference from UTC. It does not win over `server_zone`.

        Raises:
            PermanentReplyError: there are no such files, or the server does not tell MDTM (502).

        Cancellation: safe.
        """
        with self._turn() as session:
            return await _zone.measure_zone(session, path)
