"""What the demo does on one backend: serve a folder over TLS, move a file in and out of it."""

from __future__ import annotations

import functools
import os
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import anyio

from anyftp import (
    Client,
    FTPError,
    LocalFileSystem,
    Server,
    User,
    client_context,
    server_context,
)
from anyftp._cli._demo._certificate import Certificate
from anyftp._cli._demo._transfers import (
    UPLOADS,
    WAYS,
    Measurement,
    Meter,
    Way,
    digest,
    name_of,
    timed,
)
from anyftp._cli._ending._failure import describe

USER, PASSWORD = "demo", "throw-away"
ORIGINAL = "original"
TIMEOUT = 30.0


class Display(Protocol):
    """Where the demo shows what it does."""

    def meter(self, measurement: Measurement, nbytes: int) -> Meter:
        """Announce a transfer of so many bytes; the result is told how far it came."""

    def done(self, measurement: Measurement) -> None:
        """Tell that a transfer is over and its copy compared."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is the same on every backend.

    Attributes:
        file: the file to move.
        sha256: its digest.
        limit_rate: bytes per second of the throttled transfers.
        folder: a temporary folder, for the server's files and the copies.
        certificate: what the server shows and the client trusts.
    """

    file: Path
    sha256: str
    limit_rate: int
    folder: Path
    certificate: Certificate

    @property
    def served(self) -> Path:
        """The server's root."""
        return self.folder / "served"

    def prepare(self) -> None:
        """Put the original where downloads find it, without copying it if that can be."""
        self.served.mkdir()
        (self.folder / "copies").mkdir()
        try:
            os.link(self.file.resolve(), self.served / ORIGINAL)
        except OSError:
            shutil.copyfile(self.file, self.served / ORIGINAL)


async def run_plan(plan: Plan, backend: str, display: Display) -> list[Measurement]:
    """Move the file in every way: one by one at full speed, then all at once, throttled."""
    measurements: list[Measurement] = []
    async with _server(plan) as (host, port):
        connect = functools.partial(_connect, plan, host, port)
        for way in WAYS:
            measurement = _planned(plan, backend, way, None)
            measurements.append(measurement)
            await _move(plan, way, measurement, connect(None), display)
            await _verify(plan, measurement, display)
        measurements += await _throttled(plan, backend, connect, display)
    return measurements


async def _throttled(
    plan: Plan, backend: str, connect: functools.partial[Connection], display: Display
) -> list[Measurement]:
    moves = [(way, _planned(plan, backend, way, plan.limit_rate)) for way in WAYS]
    cpu = time.process_time()
    async with anyio.create_task_group() as tasks:
        for way, measurement in moves:
            client = connect(plan.limit_rate)
            tasks.start_soon(_move, plan, way, measurement, client, display)
    share = (time.process_time() - cpu) / len(moves)
    for _, measurement in moves:
        measurement.cpu_seconds = share
        await _verify(plan, measurement, display)
    return [measurement for _, measurement in moves]


Connection = AbstractAsyncContextManager[Client]


def _connect(plan: Plan, host: str, port: int, limit: int | None) -> Connection:
    return Client.context(
        host,
        port,
        USER,
        PASSWORD,
        tls="explicit",
        ssl_context=client_context(cafile=str(plan.certificate.authority)),
        timeout=TIMEOUT,
        read_speed_limit=limit,
        write_speed_limit=limit,
    )


@asynccontextmanager
async def _server(plan: Plan) -> AsyncIterator[tuple[str, int]]:
    files = plan.certificate
    server = Server(
        [User(name=USER, password=PASSWORD, file_system=LocalFileSystem(plan.served))],
        ssl_context=server_context(str(files.chain), str(files.key)),
        require_tls=True,
    )
    async with anyio.create_task_group() as tasks:
        addresses = await tasks.start(functools.partial(server.serve, "127.0.0.1", 0))
        yield addresses[0]
        tasks.cancel_scope.cancel()


def _planned(plan: Plan, backend: str, way: Way, asked: int | None) -> Measurement:
    where = plan.served if way in UPLOADS else plan.folder / "copies"
    speed = "free" if asked is None else "throttled"
    return Measurement(backend, name_of(way), asked, where / f"{backend}-{way.__name__}-{speed}")


async def _move(
    plan: Plan, way: Way, measurement: Measurement, connection: Connection, display: Display
) -> None:
    meter = display.meter(measurement, plan.file.stat().st_size)
    is_upload = way in UPLOADS
    local = plan.file if is_upload else measurement.copy
    remote = measurement.copy.name if is_upload else ORIGINAL
    try:
        async with connection as client:
            await timed(measurement, functools.partial(way, client, local, remote, meter))
    except (FTPError, OSError) as error:
        measurement.problem = describe(error)


async def _verify(plan: Plan, measurement: Measurement, display: Display) -> None:
    """Compare the copy with the original, and remove it."""
    if not measurement.problem:
        measurement.is_equal = await digest(measurement.copy) == plan.sha256
        measurement.problem = "" if measurement.is_equal else "the copy differs"
    measurement.copy.unlink(missing_ok=True)
    display.done(measurement)
