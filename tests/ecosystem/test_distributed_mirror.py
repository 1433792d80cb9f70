"""Mirrors over a Dask cluster on this machine, of two processes with two threads each."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from anyftp import Reply, Session
from anyftp.testing import ServerThread
from support.serving import anyftp_serve

distributed = pytest.importorskip(
    "distributed", reason="distributed is not installed (nox -s ecosystem does)"
)

from anyftp.distributed import Copy, mirror  # noqa: E402  # it needs the package
from anyftp.distributed._work import Job, copy_batch  # noqa: E402

#: Starting a cluster takes seconds on a busy machine.
pytestmark = pytest.mark.timeout(90)


@pytest.fixture(autouse=True)
def no_leaked_descriptors() -> None:
    """A cluster's own are closed in threads of its own, at their leisure."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    options = {"n_workers": 2, "threads_per_worker": 2, "dashboard_address": None}
    with (
        distributed.LocalCluster(**options, silence_logs=50) as made,
        distributed.Client(made) as client,
    ):
        client.wait_for_workers(2)
        yield client


def grow(folder: Path, count: int) -> dict[str, bytes]:
    """A tree of files whose sizes differ much."""
    chance = random.Random(1)
    made = {}
    for number in range(count):
        name = f"d{number % 37}/e{number % 3}/f{number}"
        made[name] = chance.randbytes(chance.choice((0, 10, 1000, 5000)))
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(made[name])
        os.utime(folder / name, (1_600_000_000, 1_600_000_000 + number))
    return made


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.filterwarnings("default")  # of distributed, when a worker dies
def test_a_worker_dies_and_the_server_lets_in_three(cluster: Any, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    made = grow(source, 2000)
    pids = cluster.run(os.getpid)
    killed = threading.Event()

    def kill_one(done: int, planned: int) -> None:
        if done >= planned // 4 and not killed.is_set():
            killed.set()
            os.kill(next(iter(pids.values())), signal.SIGKILL)

    options = ["--user", "alice:wonder", "--max-connections-per-address", "3"]
    with anyftp_serve(source, *options) as port:
        url = f"anyftp://alice:wonder@127.0.0.1:{port}/"
        report = mirror(cluster, url, target, connections=4, progress=kill_one)
        assert killed.is_set()
        assert content(target) == made
        assert report.planned == report.files == 2000
        assert report.failed == ()
        assert len(report.by_worker) >= 2
        # Again: nothing is left to do, and one that was changed is copied anew.
        (source / "d0/e0/f0").write_bytes(b"changed!")
        report = mirror(cluster, url, target, connections=4)
        assert (report.planned, report.same, report.files) == (1, 1999, 1)
        assert (target / "d0/e0/f0").read_bytes() == b"changed!"


def test_connections_that_are_counted_together(cluster: Any, tmp_path: Path) -> None:
    """Two mirrors, three connections: they wait for one another, and not at the server's door."""
    log = tmp_path / "log"
    made = grow(tmp_path / "source", 200)
    options = ["--user", "alice:wonder", "--max-connections-per-address", "4"]
    options += ["--log-file", str(log), "--log-format", "json"]
    with anyftp_serve(tmp_path / "source", *options) as port:
        url = f"anyftp://alice:wonder@127.0.0.1:{port}/"
        counts = f"sqlite://{tmp_path / 'counts'}"

        def one(name: str) -> Any:
            return mirror(cluster, url, tmp_path / name, connections=3, counts=counts)

        with ThreadPoolExecutor(2) as threads:
            reports = list(threads.map(one, ["one", "two"]))
        for name, report in zip(("one", "two"), reports, strict=True):
            assert (report.files, report.failed) == (200, ())
            assert content(tmp_path / name) == made
    said = log.read_text("utf-8")
    assert "LoggedIn" in said
    assert "refused" not in said


def test_up_and_with_checksums(cluster: Any, tmp_path: Path) -> None:
    source = tmp_path / "source"
    made = grow(source, 50)
    (tmp_path / "served").mkdir()
    with anyftp_serve(tmp_path / "served", "--user", "alice:wonder") as port:
        url = f"anyftp://127.0.0.1:{port}/deep/copy"
        login: dict[str, Any] = {"username": "alice", "password": "wonder"}
        report = mirror(cluster, source, url, verify="if-offered", **login)
        assert (report.planned, report.files, report.failed) == (50, 50, ())
        assert content(tmp_path / "served" / "deep" / "copy") == made
        assert mirror(cluster, source, url, **login).planned == 0


def test_one_side_is_a_url(tmp_path: Path) -> None:
    for source, destination in (("a", "b"), ("anyftp://h/a", "anyftp://h/b")):
        with pytest.raises(ValueError, match="source and destination must be"):
            mirror(None, source, destination)
    with pytest.raises(ValueError, match=r"must begin with .* not s3"):
        mirror(None, "s3://bucket", tmp_path)


@pytest.mark.parametrize(
    "number",
    [
        *({"connections": 0}, {"connections": -1}, {"batch_files": 0}, {"batch_bytes": 0}),
        *({"retries": -1}, {"patience": -1}),
    ],
    ids=str,
)
def test_numbers_that_would_copy_nothing(number: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(number))} must be at least"):
        mirror(None, "anyftp://h/a", tmp_path, **number)


@pytest.mark.parametrize("way", ["password", "folder", "inside", "destination", "file", "source"])
def test_what_cannot_be_looked_at_is_not_taken_for_empty(way: str, tmp_path: Path) -> None:
    here = tmp_path / "here"
    with ServerThread() as server:
        server.put("/a/b/c", b"1")
        server.put("/one", b"1")
        name, source, destination = server.password, "/", here
        match way:
            case "password":
                name = "wrong"
            case "folder":
                source = "/none"
            case "file":
                source = "/one"
            case "inside":
                refuse_to_list(server, "/a/b")
            case "destination":
                here.write_bytes(b"")
        url = f"anyftp://{server.user}:{name}@{server.host}:{server.port}{source}"
        both = (here, url) if way == "source" else (url, destination)
        with pytest.raises(OSError, match=r".+"):
            mirror(None, *both)


def refuse_to_list(server: ServerThread, folder: str) -> None:
    """What `refuse` does, but for one folder, by whatever command."""

    def rule(verb: str) -> Any:
        async def list_most(session: Session, argument: str) -> Reply | None:
            if argument == folder:
                return Reply("550", ("Not for you.",))
            return await server.server.perform(session, verb, argument)

        return list_most

    for verb in ("MLSD", "LIST"):
        server._refusals[verb] = rule(verb)


# What a worker does, and the plan, without a cluster


def job(server: ServerThread, **options: Any) -> Job:
    where = {
        "host": server.host,
        "port": server.port,
        "user": server.user,
        "password": server.password,
    }
    defaults: dict[str, Any] = {"connections": 2, "verify": None, "patience": 5.0}
    return Job(True, where, {}, **(defaults | options))


def test_what_passes_is_tried_again(tmp_path: Path) -> None:
    with ServerThread() as server:
        for number in range(10):
            server.put(f"/{number}", b"x" * 1000)
        server.cut(10, times=3)
        server.refuse("RETR", "450", times=2)
        work = [Copy(f"/{number}", str(tmp_path / "d" / f"{number}"), 1000) for number in range(10)]
        report = copy_batch(job(server), work)
        assert (report.files, report.failed) == (10, [])
        assert all(path.stat().st_size == 1000 for path in (tmp_path / "d").iterdir())
        assert copy_batch(job(server), work).skipped == 10


def test_what_does_not_pass_is_told(tmp_path: Path) -> None:
    with ServerThread() as server:
        server.put("/one", b"1")
        work = [Copy("/one", str(tmp_path / "one"), 1), Copy("/two", str(tmp_path / "two"), 1)]
        report = copy_batch(job(server), work)
        assert report.files == 1
        ((source, reason),) = report.failed
        assert source == "/two"
        assert "550" in reason


def test_patience_ends(tmp_path: Path) -> None:
    with ServerThread(max_connections_per_address=1) as server:
        server.put("/one", b"1")
        with server_in_use(server):
            began = time.monotonic()
            report = copy_batch(job(server, patience=0.3), [Copy("/one", str(tmp_path / "one"), 1)])
            assert time.monotonic() - began < 5
        assert len(report.failed) == 1
        assert "421" in report.failed[0][1]


def server_in_use(server: ServerThread) -> Any:
    import ftplib

    client = ftplib.FTP(timeout=10)
    client.connect(server.host, server.port)
    return client
