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
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import click
from anyio.abc import TaskGroup

from anyftp import Server, ServerStatistics
from anyftp._cli._given._url import format_address
from anyftp._cli._serving._figures import WRITE_SECONDS, Figures
from anyftp._cli._serving._metrics import AT_ONCE, answer, exposition_of
from anyftp._cli._serving._service import Part, Service
from anyftp._cli._serving._sockets import bound
from anyftp._cli._serving._workers import Worker, Workers
from anyftp._net import listen_on
from anyftp.shared import SharedCounts

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


@dataclass(slots=True)
class Crew:
    """All workers of one start.

    Args:
        service: as the settings say; workers make their own ones of its settings.
        sockets: those that are listened on.
    """

    service: Service
    sockets: Sequence[tuple[bool, socket.socket]]
    figures: Figures = field(init=False)

    def run(
        self, work: Callable[[Service, Hand], int | None], reload: Callable[[], None]
    ) -> int | None:
        """Work until a signal ends it; the number of a second signal if one came.

        Raises:
            Failure: there is no port left for metrics, or a worker could not begin.
        """
        settings = self.service.settings
        count = settings.workers
        self.figures = Figures(count)
        metrics = None
        if settings.metrics is not None:
            exposition_of(self.service.server)  # what it needs is there, or else is told once
            metrics = bound(*settings.metrics)
        with _ledger(settings.shared) as (url, path):

            def begin(worker: Worker) -> int:
                counts = SharedCounts(
                    url, "server", when_lost=settings.when_lost, member=worker.name
                )
                service = Service(
                    self.service.settings, counts=counts, part=Part(worker.index, count)
                )
                ended_by = work(service, Hand(worker, self.figures, metrics))
                return 0 if ended_by is None else 128 + ended_by

            return Workers(
                count,
                work=begin,
                announce=self._announce,
                reload=reload,
                bury=functools.partial(self._bury, path),
                stop=self._stop,
            ).run()

    def _announce(self) -> None:
        for implicit_tls, sock in self.sockets:
            scheme = "ftps" if implicit_tls else "ftp"
            click.echo(f"serving {scheme}://{format_address(*sock.getsockname()[:2])}/")
        sys.stdout.flush()

    def _stop(self) -> None:
        """Nobody may wait here for a worker who does not come."""
        for _, sock in self.sockets:
            sock.close()

    def _bury(self, path: str | None, worker: Worker) -> None:
        self.figures.bury(worker.index)
        if path is not None:
            from anyftp.shared._sqlite import forget

            try:
                forget(path, worker.name)
            except sqlite3.Error as error:
                logger.warning("what %s held counts for some seconds yet: %s", worker.name, error)


@contextmanager
def _ledger(url: str | None) -> Iterator[tuple[str, str | None]]:
    """Where the workers count, and the path of the file if it is one of our own."""
    if url is not None:
        yield url, None
        return
    pid = os.getpid()
    folder = Path(tempfile.mkdtemp(prefix="anyftp-"))
    try:
        yield f"sqlite://{folder}/counts", str(folder / "counts")
    finally:
        if os.getpid() == pid:
            shutil.rmtree(folder, ignore_errors=True)
