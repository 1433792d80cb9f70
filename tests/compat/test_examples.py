"""The five examples that aioftp's users learn from, as written but for host and import."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

import anyftp_compat as aioftp
from compat.peer import Peer

pytestmark = pytest.mark.anyio


async def test_basic_streaming(peer: Peer) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", peer.port)
    stream = aioftp.StreamIO(reader, writer, timeout=30.0)
    try:
        status_line = await stream.readline()
        assert status_line.startswith(b"220")
        await stream.write(b"NOOP\r\n")
        data = await stream.read(1024)
        assert data
    finally:
        stream.close()
    await writer.wait_closed()


async def test_throttled_transfer(peer: Peer) -> None:
    read_throttle = aioftp.Throttle(limit=1024 * 1024)
    write_throttle = aioftp.Throttle(limit=512 * 1024)
    stream_throttle = aioftp.StreamThrottle(read=read_throttle, write=write_throttle)
    reader, writer = await asyncio.open_connection("127.0.0.1", peer.port)
    throttled_stream = aioftp.ThrottleStreamIO(
        reader, writer, throttles={"default": stream_throttle}, timeout=60.0
    )
    async with throttled_stream:
        await throttled_stream.readline()
        await throttled_stream.write(b"USER anonymous\r\n")
        response = await throttled_stream.readline()
        assert response.startswith(b"331")
    await writer.wait_closed()


async def test_stream_iteration(peer: Peer) -> None:
    (peer.root / "large_file.txt").write_bytes(b"".join(b"line %d\n" % n for n in range(50000)))
    async with aioftp.Client.context("127.0.0.1", peer.port, "user", "secret") as client:
        lines = 0
        async with client.download_stream("large_file.txt") as stream:
            async for line in stream.iter_by_line():
                processed_line = line.decode().strip().upper()
                assert processed_line == f"LINE {lines}"
                lines += 1
        assert lines == 50000
        async with client.upload_stream("output_file.txt") as stream:
            async for block in stream.iter_by_block(count=4096):
                await stream.write(block.upper())
    assert (peer.root / "output_file.txt").read_bytes() == b""


async def test_advanced_throttling(
    peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small_file.txt").write_bytes(b"small")
    Path("large_file.txt").write_bytes(bytes(100_000))
    slow_throttle = aioftp.StreamThrottle.from_limits(
        read_speed_limit=256 * 1024, write_speed_limit=256 * 1024
    )
    async with aioftp.Client.context("127.0.0.1", peer.port, "user", "secret") as client:
        await client.upload("small_file.txt", "small_remote.txt")
        begin = time.monotonic()
        async with client.upload_stream("large_file.txt") as stream:
            stream.throttles["upload"] = slow_throttle
            with open("large_file.txt", "rb") as f:  # as in the text
                while True:
                    chunk = f.read(8192)
                    if not chunk:
                        break
                    await stream.write(chunk)
        assert time.monotonic() - begin > 0.9 * 100_000 / 256 / 1024
    assert (peer.root / "small_remote.txt" / "small_file.txt").read_bytes() == b"small"
    assert (peer.root / "large_file.txt").read_bytes() == bytes(100_000)


async def test_custom_stream_processing(
    peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class MonitoredThrottle(aioftp.Throttle):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.total_bytes = 0
            self.start_time = time.time()

        def append(self, data: Any, start: float) -> None:
            super().append(data, start)
            self.total_bytes += len(data)

    content = bytes(range(256)) * 4096
    (peer.root / "large_file.zip").write_bytes(content)
    monkeypatch.chdir(tmp_path)
    monitored = aioftp.StreamThrottle(
        read=MonitoredThrottle(limit=2 * 1024 * 1024),
        write=MonitoredThrottle(limit=2 * 1024 * 1024),
    )
    begin = time.monotonic()
    async with aioftp.Client.context("127.0.0.1", peer.port, "user", "secret") as client:  # noqa: SIM117
        async with client.download_stream("large_file.zip") as stream:
            stream.throttles["monitored"] = monitored
            with open("downloaded_file.zip", "wb") as f:  # as in the text
                async for chunk in stream.iter_by_block(count=64 * 1024):
                    f.write(chunk)
    assert time.monotonic() - begin > 0.4
    assert Path("downloaded_file.zip").read_bytes() == content
    assert isinstance(monitored.read, MonitoredThrottle)
    assert monitored.read.total_bytes == len(content)
