"""A ledger in Redis or Valkey, for processes on any machines: each step is a script, by its clock.

The client library is coredis: it is built on anyio, so that it runs on trio as well and knows the
cancellation of both.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from anyftp.shared._ledger import (
    FAILURE_SECONDS,
    FAILURES,
    LEASE_SECONDS,
    Change,
    Claim,
    Renewal,
)
from anyftp.shared._redis_url import client_of

#: Before each script. KEYS[1] begins the names of all keys; ARGV[1] is the member.
_COMMON = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local prefix, me = KEYS[1], ARGV[1]
local members, numbers, bans = prefix .. ':members', prefix .. ':numbers', prefix .. ':bans'

local function held_key(group) return prefix .. ':held:' .. group end

local function held_by_others(group)
    local all, sum = redis.call('HGETALL', held_key(group)), 0
    for i = 1, #all, 2 do
        if all[i] ~= me then
            local ends = redis.call('ZSCORE', members, all[i])
            if ends and tonumber(ends) > now then
                sum = sum + tonumber(all[i + 1])
            elseif not ends or tonumber(ends) < now - 3600 then
                redis.call('HDEL', held_key(group), all[i])
            end
        end
    end
    return sum
end

local function hold(group, amount)
    if tonumber(amount) == 0 then
        redis.call('HDEL', held_key(group), me)
    else
        redis.call('HSET', held_key(group), me, amount)
    end
end

local function be_there(seconds)
    redis.call('ZADD', members, string.format('%.6f', now + tonumber(seconds)), me)
end
"""
#: Further arguments: seconds of the lease, the network; then group, amount and limit of each claim.
_TAKE = """
if ARGV[3] ~= '' then
    local ends = redis.call('ZSCORE', bans, ARGV[3])
    if ends and tonumber(ends) > now then return 'banned' end
end
for i = 4, #ARGV, 3 do
    if ARGV[i + 2] ~= '' then
        local number = tonumber(redis.call('HGET', numbers, ARGV[i]) or '0')
        local all = number + held_by_others(ARGV[i]) + tonumber(ARGV[i + 1])
        if all > tonumber(ARGV[i + 2]) then return ARGV[i] end
    end
end
be_there(ARGV[2])
for i = 4, #ARGV, 3 do hold(ARGV[i], ARGV[i + 1]) end
return ''
"""
#: Further arguments: seconds of the lease; then group, amount and what is added to the number.
_SETTLE = """
be_there(ARGV[2])
for i = 3, #ARGV, 3 do
    hold(ARGV[i], ARGV[i + 1])
    if tonumber(ARGV[i + 2]) ~= 0 and redis.call('HEXISTS', numbers, ARGV[i]) == 1 then
        redis.call('HINCRBY', numbers, ARGV[i], ARGV[i + 2])
    end
end
"""
#: Further arguments: seconds of the lease; then group and amount of all that is held.
_RENEW = """
local known = redis.call('ZSCORE', members, me)
be_there(ARGV[2])
for i = 3, #ARGV, 2 do hold(ARGV[i], ARGV[i + 1]) end
redis.call('ZREMRANGEBYSCORE', members, '-inf', string.format('%.6f', now - 3600))
redis.call('ZREMRANGEBYSCORE', bans, '-inf', string.format('%.6f', now))
local found = redis.call('ZRANGE', bans, 0, -1, 'WITHSCORES')
for i = 2, #found, 2 do found[i] = string.format('%.3f', tonumber(found[i]) - now) end
table.insert(found, 1, known and 'known' or '')
return found
"""
#: Further arguments: the groups in which something was held.
_LEAVE = """
redis.call('ZREM', members, me)
for i = 2, #ARGV do redis.call('HDEL', held_key(ARGV[i]), me) end
"""
#: Further arguments: how many are remembered, and for how many seconds. The member is a network.
_FAIL = """
local failures = prefix .. ':failures:' .. me
redis.call('RPUSH', failures, string.format('%.6f', now))
redis.call('LTRIM', failures, -tonumber(ARGV[2]), -1)
redis.call('EXPIRE', failures, ARGV[3])
local ages = redis.call('LRANGE', failures, 0, -1)
for i = 1, #ages do ages[i] = string.format('%.6f', now - tonumber(ages[i])) end
return ages
"""
#: Further argument: for how many seconds; 0 to lift the ban. The member is a network.
_BAN = """
if tonumber(ARGV[2]) > 0 then
    redis.call('ZADD', bans, string.format('%.6f', now + tonumber(ARGV[2])), me)
else
    redis.call('ZREM', bans, me)
    redis.call('DEL', prefix .. ':failures:' .. me)
end
"""
#: Further arguments: groups. No member is meant, so that all of them count.
_NUMBERS = """
local found = {}
for i = 2, #ARGV do
    found[#found + 1] = redis.call('HGET', numbers, ARGV[i]) or ''
    found[#found + 1] = tostring(held_by_others(ARGV[i]))
end
return found
"""
_BEGIN = "for i = 2, #ARGV, 2 do redis.call('HSETNX', numbers, ARGV[i], ARGV[i + 1]) end"


class RedisLedger:
    """See `Ledger`."""

    def __init__(self, redis: Any, name: str) -> None:
        self._redis = redis
        self._keys = [f"anyftp:{{{name}}}"]
        self._scripts: dict[str, Any] = {}

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str, name: str) -> AsyncIterator[RedisLedger]:
        """Have a ledger by its name. Cancellation: safe."""
        async with client_of(url) as redis:
            yield cls(redis, name)

    async def take(self, member: str, claims: Mapping[str, Claim], network: str) -> str | None:
        rows = [
            text
            for group, claim in claims.items()
            for text in (group, claim.amount, "" if claim.limit is None else claim.limit)
        ]
        answer: str = await self._run(_TAKE, member, LEASE_SECONDS, network, *rows)
        return answer or None

    async def settle(self, member: str, changes: Mapping[str, Change]) -> None:
        rows = [text for group, change in changes.items() for text in (group, *change)]
        await self._run(_SETTLE, member, LEASE_SECONDS, *rows)

    async def renew(self, member: str, held: Mapping[str, int]) -> Renewal:
        rows = [text for row in held.items() for text in row]
        found = await self._run(_RENEW, member, LEASE_SECONDS, *rows)
        bans = {found[i]: float(found[i + 1]) for i in range(1, len(found), 2)}
        return Renewal(bool(found[0]), bans)

    async def leave(self, member: str, groups: Collection[str]) -> None:
        await self._run(_LEAVE, member, *groups)

    async def fail(self, network: str) -> Sequence[float]:
        ages = await self._run(_FAIL, network, FAILURES, int(FAILURE_SECONDS))
        return [float(age) for age in ages]

    async def ban(self, network: str, seconds: float) -> None:
        await self._run(_BAN, network, seconds)

    async def lift(self, network: str) -> None:
        await self._run(_BAN, network, 0)

    async def numbers(self, groups: Collection[str]) -> Sequence[tuple[int | None, int]]:
        found = await self._run(_NUMBERS, "", *groups)
        return [
            (int(found[i]) if found[i] else None, int(found[i + 1]))
            for i in range(0, len(found), 2)
        ]

    async def begin(self, numbers: Mapping[str, int]) -> None:
        await self._run(_BEGIN, "", *(text for row in numbers.items() for text in row))

    async def _run(self, script: str, *arguments: str | float) -> Any:
        if script not in self._scripts:
            text = _COMMON + script
            await self._redis.script_load(text)  # or coredis tells the log that it had to
            self._scripts[script] = self._redis.register_script(text)
        return await self._scripts[script](
            keys=self._keys, args=[str(argument) for argument in arguments]
        )
