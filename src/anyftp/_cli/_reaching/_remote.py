"""A server to talk to, the client that comes of it, and whom to blame for what goes wrong."""

from __future__ import annotations

import dataclasses
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Literal, Unpack

import click

import anyftp
from anyftp import ConnectionLost, FTPError, RetryPolicy
from anyftp._cli._ending._failure import Failure, describe, is_local
from anyftp._cli._ending._status import Status, Unreachable, status_of, status_of_reading
from anyftp._cli._given._url import RemoteURL
from anyftp._cli._reaching._proxies import without_password
from anyftp._cli._reaching._tls import client_settings
from anyftp._protocol import visible

CONNECT_SECONDS = 30.0

#: More than a program with other tasks would allow a server: nobody else waits here.
_MAX_ENTRIES = 2_000_000


@dataclass(frozen=True, slots=True)
class RetryOnceConnected(RetryPolicy):
    """A policy that has a first connection fail at once: a host that is mistyped stays so.

    Attributes:
        connected: not empty from the first connection on.
    """

    connected: list[bool] = field(default_factory=list)

    def delays(self) -> Iterator[float]:
        """None until there has been a connection."""
        return RetryPolicy.delays(self) if self.connected else iter(())


@dataclass(frozen=True, slots=True)
class Remote:
    """Everything needed to log in to a server.

    Attributes:
        retry: how often to try again what may succeed later.
        proxy: URL of a proxy, "" for none.
        is_traced: whether the dialogue is shown.
        among: how many places the URL's pattern stands for, of which this is one.
    """

    url: RemoteURL
    user: str
    password: str = field(repr=False)
    tls: Literal["explicit", "implicit"] | None = None
    insecure: bool = False
    ca_file: str | None = None
    active: bool = False
    timeout: float = 60.0
    retry: int = 0
    proxy: str = field(default="", repr=False)
    limit_rate: int | None = None
    is_traced: bool = False
    among: int = 1

    @property
    def server(self) -> Remote:
        """The same without the path: equal for places that one connection will do for."""
        return dataclasses.replace(
            self, url=dataclasses.replace(self.url, path="", pattern=None, kind="I"), among=1
        )

    def at(self, path: str, among: int = 1) -> Remote:
        """The same server, another path of it, as it is written."""
        url = dataclasses.replace(self.url, path=path, pattern=None)
        return dataclasses.replace(self, url=url, among=among)

    @asynccontextmanager
    async def connect(
        self, **options: Unpack[anyftp.ClientOptions]
    ) -> AsyncIterator[anyftp.Client]:
        """Open a client that is logged in; with options of its own, which win.

        Raises:
            Unreachable: no connection came about.

        Cancellation: closes everything.
        """
        policy = RetryOnceConnected(attempts=self.retry + 1)
        async with self._client(policy, options) as client:
            try:
                await client.connect(self.url.host, self.url.port, tls=self.tls)
            except ConnectionLost as error:
                raise Unreachable(str(error)) from error.__cause__
            policy.connected.append(True)
            await client.login(self.user, self.password)
            yield client

    @asynccontextmanager
    async def unlogged(
        self, ssl_context: ssl.SSLContext | None = None
    ) -> AsyncIterator[tuple[anyftp.Client, list[str]]]:
        """Open a client that is connected and not logged in; also gives the lines of the greeting.

        Args:
            ssl_context: for TLS; as the options say if None.

        Raises:
            Unreachable: no connection came about.

        Cancellation: closes everything.
        """
        async with anyftp.Client(
            ssl_context=ssl_context or self.ssl_context(),
            dialler=anyftp.proxy_dialler(self.proxy) if self.proxy else None,
            timeout=self.timeout,
            connection_timeout=min(self.timeout, CONNECT_SECONDS),
            trace=print_line if self.is_traced else None,
        ) as client:
            try:
                lines = await client.connect(self.url.host, self.url.port, tls=self.tls)
            except ConnectionLost as error:
                raise Unreachable(str(error)) from error.__cause__
            yield client, lines

    def _client(self, policy: RetryPolicy, options: anyftp.ClientOptions) -> anyftp.Client:
        usual: anyftp.ClientOptions = {
            "dialler": anyftp.proxy_dialler(self.proxy) if self.proxy else None,
            "active": self.active,
            "timeout": self.timeout,
            "connection_timeout": min(self.timeout, CONNECT_SECONDS),
            "retry": policy if self.retry else None,
            "read_speed_limit": self.limit_rate,
            "write_speed_limit": self.limit_rate,
            "trace": print_line if self.is_traced else None,
            "max_entries": _MAX_ENTRIES,
        }
        if "throttle" in options:  # which has limits of its own
            usual["read_speed_limit"] = usual["write_speed_limit"] = None
        wanted: anyftp.ClientOptions = {**usual, **options}
        return anyftp.Client(ssl_context=self.ssl_context(), **wanted)

    def ssl_context(self) -> ssl.SSLContext | None:
        """Settings for TLS, if there is to be any.

        Raises:
            Failure: the file of certificates cannot be used.
        """
        if self.tls is None:
            return None
        return client_settings(insecure=self.insecure, ca_file=self.ca_file)

    @contextmanager
    def blamed(self, *, reads_files: bool = False) -> Iterator[None]:
        """Put the URL before what goes wrong inside, unless the fault is on this side.

        Args:
            reads_files: local files are the source, not the destination.

        Raises:
            Failure: something went wrong.
        """
        try:
            yield
        except BrokenPipeError:
            raise
        except (FTPError, OSError) as error:
            raise self.failure(error, reads_files=reads_files) from error

    def failure(self, error: Exception, *, reads_files: bool = False) -> Failure:
        """The failure that an error is, with the address in it once."""
        status: Status = status_of_reading(error) if reads_files else status_of(error)
        text = describe(error)
        if is_local(error):
            return Failure(text, status)
        host, port = self.url.host, self.url.port
        for address in (f"{host} port {port}", f"TLS with {host}", f"greeting of {host}"):
            said = address.replace(host, "the server").removesuffix(f" port {port}")
            text = text.replace(address, said)
        if self.proxy and isinstance(error, Unreachable):
            text = f"{text} (through the proxy {without_password(self.proxy)})"
        return Failure(f"{self.url}: {text}", status)


def print_line(direction: str, line: str) -> None:
    """Show a line of the dialogue on standard error, as curl does."""
    click.echo(f"{'>' if direction == 'sent' else '<'} {visible(line)}", err=True)
