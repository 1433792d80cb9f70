"""One budget for several processes, over a redis-server of its own."""

from __future__ import annotations

import contextlib
import errno
import json
import pickle
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

import anyio
import pytest

from support.clocks import ASYNCIO, TRIO, Backend
from support.quiet import skip_unless_quiet
from support.redis import Redis, redis_running

pytest.importorskip("coredis", reason="coredis is not installed (nox -s ecosystem does)")

import coredis  # it may be missing

from anyftp.shared import SharedCounts, SharedThrottle
from anyftp.shared._script import LEASE, LEAVE

#: coredis leaves the memory streams of its own to the garbage collector.
pytestmark = [
    pytest.mark.usefixtures("collected"),
    pytest.mark.filterwarnings("ignore:Unclosed <MemoryObject:ResourceWarning"),
]

BACKENDS = [pytest.param(ASYNCIO, id="asyncio"), pytest.param(TRIO, id="trio")]


@pytest.fixture(params=BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with redis_running(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    return f"limit of {request.node.name}"


# The division


def divided(limit: float, demands: list[float]) -> list[float]:
    """Max-min fair division, with what nobody can use in equal parts."""
    order = sorted(range(len(demands)), key=lambda one: demands[one])
    left, parts = limit, [0.0] * len(demands)
    for place, one in enumerate(order):
        parts[one] = min(demands[one], left / (len(order) - place))
        left -= parts[one]
    return [part + left / len(demands) for part in parts]


@pytest.mark.anyio
async def test_leases_never_exceed_the_limit_and_become_fair(redis: Redis, name: str) -> None:
    chance = random.Random(1)
    async with coredis.Redis.from_url(redis.url, decode_responses=True) as client:
        lease, leave = client.register_script(LEASE), client.register_script(LEAVE)
        held: dict[str, float] = {}
        demands: dict[str, float] = {}

        async def renew(member: str) -> None:
            demand = demands[member]
            arguments = [member, str(-1 if demand == float("inf") else demand), "60", "", "1000"]
            rate, limit = await lease(keys=[name], args=arguments)
            assert limit == "1000"
            held[member] = float(rate)
            assert sum(held.values()) <= 1000.01

        for _ in range(20):
            for _ in range(6):
                member = f"member {chance.randrange(6)}"
                if member in held and chance.random() < 0.3:
                    await leave(keys=[name], args=[member])
                    del held[member], demands[member]
                else:
                    demands[member] = chance.choice((0.0, 10.0, 300.0, float("inf")))
                    await renew(member)
            for member in [*held] * 2:
                await renew(member)
            fair = divided(1000, [demands[member] for member in held])
            assert list(held.values()) == pytest.approx(fair, abs=0.1)


@pytest.mark.anyio
async def test_who_is_not_heard_of_any_more_leaves_its_lease(redis: Redis, name: str) -> None:
    async with coredis.Redis.from_url(redis.url, decode_responses=True) as client:
        lease = client.register_script(LEASE)
        assert (await lease(keys=[name], args=["one", "-1", "0.1", "", "1000"]))[0] == "1000.000"
        assert (await lease(keys=[name], args=["two", "-1", "9", "", "50"]))[0] == "0.000"
        await anyio.sleep(0.11)
        assert (await lease(keys=[name], args=["two", "-1", "9", "", "50"]))[0] == "1000.000"


# The throttle


async def draw(throttle: SharedThrottle, drawn: list[int], nbytes: int = 4096) -> None:
    while True:
        await throttle.acquire(nbytes)
        drawn[0] += nbytes


@pytest.mark.anyio
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


@pytest.mark.anyio
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


@pytest.mark.anyio
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


@pytest.mark.anyio
@pytest.mark.parametrize("when_lost", ["hold", "local"])
async def test_without_redis_nothing_hangs(name: str, when_lost: Any) -> None:
    url = "redis://user:secret@127.0.0.1:1/0"
    with anyio.fail_after(3):
        async with SharedThrottle(url, name, 1000, when_lost=when_lost) as throttle:
            assert throttle.is_lost
            await anyio.sleep(0.1)
            assert throttle.lease == (1 if when_lost == "hold" else 1000)
    assert "secret" not in repr(throttle)


@pytest.mark.anyio
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


@pytest.mark.anyio
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


@pytest.mark.anyio
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


@pytest.mark.anyio
async def test_why_redis_cannot_be_reached_is_told(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as none:
        port = none.getsockname()[1]
    async with SharedThrottle(f"redis://127.0.0.1:{port}", name, 1000):
        pass
    assert f"[Errno {errno.ECONNREFUSED}]" in caplog.text


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
