"""What is special about serving by several workers: what they share, and what each has of its own.

On one machine they count in a file of SQLite that goes with the parent; over machines, `--shared`
names another place. Ports for data connections and limits of speed are divided among them.
"""

from __future__ import annotations

import functools
import logging
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import anyio
import click
from anyio.abc import TaskGroup

import anyftp.shared
from anyftp import Server, ServerStatistics
from anyftp._cli._given._url import format_address
from anyftp._cli._serving._figures import WRITE_SECONDS, Figures
from anyftp._cli._serving._metrics import AT_ONCE, answer, exposition_of
from anyftp._cli._serving._privileges import is_root
from anyftp._cli._serving._service import Part, Service
from anyftp._cli._serving._settings import Settings
from anyftp._cli._serving._sockets import bound
from anyftp._cli._serving._workers import Worker, Workers
from anyftp._net import listen_on

logger = logging.getLogger("anyftp.server")


@dataclass(frozen=True, slots=True)
class Hand:
    """What one worker has beside its service.

    Attributes:
        worker: which it is.
        figures: of all workers.
        metrics: where figures are asked for.
    """

    worker: Worker
    figures: Figures
    metrics: socket.socket | None

    async def begin(self, tasks: TaskGroup, server: Server, stop: Callable[[], None]) -> None:
        """Begin with what runs beside the server. Cancellation: safe."""
        tasks.start_soon(self._keep_figures, server)
        tasks.start_soon(self._stop_when_alone, stop)
        if self.metrics is not None:
            tasks.start_soon(self._answer, tasks, server, self.metrics)
        self.worker.tell_ready()

    async def _keep_figures(self, server: Server) -> None:
        try:
            while True:
                self.figures.write(self.worker.index, server.statistics())
                await anyio.sleep(WRITE_SECONDS)
        finally:
            self.figures.write(self.worker.index, server.statistics())

    async def _stop_when_alone(self, stop: Callable[[], None]) -> None:
        await self.worker.until_alone()
        logger.error("the process that started %s is gone", self.worker.name)
        stop()

    async def _answer(self, tasks: TaskGroup, server: Server, sock: socket.socket) -> None:
        exposition = exposition_of(_Sum(self, server))
        at_once = anyio.CapacityLimiter(AT_ONCE)
        listener = listen_on(sock)
        while True:
            tasks.start_soon(answer, await listener.accept(), exposition, at_once)


@dataclass(frozen=True, slots=True)
class _Sum:
    hand: Hand
    server: Server

    def statistics(self) -> ServerStatistics:
        """Of all workers; this one's are those of now."""
        self.hand.figures.write(self.hand.worker.index, self.server.statistics())
        return self.hand.figures.statistics()


class Prefork:
    """All workers of one start; what only somebody with more rights may read or bind is by now.

    Args:
        settings: of this start.
        sockets: those that are listened on, and whether by TLS from the first byte.

    Raises:
        Failure: a file cannot be used, or there is no such port for metrics.
    """

    def __init__(self, settings: Settings, sockets: Sequence[tuple[bool, socket.socket]]) -> None:
        self._settings = settings
        self._sockets = sockets
        self._folder = None if settings.shared is not None else _own_folder(settings)
        url = settings.shared or f"sqlite://{self._folder}/counts"
        self._counts = [
            anyftp.shared.SharedCounts(url, "server", when_lost=settings.when_lost)
            for _ in range(settings.workers)
        ]
        #: One for each worker, which is taken up in its own process.
        self._services = [
            Service(settings, counts=counts, part=Part(index, settings.workers))
            for index, counts in enumerate(self._counts)
        ]
        self._figures = Figures(settings.workers)
        self._metrics: socket.socket | None = None
        if settings.metrics is not None:
            exposition_of(self._services[0].server)  # what it needs is there, or is told once
            self._metrics = bound(*settings.metrics)

    def run(
        self, work: Callable[[Service, Hand], int | None], settings: Callable[[], Settings]
    ) -> int | None:
        """Work until a signal ends it; the number of a second signal if one came.

        Args:
            work: what each worker does.
            settings: those of now, for workers that begin after a change.

        Raises:
            Failure: a worker could not begin.
        """
        pid = os.getpid()

        def begin(worker: Worker) -> int:
            self._counts[worker.index].member = worker.name
            hand = Hand(worker, self._figures, self._metrics)
            ended_by = work(self._services[worker.index], hand)
            return 0 if ended_by is None else 128 + ended_by

        try:
            return Workers(
                self._settings.workers,
                work=begin,
                announce=self._announce,
                reload=functools.partial(self._reload, settings),
                bury=self._bury,
                stop=self._stop,
            ).run()
        finally:
            if self._folder is not None and os.getpid() == pid:
                shutil.rmtree(self._folder, ignore_errors=True)

    def _reload(self, settings: Callable[[], Settings]) -> None:
        """For workers that begin later; those there are tell what is wrong with the settings."""
        with suppress(Exception):
            now = settings()
            for take_up in [service.prepare(now) for service in self._services]:
                take_up()

    def _announce(self) -> None:
        for implicit_tls, sock in self._sockets:
            scheme = "ftps" if implicit_tls else "ftp"
            click.echo(f"serving {scheme}://{format_address(*sock.getsockname()[:2])}/")
        sys.stdout.flush()

    def _stop(self) -> None:
        """Nobody may wait here for a worker who does not come."""
        for _, sock in self._sockets:
            sock.close()

    def _bury(self, worker: Worker) -> None:
        self._figures.bury(worker.index)
        if self._folder is not None:
            import sqlite3

            from anyftp.shared._sqlite import forget

            try:
                forget(str(self._folder / "counts"), worker.name)
            except sqlite3.Error as error:
                logger.warning("what %s held counts for some seconds yet: %s", worker.name, error)


def _own_folder(settings: Settings) -> Path:
    """Where the workers of one start count, whoever they are going to be."""
    folder = Path(tempfile.mkdtemp(prefix="anyftp-"))
    if settings.run_as is not None and is_root():
        os.chown(folder, settings.run_as.uid, settings.run_as.gid)
    return folder
