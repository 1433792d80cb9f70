"""anyftp.fsspec beside the `ftp` of fsspec by the same calls, each with its connecting and closing.

The two take turns in one process, on a server that both find busy or idle alike: vsftpd where it
is, else ours. Judge by the ratios.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import peers, servers
from benchmarks.workspace import Bench

_MIB = 1 << 20


def main(bench: Bench) -> None:
    """One table: seconds and CPU seconds of both, and how many times faster ours is."""
    from fsspec.implementations.ftp import FTPFileSystem as Theirs

    from anyftp.fsspec import FTPFileSystem as Ours

    plain = servers.vsftpd if peers.program("vsftpd") else servers.fixture
    scale = 10 if bench.options.quick else 1
    _lay_out(bench.root, scale)
    print(f"Server: {plain.__name__}; median of {bench.options.rounds} rounds.\n")
    print("| work | fsspec's ftp, s | anyftp.fsspec, s | times faster | CPU s, theirs | ours |")
    print("|---|---|---|---|---|---|")
    with plain(bench.root) as server:
        where: dict[str, Any] = {"host": "127.0.0.1", "port": server.port}
        makers = {
            "theirs": lambda: Theirs(**where, skip_instance_cache=True),
            "ours": lambda: Ours(**where, skip_instance_cache=True),
        }
        for title, work in _works(scale).items():
            wall: dict[str, list[float]] = {"theirs": [], "ours": []}
            cpu: dict[str, list[float]] = {"theirs": [], "ours": []}
            for _ in range(bench.options.rounds):
                for name, make in makers.items():
                    seconds, processor = _timed(make, work)
                    wall[name].append(seconds)
                    cpu[name].append(processor)
            theirs, ours = median(wall["theirs"]), median(wall["ours"])
            figures = f"{theirs:.3f} | {ours:.3f} | {theirs / ours:.2f}"
            used = f"{median(cpu['theirs']):.2f} | {median(cpu['ours']):.2f}"
            print(f"| {title} | {figures} | {used} |", flush=True)


def _timed(make: Callable[[], Any], work: Callable[[Any], None]) -> tuple[float, float]:
    began, used = time.perf_counter(), time.process_time()
    fs = make()
    try:
        work(fs)
    finally:
        (fs.close if hasattr(fs, "close") else fs.ftp.close)()
    return time.perf_counter() - began, time.process_time() - used


def _lay_out(root: Path, scale: int) -> None:
    top = root / "fsspec"
    top.mkdir(exist_ok=True)
    (top / "large").write_bytes(os.urandom(_MIB) * (64 // scale))
    for folder, count, content in (
        ("many", 1000 // scale, os.urandom(4096)),
        ("flat", 10_000 // scale, b""),
    ):
        (top / folder).mkdir(exist_ok=True)
        for number in range(count):
            (top / folder / f"f{number:05}").write_bytes(content)
    folders = [top / "tree"]
    folders += [top / "tree" / f"d{one}" for one in range(10)]
    folders += [top / "tree" / f"d{one}" / f"e{two}" for one in range(10) for two in range(10)]
    for number in range(1000 // scale):
        folder_of = folders[number % len(folders)]
        folder_of.mkdir(parents=True, exist_ok=True)
        (folder_of / f"f{number}").write_bytes(b"x")


def _works(scale: int) -> dict[str, Callable[[Any], None]]:
    size = 64 // scale * _MIB
    chance = random.Random(1)
    places = [chance.randrange(size - 65536) for _ in range(100 // scale)]
    names = [f"/fsspec/many/f{number:05}" for number in range(500 // scale)]

    def whole(fs: Any) -> None:
        with fs.open("/fsspec/large") as file:
            assert len(file.read()) == size

    def pieces(fs: Any) -> None:
        with fs.open("/fsspec/large") as file:
            assert sum(map(len, iter(lambda: file.read(256 * 1024), b""))) == size

    def jumps(fs: Any) -> None:
        with fs.open("/fsspec/large") as file:
            for place in places:
                file.seek(place)
                assert len(file.read(65536)) == 65536

    def many(fs: Any) -> None:
        assert len(fs.cat(names)) == len(names)

    def flat(fs: Any) -> None:
        assert len(fs.ls("/fsspec/flat")) == 10_000 // scale

    def tree(fs: Any) -> None:
        assert len(fs.find("/fsspec/tree")) == 1000 // scale

    def get(fs: Any) -> None:
        folder = tempfile.mkdtemp()
        fs.get("/fsspec/many/", folder, recursive=True)
        assert len(os.listdir(folder)) == 1000 // scale
        shutil.rmtree(folder)

    return {
        "open and read 64 MiB": whole,
        "the same, 256 KiB at a time": pieces,
        "100 random reads of 64 KiB": jumps,
        "cat of 500 files of 4 KiB": many,
        "ls of 10,000": flat,
        "find of 1,000 in 111 folders": tree,
        "get of 1,000 files of 4 KiB": get,
    }
