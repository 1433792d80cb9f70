"""Many small jobs, one after the other, over few connections."""

from __future__ import annotations

import logging

import pytest

from anyftp.fsspec import FTPFileSystem
from anyftp.testing import ServerThread
from ecosystem.served_files import fs as fs
from ecosystem.served_files import make
from ecosystem.served_files import server as server

FOLDERS = ["/t", *(f"/t/{a}" for a in "abcd"), *(f"/t/{a}/{b}" for a in "abcd" for b in "efg")]
FILES = [f"{folder}/file" for folder in FOLDERS]


@pytest.mark.parametrize("folders", [FOLDERS[:1], FOLDERS[:2], FOLDERS])
def test_listings_ask_for_no_port_that_none_of_them_uses(
    folders: list[str],
    server: ServerThread,
    fs: FTPFileSystem,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for folder in folders:
        server.put(f"{folder}/file", b"x")
    caplog.set_level(logging.DEBUG, "anyftp.server")
    assert fs.find("/t") == sorted(f"{folder}/file" for folder in folders)
    said = [record.getMessage() for record in caplog.records]
    sent = [line.partition(": ")[2] for line in said if line.startswith(server.host)]
    listed = [line for line in sent if line.startswith("MLSD ")]
    assert sorted(listed) == sorted(f"MLSD {folder}" for folder in folders)
    assert sent.count("EPSV") == len(folders)


@pytest.mark.parametrize("times", [1, 2, 5])
def test_listings_over_connections_that_break_are_whole(times: int, server: ServerThread) -> None:
    for file in FILES:
        server.put(file, b"x")
    for size in (1, 4):
        fs = make(server, size=size)
        server.cut(10, times=times)
        try:
            assert fs.find("/t") == sorted(FILES)
        except OSError:
            assert times > 1  # each is done twice at most
        server.heal()
        fs.invalidate_cache()
        assert fs.find("/t") == sorted(FILES)
        fs.close()
