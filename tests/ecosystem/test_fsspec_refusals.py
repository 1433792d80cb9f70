"""What a server refuses, as the errors that fsspec's users expect."""

from __future__ import annotations

import errno
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from anyftp.fsspec import FTPFileSystem
from anyftp.testing import ServerThread
from ecosystem.served_files import CONTENT, make
from ecosystem.served_files import fs as fs
from ecosystem.served_files import server as server


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda fs: fs.cat_file("/missing"), FileNotFoundError),
        (lambda fs: fs.cat_file("/missing/deep"), FileNotFoundError),
        (lambda fs: fs.cat_file("/folder"), IsADirectoryError),
        (lambda fs: fs.open("/missing"), FileNotFoundError),
        (lambda fs: fs.info("/missing"), FileNotFoundError),
        (lambda fs: fs.ls("/missing"), FileNotFoundError),
        (lambda fs: fs.mkdir("/folder"), FileExistsError),
        (lambda fs: fs.mkdir("/file"), FileExistsError),
        (lambda fs: fs.mkdir("/a/b", create_parents=False), FileNotFoundError),
        (lambda fs: fs.makedirs("/folder"), FileExistsError),
        (lambda fs: fs.pipe("/folder", b""), IsADirectoryError),
        (lambda fs: fs.pipe("/file/below", b""), NotADirectoryError),
        (lambda fs: fs.rmdir("/folder"), OSError),
        (lambda fs: fs.rmdir("/missing"), FileNotFoundError),
        (lambda fs: fs.rmdir("/file"), NotADirectoryError),
        (lambda fs: fs.rm_file("/missing"), FileNotFoundError),
        (lambda fs: fs.rm("/folder"), IsADirectoryError),
        (lambda fs: fs.rm("/missing", recursive=True), FileNotFoundError),
        (lambda fs: fs.mv("/missing", "/other"), FileNotFoundError),
        (lambda fs: fs.open("/file", "xb"), FileExistsError),
        (lambda fs: fs.get_file("/missing", "missing"), FileNotFoundError),
    ],
)
def test_errors(
    server: ServerThread,
    fs: FTPFileSystem,
    call: Any,
    expected: type[OSError],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server.put("/folder/inside", b"")
    server.put("/file", b"x")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(expected) as caught:
        call(fs)
    assert type(caught.value) is expected
    assert list(tmp_path.iterdir()) == []


def test_what_one_may_not_do() -> None:
    with ServerThread({None: ""}) as server:
        server.put("/file", b"x")
        fs = make(server)
        calls: list[Callable[[], object]] = [
            lambda: fs.pipe("/new", b""),
            lambda: fs.rm("/file"),
            lambda: fs.mkdir("/folder"),
        ]
        for call in calls:
            with pytest.raises(PermissionError):
                call()
        fs.close()


def test_errors_of_connections_have_numbers() -> None:
    """Of a server that lets in one (421 for all others), whose client is lost in the end."""
    with ServerThread(max_connections_per_address=1) as server:
        server.put("/file", CONTENT)
        first, second = make(server), make(server)
        assert first.isfile("/file")
        asked: list[Callable[[], object]] = [
            lambda: second.ls("/"),
            lambda: second.cat(["/file", "/file"]),
            lambda: second.pipe({"/a": b"", "/b": b""}),
            lambda: second.open("/file").read(),
            lambda: second.find("/"),
        ]
        for ask in asked:
            with pytest.raises(ConnectionResetError, match="421") as caught:
                ask()
            assert caught.value.errno == errno.ECONNRESET
            assert pickle.loads(pickle.dumps(caught.value)).errno == errno.ECONNRESET
    file = first.open("/file", size=len(CONTENT))
    for use in (file.read, lambda: first.ls("/", refresh=True)):
        with pytest.raises(ConnectionError) as lost:
            use()
        assert lost.value.errno is not None
    file.close()
    first.close()
    second.close()


def test_a_server_that_does_not_answer_in_time(server: ServerThread) -> None:
    fs = make(server, timeout=2)
    server.put("/file", CONTENT)
    assert fs.isfile("/file")
    with fs.open("/file") as file:
        server.slow_down(1)
        with pytest.raises(TimeoutError) as caught:
            file.read()
        assert caught.value.errno == errno.ETIMEDOUT
        server.heal()
        file.seek(0)
        assert file.read() == CONTENT
    fs.close()


def test_nobody_there_and_nobody_let_in(server: ServerThread) -> None:
    with pytest.raises(ConnectionError):
        FTPFileSystem("127.0.0.1", 1, skip_instance_cache=True).ls("/")
    with pytest.raises(OSError, match="530") as caught:
        FTPFileSystem(server.host, server.port, "alice", "wrong", skip_instance_cache=True).ls("/")
    assert "wrong" not in str(caught.value)
