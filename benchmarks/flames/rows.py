"""The rows: work of one side, on asyncio, under the sampler of children/sampler.py."""

import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import servers
from benchmarks.measure import Sample, child, run
from benchmarks.suites import crowd, server_small, start_up
from benchmarks.suites.server import Start
from benchmarks.suites.trees import emptied
from benchmarks.workspace import Bench

SMALL, ENCRYPTED, STARTS = 2000, 500, 8


@dataclass(frozen=True, slots=True)
class Row:
    """Work to look at; `do` writes a file of samples, and tells processor seconds and units."""

    name: str
    title: str
    unit: str
    do: Callable[[Bench, Path], "Done"]


@dataclass(frozen=True, slots=True)
class Done:
    """What the samples are of."""

    cpu: float
    units: float


def _client(bench: Bench, samples: Path, port: int, work: str, **more: Any) -> Sample:
    common = {"host": "127.0.0.1", "port": port, "client": "anyftp", "backend": "asyncio"}
    folders = {"target": str(bench.target), "source": str(bench.root)}
    task = {**common, **folders, "work": work, "samples": str(samples), **more}
    return run(child("client", task))


def _small(work: str) -> Callable[[Bench, Path], Done]:
    def do(bench: Bench, samples: Path) -> Done:
        names = bench.small_names(SMALL)
        server = servers.fixture if work == "small-upload" else servers.vsftpd
        with server(bench.root) as running:
            used = _client(bench, samples, running.port, work, names=names)
        return Done(used.cpu, len(names))

    return do


def _small_tls(bench: Bench, samples: Path) -> Done:
    names = bench.small_names(ENCRYPTED)
    with servers.fixture(bench.root, certificate=str(bench.pem)) as running:
        used = _client(bench, samples, running.port, "small", names=names, tls="explicit")
    return Done(used.cpu, len(names))


def _tree(work: str) -> Callable[[Bench, Path], Done]:
    def do(bench: Bench, samples: Path) -> Done:
        nfiles = bench.tree()
        task = {"server": "pyftpdlib", "root": str(bench.root)}
        with servers.python_server("python_server", task) as running:
            used = _client(bench, samples, running.port, work)
        emptied(bench)
        return Done(used.cpu, nfiles)

    return do


def _big_tls(work: str) -> Callable[[Bench, Path], Done]:
    def do(bench: Bench, samples: Path) -> Done:
        file = bench.big() if work == "upload" else bench.big_target()
        bench.big()
        path = "up" if work == "upload" else "big"
        with servers.fixture(bench.root, certificate=str(bench.pem)) as running:
            more = {"path": path, "file": str(file), "tls": "explicit"}
            used = _client(bench, samples, running.port, work, **more)
        return Done(used.cpu, bench.options.nbytes / (1 << 30))

    return do


def _started(*words: str) -> Callable[[Bench, Path], Done]:
    def do(bench: Bench, samples: Path) -> Done:
        start_up.lay_out(bench)
        with servers.vsftpd(bench.root) as running:
            places = {"url": f"ftp://127.0.0.1:{running.port}/start-up/", "target": bench.target}
            chosen = [word.format(**places) for word in words]
            module = [sys.executable, "-m", "benchmarks.children.start_up", str(samples)]
            command = [*module, *chosen]
            runs = [run(command, variables=start_up.variables()).cpu for _ in range(STARTS)]
        return Done(statistics.median(runs), 1)

    return do


def _serving(bench: Bench, samples: Path, **more: Any) -> Start:
    task = {"root": str(bench.root), "server": "anyftp", "backend": "asyncio", **more}
    return lambda: servers.python_server("python_server", {**task, "samples": str(samples)})


def _retr(bench: Bench, samples: Path) -> Done:
    names = bench.small_names(SMALL)
    used = server_small.fetch(_serving(bench, samples), names, tls=False, resume=False)
    return Done(used.cpu, len(names))


def _crowd(bench: Bench, samples: Path) -> Done:
    start = _serving(bench, samples, clients=crowd.EAGER)
    return Done(crowd.eager(bench, crowd.EAGER)(start, None).cpu, crowd.EAGER)


def _list(bench: Bench, samples: Path) -> Done:
    work = crowd.listing(bench, "LIST", crowd.ENTRIES)
    return Done(work(_serving(bench, samples), None).cpu, crowd.ENTRIES / 1000)


ROWS = (
    Row("stream", "small files, download_stream()", "file", _small("small")),
    Row("download", "small files, download()", "file", _small("small-files")),
    Row("upload", "small files, upload()", "file", _small("small-upload")),
    Row("tree-down", "a tree down, jobs=1", "file", _tree("tree-down")),
    Row("tree-up", "a tree up, jobs=1", "file", _tree("tree-up")),
    Row("import", "from anyftp import Client", "start", _started("import")),
    Row("version", "anyftp --version", "start", _started("--version")),
    Row("get", "anyftp get -q, 6 bytes", "start", _started("get", "-q", "{url}few", "{target}/f")),
    Row("ls", "anyftp ls", "start", _started("ls", "{url}")),
    Row("crowd", "server: a crowd, 1 MiB each", "client", _crowd),
    Row("retr", "server: RETR of small files", "file", _retr),
    Row("tls-up", "TLS upload", "GiB", _big_tls("upload")),
    Row("tls-down", "TLS download to a file", "GiB", _big_tls("download")),
    Row("tls-small", "small files, TLS", "file", _small_tls),
    Row("list", "server: LIST of a huge folder", "thousand files", _list),
)
