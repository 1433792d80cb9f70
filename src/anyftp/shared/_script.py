"""How a limit is divided: a script that Redis runs as one step, by its own clock.

Each member says how much it could use and gets a *lease*: a rate that is its own until it asks
again, or until the lease runs out. A lease is never more than what the others' leases leave of the
limit. So whatever members do, die or are cut off, all leases together never exceed it. What a
member is meant to get is the max-min fair division of the limit: nobody gets more than it can use,
and what is left is divided among those who can use more, in equal parts.
"""

from __future__ import annotations

#: Keys: the hash of one limit. Arguments: the member, its demand in bytes per second (-1 for any),
#: seconds until its lease runs out, a new limit or "" ("none" for no limit), and the limit that
#: counts where there is no other member.
LEASE = """
local me, demand, ttl = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local members, leased, is_first = {}, 0, true

local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
    local name = string.match(all[i], '^m:(.*)$')
    if name and name ~= me then
        local lease, ends, wanted = string.match(all[i + 1], '^(%S+) (%S+) (%S+)$')
        if tonumber(ends) < now then
            redis.call('HDEL', KEYS[1], all[i])
        else
            leased = leased + tonumber(lease)
            members[#members + 1] = {name, tonumber(wanted)}
        end
    elseif name then
        is_first = false
    end
end

local limit = redis.call('HGET', KEYS[1], 'limit')
if ARGV[4] ~= '' then
    limit = ARGV[4]
elseif not limit or (is_first and #members == 0) then
    limit = ARGV[5]
end
redis.call('HSET', KEYS[1], 'limit', limit)
redis.call('PEXPIRE', KEYS[1], 3600000)
if limit == 'none' then
    redis.call('HSET', KEYS[1], 'm:' .. me, string.format('0 %.6f 0', now + ttl))
    return {'none', 'none'}
end

local any = 1e300
if demand < 0 then demand = any end
members[#members + 1] = {me, demand}
table.sort(members, function (one, other)
    if one[2] ~= other[2] then return one[2] < other[2] end
    return one[1] < other[1]
end)
local left, mine = tonumber(limit), 0
for i, member in ipairs(members) do
    local part = math.min(member[2], left / (#members - i + 1))
    left = left - part
    if member[1] == me then mine = part end
end
mine = mine + left / #members
local lease = math.max(0, math.min(mine, tonumber(limit) - leased))
redis.call('HSET', KEYS[1], 'm:' .. me, string.format('%.3f %.6f %.3f', lease, now + ttl, demand))
return {string.format('%.3f', lease), limit}
"""

#: Keys: the hash of one limit. Arguments: the member who leaves.
LEAVE = "return redis.call('HDEL', KEYS[1], 'm:' .. ARGV[1])"
