-- The arithmetic of schedule.py as one atomic script. It reads the clock of the Redis server.
--
-- KEYS  queue   sorted set, ticket -> its number in calling order
--       seen    hash, ticket -> when it last asked
--       due     hash, ticket -> when it was last told to come back
--       grants  sorted set, number of the grant -> when the request went
--       state   hash: paused_until, banned_until, number (counts tickets and grants)
-- ARGV  message, ticket, then what the message carries:
--       acquire     requests, period, slack, stale_after, was_away (1 or 0), the age of each grant that
--                   the caller's process knows
--       withdraw    nothing
--       pause, ban  seconds
-- Reply {delay, banned (1 or 0)}. A delay of '0' means: go.
--
-- All times and durations are in s. Delays and times travel as text: Redis cuts the fraction off a number.

local queue, seen, due, grants, state = unpack(KEYS)
local message, ticket = ARGV[1], ARGV[2]
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000

local function number(value) return tonumber(value or 0) or 0 end

local function text(seconds) return string.format('%.6f', seconds) end

-- Rounded to 0, a delay would mean "go".
local function delay_until(at) return text(math.max(at - now, 0.000001)) end

local function take_out(name)
  redis.call('ZREM', queue, name)
  redis.call('HDEL', seen, name)
  redis.call('HDEL', due, name)
end

-- Keeps the last 1000 grants, as schedule.py does.
local function grant(at)
  redis.call('ZADD', grants, text(at), redis.call('HINCRBY', state, 'number', 1))
  redis.call('ZREMRANGEBYRANK', grants, 0, -1001)
end

-- Lets the keys of an unused limiter expire after ten minutes, but never before its ban ends.
local function keep()
  local banned_until = number(redis.call('HGET', state, 'banned_until'))
  local seconds = math.ceil(math.max(0, banned_until - now)) + 600
  for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, seconds) end
end

if message == 'withdraw' then
  take_out(ticket)
elseif message == 'pause' or message == 'ban' then
  local field = message == 'pause' and 'paused_until' or 'banned_until'
  local at = math.max(number(redis.call('HGET', state, field)), now + tonumber(ARGV[3]))
  redis.call('HSET', state, field, text(at))
  keep()
else
  local requests, period = tonumber(ARGV[3]), tonumber(ARGV[4])
  local slack, stale_after, was_away = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7] == '1'
  -- While Redis was away, or if it lost its memory, only the processes know what went.
  if was_away or redis.call('EXISTS', grants) == 0 then
    for index = 8, #ARGV do grant(now - tonumber(ARGV[index])) end
  end
  -- A ticket that no longer asks blocks nobody: its process died.
  for _, name in ipairs(redis.call('ZRANGE', queue, 0, -1)) do
    if name ~= ticket and number(redis.call('HGET', seen, name)) < now - stale_after then take_out(name) end
  end
  redis.call('ZADD', queue, 'NX', redis.call('HINCRBY', state, 'number', 1), ticket)
  redis.call('HSET', seen, ticket, text(now))
  -- The server's clock may have stepped back since a time was written: a ban counts for an hour at most, a
  -- pause for 5 s, a grant as if it went now. Nothing written here lies farther ahead (LONGEST_BAN and
  -- PLAUSIBLE in _bingx/limit_headers.py).
  local banned_until = math.min(number(redis.call('HGET', state, 'banned_until')), now + 3600)
  if now < banned_until then
    keep()
    return {delay_until(banned_until), 1}
  end
  local rank = redis.call('ZRANK', queue, ticket)
  local recent = redis.call('ZRANGE', grants, -requests, -1, 'WITHSCORES') -- number, time, number, time...
  local before = rank % requests - requests + #recent / 2 -- the grant one window earlier, counted from 0
  local at = math.max(now, math.min(number(redis.call('HGET', state, 'paused_until')), now + 5))
  if before >= 0 then at = math.max(at, math.min(tonumber(recent[before * 2 + 2]), now) + period) end
  at = at + math.floor(rank / requests) * period
  if at > now then
    redis.call('HSET', due, ticket, text(at))
    keep()
    return {delay_until(at), 0}
  end
  -- A ticket that comes back a little late counts as punctual. Otherwise each window would grow by the
  -- lateness, and requests would stay below the limit.
  local due_at = tonumber(redis.call('HGET', due, ticket) or now + 1)
  if now >= due_at and now - due_at <= slack then grant(due_at) else grant(now) end
  take_out(ticket)
  keep()
end
return {'0', 0}
