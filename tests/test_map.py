"""The reader's paths in CONTRIBUTING.md are those that the code takes.

A download with a throttle is walked in the client, RETR in the server, each with the other end out
of sight: in a thread, or on the far side of a socket. The page names each module that is entered,
in the order in which it is, with a function that is entered there.
"""

from __future__ import annotations

import ftplib
import re
import runpy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import anyio
import pytest

from anyftp import Client, LocalFileSystem, Server, StreamThrottle, User
from anyftp._fs._page_cache import PageCache
from support.entered import Entered, entered

CONTRIBUTING = Path(__file__).resolve().parents[1] / "CONTRIBUTING.md"
STEP = re.compile(r"^ {0,3}(?:\d+\.|-) `src/anyftp/([\w/]+\.py):([\w.]+)`", re.MULTILINE)


def steps(heading: str) -> list[tuple[str, str]]:
    """Files and functions below a heading of the page."""
    text = CONTRIBUTING.read_text("utf-8")
    part = text.partition(f"\n### {heading}\n")[2].partition("\n#")[0]
    return STEP.findall(part)


def check(heading: str, found: Entered, *, is_one_task: bool = True) -> None:
    """Compare a path of the page with what was entered.

    Args:
        is_one_task: whether the order is always the same; the server reads the next command while
            a transfer begins.
    """
    path = steps(heading)
    told = [module for module, _ in path]
    assert sorted(told) == sorted(found.modules)
    assert told == found.modules or not is_one_task
    missing = {f"{module}:{function}" for module, function in path} - found.functions
    assert not missing


@contextmanager
def server_in_a_thread(folder: Path) -> Iterator[int]:
    """A server whose functions are not looked at; gives its port."""
    ports: list[int] = []
    is_up, may_end = threading.Event(), threading.Event()

    async def serve() -> None:
        server = Server([User("alice", "wonder", file_system=LocalFileSystem(folder))])
        async with anyio.create_task_group() as tasks:
            ((_, port),) = await tasks.start(server.serve, "127.0.0.1", 0)
            ports.append(port)
            is_up.set()
            await anyio.to_thread.run_sync(may_end.wait)
            tasks.cancel_scope.cancel()

    thread = threading.Thread(target=anyio.run, args=(serve,))
    thread.start()
    try:
        assert is_up.wait(10)
        yield ports[0]
    finally:
        may_end.set()
        thread.join()


def fill(folder: Path) -> Path:
    folder.mkdir()
    (folder / "file").write_bytes(b"x" * 300_000)
    return folder


def test_a_throttled_download(tmp_path: Path) -> None:
    import_module(
        "anyftp._client._copying._receive"
    )  # which enters each module, if it is not there

    async def download(port: int) -> Entered:
        async with Client.context("127.0.0.1", port, "alice", "wonder") as client:
            limits = StreamThrottle.from_limits(read_speed_limit=2_000_000)
            await client.list()  # what is asked once a session has been asked
            with entered() as found:
                await client.download("file", tmp_path / "copy", throttle=limits)
        return found

    with server_in_a_thread(fill(tmp_path / "served")) as port:
        found = anyio.run(download, port)
    assert (tmp_path / "copy").stat().st_size == 300_000
    check("A throttled download, in the client", found)


def test_retr(tmp_path: Path) -> None:
    cache = PageCache(str(tmp_path))
    cache.learn()
    if cache.read_flags is None:
        pytest.skip("nothing is read from memory here: the path is that of a worker")

    async def serve() -> Entered:
        folder = fill(tmp_path / "served")
        server = Server([User("alice", "wonder", file_system=LocalFileSystem(folder))])
        async with anyio.create_task_group() as tasks:
            ((_, port),) = await tasks.start(server.serve, "127.0.0.1", 0)
            ftp = ftplib.FTP(timeout=10)

            def prepare() -> None:
                ftp.connect("127.0.0.1", port)
                ftp.login("alice", "wonder")
                ftp.retrbinary("RETR file", len)  # whoever has been asked is known

            await anyio.to_thread.run_sync(prepare)
            with entered() as found:
                await anyio.to_thread.run_sync(ftp.retrbinary, "RETR file", len)
            await anyio.to_thread.run_sync(ftp.quit)
            tasks.cancel_scope.cancel()
        return found

    check("PASV and RETR, in the server", anyio.run(serve), is_one_task=False)


def test_every_module_stands_in_the_design() -> None:
    script = runpy.run_path(str(CONTRIBUTING.parent / "docs" / "modules.py"))
    page = script["PAGE"].read_text("utf-8")
    assert page == script["render"](), "run `python docs/modules.py`"


def test_a_wrong_path_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Entered()
    found.modules, found.functions = ["a.py", "b.py"], {"a.py:f", "b.py:g"}
    for wrong in ([("a.py", "f")], [("b.py", "g"), ("a.py", "f")], [("a.py", "f"), ("b.py", "h")]):
        monkeypatch.setattr("test_map.steps", lambda heading, wrong=wrong: wrong)
        with pytest.raises(AssertionError):
            check("", found)
