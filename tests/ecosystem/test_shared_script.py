"""The division of a limit, as Redis computes it, beside a model."""

from __future__ import annotations

import random

import anyio
import pytest

from anyftp.shared._script import LEASE, LEAVE
from support.redis import Redis

pytest.importorskip("coredis", reason="coredis is not installed (nox -s ecosystem does)")

import coredis  # it may be missing

from ecosystem.kept import MARKS
from ecosystem.kept import anyio_backend as anyio_backend
from ecosystem.kept import name as name
from ecosystem.kept import redis as redis

pytestmark = MARKS


def divided(limit: float, demands: list[float]) -> list[float]:
    """Max-min fair division, with what nobody can use in equal parts."""
    order = sorted(range(len(demands)), key=lambda one: demands[one])
    left, parts = limit, [0.0] * len(demands)
    for place, one in enumerate(order):
        parts[one] = min(demands[one], left / (len(order) - place))
        left -= parts[one]
    return [part + left / len(demands) for part in parts]


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


async def test_who_is_not_heard_of_any_more_leaves_its_lease(redis: Redis, name: str) -> None:
    async with coredis.Redis.from_url(redis.url, decode_responses=True) as client:
        lease = client.register_script(LEASE)
        assert (await lease(keys=[name], args=["one", "-1", "0.1", "", "1000"]))[0] == "1000.000"
        assert (await lease(keys=[name], args=["two", "-1", "9", "", "50"]))[0] == "0.000"
        await anyio.sleep(0.11)
        assert (await lease(keys=[name], args=["two", "-1", "9", "", "50"]))[0] == "1000.000"
