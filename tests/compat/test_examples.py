"""The five programs of examples.md, as written but for host, port and import, on real servers."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from compat.peer import Peer, pyftpdlib_serving
from interop.daemons import Certificate, Unavailable, start

pytestmark = pytest.mark.anyio

_TEXT = Path(__file__).with_name("examples.md").read_text("utf-8")
PROGRAMS = dict(re.findall(r"^## (\w+)\n+```python\n(.*?)^```", _TEXT, re.MULTILINE | re.DOTALL))

SERVERS = ["pyftpdlib", pytest.param("vsftpd", marks=pytest.mark.interop)]


@pytest.fixture(scope="module", params=SERVERS)
def server(
    request: pytest.FixtureRequest,
    certificate_files: tuple[Path, Path, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Peer]:
    """A server where anybody may read and write."""
    if request.param == "pyftpdlib":
        pytest.importorskip("pyftpdlib", reason="pyftpdlib is not installed")
        with pyftpdlib_serving(tmp_path_factory.mktemp("examples")) as peer:
            yield peer
        return
    try:
        # its own idea of anonymous users forbids that they may write where they begin
        files = Certificate(*certificate_files)
        daemon = start(request.param, files, user="anonymous", password="anon@")
    except Unavailable as error:
        pytest.skip(str(error))
    try:
        yield Peer(daemon.port, daemon.setup.home)
    finally:
        daemon.stop()


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs read and write where they are."""
    monkeypatch.chdir(tmp_path)


async def run(name: str, port: int) -> None:
    """Run a program in this event loop."""
    source = PROGRAMS[name]
    for old, new in {
        "import aioftp\n": "import anyftp_compat as aioftp\n",
        '"example.com", 80': f'"127.0.0.1", {port}',
        '"ftp.example.com", 21': f'"127.0.0.1", {port}',
        '"ftp.example.com"': f'"127.0.0.1", {port}',
        f"asyncio.run({name}())": "",
    }.items():
        source = source.replace(old, new)
    assert "example.com" not in source.replace("Host: example.com", "")
    space: dict[str, Any] = {}
    exec(compile(source, name, "exec"), space)
    await space[name]()
    await asyncio.sleep(0.01)  # for what `close()` leaves to the event loop


def test_there_are_five() -> None:
    assert len(PROGRAMS) == 5
    assert all(f"asyncio.run({name}())" in source for name, source in PROGRAMS.items())


def test_they_are_asked_of_a_web_server_too(capsys: pytest.CaptureFixture[str]) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        await writer.drain()
        await reader.read()
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        await run("basic_streaming", server.sockets[0].getsockname()[1])
        server.close()

    asyncio.run(main())
    assert capsys.readouterr().out.startswith("Status: HTTP/1.1 200 OK\nReceived ")


async def test_basic_streaming(server: Peer, capsys: pytest.CaptureFixture[str]) -> None:
    await run("basic_streaming", server.port)
    told = capsys.readouterr().out
    assert re.fullmatch(r"Status: 220.*\nReceived \d+ bytes\n", told)


async def test_throttled_transfer(server: Peer, capsys: pytest.CaptureFixture[str]) -> None:
    await run("throttled_transfer", server.port)
    assert capsys.readouterr().out.startswith("Response: 220")


async def test_stream_iteration(server: Peer, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f"line {n}" for n in range(20_000)]
    (server.root / "large_file.txt").write_text("".join(f"{line}\n" for line in lines))
    (server.root / "output_file.txt").unlink(missing_ok=True)
    await run("stream_iteration_example", server.port)
    assert capsys.readouterr().out == "".join(f"Processed: {line.upper()}\n" for line in lines)
    assert (server.root / "output_file.txt").read_bytes() == b""


async def test_advanced_throttling(server: Peer) -> None:
    Path("small_file.txt").write_bytes(b"small")
    content = bytes(range(256)) * 400
    Path("large_file.txt").write_bytes(content)
    (server.root / "large_file.txt").unlink(missing_ok=True)
    begin = time.monotonic()
    await run("advanced_throttling", server.port)
    assert time.monotonic() - begin > 0.9 * len(content) / 256 / 1024
    assert (server.root / "small_remote.txt" / "small_file.txt").read_bytes() == b"small"
    assert (server.root / "large_file.txt").read_bytes() == content


async def test_custom_stream_processing(server: Peer, capsys: pytest.CaptureFixture[str]) -> None:
    content = bytes(range(256)) * 4096
    (server.root / "large_file.zip").write_bytes(content)
    begin = time.monotonic()
    await run("custom_stream_processing", server.port)
    assert time.monotonic() - begin > 0.4
    assert Path("downloaded_file.zip").read_bytes() == content
    assert re.search(r"^Transferred 1048576 bytes at \d+ bytes/sec$", capsys.readouterr().out, re.M)
