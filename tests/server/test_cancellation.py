"""The server is cancelled at many moments of a session's life; SECURITY row A8."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import anyio
import pytest

from anyftp._fs import LocalFileSystem
from server.probe import Probe, server_of, serving, until_tidy

pytestmark = pytest.mark.anyio

CONTENT = os.urandom(400_000)


async def talk(address: tuple[str, int]) -> None:
    """Something of everything."""
    async with await Probe.connect(address) as probe:
        await probe.log_in()
        await probe.upload("STOR f", CONTENT)
        await probe.download("RETR f")
        await probe.download("LIST")
        await probe.codes("MKD d", "RNFR d", "RNTO e", "EPSV", "RETR f")
        await probe.codes("ABOR", "QUIT")


@pytest.mark.parametrize("step", range(12))
async def test_nothing_is_left_when_the_client_is_cancelled(tmp_path: Path, step: int) -> None:
    before = len(os.listdir("/proc/self/fd"))
    async with serving(server_of(LocalFileSystem(tmp_path))) as address:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(talk, address)
            await anyio.sleep(0.002 * step * step)
            tasks.cancel_scope.cancel()
        assert set(await until_tidy(tmp_path)) <= {"f", "d", "e"}
    if (tmp_path / "f").exists():  # plain FTP cannot tell a client that closes early
        assert CONTENT.startswith((tmp_path / "f").read_bytes())
    assert len(os.listdir("/proc/self/fd")) <= before


@pytest.mark.parametrize("step", range(12))
async def test_nothing_is_left_when_the_server_is_cancelled(tmp_path: Path, step: int) -> None:
    probes: list[Probe] = []

    async def client(address: tuple[str, int]) -> None:
        with suppress(anyio.BrokenResourceError, EOFError, OSError, AssertionError):
            probes.append(await Probe.connect(address))
            await probes[0].log_in()
            for _ in range(100):
                await probes[0].upload("STOR f", CONTENT)

    before = len(os.listdir("/proc/self/fd"))
    async with anyio.create_task_group() as tasks:
        async with serving(server_of(LocalFileSystem(tmp_path))) as address:
            tasks.start_soon(client, address)
            await anyio.sleep(0.002 * step * step)
        tasks.cancel_scope.cancel()
    for probe in probes:
        probe.stream.close()
    assert os.listdir(tmp_path) in ([], ["f"])
    if (tmp_path / "f").exists():
        assert (tmp_path / "f").read_bytes() == CONTENT
    assert len(os.listdir("/proc/self/fd")) <= before
