"""Many files in one call, and how the server is reached."""

from __future__ import annotations

import ssl
import threading
from pathlib import Path
from typing import Any

import pytest

from anyftp.fsspec import FTPFileSystem
from anyftp.testing import ServerThread
from ecosystem.served_files import CONTENT, make
from ecosystem.served_files import fs as fs
from ecosystem.served_files import server as server


def test_ranges_of_several_files(server: ServerThread, fs: FTPFileSystem) -> None:
    server.put("/one", CONTENT)
    server.put("/two", CONTENT[::-1])
    paths = ["/one", "/two", "/missing", "/one"]
    found = fs.cat_ranges(paths, [0, 5, 0, 400_000], [10, 15, 1, 400_010])
    assert found[0] == CONTENT[:10]
    assert found[1] == CONTENT[::-1][5:15]
    assert isinstance(found[2], FileNotFoundError)
    assert found[3] == CONTENT[400_000:400_010]


def test_many_files_of_which_some_are_not_there(server: ServerThread, fs: FTPFileSystem) -> None:
    names = [f"/f{number}" for number in range(40)]
    for name in names[1:]:
        server.put(name, name.encode())
    assert fs.cat(names, on_error="omit") == {name: name.encode() for name in names[1:]}
    found = fs.cat(names, on_error="return")
    assert isinstance(found["/f0"], FileNotFoundError)
    assert found["/f39"] == b"/f39"
    with pytest.raises(FileNotFoundError):
        fs.cat(names)
    assert fs.cat(["/f1"]) == {"/f1": b"/f1"}
    assert fs.cat("/f1") == b"/f1"
    assert fs.cat("/f3*", start=1, end=3) == {f"/f3{one}": b"f3" for one in ("", *range(10))} | {
        "/f3": b"f3"
    }


@pytest.mark.parametrize("times", [1, 5, None])
def test_many_files_over_connections_that_break(
    server: ServerThread, fs: FTPFileSystem, times: int | None
) -> None:
    names = [f"/f{number}" for number in range(60)]
    for name in names:
        server.put(name, name.encode() * 200)
    server.cut(300, times=times)
    found = fs.cat(names, on_error="return")
    whole = {name for name in names if found[name] == name.encode() * 200}
    failed = {name for name in names if isinstance(found[name], OSError)}
    assert whole | failed == set(names)
    if times is None:
        assert not whole
    if times == 1:
        assert not failed


@pytest.mark.parametrize("tls", ["explicit", "implicit"])
def test_tls_with_plain_values(tls: Any, tmp_path: Path) -> None:
    with ServerThread(tls=tls) as server:
        assert server.authority is not None
        (tmp_path / "ca.pem").write_bytes(server.authority)
        fs = make(server, tls=tls, ca_file=str(tmp_path / "ca.pem"))
        fs.pipe("/file", CONTENT)
        assert fs.cat("/file") == CONTENT
        fs.close()
        with pytest.raises(ConnectionError):
            make(server, tls=tls).ls("/")
        careless = make(server, tls=tls, insecure=True)
        assert careless.cat("/file") == CONTENT
        careless.close()


def test_authorities_are_not_loaded_on_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []
    load = ssl.SSLContext.load_verify_locations

    def loaded(context: ssl.SSLContext, *args: Any, **options: Any) -> None:
        threads.append(threading.current_thread().name)
        load(context, *args, **options)

    with ServerThread(tls="explicit") as server:
        assert server.authority is not None
        (tmp_path / "ca.pem").write_bytes(server.authority)
        fs = make(server, tls="explicit", ca_file=str(tmp_path / "ca.pem"))
        monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", loaded)
        assert fs.ls("/") == []
        fs.close()
    assert len(threads) == 1
    assert threads != ["fsspecIO"]
