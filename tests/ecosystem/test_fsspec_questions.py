"""Questions of yes or no, where nobody answers."""

from __future__ import annotations

import pytest

from anyftp.testing import ServerThread
from ecosystem.served_files import fs as fs
from ecosystem.served_files import make
from ecosystem.served_files import server as server


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
