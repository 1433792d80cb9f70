"""A server of files in memory that fails to order, and the same in a thread of its own."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import Any, Literal, Self, TypeVar
from urllib.parse import quote

from anyio.abc import TaskStatus
from anyio.from_thread import BlockingPortal, start_blocking_portal

from anyftp._extras import importing
from anyftp._net import client_context, server_context
from anyftp._protocol import Reply
from anyftp._server import Server, Session, User
from anyftp.testing._faults import FaultyFiles

_T = TypeVar("_T")

USERS: Mapping[str | None, str] = {"alice": "wonder"}


class RiggedServer:
    """A server on loopback, of files in memory, that fails when told to.

    All users see the same files. Wrong passwords are answered at once.

    Args:
        users: passwords by name; the name None lets anonymous users read.
        tls: "explicit" or "implicit", with a certificate of an authority that is made for this
            server alone (extra `pytest`). Clear text is refused then.
        options: as for `Server`.

    Attributes:
        files: what it serves; use it from the event loop that the server runs on.
        server: the server itself, likewise.
        users: as given.
        tls: as given.
        host: where it listens.
        port: where it listens, once it does.
        authority: the certificate of its authority (PEM), None without TLS.
    """

    def __init__(
        self,
        users: Mapping[str | None, str] = USERS,
        *,
        tls: Literal["explicit", "implicit"] | None = None,
        **options: Any,
    ) -> None:
        self.files: FaultyFiles = FaultyFiles()
        self.users: dict[str | None, str] = dict(users)
        self.tls = tls
        self.host = "127.0.0.1"
        self.port = 0
        self.authority: bytes | None = None
        self._refusals: dict[str, Any] = {}
        if tls is not None:
            options["ssl_context"], self.authority = _throw_away_certificate()
            options["implicit_tls"], options["require_tls"] = tls == "implicit", True
        options.setdefault("login_delay", 0.0)
        self.server: Server = Server(
            [
                User(name, None if name is None else password, file_system=self.files)
                for name, password in self.users.items()
            ],
            handlers=self._refusals,
            **options,
        )

    @property
    def user(self) -> str:
        """The first user's name, "anonymous" for the nameless one."""
        return next(iter(self.users)) or "anonymous"

    @property
    def password(self) -> str:
        """The first user's password."""
        return next(iter(self.users.values()))

    @property
    def url(self) -> str:
        """Where it is, with the first user's name and password: "ftp://alice:wonder@…/".

        Its scheme is "ftps" with implicit TLS; explicit TLS no URL can say.
        """
        scheme = "ftps" if self.tls == "implicit" else "ftp"
        login = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        return f"{scheme}://{login}@{self.host}:{self.port}/"

    def client_context(self) -> ssl.SSLContext:
        """TLS settings of a client that trusts this server's authority and no other."""
        if self.authority is None:
            raise ValueError("the server must have TLS: this one has no authority")
        context = client_context()
        context.load_verify_locations(cadata=self.authority.decode())
        return context

    async def serve(self, *, task_status: TaskStatus[None]) -> None:
        """Serve on a free port until cancelled.

        Cancellation: ends all sessions at once.
        """
        await self.server.serve(self.host, 0, task_status=_Started(self, task_status))

    # Faults

    def refuse(
        self,
        verb: str,
        code: str = "550",
        text: str = "Refused by the test.",
        *,
        times: int | None = None,
    ) -> None:
        """Answer a command with a refusal instead of obeying it.

        Args:
            verb: such as "STOR".
            code: of the reply.
            times: how often; None for always.
        """
        left = times
        name = verb.upper()

        async def refused(session: Session, argument: str) -> Reply | None:
            nonlocal left
            if left is not None:
                if left <= 0:
                    return await self.server.perform(session, name, argument)
                left -= 1
            return Reply(code, (text,))

        self._refusals[name] = refused

    def cut(self, nbytes: int, *, times: int | None = 1) -> None:
        """Have the next transfers of files lose both connections after this many bytes.

        A file that is shorter goes over whole, and its confirmation is lost.

        Args:
            nbytes: how many bytes go through.
            times: how many transfers; None for all.
        """
        self.files.cut_transfers(nbytes, times)

    def slow_down(self, bytes_per_second: int) -> None:
        """Carry no more than this, all transfers together."""
        throttle = self.server.throttle
        throttle.read.limit = throttle.write.limit = bytes_per_second

    def fill_disk(self, nbytes_left: int = 0) -> None:
        """Have room for this many bytes more; what goes beyond is refused with 452."""
        self.files.fill_up(nbytes_left)

    def heal(self) -> None:
        """Take all faults away."""
        self._refusals.clear()
        self.files.heal()
        throttle = self.server.throttle
        throttle.read.limit = throttle.write.limit = None


class _Started(TaskStatus[list[tuple[str, int]]]):
    """Hands on that the server listens, and where, to whoever waits for it."""

    def __init__(self, rigged: RiggedServer, outer: TaskStatus[None]) -> None:
        self._rigged = rigged
        self._outer = outer

    def started(self, value: list[tuple[str, int]] | None = None) -> None:
        assert value is not None
        self._rigged.host, self._rigged.port = value[0]
        self._outer.started()


class ServerThread(RiggedServer):
    """A `RiggedServer` in a thread of its own, for programs and tests that are not async.

    `with ServerThread() as server:` starts and ends it. All its methods may be called from any
    thread but its own.
    """

    _portal: BlockingPortal | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._portal = stack.enter_context(start_blocking_portal())
            future, _ = self._portal.start_task(self.serve)
            stack.callback(future.cancel)
            self._exit = stack.pop_all()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._portal = None
        self._exit.close()

    def put(self, path: str | PurePosixPath, content: bytes) -> None:
        """Lay down a file, with the folders above it."""
        self._call(lambda: self.files.put(path, content))

    def get(self, path: str | PurePosixPath) -> bytes:
        """The content of a file.

        Raises:
            FileSystemError: there is none of that name.
        """
        return self._call(lambda: self.files.get(path))

    def names(self, path: str | PurePosixPath = "/") -> list[str]:
        """The sorted names in a folder.

        Raises:
            FileSystemError: there is none of that name.
        """
        return self._call(lambda: self.files.names(path))

    def refuse(self, *args: Any, **kwargs: Any) -> None:
        self._call(lambda: RiggedServer.refuse(self, *args, **kwargs))

    def cut(self, nbytes: int, *, times: int | None = 1) -> None:
        self._call(lambda: RiggedServer.cut(self, nbytes, times=times))

    def slow_down(self, bytes_per_second: int) -> None:
        self._call(lambda: RiggedServer.slow_down(self, bytes_per_second))

    def fill_disk(self, nbytes_left: int = 0) -> None:
        self._call(lambda: RiggedServer.fill_disk(self, nbytes_left))

    def heal(self) -> None:
        self._call(lambda: RiggedServer.heal(self))

    def _call(self, function: Callable[[], _T]) -> _T:
        if self._portal is None:
            raise RuntimeError("the server does not run: use it within `with`")
        return self._portal.call(function)


def _throw_away_certificate() -> tuple[ssl.SSLContext, bytes]:
    """A server's settings with a fresh certificate for loopback, and its authority as PEM."""
    with importing("pytest", "a server with TLS"):
        import trustme
    authority = trustme.CA()
    chain = authority.issue_cert("127.0.0.1", "localhost")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "chain.pem")
        chain.private_key_and_cert_chain_pem.write_to_path(file)
        return server_context(file), authority.cert_pem.bytes()
