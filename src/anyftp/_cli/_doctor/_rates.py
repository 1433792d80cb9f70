"""Round trips, parallel connections, rates up and down, and what holds them back."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import PurePosixPath

import anyio

from anyftp import FTPError, ReplyError
from anyftp._cli._doctor._findings import Finding
from anyftp._cli._doctor._patient import Patient, reason
from anyftp._cli._given._rates import format_amount, format_rate

TRIPS = 5
MOST_CONNECTIONS = 8
#: How long a rate is measured.
RATE_SECONDS = 3.0
BLOCK = 1 << 18
CLEANUP_SECONDS = 10.0
MOST_WRITTEN = 128 << 20
#: Several connections that are this much faster than one show what holds one back.
FASTER = 1.7


async def round_trip(patient: Patient) -> Sequence[Finding]:
    """Time NOOP; the quickest of some is the network's."""
    async with patient.remote.connect() as client:
        times = []
        for _ in range(TRIPS):
            began = anyio.current_time()
            await client.command("NOOP", expected_codes=("2xx", "5xx"))  # aioftp does not know it
            times.append(anyio.current_time() - began)
    quickest = min(times) * 1000
    advice = "Many small files take long one by one: --jobs 4." if quickest > 50 else ""
    return [Finding("round trip", "note" if advice else "ok", f"{quickest:.1f} ms", advice)]


async def parallel(patient: Patient) -> Sequence[Finding]:
    """Log in again and again, until it has enough of us."""
    async with AsyncExitStack() as stack:
        for count in range(MOST_CONNECTIONS):
            try:
                await stack.enter_async_context(patient.remote.connect())
            except FTPError as error:
                if count == 0:
                    raise
                told = f"{count}, then: {reason(error)}"
                return [Finding("connections", "ok" if count > 1 else "note", told)]
    return [Finding("connections", "ok", f"{MOST_CONNECTIONS} at once, and perhaps more")]


async def down(patient: Patient) -> Sequence[Finding]:
    """Read a file for some seconds, over one connection and over four."""
    path = patient.sample
    if path is None or patient.sample_size < BLOCK:
        return [Finding("rate down", "skipped", "no file of some size was found to read")]
    one = await _read(patient, path, 1)
    four = await _read(patient, path, 4)
    told = f"{format_rate(one)} over one connection, {format_rate(four)} over four"
    if patient.remote.limit_rate:
        return [Finding("rate down", "note", told, "--limit-rate holds it back.")]
    if four > FASTER * one:
        advice = (
            "One connection is held back by the round trip or by the server's limit for each:"
            " --segments 4, --jobs 4."
        )
        return [Finding("rate down", "note", told, advice)]
    return [Finding("rate down", "ok", told)]


async def _read(patient: Patient, path: PurePosixPath, count: int) -> float:
    """Bytes per second of this many readers of one file together."""
    moved = 0
    failures: list[Exception] = []

    async def read() -> None:
        nonlocal moved
        try:
            async with patient.remote.connect() as client:
                while True:
                    async with client.download_stream(path) as stream:
                        async for block in stream.iter_by_block(BLOCK):
                            moved += len(block)
        except ReplyError:
            return  # fewer connections are allowed: then these few are measured
        except (FTPError, OSError) as error:
            if not scope.cancel_called:  # how it takes being broken off is no matter of its rate
                failures.append(error)
                scope.cancel()

    began = anyio.current_time()
    with anyio.move_on_after(RATE_SECONDS) as scope:
        async with anyio.create_task_group() as tasks:
            for _ in range(count):
                tasks.start_soon(read)
    if failures:
        raise failures[0]
    return moved / max(anyio.current_time() - began, 0.001)


async def up(patient: Patient) -> Sequence[Finding]:
    """Write a file for some seconds, and remove it."""
    if not patient.writes:
        return [Finding("rate up", "skipped", "--write tries it, with a file that is removed")]
    name = f".anyftp-doctor-{secrets.token_hex(4)}"
    path = PurePosixPath(patient.remote.url.path) / name
    block, moved = secrets.token_bytes(BLOCK), 0
    async with patient.remote.connect() as client:
        began = anyio.current_time()
        try:
            async with client.upload_stream(path) as stream:
                while anyio.current_time() - began < RATE_SECONDS and moved < MOST_WRITTEN:
                    await stream.write(block)
                    moved += len(block)
        except ReplyError as error:
            return [Finding("rate up", "note", f"not allowed here: {reason(error)}")]
        finally:
            with anyio.move_on_after(CLEANUP_SECONDS, shield=True), suppress(ReplyError):
                # Where nothing has been made it is refused; and vsftpd hides such names.
                await client.remove_file(path)
        rate = moved / (anyio.current_time() - began)
    return [Finding("rate up", "ok", f"{format_rate(rate)} ({format_amount(moved)})")]
