"""The client's methods that exchange commands for replies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import PurePosixPath

from anyftp._client._remote import _attributes, _checksum, _directories, _removal, _stat
from anyftp._client._session import _features, _habits, _lifecycle
from anyftp._client._session._session import RemotePath, Turns
from anyftp._protocol import Entry, Reply


class Commands(Turns):
    """What can be asked of a connected server without moving a file; see `Client`."""

    # Folders

    async def get_current_directory(self) -> PurePosixPath:
        """Tell where we are (PWD).

        Raises:
            ReplyError: the server does not tell.
            RemoteProtocolError: there is no path in its answer.

        Cancellation: safe.
        """
        with self._turn() as session:
            return await _directories.get_current_directory(session)

    async def change_directory(self, path: RemotePath = "..") -> None:
        """Go to another folder (CWD), to the one above by default.

        Raises:
            PermanentReplyError: there is no such folder, or it may not be entered (550).

        Cancellation: safe.
        """
        with self._turn() as session:
            await _directories.change_directory(session, path)

    async def change_to_parent(self) -> None:
        """Go to the folder above (CDUP).

        Raises:
            PermanentReplyError: it may not be entered (550).

        Cancellation: safe.
        """
        with self._turn() as session:
            await _directories.change_to_parent(session)

    async def make_directory(self, path: RemotePath, *, parents: bool = True) -> None:
        """Make a folder (MKD).

        Args:
            parents: make those above it too, and let an existing folder be.

        Raises:
            PermanentReplyError: it cannot be made (550); without `parents` also if it exists.
            LocalProtocolError: the path names no folder that could be made.

        Cancellation: safe; folders made so far stay.
        """
        with self._turn() as session:
            await _directories.make_directory(session, path, parents=parents)

    async def remove_directory(self, path: RemotePath) -> None:
        """Remove an empty folder (RMD).

        Raises:
            PermanentReplyError: it is not empty, is no folder, or may not be removed (550).

        Cancellation: safe.
        """
        with self._turn() as session:
            await _directories.remove_directory(session, path)

    # Files

    async def stat(self, path: RemotePath) -> Entry:
        """Tell about one file or folder (MLST, else from the listing of its folder).

        Raises:
            PermanentReplyError: there is none of that name (550).

        Cancellation: safe.
        """
        with self._turn() as session:
            return await _stat.stat(session, path)

    async def exists(self, path: RemotePath) -> bool:
        """Tell whether there is a file or folder of that name.

        Raises:
            ReplyError: the server does not tell; that there is none is no error.

        Cancellation: safe.
        """
        with self._turn() as session:
            return await _stat.exists(session, path)

    async def is_file(self, path: RemotePath) -> bool:
        """Tell whether there is a plain file of that name.

        Raises:
            ReplyError: the server does not tell; that there is none is no error.

        Cancellation: safe.
        """
        with self._turn() as session:
            return await _stat.is_file(session, path)

    async def is_dir(self, path: RemotePath) -> bool:
        """Tell whether there is a folder of that name.

        Raises:
            ReplyError: the server does not tell; that there is none is no error.

        Cancellation: safe.
        """
        with self._turn() as session:
            return await _stat.is_directory(session, path)

    async def rename(self, source: RemotePath, destination: RemotePath) -> None:
        """Rename or move (RNFR, RNTO). What happens to an existing file is the server's say.

        Raises:
            PermanentReplyError: there is no such file, or the new name may not be given (550, 553).

        Cancellation: safe; whether it has happened is not known.
        """
        with self._turn() as session:
            await _removal.rename(session, source, destination)

    async def remove(self, path: RemotePath) -> None:
        """Remove a file, or a folder with everything in it.

        Links are removed, never what they lead to. What cannot be told from a folder is taken for
        one: aioftp's server shows a link to a folder as a folder in every way, and refuses to
        DELE it.

        Raises:
            ReplyError: there is none of that name, or something in it may not be removed.
            LocalProtocolError: the root is not removed; or folders are nested deeper than
                `max_depth`.
            UnsafeNameError: a listing holds a name that would lead elsewhere.

        Cancellation: safe; what is removed is removed.
        """
        with self._turn() as session:
            await _removal.remove(session, path)

    async def remove_file(self, path: RemotePath) -> None:
        """Remove a file (DELE).

        Raises:
            PermanentReplyError: there is no such file, or it may not be removed (550).

        Cancellation: safe.
        """
        with self._turn() as session:
            await _removal.remove_file(session, path)

    async def size(self, path: RemotePath) -> int:
        """Tell the size in bytes (SIZE, else from a listing).

        Raises:
            PermanentReplyError: there is no such file (550), or the server cannot tell (502).
            RemoteProtocolError: there is no number in its answer.

        Cancellation: safe.
        """
        with self._turn() as session:
            return await _attributes.size(session, path)

    async def modified(self, path: RemotePath) -> datetime:
        """Tell when a file was changed last, in UTC (MDTM, else from a listing).

        Raises:
            PermanentReplyError: there is no such file (550), or the server cannot tell (502).
            RemoteProtocolError: there is no time in its answer.

        Cancellation: safe.
        """
        with self._turn() as session:
            return await _attributes.modified(session, path)

    async def set_modified(self, path: RemotePath, time: datetime) -> None:
        """Set the time of the last change, to the second (MFMT, or what servers had before it).

        Raises:
            PermanentReplyError: there is no such file, or no way to set its time.
            LocalProtocolError: the time has no time zone.

        Cancellation: safe.
        """
        with self._turn() as session:
            await _attributes.set_modified(session, path, time)

    async def chmod(self, path: RemotePath, mode: int) -> None:
        """Set permission bits (SITE CHMOD).

        Raises:
            PermanentReplyError: there is no such file, or the server has no such command.
            LocalProtocolError: no such permission bits.

        Cancellation: safe.
        """
        with self._turn() as session:
            await _attributes.chmod(session, path, mode)

    async def hash(self, path: RemotePath, algorithm: str = "SHA-256") -> str:
        """Have the server compute a checksum of a file (HASH, else XSHA256 and its kin).

        Args:
            algorithm: as HASH names it: "CRC32", "MD5", "SHA-1", "SHA-256", "SHA-512".

        Returns:
            The checksum in lower-case hex digits.

        Raises:
            PermanentReplyError: the server cannot (500, 502, 504), or there is no such file (550).
            RemoteProtocolError: there is no checksum in its answer.

        Cancellation: safe.
        """
        with self._turn() as session:
            return await _checksum.checksum(session, path, algorithm)

    # Anything else

    async def command(
        self,
        verb: str,
        argument: str = "",
        *,
        expected_codes: str | Sequence[str] = "2xx",
        wait_codes: str | Sequence[str] = "1xx",
    ) -> Reply:
        """Send any command that has no data connection.

        Args:
            verb: the command; what follows a blank is taken for its argument.
            expected_codes: masks of replies that are fine.
            wait_codes: masks of replies after which another one comes.

        Raises:
            ReplyError: the reply is none of the expected.

        Cancellation: safe; whether it was carried out is not known.
        """
        if not argument:
            verb, _, argument = verb.partition(" ")
        with self._turn() as session:
            return await _lifecycle.command(session, verb, argument, expected_codes, wait_codes)

    async def site(self, argument: str) -> Reply:
        """Send a SITE command.

        Raises:
            ReplyError: the server refused.

        Cancellation: safe.
        """
        return await self.command("SITE", argument)

    async def noop(self) -> None:
        """Send NOOP: is the server still there?

        Raises:
            ReplyError: the server answered otherwise than by 2yz.

        Cancellation: safe.
        """
        await self.command("NOOP")

    async def features(self) -> Mapping[str, str]:
        """Tell what the server says it can do (FEAT), names in upper case; asked once.

        Raises:
            ConnectionLost: the connection is gone; a refusal means that nothing is told.

        Cancellation: safe.
        """
        with self._turn() as session:
            return dict(await _features.get_features(session))

    async def system(self) -> str:
        """Tell what the server says its system is (SYST); asked once, "" if it does not say.

        Raises:
            ConnectionLost: the connection is gone; a refusal means that nothing is told.

        Cancellation: safe.
        """
        with self._turn() as session:
            return await _habits.get_system(session)
