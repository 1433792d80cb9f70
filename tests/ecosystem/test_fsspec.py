"""The file system for fsspec over a server in a thread, whose files and faults are at hand."""

from __future__ import annotations

import contextlib
import errno
import gc
import io
import itertools
import pickle
import random
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import fsspec
import pytest
from fsspec.asyn import sync
from fsspec.registry import _registry

from anyftp.fsspec import FTPFileSystem, FTPSFileSystem, register
from anyftp.testing import ServerThread
from support.serving import anyftp_serve

CONTENT = b"".join(b"line %06d\n" % number for number in range(60_000))


@pytest.fixture
def server() -> Iterator[ServerThread]:
    with ServerThread(max_connections_per_address=50) as running:
        yield running


def make(server: ServerThread, **options: Any) -> FTPFileSystem:
    options = {"skip_instance_cache": True, "timeout": 10} | options
    return FTPFileSystem(server.host, server.port, server.user, server.password, **options)


@pytest.fixture
def fs(server: ServerThread) -> Iterator[FTPFileSystem]:
    made = make(server)
    yield made
    made.close()


# Names


@pytest.mark.parametrize(
    ("url", "path", "kwargs"),
    [
        ("anyftp://host/a/b", "/a/b", {"host": "host"}),
        ("anyftp://host:2121/a/", "/a", {"host": "host", "port": 2121}),
        (
            "anyftp://a%40b:p%2Fw@host/x",
            "/x",
            {"host": "host", "username": "a@b", "password": "p/w"},
        ),
        ("anyftp://host", "/", {"host": "host"}),
        ("ftp://host/a#b", "/a#b", {"host": "host"}),
        ("anyftp://host/a?b", "/a?b", {"host": "host"}),
        ("/a/b", "/a/b", {}),
        ("a/b", "/a/b", {}),
        ("", "/", {}),
    ],
)
def test_urls(url: str, path: str, kwargs: dict[str, Any]) -> None:
    assert FTPFileSystem._strip_protocol(url) == path
    assert FTPFileSystem._get_kwargs_from_urls(url) == kwargs


def test_a_url_is_enough(server: ServerThread) -> None:
    server.put("/pub/one.txt", b"one")
    fsspec.register_implementation("anyftp", FTPFileSystem, clobber=True)
    with fsspec.open(server.url.replace("ftp://", "anyftp://") + "pub/one.txt") as file:
        assert file.read() == b"one"
    FTPFileSystem.current().close()
    FTPFileSystem.clear_instance_cache()


def test_register_takes_the_place_of_fsspecs_own() -> None:
    before = dict(_registry)
    try:
        register()
        assert fsspec.get_filesystem_class("ftp") is FTPFileSystem
        assert fsspec.get_filesystem_class("ftps") is FTPSFileSystem
    finally:
        _registry.clear()
        _registry.update(before)


@pytest.mark.parametrize(
    ("kind", "tls", "port"),
    [
        (FTPFileSystem, None, 21),
        (FTPFileSystem, True, 21),
        (FTPFileSystem, "explicit", 21),
        (FTPFileSystem, "implicit", 990),
        (FTPSFileSystem, None, 990),
        (FTPSFileSystem, "explicit", 21),
    ],
)
def test_ports(kind: type[FTPFileSystem], tls: Any, port: int) -> None:
    assert kind("localhost", tls=tls, skip_instance_cache=True).port == port


def test_it_is_pickled_with_plain_values(server: ServerThread, fs: FTPFileSystem) -> None:
    server.put("/one", b"one")
    assert fs.cat("/one") == b"one"
    again = pickle.loads(pickle.dumps(fs))
    assert again.cat("/one") == b"one"
    again.close()


def test_an_open_file_is_pickled_with_its_place(server: ServerThread, fs: FTPFileSystem) -> None:
    server.put("/file", CONTENT)
    with fs.open("/file") as file:
        file.seek(100)
        again = pickle.loads(pickle.dumps(file))
        with again:
            assert again.read(10) == CONTENT[100:110]
        again.fs.close()


# Reading


def test_reading_in_every_way(server: ServerThread, fs: FTPFileSystem) -> None:
    server.put("/file", CONTENT)
    with fs.open("/file") as file:
        assert file.size == len(CONTENT)
        assert file.readline() == CONTENT[:12]
        assert file.read(5) == CONTENT[12:17]
        for place in (300_000, 10, 10, len(CONTENT) - 3, 400_000):
            file.seek(place)
            assert file.read(1000) == CONTENT[place : place + 1000]
        file.seek(-4, 2)
        assert file.read() == CONTENT[-4:]
        assert file.read() == b""
        file.seek(0)
        assert b"".join(iter(lambda: file.read(70_001), b"")) == CONTENT
    with fs.open("/file", "rt", encoding="ascii") as text:
        assert "".join(text) == CONTENT.decode()


def test_reading_on_is_one_transfer(server: ServerThread, fs: FTPFileSystem) -> None:
    server.put("/file", CONTENT)
    with fs.open("/file") as file:
        while file.read(50_000):
            pass
    assert server.server.statistics().downloads == 1


def test_jumps_and_reading_on_in_any_order(server: ServerThread, fs: FTPFileSystem) -> None:
    server.put("/file", CONTENT)
    chance = random.Random(4)
    with fs.open("/file", cache_type="none") as file:
        for _ in range(150):
            if chance.random() < 0.6:
                file.seek(chance.choice([0, len(CONTENT) - 5, chance.randrange(len(CONTENT))]))
            place, nbytes = file.tell(), chance.choice([1, 100, 65_536, 200_000])
            assert file.read(nbytes) == CONTENT[place : place + nbytes]


def test_a_jump_waits_for_no_word_on_the_one_before(
    server: ServerThread, fs: FTPFileSystem
) -> None:
    """What is asked for a jump, in the order in which it goes: the port ahead of the offset."""
    server.put("/file", CONTENT)
    said: list[str] = []

    def trace(direction: str, line: str) -> None:
        if direction == "sent":
            said.append(line.split()[0])

    traced = make(server, client_options={"trace": trace})
    with traced.open("/file", size=len(CONTENT), cache_type="none") as file:
        for place in (0, 400_000, 10, 500_000, 7):
            file.seek(place)
            assert file.read(9) == CONTENT[place : place + 9]
    traced.close()
    jump = ["REST", "RETR", "ABOR", "EPSV"]
    said = said[said.index("REST") :]
    assert said[: 3 * len(jump)] == jump * 3
    assert "PWD" not in said


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_jumps_far_away_take_turns(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anyftp.fsspec._reader._NOTICEABLE_SECONDS", -1.0)
    monkeypatch.setattr("anyftp.fsspec._reader._PATIENCE", 1000.0)  # the machine may be busy
    chance = random.Random(limit)
    with ServerThread(max_connections_per_address=limit) as server:
        server.put("/file", CONTENT)
        fs = make(server)
        with fs.open("/file", cache_type="none") as file:
            for _ in range(30):
                place = chance.randrange(len(CONTENT))
                file.seek(place)
                assert file.read(1000) == CONTENT[place : place + 1000]
            assert server.server.statistics().sessions == min(limit, 2)
            assert fs.cat("/file") == CONTENT  # whoever wants a connection has one
        fs.close()


LIMITS = [None, 0, 1, 3, 10, 11, 100, -1, -3, -10, -11]


@pytest.mark.parametrize("size", [0, 1, 10])
def test_parts_of_a_file_are_slices(server: ServerThread, fs: FTPFileSystem, size: int) -> None:
    content = bytes(range(size))
    server.put("/file", content)
    for start, end in itertools.product(LIMITS, LIMITS):
        assert fs.cat_file("/file", start, end) == content[start:end], (start, end)


def test_ranges_of_several_files(server: ServerThread, fs: FTPFileSystem) -> None:
    server.put("/one", CONTENT)
    server.put("/two", CONTENT[::-1])
    paths = ["/one", "/two", "/missing", "/one"]
    found = fs.cat_ranges(paths, [0, 5, 0, 400_000], [10, 15, 1, 400_010])
    assert found[0] == CONTENT[:10]
    assert found[1] == CONTENT[::-1][5:15]
    assert isinstance(found[2], FileNotFoundError)
    assert found[3] == CONTENT[400_000:400_010]


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_more_open_files_than_connections(limit: int) -> None:
    with ServerThread(max_connections_per_address=limit) as server:
        fs = make(server, size=4)
        names = [f"/{number}" for number in range(10)]
        for name in names:
            server.put(name, name.encode() + CONTENT)
        files = [fs.open(name) for name in names]
        for _ in range(2):
            for file in files:
                file.read(1000)
        assert [file.read(10) for file in files] == [
            (name.encode() + CONTENT)[2000:2010] for name in names
        ]
        assert fs.cat("/3") == b"/3" + CONTENT
        for file in files:
            file.close()
        fs.close()


def test_a_reader_survives_a_cut(server: ServerThread, fs: FTPFileSystem) -> None:
    server.put("/file", CONTENT)
    server.cut(200_000)
    with fs.open("/file") as file:
        blocks = list(iter(lambda: file.read(90_000), b""))
    assert b"".join(blocks) == CONTENT


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


def test_many_files_where_nobody_is_let_in(server: ServerThread) -> None:
    fs = FTPFileSystem(server.host, server.port, "nobody", "wrong", skip_instance_cache=True)
    found = fs.cat([f"/f{number}" for number in range(50)], on_error="return")
    assert {type(one) for one in found.values()} == {PermissionError}
    fs.close()


def test_a_search_that_fails_does_not_pass_for_one_that_found_nothing(
    server: ServerThread, fs: FTPFileSystem
) -> None:
    server.put("/a/b/one", b"x")
    assert fs.find("/a") == ["/a/b/one"]
    fs.invalidate_cache()
    for verb in ("MLSD", "LIST"):
        server.refuse(verb, "451 Local error in processing", times=None)
    with pytest.raises(OSError, match="451"):
        fs.find("/a")
    server.heal()
    assert fs.find("/a") == ["/a/b/one"]


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


# Writing


def test_writing_in_blocks(server: ServerThread, fs: FTPFileSystem) -> None:
    with fs.open("/new/deep/file", "wb", block_size=100_000) as file:
        for start in range(0, len(CONTENT), 30_000):
            file.write(CONTENT[start : start + 30_000])
            assert "file" not in server.names("/new/deep") if start > 100_000 else True
    assert server.get("/new/deep/file") == CONTENT
    assert server.names("/new/deep") == ["file"]
    with fs.open("/new/deep/file", "ab") as file:
        file.write(b"more")
    assert server.get("/new/deep/file") == CONTENT + b"more"


def test_appending_goes_on_at_the_end(server: ServerThread, fs: FTPFileSystem) -> None:
    server.put("/file", b"one")
    for name, place in (("/file", 3), ("/new", 0)):
        with fs.open(name, "ab") as file:
            assert file.tell() == place
            file.write(b"two")
            assert file.tell() == place + 3
    assert server.get("/file") == b"onetwo"
    assert server.get("/new") == b"two"


@pytest.mark.parametrize("mode", ["rb", "r", "ab", "wb", "xb", "a", "w"])
def test_a_folder_is_no_file(server: ServerThread, fs: FTPFileSystem, mode: str) -> None:
    server.put("/folder/file", b"x")
    with pytest.raises(FileExistsError if mode == "xb" else IsADirectoryError):
        fs.open("/folder", mode).close()
    assert server.names("/folder") == ["file"]
    assert server.names() == ["folder"]


@pytest.mark.parametrize("mode", ["r+b", "w+b", "a+b", "rb+", "r+"])
def test_one_direction_at_a_time(fs: FTPFileSystem, mode: str) -> None:
    with pytest.raises((NotImplementedError, ValueError)):
        fs.open("/file", mode)


@pytest.mark.parametrize("mode", ["wb", "w", "xb"])
@pytest.mark.parametrize("nbytes", [0, 10, 300_000])
def test_a_with_that_fails_leaves_what_there_was(
    server: ServerThread, fs: FTPFileSystem, mode: str, nbytes: int
) -> None:
    if mode != "xb":
        server.put("/file", b"old")
    before = server.names()
    text: Any = "x" * nbytes if mode == "w" else b"x" * nbytes
    with pytest.raises(KeyError), fs.open("/file", mode, block_size=100_000) as file:  # noqa: PT012
        file.write(text)
        raise KeyError
    assert server.names() == before
    if mode != "xb":
        assert server.get("/file") == b"old"


def test_a_transaction_counts_as_a_whole(server: ServerThread, fs: FTPFileSystem) -> None:
    with pytest.raises(KeyError), fs.transaction:  # noqa: PT012
        for name in ("/one", "/two"):
            with fs.open(name, "wb") as file:
                file.write(b"x")
        raise KeyError
    assert server.names() == []
    with fs.transaction:
        for name in ("/one", "/two"):
            with fs.open(name, "wb") as file:
                file.write(b"x")
        assert not {"one", "two"} & set(server.names())
    assert server.names() == ["one", "two"]


def test_a_full_disk_leaves_nothing(server: ServerThread, fs: FTPFileSystem) -> None:
    server.fill_disk(1000)
    with pytest.raises(OSError, match="No space") as caught:
        fs.pipe("/file", bytes(2000))
    assert caught.value.errno == 28
    file = fs.open("/file", "wb", block_size=600)
    file.write(bytes(600))
    with pytest.raises(OSError, match="No space"):
        file.write(bytes(600))
    file.close()
    with pytest.raises(ValueError, match="mode"):
        file.write(b"x")
    assert server.names() == []


# What goes wrong, as built-in exceptions


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


@pytest.mark.parametrize("mode", ["wb", "ab", "w", "xb"])
def test_the_root_is_no_file(fs: FTPFileSystem, mode: str) -> None:
    for path in ("/", ""):
        with pytest.raises(IsADirectoryError) as caught:
            fs.open(path, mode)
        assert caught.value.errno == errno.EISDIR


def test_nobody_there_and_nobody_let_in(server: ServerThread) -> None:
    with pytest.raises(ConnectionError):
        FTPFileSystem("127.0.0.1", 1, skip_instance_cache=True).ls("/")
    with pytest.raises(OSError, match="530") as caught:
        FTPFileSystem(server.host, server.port, "alice", "wrong", skip_instance_cache=True).ls("/")
    assert "wrong" not in str(caught.value)


# Folders and names


@pytest.mark.parametrize("question", ["exists", "isfile", "isdir", "info", "size", "glob", "find"])
def test_a_server_that_is_gone_has_not_said_no(question: str) -> None:
    with ServerThread() as server:
        fs = make(server)
        server.put("/file", b"1")
        assert fs.isfile("/file")
        assert fs.isdir("/")
        assert not fs.isdir("/file/below")
        assert not fs.isfile("/")
        assert not fs.exists("/else")
    fs.invalidate_cache()
    with pytest.raises(ConnectionError):
        getattr(fs, question)("/file*" if question == "glob" else "/file")
    fs.close()


def test_find_walk_glob_and_du(server: ServerThread, fs: FTPFileSystem) -> None:
    names = ["/top", "/a/one", "/a/b/two", "/a/b/three.txt", "/c/four.txt"]
    for name in names:
        server.put(name, b"xy")
    assert fs.find("/") == sorted(names)
    assert fs.find("/a", withdirs=True) == ["/a", "/a/b", "/a/b/three.txt", "/a/b/two", "/a/one"]
    assert fs.find("/", maxdepth=1) == ["/top"]
    assert fs.find("/top") == ["/top"]
    assert fs.glob("/**/*.txt") == ["/a/b/three.txt", "/c/four.txt"]
    assert [
        (folder, sorted(folders), sorted(files)) for folder, folders, files in fs.walk("/a")
    ] == [
        ("/a", ["b"], ["one"]),
        ("/a/b", [], ["three.txt", "two"]),
    ]
    assert fs.du("/") == 10


def test_mv_is_one_step(server: ServerThread, fs: FTPFileSystem) -> None:
    server.put("/a/one", b"1")
    server.put("/b/two", b"2")
    fs.mv("/a/one", "/a/uno")
    assert server.names("/a") == ["uno"]
    fs.mv("/a/uno", "/b/")
    assert server.names("/b") == ["two", "uno"]
    fs.mv("/a", "/c")
    assert server.names() == ["b", "c"]
    fs.mv("/b", "/c", recursive=True)
    assert fs.find("/") == ["/c/b/two", "/c/b/uno"]
    assert server.server.statistics().uploads == 0


@pytest.mark.parametrize("name", ["what?", "a[1].csv", "*", "a*b", "[!x]", "a b#c?d=%20"])
def test_a_name_that_looks_like_a_pattern(
    server: ServerThread, fs: FTPFileSystem, name: str
) -> None:
    server.put(f"/{name}", b"meant")
    server.put("/a1.csv", b"other")
    assert fs.cat_file(f"/{name}") == b"meant"
    fs.mv(f"/{name}", f"/new {name}")
    fs.mv(f"/new {name}", f"/{name}")
    assert sorted(server.names("/")) == sorted([name, "a1.csv"])
    assert server.get(f"/{name}") == b"meant"


def test_cp_and_rm(server: ServerThread, fs: FTPFileSystem) -> None:
    server.put("/a/one", CONTENT * 8)  # a large one
    server.put("/a/two", b"2")
    fs.cp("/a/", "/b", recursive=True)
    assert server.get("/b/one") == CONTENT * 8
    assert server.get("/b/two") == b"2"
    fs.rm("/b/two")
    assert server.names("/b") == ["one"]
    fs.rm("/b", recursive=True)
    assert server.names() == ["a"]


def test_trees_there_and_back(server: ServerThread, fs: FTPFileSystem, tmp_path: Path) -> None:
    (tmp_path / "tree" / "deep").mkdir(parents=True)
    for number in range(20):
        (tmp_path / "tree" / "deep" / f"{number}").write_bytes(b"%d" % number)
    (tmp_path / "tree" / "large").write_bytes(CONTENT * 8)
    fs.put(f"{tmp_path}/tree/", "/up", recursive=True)
    assert server.get("/up/large") == CONTENT * 8
    fs.get("/up/", f"{tmp_path}/down", recursive=True)
    before, after = (
        {path.relative_to(top): path.is_file() and path.read_bytes() for path in top.rglob("*")}
        for top in (tmp_path / "tree", tmp_path / "down")
    )
    assert before == after


def test_a_copy_that_fails_leaves_nothing(
    server: ServerThread, fs: FTPFileSystem, tmp_path: Path
) -> None:
    for content in (CONTENT, CONTENT * 8):
        server.put("/file", content)
        fs.ls("/", refresh=True)
        server.cut(1000)
        with pytest.raises(OSError, match=r"."):
            fs.get_file("/file", f"{tmp_path}/file")
        assert list(tmp_path.iterdir()) == []


def test_into_an_open_file(server: ServerThread, fs: FTPFileSystem) -> None:
    server.put("/file", CONTENT)
    target = io.BytesIO()
    fs.get_file("/file", target)
    assert target.getvalue() == CONTENT


def test_times(server: ServerThread, fs: FTPFileSystem) -> None:
    moment = datetime(2020, 2, 29, 12, 0, 1, tzinfo=UTC)
    server._call(lambda: server.files.put("/file", b"x", modified=moment.timestamp()))
    assert fs.modified("/file") == moment
    with pytest.raises(NotImplementedError, match="does not tell"):
        fs.created("/file")
    fs.touch("/file", truncate=False)
    assert fs.modified("/file") > moment
    assert server.get("/file") == b"x"
    fs.touch("/file")
    assert server.get("/file") == b""


def test_listings_are_remembered_until_something_changes(
    server: ServerThread, fs: FTPFileSystem
) -> None:
    server.put("/a/one", b"")
    assert fs.ls("/a", detail=False) == ["/a/one"]
    server.put("/a/two", b"")
    assert fs.ls("/a", detail=False) == ["/a/one"]
    assert fs.ls("/a", detail=False, refresh=True) == ["/a/one", "/a/two"]
    fs.pipe("/a/new/three", b"")
    assert fs.ls("/a", detail=False) == ["/a/new", "/a/one", "/a/two"]
    fs.rm("/a/new", recursive=True)
    assert not fs.exists("/a/new/three")
    assert fs.ls("/a/one", detail=False) == ["/a/one"]


def test_links(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_bytes(bytes(1234))
    (tmp_path / "link").symlink_to("folder/file")
    (tmp_path / "round").symlink_to(".")
    (tmp_path / "nowhere").symlink_to("missing")
    with anyftp_serve(tmp_path, "--user", "alice:wonder") as port:
        fs = FTPFileSystem("127.0.0.1", port, "alice", "wonder", skip_instance_cache=True)
        found = {info["name"]: info for info in fs.ls("/")}
        assert found["/link"]["size"] == fs.info("/link")["size"] == fs.size("/link") == 1234
        assert found["/link"]["islink"]
        assert found["/round"]["type"] == "directory"
        assert found["/nowhere"]["type"] == "link"
        assert fs.cat("/link") == bytes(1234)
        assert fs.find("/") == ["/folder/file", "/link", "/nowhere"]
        fs.close()


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


def test_a_file_that_is_dropped_on_the_loop_gives_its_connection_back(
    server: ServerThread, fs: FTPFileSystem
) -> None:
    server.put("file", CONTENT)
    holder = [fs.open("/file")]
    holder[0].read(10)

    async def idle() -> int:
        return fs.remote.connections().nidle

    async def drop() -> None:
        holder.clear()
        gc.collect()

    assert sync(fs.loop, idle) == 0
    sync(fs.loop, drop)
    end = time.monotonic() + 5
    while not sync(fs.loop, idle) and time.monotonic() < end:
        time.sleep(0.01)
    assert sync(fs.loop, idle) == 1


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


def test_folders_that_several_make_at_once(fs: FTPFileSystem) -> None:
    """Each of them in one that the others make as well."""

    def make_in(place: tuple[int, int]) -> None:
        fs.mkdir("/made/{}/{}".format(*place))

    places = list(itertools.product(range(20), range(8)))
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(make_in, places))
    assert sum(name.count("/") == 3 for name in fs.find("/made", withdirs=True)) == len(places)


def test_files_on_a_loop_of_ones_own(server: ServerThread) -> None:
    server.put("file", CONTENT)

    async def main() -> None:
        fs = make(server, asynchronous=True)
        async with await fs.open_async("/file") as file:
            assert await file.read(10) == CONTENT[:10]
            assert await file.read() == CONTENT[10:]
            assert await file.read(10) == b""
        async with await fs.open_async("/new", "wb", block_size=1000) as file:
            for start in range(0, 5000, 700):
                await file.write(CONTENT[start : min(start + 700, 5000)])
            assert not await fs._exists("/new")
        async with await fs.open_async("/new", "ab") as file:
            await file.write(b"more")
        assert await fs._cat_file("/new") == CONTENT[:5000] + b"more"
        async with await fs.open_async("/empty", "wb"):
            pass
        assert await fs._cat_file("/empty") == b""
        broken = await fs.open_async("/new", "wb", block_size=10)
        with contextlib.suppress(ZeroDivisionError):
            async with broken as file:
                await file.write(b"much more than ten")
                raise ZeroDivisionError
        assert await fs._cat_file("/new") == CONTENT[:5000] + b"more"
        with pytest.raises(FileNotFoundError):
            await fs.open_async("/none")
        with pytest.raises(IsADirectoryError):
            await fs.open_async("/")
        with pytest.raises(ValueError, match="rb, wb or ab"):
            await fs.open_async("/file", "r+b")
        await fs.remote.aclose()

    anyio.run(main)
    assert not [name for name in server.names() if "part" in name]


def test_a_bag_of_dask_reads_urls(server: ServerThread) -> None:
    bag = pytest.importorskip(
        "dask.bag", reason="dask is not installed (nox -s ecosystem does)", exc_type=ImportError
    )
    for number in range(5):
        server.put(f"/logs/{number}.txt", b"line\n" * (number + 1))
    fsspec.register_implementation("anyftp", FTPFileSystem, clobber=True)
    url = server.url.replace("ftp://", "anyftp://") + "logs/*.txt"
    assert bag.read_text(url).count().compute(scheduler="threads") == 15
    FTPFileSystem.clear_instance_cache()


@pytest.mark.parametrize("times", [1, None])
def test_a_listing_that_is_cut_short_is_not_all_there_is(
    server: ServerThread, fs: FTPFileSystem, times: int | None
) -> None:
    names = {f"/folder/file number {number:03}" for number in range(200)}
    for name in names:
        server.put(name, b"")
    server.cut(1000, times=times)
    try:
        found = set(fs.ls("/folder", detail=False))
    except OSError:
        assert times is None
    else:
        assert found == names


def test_a_transaction_is_seen_when_it_is_over(server: ServerThread, fs: FTPFileSystem) -> None:
    server.put("/file", b"old one")
    with fs.transaction:
        with fs.open("/file", "wb") as file:
            file.write(b"new")
        with fs.open("/other", "wb") as file:
            file.write(b"new")
        assert "/other" not in fs.ls("/", detail=False)
    assert fs.ls("/", detail=False) == ["/file", "/other"]
    assert fs.du("/") == 6


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1"])
def test_text_is_written_as_into_a_local_file(
    server: ServerThread, fs: FTPFileSystem, tmp_path: Path, encoding: str
) -> None:
    for mode in ("w", "a", "x", "a"):
        path = "/x" if mode == "x" else "/file"
        with fs.open(path, mode, encoding=encoding, newline="\r\n") as file:
            file.write("\xe4\n\xfc")
        with open(tmp_path / path[1:], mode, encoding=encoding, newline="\r\n") as file:
            file.write("\xe4\n\xfc")
        assert server.get(path) == (tmp_path / path[1:]).read_bytes()


def test_a_search_without_depth_is_none(fs: FTPFileSystem) -> None:
    with pytest.raises(ValueError, match="maxdepth"):
        fs.find("/", maxdepth=0)
