"""anyftp.fsspec beside the `ftp` of fsspec by the same calls, each with its connecting and closing.

The two take turns in one process, on a server that both find busy or idle alike: vsftpd where it
is, else ours. Judge by the ratios. The last table has a way of 20 ms there and back between them
and the server, and less to do.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import peers, servers
from benchmarks.workspace import Bench

_MIB = 1 << 20
_ONE_WAY_SECONDS = 0.01
_PASSIVE_PORTS = 120
_TIMEOUT_SECONDS = 10
_names = count()


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much there is to do."""

    nbytes: int = 64 * _MIB
    jumps: int = 100
    cat: int = 500
    flat: int = 10_000
    tree: int = 1000
    folders: int = 111
    copies: int = 1000


_NEAR = Amounts()
_QUICK = Amounts(6 * _MIB, 10, 50, 1000, 100, 11, 100)
_FAR = Amounts(64 * _MIB, 20, 50, 1000, 100, 11, 50)


def main(bench: Bench) -> None:
    """Three tables: seconds and CPU seconds of both, and how many times faster ours is."""
    near = _QUICK if bench.options.quick else _NEAR
    _lay_out(bench.root, near)
    for title, tls, amounts in (("plain", False, near), ("TLS", True, near)):
        with _server(bench, tls) as where:
            _table(bench, title, where, tls, _works(bench.root, amounts), bench.options.rounds)
    far = _FAR
    _lay_out(bench.root, far)
    passive = range(30_000, 30_000 + _PASSIVE_PORTS)
    with (
        servers.vsftpd(bench.root, passive=passive) as running,
        servers.far_away(running, passive, _ONE_WAY_SECONDS) as host,
    ):
        where = {"host": host, "port": running.port}
        rounds = min(bench.options.rounds, 3)
        _table(bench, "plain, 20 ms there and back", where, False, _works(bench.root, far), rounds)


@contextmanager
def _server(bench: Bench, tls: bool) -> Iterator[dict[str, Any]]:
    with ExitStack() as stack:
        if peers.program("vsftpd"):
            certificate = bench.pem if tls else None
            running = stack.enter_context(servers.vsftpd(bench.root, certificate))
        else:
            running = stack.enter_context(servers.fixture(bench.root))
        yield {"host": "127.0.0.1", "port": running.port}


def _table(
    bench: Bench,
    title: str,
    where: dict[str, Any],
    tls: bool,
    works: dict[str, Callable[[Any], None]],
    rounds: int,
) -> None:
    from fsspec.implementations.ftp import FTPFileSystem as Theirs

    from anyftp.fsspec import FTPFileSystem as Ours

    same: dict[str, Any] = {"timeout": _TIMEOUT_SECONDS, "skip_instance_cache": True}
    secure: dict[str, Any] = {"tls": "explicit", "insecure": True} if tls else {}
    makers: dict[str, Callable[[], Any]] = {
        "theirs": lambda: Theirs(**where, tls=tls, **same),
        "ours": lambda: Ours(**where, **secure, **same),
    }
    print(f"\n{title}; median of {rounds} rounds\n")
    print("| work | fsspec's ftp, s | anyftp.fsspec, s | times faster | CPU s, theirs | ours |")
    print("|---|---|---|---|---|---|")
    for name, work in works.items():
        runs: dict[str, list[tuple[float, float]]] = {"theirs": [], "ours": []}
        failures: dict[str, str] = {}
        for _ in range(rounds):
            for who, make in makers.items():
                if who not in failures:
                    try:
                        runs[who].append(_timed(make, work))
                    except Exception as error:
                        failures[who] = f"{type(error).__name__}"
        print(_row(name, runs, failures), flush=True)
        bench.records.append({"suite": "fsspec", "table": title, "work": name, "runs": runs})


def _row(name: str, runs: dict[str, list[tuple[float, float]]], failures: dict[str, str]) -> str:
    wall = {who: median(one[0] for one in all_runs) for who, all_runs in runs.items() if all_runs}
    used = {who: median(one[1] for one in all_runs) for who, all_runs in runs.items() if all_runs}
    cells = [failures.get(who) or f"{wall[who]:.3f}" for who in runs]
    cells.append("" if failures else f"{wall['theirs'] / wall['ours']:.2f}")
    cells += ["" if who in failures else f"{used[who]:.3f}" for who in runs]
    return f"| {name} | {' | '.join(cells)} |"


def _timed(make: Callable[[], Any], work: Callable[[Any], None]) -> tuple[float, float]:
    began, used = time.perf_counter(), time.process_time()
    fs = make()
    try:
        work(fs)
    finally:
        (fs.close if hasattr(fs, "close") else fs.ftp.close)()
    return time.perf_counter() - began, time.process_time() - used


def _lay_out(root: Path, amounts: Amounts) -> None:
    top = root / "fsspec"
    shutil.rmtree(top, ignore_errors=True)
    top.mkdir()
    (top / "large").write_bytes(os.urandom(_MIB) * (amounts.nbytes // _MIB))
    nfiles = max(amounts.cat, amounts.copies)
    for folder, files, content in (
        ("many", nfiles, os.urandom(4096)),
        ("flat", amounts.flat, b""),
    ):
        (top / folder).mkdir()
        for number in range(files):
            (top / folder / f"f{number:05}").write_bytes(content)
    (top / "tree").mkdir()
    folders = [top / "tree"]
    folders += [top / "tree" / f"d{one}" for one in range(10)]
    folders += [top / "tree" / f"d{one}" / f"e{two}" for one in range(10) for two in range(10)]
    for number in range(amounts.tree):
        folder_of = folders[number % amounts.folders]
        folder_of.mkdir(parents=True, exist_ok=True)
        (folder_of / f"f{number}").write_bytes(b"x")


def _works(root: Path, amounts: Amounts) -> dict[str, Callable[[Any], None]]:
    size = amounts.nbytes
    chance = random.Random(1)
    places = [chance.randrange(size - 65536) for _ in range(amounts.jumps)]
    names = [f"/fsspec/many/f{number:05}" for number in range(amounts.cat)]
    copies = [f"/fsspec/many/f{number:05}" for number in range(amounts.copies)]

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

    def ranges(fs: Any) -> None:
        ends = [place + 65536 for place in places]
        found = fs.cat_ranges(["/fsspec/large"] * len(places), places, ends)
        assert [len(one) for one in found] == [65536] * len(places)

    def many(fs: Any) -> None:
        assert len(fs.cat(names)) == len(names)

    def flat(fs: Any) -> None:
        assert len(fs.ls("/fsspec/flat")) == amounts.flat

    def tree(fs: Any) -> None:
        assert len(fs.find("/fsspec/tree")) == amounts.tree

    def get(fs: Any) -> None:
        with tempfile.TemporaryDirectory() as folder:
            fs.get(copies, [f"{folder}/{number}" for number in range(len(copies))])
            assert len(os.listdir(folder)) == len(copies)

    def put(fs: Any) -> None:
        name = f"put-{next(_names)}"
        folder = root / "incoming" / name
        folder.mkdir()
        folder.chmod(0o777)
        source = root / "fsspec" / "many"
        fs.put([str(source / Path(one).name) for one in copies], f"/incoming/{name}/")
        assert len(os.listdir(folder)) == len(copies)
        shutil.rmtree(folder)

    return {
        f"open and read {size // _MIB} MiB": whole,
        "the same, 256 KiB at a time": pieces,
        f"{amounts.jumps} random reads of 64 KiB": jumps,
        "the same by `cat_ranges`": ranges,
        f"`cat` of {amounts.cat:,} files of 4 KiB": many,
        f"`ls` of {amounts.flat:,}": flat,
        f"`find` of {amounts.tree:,} in {amounts.folders} folders": tree,
        f"`get` of {amounts.copies:,} files of 4 KiB": get,
        f"`put` of {amounts.copies:,} files of 4 KiB": put,
    }
