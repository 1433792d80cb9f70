"""Connections of a file system: of how many threads, how many, and when they end."""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from anyftp.fsspec import FTPFileSystem
from anyftp.testing import ServerThread
from ecosystem.served_files import CONTENT, make
from ecosystem.served_files import fs as fs
from ecosystem.served_files import server as server


def test_connections_that_died_meanwhile(server: ServerThread, fs: FTPFileSystem) -> None:
    server.put("/file", b"x")
    assert fs.cat("/file") == b"x"
    for session in server.server.sessions:
        server._call(session.kick)
    assert fs.cat("/file") == b"x"
    assert fs.exists("/file")


def test_many_threads_get_their_own_bytes(server: ServerThread, fs: FTPFileSystem) -> None:
    server.put("/file", CONTENT)
    places = [number * 6000 for number in range(100)]

    def read(place: int) -> bytes:
        with fs.open("/file") as file:
            file.seek(place)
            return bytes(file.read(500))

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(read, places))
    assert found == [CONTENT[place : place + 500] for place in places]


def test_many_files_where_nobody_is_let_in(server: ServerThread) -> None:
    fs = FTPFileSystem(server.host, server.port, "nobody", "wrong", skip_instance_cache=True)
    found = fs.cat([f"/f{number}" for number in range(50)], on_error="return")
    assert {type(one) for one in found.values()} == {PermissionError}
    fs.close()


@pytest.mark.parametrize("limit", [1, 2])
def test_many_files_where_few_connections_are_let_in(limit: int) -> None:
    with ServerThread(max_connections_per_address=limit) as server:
        names = [f"/d{number % 7}/f{number}" for number in range(60)]
        for name in names:
            server.put(name, name.encode())
        fs = make(server)
        assert fs.cat(names) == {name: name.encode() for name in names}
        assert fs.find("/") == sorted(names)
        fs.close()


def test_a_file_system_that_is_dropped_closes_its_connections(server: ServerThread) -> None:
    fs = make(server)
    fs.ls("/")
    assert server.server.statistics().sessions == 1
    del fs
    gc.collect()
    end = time.monotonic() + 5
    while server.server.statistics().sessions and time.monotonic() < end:
        time.sleep(0.01)
    assert server.server.statistics().sessions == 0


def test_connections_that_nobody_uses_end_by_themselves(server: ServerThread) -> None:
    for number in range(20):
        server.put(f"/{number}", b"x")
    fs = make(server, max_idle=0.3)
    quick = make(server)
    for _ in range(2):
        assert len(fs.cat([f"/{number}" for number in range(20)])) == 20
        assert quick.exists("/1")
        assert server.server.statistics().sessions >= 2
        until(lambda: server.server.statistics().sessions == 1)  # the other one's stays
    fs.close()
    quick.close()


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


#: What a program may leave open when it ends, and what there is of it afterwards.
LEFT_OPEN = {
    "reader": ("f = fs.open('/big'); f.read(10)", {}),
    "reader of text": ("f = fs.open('/big', 'r'); f.readline()", {}),
    "writer": ("f = fs.open('/new', 'wb'); f.write(bytes(9_000_000))", {}),
    "over another": ("f = fs.open('/big', 'wb'); f.write(b'a')", {}),
    "text": ("f = fs.open('/new', 'w'); f.write('text')", {}),
    "compressed": (
        "f = fsspec.open(url + 'new', 'wt', compression='gzip').open(); f.write('a')",
        {},
    ),
    "appended": (
        "fs.pipe('/old', b'old'); f = fs.open('/old', 'ab'); f.write(bytes(9_000_000));"
        " f.write(b'a')",
        {"/old": b"old" + bytes(9_000_000)},
    ),
    "in a loop": ("import itertools; it = itertools.chain(fs.open('/big')); next(it)", {}),
    "failure": ("f = fs.open('/new', 'wb'); f.write(b'a'); sys.exit(7)", {}),
}


@pytest.mark.parametrize(("what", "left"), LEFT_OPEN.values(), ids=LEFT_OPEN)
def test_a_program_ends_whatever_it_has_left_open(
    server: ServerThread, what: str, left: dict[str, bytes]
) -> None:
    """And no part of what it never closed stays, nor passes for the whole."""
    big = b"line\n" * 1_000_000
    server.put("/big", big)
    url = server.url.replace("ftp://", "anyftp://")
    program = f"import sys, fsspec; url = {url!r}; fs, _ = fsspec.core.url_to_fs(url); {what}"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == (7 if "exit" in what else 0), done.stderr
    found = {f"/{name}": server.get(f"/{name}") for name in server.names("/")}
    assert found == {"/big": big, **left}
    is_written = any(mode in what for mode in ("'wb'", "'w'", "'wt'", "'ab'"))
    assert ("was never closed" in done.stderr) == is_written
    assert "Traceback" not in done.stderr
