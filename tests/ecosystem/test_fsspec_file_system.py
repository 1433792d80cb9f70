"""The file system for fsspec over a server in a thread, whose files and faults are at hand."""

from __future__ import annotations

import itertools
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import fsspec
import pytest
from fsspec.registry import _registry

from anyftp.fsspec import FTPFileSystem, FTPSFileSystem, register
from anyftp.testing import ServerThread
from ecosystem.served_files import fs as fs
from ecosystem.served_files import server as server

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


# Reading


# Writing


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


# Folders and names


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


def test_folders_that_several_make_at_once(fs: FTPFileSystem) -> None:
    """Each of them in one that the others make as well."""

    def make_in(place: tuple[int, int]) -> None:
        fs.mkdir("/made/{}/{}".format(*place))

    places = list(itertools.product(range(20), range(8)))
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(make_in, places))
    assert sum(name.count("/") == 3 for name in fs.find("/made", withdirs=True)) == len(places)


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
