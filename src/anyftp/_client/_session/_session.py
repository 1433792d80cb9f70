"""A session: one control connection and what is known of it, passed to every module here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import PurePosixPath
from typing import Protocol, TypeVar

import anyio

from anyftp._client._control._back_in_step import abort
from anyftp._client._control._control_connection import ControlConnection, check_reply
from anyftp._client._options._retry_policy import Tries
from anyftp._client._options._settings import Options
from anyftp._client._session._final_names import FinalNames
from anyftp._client._session._limits import Limits
from anyftp._client._session._state import (
    Learnt,
    Loan,
    Login,
    Protection,
    Unsettled,
    Whereabouts,
)
from anyftp._errors import LocalProtocolError, ReplyError
from anyftp._fs import LocalFileSystem
from anyftp._protocol import Reply, parse_257

RemotePath = str | PurePosixPath

#: Refusals that may mean "I do not know this command".
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

    async def repeat(self, attempt: Callable[[], Awaitable[T]], tries: Tries | None = None) -> T:
        """Do something, again if it fails."""

    def is_spent(self, tries: Tries) -> bool:
        """Whether something has been tried as often as it may."""


class SessionLender(Protocol):
    """Where whoever has a session borrows further ones, see `_lending`."""

    @property
    def is_wanted(self) -> bool:
        """Whether somebody waits who has none."""

    async def spare(self) -> Session | None:
        """Borrow one that nobody waits for, None if there is none now."""

    async def until_changed(self) -> None:
        """Wait until it is worth to look again."""

    async def give_back(self, session: Session) -> None:
        """Give one back."""


@dataclass(slots=True, eq=False, repr=False)
class Session:
    """One control connection and what is known while it lasts.

    Attributes:
        limits: the throttle of all data connections of the client.
        host: the server as the user named it; certificates are checked for this name.
        port: where its control connection was dialled.
        data_host: where data connections are dialled.
        learnt: what the server has told of itself.
        protection: how the connections are protected.
        login: who is logged in, and what has been agreed on since.
        whereabouts: in which folder we are.
        unsettled: what was begun and may have no end yet.
        transfer: the data connection in use.
        persistence: what is done about failures, None for nothing.
        is_abandoned: whether it has been closed for good; nothing is made anew then.
        server_zone: of the times in LIST, once it has been measured.
        folders: local folders used lately.
        names: those that are given out, where several calls go on together.
        lender: where further sessions are had, once there is such a place.
        loan: what the lender has to know of this one.
    """

    control: ControlConnection
    options: Options
    limits: Limits
    host: str
    port: int
    data_host: str
    learnt: Learnt = field(default_factory=Learnt)
    protection: Protection = field(default_factory=Protection)
    login: Login = field(default_factory=Login)
    whereabouts: Whereabouts = field(default_factory=Whereabouts)
    unsettled: Unsettled = field(default_factory=Unsettled)
    transfer: OpenTransfer | None = None
    persistence: SecondChances | None = None
    is_abandoned: bool = False
    server_zone: tzinfo | None = None
    folders: dict[str, LocalFileSystem] = field(default_factory=dict)
    names: FinalNames | None = None
    lender: SessionLender | None = None
    loan: Loan = field(default_factory=Loan)
    _is_busy: bool = False

    @property
    def is_logged_in(self) -> bool:
        """Whether a login has succeeded, and holds."""
        return self.login.credentials is not None

    @property
    def lacks_protection(self) -> bool:
        """Whether data connections are to be protected and are not: PROT was refused, or lost."""
        is_wanted = self.protection.tls is not None and self.options.protect_data
        return is_wanted and not self.protection.covers_data

    @property
    def is_busy(self) -> bool:
        """Whether somebody has the turn."""
        return self._is_busy

    def turn(self) -> _Turn:
        """Keep the session for one operation: the context that does it.

        Raises:
            BusyResourceError: another task is at it.
        """
        return _Turn(self)

    async def command(
        self, verb: str, argument: str = "", *, expected: str | tuple[str, ...] = "2xx"
    ) -> Reply:
        """Send a command that has no data connection and check its reply.

        Raises and Cancellation: as `ControlConnection.command`.
        """

        async def attempt() -> Reply:
            await self.make_way()
            reply = await self.control.command(verb, argument, expected=expected)
            self.learnt.obeyed.add(verb)
            return reply

        return await (self.repeat(attempt) if verb in REPEATABLE else attempt())

    async def exchange(self, verb: str, argument: str = "") -> Reply:
        """Send a command that has no data connection; any final reply is fine."""

        async def attempt() -> Reply:
            await self.make_way()
            reply = await self.control.exchange(verb, argument)
            if reply.is_positive:
                self.learnt.obeyed.add(verb)
            return reply

        return await (self.repeat(attempt) if verb in REPEATABLE else attempt())

    async def repeat(self, attempt: Callable[[], Awaitable[T]], tries: Tries | None = None) -> T:
        """Do what can be done twice, again if it fails and the options ask for that.

        Args:
            tries: of all sessions that have had it to do.

        Cancellation: as that of the attempt.
        """
        if self.persistence is None:
            return await attempt()
        return await self.persistence.repeat(attempt, tries)

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
        if self.unsettled.rename is not None:
            # After RNFR proftpd 1.3.8 refuses all commands (501) until RNTO has come. To give the
            # file its own name changes nothing.
            await self.control.send("RNTO", self.unsettled.rename)
            self.unsettled.rename = None
            await self.control.receive_final()
        if self.whereabouts.way_back is not None:
            folder = self.whereabouts.way_back
            reply = await self.control.exchange("CWD", folder)
            self.whereabouts.way_back = None
            check_reply(reply, "2xx", "CWD", folder)
        if not self.whereabouts.is_known:
            await self.note_directory()

    async def abort(self, *, may_be_lost: bool) -> None:
        """Get back in step after a transfer; see `_back_in_step.abort`.

        Args:
            may_be_lost: whether its data connection may have ended before the server accepted it.

        Cancellation: not interrupted; it is bounded.
        """
        is_unanswered = await abort(self.control)
        self.unsettled.has_lost_transfer |= may_be_lost and is_unanswered

    @contextmanager
    def changing_directory(self) -> Iterator[None]:
        """Around a command that goes to another folder: whoever is cut short may be in either."""
        try:
            yield
        except ReplyError:
            raise
        except BaseException:
            if self.persistence is not None and self.control.is_connected:
                self.whereabouts.is_known = False
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
            self.whereabouts.is_known = False
            return
        self.whereabouts.directory = parse_257(reply.text)
        self.whereabouts.is_known = True

    def take_over(self, fresh: Session) -> None:
        """Go on over the connection of another session with the same server and user."""
        self.control.take_over(fresh.control)
        self.data_host, self.learnt.greeting = fresh.data_host, fresh.learnt.greeting
        self.protection, self.login = fresh.protection, fresh.login
        self.whereabouts, self.unsettled = fresh.whereabouts, Unsettled()
        self.transfer = None

    def forget(self, verb: str) -> None:
        """After a command of the user's own: what it may have changed is not known any more."""
        verb = verb.upper()
        if verb in ("TYPE", "USER"):
            self.login.type = None
        if verb == "REST":
            self.unsettled.has_own_offset = True
        if verb == "OPTS":
            self.login.hash_algorithm = None
        if verb == "REIN":  # the login is gone, and PROT with it (RFC 4217, 11)
            self.login = Login()
            self.protection.covers_data = False
            self.learnt.features = None

    async def use_type(self, kind: str) -> None:
        """Send TYPE unless it is in force (RFC 959, 3.1.1).

        Raises:
            ReplyError: the server refused it.
        """
        if self.login.type != kind:
            self.login.type = None
            await self.command("TYPE", kind)
            self.login.type = kind

    async def agree_on_utf8(self) -> None:
        """Once before names matter: some servers send UTF-8 only when asked (RFC 2640, 3.1)."""
        if self.login.is_utf8_agreed or self.options.encoding.lower().replace("-", "") != "utf8":
            return
        reply = await self.exchange("OPTS", "UTF8 ON")
        if reply.code == "503":  # some want to know first who is asking
            await self.exchange("CLNT", "anyftp")
            await self.exchange("OPTS", "UTF8 ON")
        self.login.is_utf8_agreed = True


class Turns:
    """A client that may be connected; its parts take the session from here, for a turn each."""

    _session: Session | None

    def _connected(self) -> Session:
        if self._session is None:
            raise LocalProtocolError("not connected")
        return self._session

    def _turn(self) -> AbstractContextManager[Session]:
        return self._connected().turn()


class _Turn:
    """Sees to it that one operation at a time has the session."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def __enter__(self) -> Session:
        if self._session._is_busy:
            raise anyio.BusyResourceError("using")
        self._session._is_busy = True
        return self._session

    def __exit__(self, *failure: object) -> None:
        self._session._is_busy = False


def text_of(path: RemotePath) -> str:
    """The argument that names a path, "" for an empty one."""
    text = str(path)
    return "" if isinstance(path, PurePosixPath) and text == "." else text
