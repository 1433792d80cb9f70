"""A server to talk to: URL and options put together, and the client that comes of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Literal

import click

from anyftp import Client
from anyftp._cli._failure import Failure, describe, is_local
from anyftp._cli._tls import client_settings
from anyftp._cli._url import RemoteURL
from anyftp._errors import FTPError, LocalProtocolError

CONNECT_SECONDS = 30.0


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
        )

    def connect(self) -> AbstractAsyncContextManager[Client]:
        """Open a client that is logged in."""
        return Client.context(
            self.url.host,
            self.url.port,
            self.user,
            self.password,
            tls=self.tls,
            ssl_context=(
                client_settings(insecure=self.insecure, ca_file=self.ca_file) if self.tls else None
            ),
            active=self.active,
            timeout=self.timeout,
            connection_timeout=min(self.timeout, CONNECT_SECONDS),
            read_speed_limit=self.limit_rate,
            write_speed_limit=self.limit_rate,
        )

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """Put the URL before what goes wrong inside, unless the fault is on this side."""
        try:
            yield
        except FTPError as error:
            if is_local(error):
                raise
            raise Failure(f"{self.url}: {describe(error)}") from error


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
        raise LocalProtocolError("the user name is empty")
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif password is None and sys.stdin.isatty():
        password = click.prompt(
            f"Password of {name}", hide_input=True, default="", err=True, show_default=False
        )
    return name, password or ""
