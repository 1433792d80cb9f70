"""Reading: from the front, on, and in jumps, over one transfer or several."""

from __future__ import annotations

import itertools
import random

import pytest

from anyftp.fsspec import FTPFileSystem
from anyftp.testing import ServerThread
from ecosystem.served_files import CONTENT, make
from ecosystem.served_files import fs as fs
from ecosystem.served_files import server as server


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
    server: ServerThread, fs: FTPFileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is asked for a jump, in the order in which it goes: the port ahead of the offset."""
    # A busy machine makes none so slow that a second connection is worthwhile.
    monkeypatch.setattr("anyftp.fsspec._reader._NOTICEABLE_SECONDS", 1000.0)
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
