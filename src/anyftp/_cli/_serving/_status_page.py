"""`--status HOST:PORT`: the page of `anyftp.status` beside the server."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import click
from anyio.abc import TaskGroup

from anyftp import Server
from anyftp._cli._ending._failure import Failure, describe
from anyftp._cli._given._url import format_address

if TYPE_CHECKING:
    from anyftp._cli._serving._settings import Settings


@dataclass(frozen=True, slots=True)
class StatusPage:
    """Where the page is to be, and what it asks for; None for a new token."""

    host: str
    port: int
    token: str | None

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """What the settings want, read while everything can be read; None for no page.

        Raises:
            Failure: the extra is not installed, or the file with the token cannot be used.
            click.UsageError: a token without a page, or several workers.
        """
        if settings.status is None:
            if settings.status_token is not None:
                raise click.UsageError("--status-token needs --status")
            return None
        if settings.workers > 1:
            raise click.UsageError("--status shows one process: use --metrics with --workers")
        try:
            from anyftp.status import check_token
        except ImportError as error:
            raise Failure(
                '--status needs starlette and hypercorn: python -m pip install "anyftp[status]"'
            ) from error
        file, token = settings.status_token, None
        if file is not None:
            token = _first_line(file)
            try:
                check_token(token)
            except ValueError as error:
                raise Failure(f"{file}: {error}") from error
        return cls(*settings.status, token)

    def load(self) -> None:
        """Import what serving it needs on the event loop that runs."""
        from anyftp.status._serve import hypercorn_here

        hypercorn_here()

    async def begin(self, tasks: TaskGroup, server: Server) -> None:
        """Begin to serve it, and say where.

        Raises:
            Failure: the address cannot be listened on.

        Cancellation: safe.
        """
        from anyftp.status import serve_status

        serve = functools.partial(serve_status, server, self.host, self.port, token=self.token)
        try:
            address = await tasks.start(serve)
        except OSError as error:
            where = format_address(self.host, self.port)
            raise Failure(f"{where}: {describe(error)}") from error
        if self.token is not None:  # it is known to those who shall know it
            address = address.partition("#")[0]
        click.echo(f"status page {address}", err=True)


def _first_line(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as lines:
            return lines.readline(1000).rstrip("\r\n")
    except OSError as error:
        raise Failure(describe(error)) from error
    except ValueError as error:  # no UTF-8
        raise Failure(f"{file}: {error}") from error
