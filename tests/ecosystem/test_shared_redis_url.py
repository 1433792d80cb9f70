"""Where a Redis is, as a URL says it, and what is told of one that cannot be reached."""

from __future__ import annotations

import errno
import socket
from pathlib import Path
from urllib.parse import quote

import pytest

pytest.importorskip("coredis", reason="coredis is not installed (nox -s ecosystem does)")

from anyftp.shared import SharedCounts, SharedThrottle
from ecosystem.kept import MARKS
from ecosystem.kept import anyio_backend as anyio_backend
from ecosystem.kept import name as name
from support.redis import redis_running

pytestmark = MARKS


@pytest.mark.parametrize(
    "url",
    [
        *("", "localhost", "http://h", "redis://", "redis:///0", "redis://h:99999", "redis://h:0"),
        *("redis://h/first", "redis://me:secret@h:port", "redis://h/0#secret"),
        "rediss://me:secret@[::1",
    ],
)
def test_a_url_that_is_none_is_refused_at_once_and_not_repeated(url: str) -> None:
    for make in (SharedThrottle, SharedCounts):
        with pytest.raises(
            ValueError, match=r"redis://user:password@host|the URL of counts must"
        ) as caught:
            make(url, "name")
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize("kind", ["throttle", "counts"])
async def test_a_password_of_any_characters(tmp_path: Path, name: str, kind: str) -> None:
    password = "p@ss:w/o#r?d%é "
    with redis_running(tmp_path, "--requirepass", password) as redis:
        url = redis.url.replace("//", f"//default:{quote(password, safe='')}@")
        if kind == "throttle":
            async with SharedThrottle(url, name, 1000) as throttle:
                assert not throttle.is_lost
        else:
            async with SharedCounts(url, name) as counts:
                assert not counts.is_lost


async def test_why_redis_cannot_be_reached_is_told(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as none:
        port = none.getsockname()[1]
    async with SharedThrottle(f"redis://127.0.0.1:{port}", name, 1000):
        pass
    assert f"[Errno {errno.ECONNREFUSED}]" in caplog.text
