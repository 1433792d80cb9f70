"""One budget for several processes, over a redis-server of its own."""

from __future__ import annotations

import contextlib
import json
import pickle
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import anyio
import pytest

from support.quiet import skip_unless_quiet
from support.redis import Redis, redis_running

pytest.importorskip("coredis", reason="coredis is not installed (nox -s ecosystem does)")

import coredis  # it may be missing

from anyftp.shared import SharedThrottle
from ecosystem.kept import MARKS
from ecosystem.kept import anyio_backend as anyio_backend
from ecosystem.kept import name as name
from ecosystem.kept import redis as redis

pytestmark = MARKS


async def draw(throttle: SharedThrottle, drawn: list[int], nbytes: int = 4096) -> None:
    while True:
        await throttle.acquire(nbytes)
        drawn[0] += nbytes


async def test_two_share_and_one_takes_what_the_other_leaves(redis: Redis, name: str) -> None:
    async with (
        SharedThrottle(redis.url, name, 1_000_000) as one,
        SharedThrottle(redis.url, name, 5) as another,
        anyio.create_task_group() as group,
    ):
        assert another.limit == 1_000_000  # others were there already
        group.start_soon(draw, one, [0])
        await until(lambda: one.lease == 1_000_000)
        group.start_soon(draw, another, [0])
        await until(lambda: one.lease == another.lease == 500_000)
        group.cancel_scope.cancel()
    assert one.lease == another.lease == 1.0


async def test_a_limit_changed_anywhere_holds_everywhere(redis: Redis, name: str) -> None:
    async with (
        SharedThrottle(redis.url, name, 1_000_000) as one,
        SharedThrottle(redis.url, name) as another,
    ):
        for limit in (3_000_000.0, None, 500_000.0):
            another.limit = limit
            with anyio.fail_after(1):
                while one.limit != limit:
                    await anyio.sleep(0.01)
            with anyio.fail_after(1):
                while (one.lease is None) != (limit is None):
                    await anyio.sleep(0.01)
        with pytest.raises(ValueError, match="0"):
            one.limit = 0


@pytest.mark.parametrize("when_lost", ["hold", "local"])
async def test_redis_goes_and_comes_back(tmp_path: Path, name: str, when_lost: Any) -> None:
    with redis_running(tmp_path) as redis:
        async with (
            SharedThrottle(redis.url, name, 1_000_000, when_lost=when_lost) as throttle,
            anyio.create_task_group() as group,
        ):
            drawn = [0]
            group.start_soon(draw, throttle, drawn)
            await until(lambda: drawn[0] > 100_000)
            redis.stop()
            await until(lambda: throttle.is_lost)
            await anyio.sleep(0.9)  # a lease holds for 0.8 seconds
            before = drawn[0]
            if when_lost == "hold":
                assert throttle.lease == 1
                await anyio.sleep(0.3)
                assert drawn[0] - before <= 4096
            else:
                assert throttle.lease == pytest.approx(1_000_000, rel=0.01)
                await until(lambda: drawn[0] > before + 100_000)
            redis.start()
            await until(lambda: not throttle.is_lost)
            before = drawn[0]
            await until(lambda: drawn[0] > before + 100_000)
            group.cancel_scope.cancel()


async def until(condition: Callable[[], bool]) -> None:
    with anyio.fail_after(5):
        while not condition():
            await anyio.sleep(0.01)


@pytest.mark.parametrize("when_lost", ["hold", "local"])
async def test_without_redis_nothing_hangs(name: str, when_lost: Any) -> None:
    url = "redis://user:secret@127.0.0.1:1/0"
    with anyio.fail_after(3):
        async with SharedThrottle(url, name, 1000, when_lost=when_lost) as throttle:
            assert throttle.is_lost
            await anyio.sleep(0.1)
            assert throttle.lease == (1 if when_lost == "hold" else 1000)
    assert "secret" not in repr(throttle)


@pytest.mark.parametrize("ends", ["by itself", "cancelled", "by an error"])
async def test_the_lease_is_given_back_at_the_end(
    redis: Redis, name: str, ends: str, caplog: pytest.LogCaptureFixture
) -> None:
    with anyio.move_on_after(10) as scope, contextlib.suppress(KeyError):
        async with SharedThrottle(redis.url, name, 1000):
            async with coredis.Redis.from_url(redis.url, decode_responses=True) as client:
                there = await client.hgetall(f"anyftp:throttle:{name}")
            assert len([field for field in there if field.startswith("m:")]) == 1
            if ends == "cancelled":
                scope.cancel()
                await anyio.sleep(1)
            if ends == "by an error":
                raise KeyError
    async with coredis.Redis.from_url(redis.url, decode_responses=True) as client:
        assert [*await client.hgetall(f"anyftp:throttle:{name}")] == ["limit"]
    assert "cannot be reached" not in caplog.text


async def test_what_the_block_raises_comes_out_as_it_is(redis: Redis, name: str) -> None:
    with pytest.raises(KeyError):
        async with SharedThrottle(redis.url, name, 1000):
            raise KeyError
    with anyio.move_on_after(0.05) as scope:
        async with SharedThrottle(redis.url, name, 1000):
            await anyio.sleep(10)
    assert scope.cancelled_caught


def test_it_is_pickled_and_cloned_without_its_state() -> None:
    throttle = SharedThrottle("redis://localhost", "name", 1000, when_lost="local")
    again = pickle.loads(pickle.dumps(throttle))
    assert (again.name, again.limit, again.when_lost) == ("name", 1000, "local")
    assert type(throttle.clone()).__name__ == "Throttle"
    assert throttle.clone().limit == 1000
    with pytest.raises(ValueError, match="when_lost"):
        SharedThrottle("redis://localhost", "name", when_lost="wait")  # type: ignore[arg-type]


PROCESS = """
import json, pathlib, sys, time
import anyio
from anyftp.shared import SharedThrottle

url, name, start = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
moved = []

async def stream(throttle):
    while True:
        await throttle.acquire(4096)
        moved.append(time.time())

async def main():
    async with SharedThrottle(url, name, 2_000_000) as throttle, anyio.create_task_group() as group:
        print("ready", flush=True)
        while not start.exists():
            await anyio.sleep(0.01)
        for _ in range(int(sys.argv[4])):
            group.start_soon(stream, throttle)
        await anyio.sleep(4)
        group.cancel_scope.cancel()

anyio.run(main)
print(json.dumps(moved))
"""


LIMIT = 2_000_000


def measured(
    url: str, name: str, folder: Path, nprocesses: int, nstreams: int
) -> list[list[float]]:
    """When each process moved 4 KiB; of the time that it took to begin nothing counts."""
    skip_unless_quiet()
    (folder / "process.py").write_text(PROCESS)
    arguments = [url, name, str(folder / "start"), str(nstreams)]
    command = [sys.executable, str(folder / "process.py"), *arguments]
    with ExitStack() as stack:
        processes = [
            stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
            for _ in range(nprocesses)
        ]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        (folder / "start").touch()
        began = time.time()
        said = [json.loads(process.communicate(timeout=50)[0]) for process in processes]
    first, last = began + 0.5, began + 0.5 + SECONDS
    return [[moment for moment in moments if first <= moment < last] for moments in said]


def tell(text: str) -> None:
    """Show what was measured, with `-s`."""
    sys.stdout.write(f"\n{text}\n")


def worst_window(moved: list[list[float]]) -> float:
    """What moved in the worst 250 ms, as a part of what the limit allows."""
    moments = sorted(moment for moments in moved for moment in moments)
    worst = max(
        sum(1 for other in moments[place : place + 400] if other < moment + 0.25)
        for place, moment in enumerate(moments)
    )
    return worst * 4096 / 0.25 / LIMIT


#: For so long is measured.
SECONDS = 3.0


@pytest.mark.wallclock
def test_three_processes_of_four_streams(redis: Redis, name: str, tmp_path: Path) -> None:
    moved = measured(redis.url, name, tmp_path, 3, 4)
    counts = [len(moments) * 4096 for moments in moved]
    together = sum(counts) / SECONDS / LIMIT
    fairness = sum(counts) ** 2 / (3 * sum(count**2 for count in counts))
    window = worst_window(moved)
    tell(f"3 x 4 streams: {together:.4f} of the limit, Jain {fairness:.4f}, window {window:.3f}")
    assert together == pytest.approx(1.0, abs=0.02)
    assert fairness > 0.98
    assert window < 1.15


@pytest.mark.wallclock
def test_one_stream_alone_has_all_of_it(redis: Redis, name: str, tmp_path: Path) -> None:
    moved = measured(redis.url, name, tmp_path, 1, 1)
    alone, window = len(moved[0]) * 4096 / SECONDS / LIMIT, worst_window(moved)
    tell(f"one stream: {alone:.4f} of the limit, window {window:.3f}")
    assert 0.98 <= alone <= 1.02
    assert window < 1.15
