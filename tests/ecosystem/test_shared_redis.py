"""Counts in Redis, which goes away and comes back."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from anyftp._counts import LOST
from anyftp.shared import SharedCounts
from ecosystem.kept import MARKS
from ecosystem.kept import anyio_backend as anyio_backend
from ecosystem.kept import name as name
from support.redis import redis_running

pytestmark = MARKS


@pytest.mark.parametrize("when_lost", ["refuse", "local"])
async def test_redis_goes_and_comes_back(when_lost: str, name: str, tmp_path: Path) -> None:
    pytest.importorskip("coredis", reason="coredis is not installed (nox -s ecosystem does)")
    with redis_running(tmp_path) as redis:
        async with SharedCounts(redis.url, name, when_lost=when_lost) as counts:  # type: ignore[arg-type]
            assert await counts.take({"all": 5}) is None
            redis.stop()
            with anyio.fail_after(10):
                while not counts.is_lost:
                    await anyio.sleep(0.05)
            assert await counts.take({"all": 5}) == (LOST if when_lost == "refuse" else None)
            redis.start()
            with anyio.fail_after(10):
                while counts.is_lost:
                    await anyio.sleep(0.05)
            ((_, held),) = await counts.numbers(["all"])
            assert held == (1 if when_lost == "refuse" else 2)
