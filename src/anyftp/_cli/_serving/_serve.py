"""`anyftp serve`: hand out a folder until told to stop."""

from __future__ import annotations

import functools
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

import anyio
import click
from anyio import to_thread

from anyftp import Server
from anyftp._cli._ending._failure import Failure, describe, interrupted_by
from anyftp._cli._ending._run import ending_signals, run
from anyftp._cli._given._url import format_address
from anyftp._cli._serving._logs import reopen_logs, set_up_logs
from anyftp._cli._serving._service import Service
from anyftp._cli._serving._settings import Settings, serve_options
from anyftp._cli._serving._sockets import descriptors_of_systemd, forget_systemd, inherited

logger = logging.getLogger("anyftp.server")

#: How long transfers may go on after the first signal.
DRAIN_SECONDS = 30.0


class _Remembering(click.Command):
    """A command that can read its options once more."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As a command, and remember the arguments."""
        ctx.meta["anyftp.arguments"] = list(args)
        return super().parse_args(ctx, args)


def _settings_again(ctx: click.Context) -> Settings:
    """The settings as they would be if the command began now."""
    arguments = list(ctx.meta["anyftp.arguments"])
    with ctx.command.make_context(ctx.info_name, arguments, parent=ctx.parent) as again:
        return Settings.of(again)


@click.command(cls=_Remembering)
@serve_options
@click.pass_context
def serve(ctx: click.Context, /, **_values: object) -> None:
    """Serve the folder DIR until SIGINT or SIGTERM.

    One line on standard output tells the address as soon as connections are accepted. The first
    signal lets running transfers end (for 30 s at most) and takes no new ones; a second one ends
    at once. SIGHUP has the files and the configuration read again; no session is cut.
    """
    service = Service(Settings.of(ctx))
    chosen = service.settings
    set_up_logs(chosen.log_file, chosen.log_format, verbose=chosen.verbose or chosen.trace)
    if service.settings.umask is not None:
        os.umask(service.settings.umask)
    sockets = _sockets(ctx, service.settings)
    reload = functools.partial(_reload, ctx, service)
    ended_by = run(lambda: _serve(service, sockets, reload), service.settings.backend)
    if ended_by is not None:
        raise interrupted_by(ended_by)


def _sockets(ctx: click.Context, settings: Settings) -> list[socket.socket]:
    descriptors = settings.descriptors or descriptors_of_systemd(os.environ, os.getpid())
    forget_systemd(os.environ)
    if descriptors:
        for name in ("host", "port"):
            if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
                raise click.UsageError(f"--{name} makes no sense with inherited sockets")
    return inherited(descriptors)


async def _reload(ctx: click.Context, service: Service) -> None:
    """Follow the settings as they are now; if they are bad, stay with the old ones and say so."""
    reopen_logs()
    try:
        take_up = await to_thread.run_sync(lambda: service.prepare(_settings_again(ctx)))
        take_up()
    except click.ClickException as error:
        logger.error("%s; the settings stay as they were", error.message)
    except Exception as error:  # whatever it is, it is no reason to stop serving
        logger.error("%s; the settings stay as they were", describe(error))
    else:
        logger.info("the settings were read again")


async def _serve(
    service: Service, sockets: list[socket.socket], reload: Callable[[], Awaitable[None]]
) -> int | None:
    """Serve; None once drained, the number of a second signal where one came."""
    settings, server = service.settings, service.server
    where = functools.partial(server.serve, settings.host, settings.port, sockets=sockets)
    ended_by = None
    terminals = [number for number in range(3) if os.isatty(number)]
    with anyio.open_signal_receiver(*ending_signals()) as signals:
        async with anyio.create_task_group() as tasks:
            first = await _begin(tasks, where, format_address(settings.host, settings.port))
            lines = [("ftps" if settings.implicit_tls else "ftp", address) for address in first]
            for url in settings.listen:
                also = functools.partial(
                    server.serve, url.host, url.port, implicit_tls=url.implicit_tls
                )
                begun = await _begin(tasks, also, format_address(url.host, url.port))
                lines += [("ftps" if url.implicit_tls else "ftp", address) for address in begun]
            for scheme, address in lines:
                click.echo(f"serving {scheme}://{format_address(*address[:2])}/")
            sys.stdout.flush()
            ended_by = await _heed(signals, terminals, tasks, server, reload)
            tasks.cancel_scope.cancel()
    return ended_by


async def _begin(
    tasks: anyio.abc.TaskGroup, serve: Callable[..., Coroutine[Any, Any, Any]], address: str
) -> list[tuple[str, int]]:
    """Begin to serve somewhere; gives the addresses. Cancellation: safe."""
    try:
        addresses: list[tuple[str, int]] = await tasks.start(serve)
    except OSError as error:
        raise Failure(f"{address}: {describe(error)}") from error
    return addresses


async def _heed(
    signals: AsyncIterator[signal.Signals],
    terminals: list[int],
    tasks: anyio.abc.TaskGroup,
    server: Server,
    reload: Callable[[], Awaitable[None]],
) -> int | None:
    """Do what signals say; returns the number of the second one that ends the server."""
    is_ending = False
    async for number in signals:
        if number == getattr(signal, "SIGHUP", None) and not _has_hung_up(terminals):
            await reload()
        elif is_ending:
            return number
        else:
            is_ending = True
            tasks.start_soon(_drain, server, tasks.cancel_scope)
    return None


def _has_hung_up(terminals: list[int]) -> bool:
    """Whether the terminal that the server was started on is gone, which is told by SIGHUP too."""
    return bool(terminals) and not any(os.isatty(number) for number in terminals)


async def _drain(server: Server, everything: anyio.CancelScope) -> None:
    await server.drain(DRAIN_SECONDS)
    everything.cancel()
