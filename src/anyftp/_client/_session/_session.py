"""What a client knows while it is connected: one typed record, passed to every module here."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import PurePosixPath
from typing import Protocol, TypeVar

import anyio

from anyftp._client._control._control_connection import ControlConnection, check_reply
from anyftp._client._options._settings import Options, PassiveCommand
from anyftp._errors import ReplyError
from anyftp._fs import LocalFileSystem
from anyftp._protocol import Habits, Reply, parse_257
from anyftp._throttle import StreamThrottle

RemotePath = str | PurePosixPath

#: Refusals that mean "I do not know this command", and nothing about its argument.
UNKNOWN_COMMAND = frozenset({"500", "501", "502", "503", "504", "522"})


#: Commands that may be sent twice: they ask, or set something to a value. Where the connection is
#: made anew the folder is the old one again, so CWD and CDUP are among them.
REPEATABLE = frozenset(
    {"CDUP", "CWD", "FEAT", "HASH", "HELP", "MDTM", "MFMT", "MLST", "NOOP", "OPTS", "PWD", "RNFR"}
    | {"SIZE", "STAT", "SYST", "TYPE", "XCRC", "XMD5", "XSHA", "XSHA1", "XSHA256", "XSHA512"}
)

T = TypeVar("T")


class OpenTransfer(Protocol):
    """A data connection in use; the control connection is its own until it is over.

    Attributes:
        final: the final reply, if it came before the end of the data.
    """

    final: Reply | None

    @property
    def is_moving(self) -> bool:
        """Whether data may still move; then nobody listens to the control connection."""

    async def make_way(self) -> None:
        """Finish, or say that the control connection cannot be had."""

    async def abandon_transfer(self) -> None:
        """Close the data connection at once and bring the control connection back in step."""

    def close(self) -> None:
        """Close the data connection, without a word to anybody; an upload ends in a reset."""

    async def aclose(self) -> None:
        """Close the data connection at once, also where that cannot be done synchronously."""


class SecondChances(Protocol):
    """What a session does about failures, where it does something."""

    async def revive(self) -> None:
        """Replace a control connection that is dead."""

    async def repeat(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Do something, again if it fails."""


@dataclass(slots=True)
class Session:
    """One control connection and what was learnt over it.

    Attributes:
        host: the server as the user named it; certificates are checked for this name.
        port: where its control connection was dialled.
        data_host: where data connections are dialled.
        tls: the context of the control connection, None in clear text.
        tls_session: the session to resume where the control connection went back to clear text.
        is_protected: whether data connections use TLS too (PROT P).
        credentials: user, password and account of the login, for further sessions.
        type: the transfer type in force, None before the first TYPE.
        passive: the passive command that has worked on this connection.
        active: the active one.
        refused: commands that this server does not know.
        features: the answer to FEAT once asked for.
        greeting: what the server said first.
        system: the answer to SYST once asked for.
        habits: what is known of servers of this kind.
        server_zone: of the times in LIST, once it has been measured.
        is_in_order: whether the commands that this kind wants after the login have been sent.
        has_stale_offset: whether REST may have been followed by no transfer that was begun.
        has_lost_upload: whether the server may still wait for the data of an upload given up.
        stale_rename: the file of an RNFR that may have been followed by no RNTO.
        transfer: the data connection in use.
        persistence: what is done about failures, None for nothing.
        directory: where we are, None for where the login led; known only with a persistence.
        way_back: the working directory to return to before the next command, if we are not there.
        is_directory_known: whether that is so; not after a change of folder that was cancelled.
        is_abandoned: whether it has been closed for good; nothing is made anew then.
        folders: local folders used lately.
        hash_algorithm: what HASH computes, None where only FEAT has told.
        max_siblings: how many further sessions the server let in when it refused the next one.
    """

    control: ControlConnection
    options: Options
    throttle: StreamThrottle
    host: str
    port: int
    data_host: str
    tls: ssl.SSLContext | None = None
    tls_session: ssl.SSLSession | None = None
    is_implicit: bool = False
    is_protected: bool = False
    is_utf8_agreed: bool = False
    is_logged_in: bool = False
    credentials: tuple[str, str, str] | None = field(default=None, repr=False)
    type: str | None = None
    passive: PassiveCommand | None = None
    active: str | None = None
    refused: set[str] = field(default_factory=set)
    features: Mapping[str, str] | None = None
    greeting: str = ""
    system: str | None = None
    habits: Habits = field(default_factory=Habits)
    server_zone: tzinfo | None = None
    is_in_order: bool = False
    has_stale_offset: bool = False
    has_lost_upload: bool = False
    stale_rename: str | None = None
    transfer: OpenTransfer | None = None
    persistence: SecondChances | None = None
    directory: str | None = None
    is_directory_known: bool = True
    is_abandoned: bool = False
    way_back: str | None = None
    folders: dict[str, LocalFileSystem] = field(default_factory=dict)
    hash_algorithm: str | None = None
    max_siblings: int | None = None
    _is_busy: bool = False

    @property
    def is_busy(self) -> bool:
        """Whether somebody has the turn."""
        return self._is_busy

    @contextmanager
    def turn(self) -> Iterator[Session]:
        """Keep the session for one operation.

        Raises:
            BusyResourceError: another task is at it.
        """
        if self._is_busy:
            raise anyio.BusyResourceError("using")
        self._is_busy = True
        try:
            yield self
        finally:
            self._is_busy = False

    async def command(
        self, verb: str, argument: str = "", *, expected: str | tuple[str, ...] = "2xx"
    ) -> Reply:
        """Send a command that has no data connection and check its reply.

        Raises and Cancellation: as `ControlConnection.command`.
        """

        async def attempt() -> Reply:
            await self.make_way()
            return await self.control.command(verb, argument, expected=expected)

        return await (self.repeat(attempt) if verb in REPEATABLE else attempt())

    async def exchange(self, verb: str, argument: str = "") -> Reply:
        """Send a command that has no data connection; any final reply is fine."""

        async def attempt() -> Reply:
            await self.make_way()
            return await self.control.exchange(verb, argument)

        return await (self.repeat(attempt) if verb in REPEATABLE else attempt())

    async def repeat(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Do what can be done twice, again if it fails and the options ask for that.

        Cancellation: as that of the attempt.
        """
        if self.persistence is None:
            return await attempt()
        return await self.persistence.repeat(attempt)

    async def make_way(self) -> None:
        """Have the control connection free for the next command, in the right folder.

        Raises:
            LocalProtocolError: a stream that the user holds has not been finished.
            ReplyError: the server does not let us back to where we were.
        """
        if self.transfer is not None:
            await self.transfer.make_way()
        if self.persistence is not None:
            await self.persistence.revive()
        if self.stale_rename is not None:
            # After RNFR proftpd 1.3.8 refuses all commands (501) until RNTO has come. To give the
            # file its own name changes nothing.
            await self.control.send("RNTO", self.stale_rename)
            self.stale_rename = None
            await self.control.receive_final()
        if self.way_back is not None:
            folder = self.way_back
            reply = await self.control.exchange("CWD", folder)
            self.way_back = None
            check_reply(reply, "2xx", "CWD", folder)
        if not self.is_directory_known:
            await self.note_directory()

    async def abort(self, *, is_upload: bool) -> None:
        """Get back in step after a transfer; see `ControlConnection.abort`.

        Cancellation: not interrupted; it is bounded.
        """
        is_unanswered = await self.control.abort()
        self.has_lost_upload |= is_upload and is_unanswered

    @contextmanager
    def changing_directory(self) -> Iterator[None]:
        """Around a command that goes to another folder: whoever is cut short may be in either."""
        try:
            yield
        except ReplyError:
            raise
        except BaseException:
            if self.persistence is not None and self.control.is_connected:
                self.is_directory_known = False
            raise

    async def note_directory(self) -> None:
        """After a change of folder: find out where to go back to should the connection be lost.

        A refusal is no reason to go there once more, which may lead elsewhere; it is asked again
        before the next command.

        Cancellation: safe.
        """
        if self.persistence is None:
            return
        try:
            reply = await self.control.command("PWD")
        except ReplyError:
            self.is_directory_known = False
            return
        self.directory = parse_257(reply.text)
        self.is_directory_known = True

    def take_over(self, fresh: Session) -> None:
        """Go on over the connection of another session with the same server and user."""
        self.control.take_over(fresh.control)
        self.data_host, self.greeting, self.tls_session = fresh.data_host, fresh.greeting, None
        self.is_protected, self.is_in_order = fresh.is_protected, fresh.is_in_order
        self.type, self.is_utf8_agreed = fresh.type, fresh.is_utf8_agreed
        self.has_stale_offset = self.has_lost_upload = False
        self.stale_rename = None
        self.transfer = self.way_back = None

    def forget(self, verb: str) -> None:
        """After a command of the user's own: what it may have changed is not known any more."""
        verb = verb.upper()
        if verb in ("TYPE", "REIN", "USER"):
            self.type = None
        if verb == "REIN":  # the login is gone, and PROT with it (RFC 4217, 11)
            self.is_logged_in = self.is_protected = False
            self.features = None

    async def use_type(self, kind: str) -> None:
        """Send TYPE unless it is in force (RFC 959, 3.1.1).

        Raises:
            ReplyError: the server refused it.
        """
        if self.type != kind:
            self.type = None
            await self.command("TYPE", kind)
            self.type = kind

    async def agree_on_utf8(self) -> None:
        """Once before names matter: some servers send UTF-8 only when asked (RFC 2640, 3.1)."""
        if self.is_utf8_agreed or self.options.encoding.lower().replace("-", "") != "utf8":
            return
        await self.exchange("OPTS", "UTF8 ON")
        self.is_utf8_agreed = True


def text_of(path: RemotePath) -> str:
    """The argument that names a path, "" for an empty one."""
    text = str(path)
    return "" if isinstance(path, PurePosixPath) and text == "." else text
