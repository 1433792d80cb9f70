"""What the demo does on one backend: serve a folder over TLS, move a file in and out of it."""

from __future__ import annotations

import functools
import os
import shutil
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import anyio
import anyio.to_thread

from anyftp import (
    Client,
    FileSystem,
    FTPError,
    LocalFileSystem,
    MemoryFileSystem,
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
    receive_limited,
    send_limited,
    timed,
)
from anyftp._cli._ending._failure import describe

USER, PASSWORD = "demo", "throw-away"
ORIGINAL, COPY = "original", "copy"
#: A throttled pass is to take this many seconds, and holds at most this many bytes in memory.
PASS_SECONDS, MOST_BYTES = 3, 128 << 20
TIMEOUT = 30.0


class Display(Protocol):
    """Where the demo shows what it does."""

    def meter(self, measurement: Measurement, nbytes: int) -> Meter:
        """Announce a transfer of this many bytes; the result is told how far it came."""

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

    def beginning(self) -> bytes:
        """This much of the file as a throttled pass moves."""
        with self.file.open("rb") as opened:
            return opened.read(min(self.limit_rate * PASS_SECONDS, MOST_BYTES))

    def prepare(self) -> None:
        """Put the original where downloads find it, without copying it if that can be."""
        self.served.mkdir()
        (self.folder / "copies").mkdir()
        try:
            os.link(self.file.resolve(), self.served / ORIGINAL)
        except OSError:
            shutil.copyfile(self.file, self.served / ORIGINAL)


async def run_plan(plan: Plan, backend: str, display: Display) -> list[Measurement]:
    """Move the file in every way at full speed, then through limited streams, side by side."""
    measurements: list[Measurement] = []
    files = LocalFileSystem(plan.served)
    async with _server(plan, files) as (host, port):
        for way in WAYS:
            measurement = _planned(plan, backend, way, None)
            measurements.append(measurement)
            await _move(plan, way, measurement, _connect(plan, host, port, None), display)
            await _verify(plan, measurement, display)
    return measurements + await _throttled(plan, backend, display)


async def _throttled(plan: Plan, backend: str, display: Display) -> list[Measurement]:
    data = await anyio.to_thread.run_sync(plan.beginning)
    up, down = (
        Measurement(backend, name, plan.limit_rate, plan.folder / name, nbytes=len(data))
        for name in ("upload_stream", "download_stream")
    )
    async with _server(plan, MemoryFileSystem()) as (host, port):
        async with _connect(plan, host, port, None) as client:
            await send_limited(client, data, ORIGINAL, lambda nbytes: None)
        cpu = time.process_time()
        async with anyio.create_task_group() as tasks:
            for measurement in (up, down):
                limited = _limited(plan, host, port, measurement, data, display)
                tasks.start_soon(limited)
        up.cpu_seconds = down.cpu_seconds = (time.process_time() - cpu) / 2
        async with _connect(plan, host, port, None) as client:
            up.is_equal = up.is_equal and await receive_limited(client, COPY, _ignore) == data
    for measurement in (up, down):
        if not measurement.is_equal and not measurement.problem:
            measurement.problem = "the copy differs"
        display.done(measurement)
    return [up, down]


def _ignore(nbytes: int) -> None:
    """Nobody looks at this one."""


def _limited(
    plan: Plan, host: str, port: int, measurement: Measurement, data: bytes, display: Display
) -> Callable[[], Coroutine[Any, Any, None]]:
    show = display.meter(measurement, len(data))
    moved, began = 0, 0.0

    def meter(nbytes: int) -> None:
        nonlocal moved, began
        began = began or time.perf_counter()
        measurement.history.add(time.perf_counter(), nbytes - moved)
        moved = nbytes
        show(nbytes)

    async def run() -> None:
        try:
            async with _connect(plan, host, port, plan.limit_rate) as client:
                if measurement.way == "upload_stream":
                    await send_limited(client, data, COPY, meter)
                    measurement.is_equal = True  # as far as is known; it is fetched again
                else:
                    measurement.is_equal = await receive_limited(client, ORIGINAL, meter) == data
                measurement.seconds = time.perf_counter() - began
        except (FTPError, OSError) as error:
            measurement.problem = describe(error)

    return run


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
async def _server(plan: Plan, files: FileSystem) -> AsyncIterator[tuple[str, int]]:
    pem = plan.certificate
    server = Server(
        [User(name=USER, password=PASSWORD, file_system=files)],
        ssl_context=server_context(str(pem.chain), str(pem.key)),
        require_tls=True,
    )
    async with anyio.create_task_group() as tasks:
        addresses = await tasks.start(functools.partial(server.serve, "127.0.0.1", 0))
        yield addresses[0]
        tasks.cancel_scope.cancel()


def _planned(plan: Plan, backend: str, way: Way, asked: int | None) -> Measurement:
    where = plan.served if way in UPLOADS else plan.folder / "copies"
    return Measurement(backend, name_of(way), asked, where / f"{backend}-{way.__name__}")


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
