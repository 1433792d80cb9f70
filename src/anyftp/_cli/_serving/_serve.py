"""`anyftp serve`: hand out a folder until told to stop."""

from __future__ import annotations

import functools
import logging
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace

import anyio
import click
from anyio import to_thread

import anyftp.shared
from anyftp import Server
from anyftp._cli._ending._failure import Failure, describe, interrupted_by
from anyftp._cli._ending._run import run
from anyftp._cli._ending._signals import NotedSignals, noted_signals
from anyftp._cli._given._url import format_address
from anyftp._cli._serving._logs import reopen_logs, set_up_logs
from anyftp._cli._serving._metrics import AT_ONCE, answer, exposition_of
from anyftp._cli._serving._passive_names import REFRESH_SECONDS
from anyftp._cli._serving._prefork import Hand, Prefork
from anyftp._cli._serving._privileges import become, is_root
from anyftp._cli._serving._service import Service
from anyftp._cli._serving._settings import Settings, serve_options
from anyftp._cli._serving._sockets import bound, descriptors_of_systemd, forget_systemd, inherited
from anyftp._cli._serving._status_page import StatusPage

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
    chosen = Settings.of(ctx)
    service = Service(chosen, counts=_counts(chosen))
    set_up_logs(chosen.log_file, chosen.log_format, verbose=chosen.verbose or chosen.trace)
    if service.settings.umask is not None:
        os.umask(service.settings.umask)
    page = StatusPage.of(chosen)
    places = _places(ctx, chosen)
    prefork = _prefork(chosen, places)
    _give_up_rights(chosen, page)
    if chosen.self_signed:
        click.echo(f"certificate SHA-256 {ctx.meta['anyftp.self_signed'][1]}", err=True)
    reload = functools.partial(_reload, ctx, service)
    if prefork is not None:
        ended_by = _serve_by_workers(ctx, prefork, places)
    else:
        with noted_signals(is_patient=True) as signals:
            backend = service.settings.backend
            ended_by = run(lambda: _serve(service, places, page, reload, signals), backend)
    if ended_by is not None:
        raise interrupted_by(ended_by)


def _counts(settings: Settings) -> anyftp.shared.SharedCounts | None:
    """What a process that is alone here counts together with others."""
    if settings.shared is None or settings.workers > 1:
        return None
    return anyftp.shared.SharedCounts(settings.shared, "server", when_lost=settings.when_lost)


def _serve_by_workers(ctx: click.Context, prefork: Prefork, places: list[_Place]) -> int | None:
    def work(own: Service, hand: Hand) -> int | None:
        reload = functools.partial(_reload, ctx, own)
        with noted_signals(is_patient=True) as signals:
            backend = own.settings.backend
            return run(lambda: _serve(own, places, None, reload, signals, hand), backend)

    return prefork.run(work, functools.partial(_settings_again, ctx))


def _prefork(settings: Settings, places: list[_Place]) -> Prefork | None:
    if settings.workers == 1:
        return None
    return Prefork(
        settings, [(each.implicit_tls, sock) for each in places for sock in each.sockets]
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where to listen, by sockets where there are some already."""

    host: str
    port: int
    implicit_tls: bool
    sockets: tuple[socket.socket, ...] = ()

    @property
    def address(self) -> str:
        return format_address(self.host, self.port)


def _places(ctx: click.Context, settings: Settings) -> list[_Place]:
    """All places; their sockets are bound while this process may still bind them."""
    first = _Place(
        settings.host, settings.port, settings.implicit_tls, tuple(_sockets(ctx, settings))
    )
    more = [_Place(url.host, url.port, url.implicit_tls) for url in settings.listen]
    if settings.run_as is None and settings.workers == 1:
        return [first, *more]
    return [
        place if place.sockets else replace(place, sockets=(bound(place.host, place.port),))
        for place in (first, *more)
    ]


def _give_up_rights(settings: Settings, page: StatusPage | None) -> None:
    if settings.run_as is not None:
        run(lambda: _load_all(page), settings.backend)
        become(settings.run_as)
    elif is_root() and any(not _is_loopback(host) for host in _hosts(settings)):
        logger.warning("this server runs as root; --run-as USER makes it somebody who may do less")


async def _load_all(page: StatusPage | None) -> None:
    """Have the event loop and its threads import what they need while that can be read.

    Cancellation: safe.
    """
    if page is not None:
        page.load()
    await to_thread.run_sync(socket.gethostname)


def _hosts(settings: Settings) -> list[str]:
    return [settings.host, *(url.host for url in settings.listen)]


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def _sockets(ctx: click.Context, settings: Settings) -> list[socket.socket]:
    descriptors = settings.descriptors or descriptors_of_systemd(os.environ, os.getpid())
    forget_systemd(os.environ)
    if descriptors:
        for name in ("host", "port"):
            if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
                raise click.UsageError(f"--{name} cannot be combined with inherited sockets")
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
    service: Service,
    places: list[_Place],
    page: StatusPage | None,
    reload: Callable[[], Awaitable[None]],
    signals: NotedSignals,
    hand: Hand | None = None,
) -> int | None:
    """Serve; None once drained, the number of a second signal where one came."""
    server = service.server
    ended_by = None
    terminals = [number for number in range(3) if os.isatty(number)] if hand is None else []
    async with service.counts or nullcontext(), anyio.create_task_group() as tasks:
        lines = []
        for place in places:
            for address in await _begin(tasks, server, place):
                scheme = "ftps" if place.implicit_tls else "ftp"
                lines.append(f"serving {scheme}://{format_address(*address[:2])}/")
        tasks.start_soon(_refresh_names, service)
        if hand is not None:
            await hand.begin(tasks, server, lambda: signal.raise_signal(signal.SIGTERM))
        else:
            if service.settings.metrics is not None:
                await _begin_metrics(tasks, server, *service.settings.metrics)
            if page is not None:
                await page.begin(tasks, server)
            click.echo("\n".join(lines))
            sys.stdout.flush()
        ended_by = await _heed(signals, terminals, tasks, server, reload)
        tasks.cancel_scope.cancel()
    return ended_by


async def _begin(
    tasks: anyio.abc.TaskGroup, server: Server, place: _Place
) -> list[tuple[str, int]]:
    """Begin to serve somewhere; gives the addresses. Cancellation: safe."""
    where = functools.partial(
        server.serve,
        place.host,
        place.port,
        sockets=place.sockets,
        implicit_tls=place.implicit_tls,
    )
    try:
        addresses: list[tuple[str, int]] = await tasks.start(where)
    except OSError as error:
        raise Failure(f"{place.address}: {describe(error)}") from error
    return addresses


async def _begin_metrics(tasks: anyio.abc.TaskGroup, server: Server, host: str, port: int) -> None:
    exposition = exposition_of(server)
    try:
        listener = await anyio.create_tcp_listener(local_host=host, local_port=port)
    except OSError as error:
        raise Failure(f"{format_address(host, port)}: {describe(error)}") from error
    at_once = anyio.CapacityLimiter(AT_ONCE)
    answering = functools.partial(answer, exposition=exposition, at_once=at_once)
    tasks.start_soon(listener.serve, answering)


async def _refresh_names(service: Service) -> None:
    """Follow names whose addresses change. Cancellation: safe."""
    while True:
        await anyio.sleep(REFRESH_SECONDS)
        try:
            await to_thread.run_sync(service.names.look_up)
        except OSError as error:
            logger.warning("--passive-host: %s", describe(error))


async def _heed(
    signals: NotedSignals,
    terminals: list[int],
    tasks: anyio.abc.TaskGroup,
    server: Server,
    reload: Callable[[], Awaitable[None]],
) -> int:
    """Do what signals say; returns the number of the second one that ends the server."""
    is_ending = False
    while True:
        number = await signals.next()
        if number == getattr(signal, "SIGHUP", None) and not _has_hung_up(terminals):
            await reload()
        elif is_ending:
            return number
        else:
            is_ending = True
            _tell_what_is_waited_for(server)
            tasks.start_soon(_drain, server, tasks.cancel_scope)


def _has_hung_up(terminals: list[int]) -> bool:
    """Whether the terminal that the server was started on is gone, which is told by SIGHUP too."""
    return bool(terminals) and not any(os.isatty(number) for number in terminals)


def _tell_what_is_waited_for(server: Server) -> None:
    count = sum(session.transfer is not None for session in server.sessions)
    if count:
        what = "a transfer" if count == 1 else f"{count} transfers"
        click.echo(
            f"waiting for {what} to end, for {DRAIN_SECONDS:g} s at most; again to end at once",
            err=True,
        )


async def _drain(server: Server, everything: anyio.CancelScope) -> None:
    await server.drain(DRAIN_SECONDS)
    everything.cancel()
