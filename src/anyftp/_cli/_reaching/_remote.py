"""A server to talk to: URL and options put together, and the client that comes of them."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Literal

import click

from anyftp import Client, ConnectionLost, FTPError
from anyftp._cli._ending._asked import VERBOSE, is_asked_for
from anyftp._cli._ending._failure import Failure, describe, is_local
from anyftp._cli._ending._status import Status, Unreachable, status_of, status_of_reading
from anyftp._cli._given._standard_input import read_line
from anyftp._cli._given._url import RemoteURL
from anyftp._cli._reaching._tls import client_settings
from anyftp._protocol import visible

CONNECT_SECONDS = 30.0
#: Names that any password, by custom an address, belongs to (RFC 1635).
ANONYMOUS = ("anonymous", "ftp")


@dataclass(frozen=True, slots=True)
class Remote:
    """Everything needed to log in to a server."""

    url: RemoteURL
    user: str
    password: str = field(repr=False)
    tls: Literal["explicit", "implicit"] | None
    insecure: bool
    ca_file: str | None
    active: bool
    timeout: float
    limit_rate: int | None
    is_traced: bool = False

    @classmethod
    def resolve(
        cls,
        url: RemoteURL,
        *,
        user: str | None,
        password_stdin: bool,
        tls: bool | None,
        insecure: bool,
        ca_file: str | None,
        active: bool,
        timeout: float,
        limit_rate: int | None,
    ) -> Remote:
        """Let the options complete and overrule the URL; ask for a password that is missing.

        Raises:
            click.UsageError: the options contradict each other or the URL.
        """
        name, password = _login(url, user, password_stdin)
        return cls(
            url=url,
            user=name,
            password=password,
            tls=_tls(url, tls),
            insecure=insecure,
            ca_file=ca_file,
            active=active,
            timeout=timeout,
            limit_rate=limit_rate,
            is_traced=is_asked_for(VERBOSE),
        )

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Client]:
        """Open a client that is logged in.

        Raises:
            Unreachable: no connection came about.

        Cancellation: closes everything.
        """
        async with self._client() as client:
            try:
                await client.connect(self.url.host, self.url.port, tls=self.tls)
            except ConnectionLost as error:
                raise Unreachable(str(error)) from error.__cause__
            await client.login(self.user, self.password)
            yield client

    def _client(self) -> Client:
        return Client(
            ssl_context=(
                client_settings(insecure=self.insecure, ca_file=self.ca_file) if self.tls else None
            ),
            active=self.active,
            timeout=self.timeout,
            connection_timeout=min(self.timeout, CONNECT_SECONDS),
            read_speed_limit=self.limit_rate,
            write_speed_limit=self.limit_rate,
            trace=print_line if self.is_traced else None,
        )

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
        except OSError as error:
            if not isinstance(error, BrokenPipeError):
                status = status_of_reading(error) if reads_files else status_of(error)
                raise Failure(self._told(error), status) from error
            raise
        except FTPError as error:
            raise Failure(self._told(error), status_of(error)) from error

    def _told(self, error: Exception) -> str:
        text = describe(error)
        if is_local(error):
            return text
        url = self.url
        for address in (f"{url.host} port {url.port}", f"TLS with {url.host}"):
            text = text.replace(address, address.replace(url.host, "the server").split(" port")[0])
        return f"{url}: {text}"


def print_line(direction: str, line: str) -> None:
    """Show a line of the dialogue on standard error, as curl does."""
    click.echo(f"{'>' if direction == 'sent' else '<'} {visible(line)}", err=True)


def _tls(url: RemoteURL, wanted: bool | None) -> Literal["explicit", "implicit"] | None:
    if url.implicit_tls:
        if wanted is False:
            raise click.UsageError("--no-tls contradicts ftps://")
        return "implicit"
    return "explicit" if wanted else None


def _login(url: RemoteURL, user: str | None, password_stdin: bool) -> tuple[str, str]:
    name, password = url.user, url.password
    if user is not None:
        name, colon, given = user.partition(":")
        password = given if colon else password if name == url.user else None
    if name is None:
        if password_stdin:
            raise click.UsageError("--password-stdin needs a user, from --user or the URL")
        return "anonymous", "anon@"
    if not name:
        raise click.UsageError("the user name is empty")
    if password_stdin:
        password = read_line()
    elif password is None and sys.stdin.isatty():
        password = click.prompt(
            f"Password of {name}", hide_input=True, default="", err=True, show_default=False
        )
    if password is None and name.lower() in ANONYMOUS:
        password = "anon@"
    if password is None:
        raise Failure(
            f"{url}: no password of {name} was given (--password-stdin reads it)", Status.LOGIN
        )
    return name, password
