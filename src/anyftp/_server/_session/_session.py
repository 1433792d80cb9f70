"""What the server knows of one client."""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Literal, TypeAlias, TypeVar, TypeVarTuple

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup

from anyftp._errors import UnsafeNameError
from anyftp._fs import FileSystem
from anyftp._net import PeerCertificate
from anyftp._protocol import MlsxFormat, Permission, Reply, SessionState, join_remote
from anyftp._server._events._events import SessionEvent, SessionInfo, TransferStarted
from anyftp._server._ports._ports import DataPort
from anyftp._server._refusals import Dismissed, Refused
from anyftp._server._session._beside import Beside
from anyftp._server._session._control import Control
from anyftp._server._session._ending import Ending
from anyftp._server._session._linked import within_rights
from anyftp._server._session._login import Login, Mistakes
from anyftp._server._session._options import Options
from anyftp._server._session._protection import Protection
from anyftp._server._session._shared import Shared
from anyftp._server._session._transfer import Transfer, Upload
from anyftp._server._users._company import Guest
from anyftp._server._users._users import User, rights_vary
from anyftp._throttle import StreamThrottle

logger = logging.getLogger("anyftp.server")

_Args = TypeVarTuple("_Args")
_T = TypeVar("_T")

#: Answers one command; None where it has answered itself.
Handler: TypeAlias = "Callable[[Session, str], Awaitable[Reply | None]]"

#: Is told of each command as it is obeyed and each line of a reply as it is sent, without secrets.
Trace: TypeAlias = 'Callable[[Session, Literal["received", "sent"], str], None]'

#: Is asked before an upload counts; raises UploadRejectedError to reject it.
UploadHook: TypeAlias = "Callable[[Session, Upload], Awaitable[None]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions(Options):
    """The settings, with the functions of the user's own that are called with a session."""

    handlers: Mapping[str, Handler] = field(default_factory=dict)
    trace: Trace | None = None
    on_upload: UploadHook | None = None


def _nothing() -> None:
    """What wakes or stops a session that does not run."""


@dataclass(slots=True, eq=False)
class Session:
    """One control connection and all that goes with it.

    `Server.sessions` lists them. To look at: `number`, `peer_host`, `user`, `since`, `cwd` and
    `transfer` (with `verb`, `path`, `stats.nbytes` and `bytes_per_second`); to act upon:
    `throttle`, `user_throttle` and `kick`. The rest is for `handlers` of your own.

    Attributes:
        shared: what it has in common with the other sessions.
        control: the control connection.
        peer_host: the client's address in its shortest form; data connections must come from it.
        local_host: our address on the control connection; we listen for data there.
        server_host: our address as the client sees it: the same, or a proxy's.
        began: when it connected, on the event loop's clock.
        throttles: of the data connections; alive.
        login: who is logged in and where.
        state: login, TYPE, REST and RNFR.
        protection: TLS, and what the client has shown of itself by it.
        ending: whether and why it ends.
        mistakes: wrong passwords and what is no command.
        mlsx: the facts that the client wants to see.
        port: where the next data connection will be made.
        port_until: when that is over if no transfer begins, on the event loop's clock.
        epsv_only: EPSV ALL was given (RFC 2428, 4).
        transfer: the one under way.
        group: what all sessions run in.
        beside: what runs beside the session's own task, if anything ever has; see `tasks`.
        wake, stop: make the reader of commands look up; break off whatever is done.
        attachments: whatever handlers of the user's own keep here.
        implicit_tls: it began with a TLS handshake.
        number: counts the sessions of a server, from 1.
        since: when it connected, in UTC.
        callbacks: see `at_end`.
        guest: its places among those of other servers.
    """

    shared: Shared[ServerOptions]
    control: Control
    peer_host: str
    local_host: str
    server_host: str
    began: float
    throttles: dict[str, StreamThrottle]
    state: SessionState = field(default_factory=SessionState)
    protection: Protection = field(default_factory=Protection)
    ending: Ending = field(default_factory=Ending)
    mistakes: Mistakes = field(default_factory=Mistakes)
    mlsx: MlsxFormat = field(default_factory=MlsxFormat)
    port: DataPort | None = None
    port_until: float = math.inf
    epsv_only: bool = False
    transfer: Transfer | None = None
    group: TaskGroup | None = None
    beside: Beside | None = None
    wake: Callable[[], None] = _nothing
    stop: Callable[[], None] = _nothing
    attachments: dict[str, Any] = field(default_factory=dict)
    implicit_tls: bool = False
    number: int = 0
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    callbacks: list[Callable[[], None]] = field(default_factory=list)
    guest: Guest | None = None
    login: Login = field(init=False)

    def __post_init__(self) -> None:
        self.login = Login(self.began)

    @property
    def user(self) -> User | None:
        """Who is logged in."""
        return self.login.user

    @property
    def cwd(self) -> PurePosixPath:
        """The working directory."""
        return self.login.cwd

    @cwd.setter
    def cwd(self, path: PurePosixPath) -> None:
        self.login.cwd = path

    @property
    def certificate(self) -> PeerCertificate | None:
        """What the client has shown of itself, verified; None without one."""
        return self.protection.certificate

    @property
    def tasks(self) -> Beside | None:
        """Where to begin what runs beside the session's own task, and ends with it."""
        if self.beside is None and self.group is not None:
            self.beside = Beside(self.group, self._fail)
        return self.beside

    def _fail(self, error: BaseException) -> None:
        logger.error("what ran beside the session of %s failed", self.peer_host, exc_info=error)
        self.end("the session failed")
        self.stop()

    @property
    def info(self) -> SessionInfo:
        """What events say of this session."""
        name = None if self.user is None else self.user.name or "anonymous"
        return SessionInfo(self.number, self.peer_host, name)

    @property
    def throttle(self) -> StreamThrottle:
        """The limits of this session; they may be changed at any time."""
        throttles, name = self.throttles, "server_per_connection"
        if name not in throttles:  # few have one, which costs more memory than all else of them
            throttles[name] = self.shared.throttle_per_connection.clone()
        return throttles[name]

    @property
    def user_throttle(self) -> StreamThrottle | None:
        """The limits that all sessions of this user share; None before the login."""
        return self.throttles.get("user_global")

    def kick(self, reason: str = "You were disconnected by the operator.") -> None:
        """End the session now: its transfer is aborted, the client is told 421 with the reason.

        Returns at once; the connection is closed within a few seconds, whatever the client does.
        """
        if self.ending.last_reply is None:
            self.ending.last_reply = reason
            self.end(reason)
        self.stop()

    @property
    def _is_heard(self) -> bool:
        """Whether there is anybody to be told of events: who listens, or who reads the log."""
        return bool(self.shared.hub.listeners) or logger.isEnabledFor(logging.INFO)

    def tell(self, kind: type[SessionEvent], *details: Any) -> None:
        """Publish an event of this session; only its number counts where nobody is told."""
        if self._is_heard:
            self.shared.publish(kind(self.info, *details))
        else:
            self.shared.counters.count_kind(kind)

    def forget_tasks(self) -> None:
        """Nothing runs any more: the session is freed as soon as nobody else looks at it."""
        self.group = self.beside = None
        self.wake = self.stop = _nothing

    def announce(self) -> None:
        """The transfer's data connection is about to be made."""
        transfer = self.transfer
        if transfer is not None and transfer.began is None:
            transfer.began = anyio.current_time()
            self.tell(TransferStarted, transfer.verb, transfer.path)

    def conclude(self, transfer: Transfer, code: str) -> None:
        """A transfer that was announced has ended with this reply."""
        transfer.is_counted = True
        if self._is_heard:
            self.shared.publish(transfer.ended(self.info, code))
        else:
            self.shared.counters.count_transfer(transfer.verb, code, transfer.stats.nbytes)

    @property
    def options(self) -> ServerOptions:
        """The server's settings."""
        return self.shared.options

    @property
    def file_system(self) -> FileSystem:
        """What the user sees; only after the login."""
        assert self.user is not None
        files = self.user.file_system_for(self)
        return within_rights(files, self.user) if rights_vary(self.user) else files

    def resolve(self, argument: str) -> PurePosixPath:
        """Where a path in a command leads.

        Raises:
            Refused: it holds CR, LF or NUL.
        """
        try:
            return join_remote(self.cwd, argument)
        except UnsafeNameError as error:
            raise Refused("553", "Such a name is not allowed.") from error

    def permission(self, path: PurePosixPath) -> Permission:
        """The user's rights at a path; none before the login."""
        return Permission(0) if self.user is None else self.user.allowed(path)

    def demand(self, path: PurePosixPath, needed: Permission) -> None:
        """Make sure that the user has one of the rights needed at a path.

        Raises:
            Refused: it has none of them.
        """
        if not needed.value & self.permission(path).value:  # a third of the price of flags
            raise Refused("550", f"{path}: Permission denied.")

    async def compute(self, function: Callable[[*_Args], _T], *args: *_Args) -> _T:
        """Call what only computes in a worker thread, as many at once as there are processors.

        Cancellation: safe; a call that has begun is waited for.
        """
        return await to_thread.run_sync(function, *args, limiter=self.shared.processors)

    def refuse(self, refusal: Refused) -> Reply:
        """The reply that a refusal asks for; one that dismisses the client ends the session."""
        if isinstance(refusal, Dismissed):
            self.end(" ".join(refusal.reply.lines))
        return refusal.reply

    def end(self, reason: str) -> None:
        """Let the session end after the current reply."""
        self.ending.is_due = True
        self.ending.reason = reason

    def use_port(self, port: DataPort | None, *, until: float = math.inf) -> None:
        """Make the next data connection there; a listener for an earlier one is closed.

        Args:
            until: when it is closed unless a transfer has begun, on the event loop's clock.
        """
        old, self.port, self.port_until = self.port, port, until
        if old is not None and old is not port:
            old.close()

    @property
    def port_deadline(self) -> float:
        """When a port is to be closed because nobody has used it."""
        return math.inf if self.port is None or self.transfer is not None else self.port_until

    def take_port(self) -> DataPort:
        """Where the data connection of the transfer that begins now is to be made.

        Raises:
            Refused: neither PASV nor PORT came before.
        """
        port, self.port = self.port, None
        if port is None:
            raise Refused("425", "Use PASV or EPSV first.")
        return port

    def drop_user(self) -> None:
        """Nobody is logged in any more."""
        user = self.login.user
        self.login = Login(self.login.began if user is None else anyio.current_time())
        if user is not None:
            self.shared.user_count.leave(user)
            self.shared.users.logout(user)
            self.throttles.pop("user_global", None)
            self.throttles.pop("user_per_connection", None)

    def forget_login(self) -> None:
        """As right after connecting, but for TLS (RFC 959, 4.1.1 on REIN; RFC 4217, 4)."""
        self.use_port(None)
        self.drop_user()
        self.state = SessionState()

    def at_end(self, callback: Callable[[], None]) -> None:
        """Have a function called when the session has ended, before its client sees the end."""
        self.callbacks.append(callback)

    def close(self) -> None:
        """Let go of everything but the control connection."""
        self.use_port(None)
        self.drop_user()
        while self.callbacks:
            self.callbacks.pop()()
