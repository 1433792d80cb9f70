"""`anyftp serve`: hand out a folder until told to stop."""

from __future__ import annotations

import errno
import functools
import re
import sys
from pathlib import Path

import anyio
import click

from anyftp import FileSystemError, LocalFileSystem, Permission, Server, ServerCertificate, User
from anyftp._cli._failure import Failure, describe, interrupted_by
from anyftp._cli._options import backend_option, limit_option
from anyftp._cli._run import ending_signals, run
from anyftp._cli._tls import server_settings
from anyftp._cli._url import format_address
from anyftp._cli._users_file import Homes, UsersFile
from anyftp._protocol import OPTIONAL_VERBS

#: How long transfers may go on after the first signal.
DRAIN_SECONDS = 30.0

_PORTS = re.compile(r"([0-9]{1,5})-([0-9]{1,5})", re.ASCII)


def _port_range(ctx: click.Context, param: click.Parameter, text: str | None) -> range | None:
    """Read FIRST-LAST, both included."""
    if text is None:
        return None
    match = _PORTS.fullmatch(text)
    if match is None:
        raise click.BadParameter(f"write the ports as 50000-50100, not {text!r}", ctx, param)
    first, last = int(match[1]), int(match[2])
    if not 1 <= first <= last <= 65535:
        raise click.BadParameter(f"ports rise from 1 to 65535, unlike {text!r}", ctx, param)
    return range(first, last + 1)


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--user",
    "users",
    multiple=True,
    metavar="NAME:PASSWORD",
    help="Let this user in, to read and write. May be repeated.",
)
@click.option(
    "--users",
    "users_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Let in the users of this file (see passwd), read again when it changes.",
)
@click.option(
    "--anonymous", is_flag=True, help="Let anyone in, to read only; the default without users."
)
@click.option("--anonymous-write", is_flag=True, help="Let anyone in, to read and write.")
@click.option("--read-only", is_flag=True, help="Let nobody change anything.")
@click.option("--cert", metavar="PEM", help="Offer TLS with this certificate (and its chain).")
@click.option("--key", metavar="PEM", help="Its private key, where --cert does not hold it.")
@click.option("--tls-required", is_flag=True, help="Refuse logins and transfers in plain text.")
@click.option("--implicit-tls", is_flag=True, help="Speak TLS from the first byte (ftps://).")
@click.option(
    "--passive-ports",
    callback=_port_range,
    metavar="FIRST-LAST",
    help="Ports for data connections (default: any).",
)
@click.option(
    "--extension",
    "extensions",
    type=click.Choice(sorted(OPTIONAL_VERBS), case_sensitive=False),
    multiple=True,
    help="Switch on a command that is off by default. May be repeated.",
)
@limit_option
@backend_option
def serve(
    folder: Path,
    host: str,
    port: int,
    users: tuple[str, ...],
    users_file: Path | None,
    anonymous: bool,
    anonymous_write: bool,
    read_only: bool,
    cert: str | None,
    key: str | None,
    tls_required: bool,
    implicit_tls: bool,
    passive_ports: range | None,
    extensions: tuple[str, ...],
    limit_rate: int | None,
    backend: str | None,
) -> None:
    """Serve the folder DIR until SIGINT or SIGTERM.

    One line on standard output tells the address as soon as connections are accepted. The first
    signal lets running transfers end (for 30 s at most) and takes no new ones; a second one ends
    at once.
    """
    context = _context(cert, key, needs_one=tls_required or implicit_tls)
    files = LocalFileSystem(_existing(folder), read_only=read_only)
    accounts = [_user(text, files) for text in users]
    if anonymous or anonymous_write or not (accounts or users_file):
        accounts.append(_anonymous(files, may_write=anonymous_write))
    homes = Homes(folder, read_only=read_only)
    server = Server(
        accounts if users_file is None else UsersFile(users_file, homes, accounts),
        ssl_context=context,
        implicit_tls=implicit_tls,
        require_tls=tls_required,
        passive_ports=passive_ports,
        read_speed_limit=limit_rate,
        write_speed_limit=limit_rate,
        extensions=extensions,
    )
    scheme = "ftps" if implicit_tls else "ftp"
    ended_by = run(lambda: _serve(server, host, port, scheme), backend)
    if ended_by is not None:
        raise interrupted_by(ended_by)


def _context(cert: str | None, key: str | None, *, needs_one: bool) -> ServerCertificate | None:
    if cert is None:
        if key is not None:
            raise click.UsageError("--key goes with --cert")
        if needs_one:
            raise click.UsageError("--tls-required and --implicit-tls need --cert")
        return None
    return server_settings(cert, key)


def _existing(folder: Path) -> Path:
    if not folder.is_dir():
        number = errno.ENOTDIR if folder.exists() else errno.ENOENT
        raise FileSystemError(number, folder)
    return folder


def _user(text: str, files: LocalFileSystem) -> User:
    name, colon, password = text.partition(":")
    if not name or not colon:
        raise click.UsageError("write --user as NAME:PASSWORD")
    return User(name=name, password=password, file_system=files)


def _anonymous(files: LocalFileSystem, *, may_write: bool) -> User:
    permissions = Permission.ALL if may_write else Permission.READ_ONLY
    return User(name=None, file_system=files, permissions=permissions)


async def _serve(server: Server, host: str, port: int, scheme: str) -> int | None:
    """Serve; None once drained, the number of a second signal where one came."""
    received: list[int] = []
    with anyio.open_signal_receiver(*ending_signals()) as signals:
        async with anyio.create_task_group() as tasks:
            try:
                addresses = await tasks.start(functools.partial(server.serve, host, port))
            except OSError as error:
                address = format_address(host, port)
                raise Failure(f"{address}: {describe(error)}") from error
            click.echo(f"serving {scheme}://{format_address(*addresses[0][:2])}/")
            sys.stdout.flush()
            async for number in signals:
                received.append(number)
                if len(received) > 1:
                    break
                tasks.start_soon(_drain, server, tasks.cancel_scope)
            tasks.cancel_scope.cancel()
    return received[1] if len(received) > 1 else None


async def _drain(server: Server, everything: anyio.CancelScope) -> None:
    await server.drain(DRAIN_SECONDS)
    everything.cancel()
