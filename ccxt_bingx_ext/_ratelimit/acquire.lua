-- The arithmetic of schedule.py as one atomic script. It reads the clock of the Redis server.
--
-- KEYS  queue     sorted set, ticket -> its number in calling order
--       seen      sorted set, ticket -> when it last asked
--       arrivals  sorted set, granted ticket -> the latest moment at which its request arrives
--       state     hash: paused_until, banned_until, now (of the last call), number (counts tickets),
--                 born (the time of the first call), calls
-- ARGV  message, ticket, then the arguments of the message:
--       acquire, renew  requests, period, life (slack + in_flight), stale_after, then for each slot that the
--                       caller's process knows: its ticket, and how long ago its request arrived at the latest
--       arrived         the slots that the caller's process knows, as above
--       withdraw        none
--       defer           none; its process cannot use the slot yet, and the ticket waits before all others
--       pause, ban      seconds
--       restore         seconds: a ban that a process knows, and Redis may have lost
-- Reply {delay, banned (1 or 0), born, calls so far, now}. A delay of '0' means: go.
--
-- All times and durations are in s. Delays and times are text: Redis cuts the fraction off a number.

local queue, seen, arrivals, state = unpack(KEYS)
local message, ticket = ARGV[1], ARGV[2]
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000

local function number(value) return tonumber(value or 0) or 0 end

local function text(seconds) return string.format('%.6f', seconds) end

-- Never 0: a delay that is rounded to 0 would mean "go".
local function delay_until(at) return text(math.max(at - now, 0.000001)) end

local function take_out(name)
  redis.call('ZREM', queue, name)
  redis.call('ZREM', seen, name)
end

-- Let the keys of an unused limiter expire after ten minutes, but never before its ban ends.
local function keep()
  local banned_until = number(redis.call('HGET', state, 'banned_until'))
  local seconds = math.ceil(math.max(0, banned_until - now)) + 600
  for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, seconds) end
end

-- If the server's clock has stepped back since the last call, step every stored time back, too. Otherwise a
-- hold of a second would last for as long as the step.
local stepped_back = number(redis.call('HGET', state, 'now')) - now
if stepped_back > 0 then
  for _, field in ipairs({'paused_until', 'banned_until'}) do
    redis.call('HSET', state, field, text(number(redis.call('HGET', state, field)) - stepped_back))
  end
  for _, key in ipairs({seen, arrivals}) do
    for _, name in ipairs(redis.call('ZRANGE', key, 0, -1)) do
      redis.call('ZINCRBY', key, text(-stepped_back), name)
    end
  end
end
redis.call('HSET', state, 'now', text(now))

-- Note slots that a process granted during an outage or that Redis lost, and earlier arrivals.
local function note_arrivals(first)
  for index = first, #ARGV, 2 do
    local at, known = now - tonumber(ARGV[index + 1]), redis.call('ZSCORE', arrivals, ARGV[index])
    if not known or at < tonumber(known) then redis.call('ZADD', arrivals, text(at), ARGV[index]) end
  end
end

local reply = {'0', 0}
if message == 'withdraw' then
  take_out(ticket)
  redis.call('ZREM', arrivals, ticket)
elseif message == 'arrived' then
  note_arrivals(3)
elseif message == 'defer' then
  redis.call('ZREM', arrivals, ticket)
  -- A number below 0, and growing: behind the tickets that were deferred before, and ahead of all others.
  redis.call('ZADD', queue, redis.call('HINCRBY', state, 'number', 1) / 1e12 - 1, ticket)
  redis.call('ZADD', seen, text(now), ticket)
elseif message == 'pause' or message == 'ban' or message == 'restore' then
  local field = message == 'pause' and 'paused_until' or 'banned_until'
  local known, at = number(redis.call('HGET', state, field)), now + tonumber(ARGV[3])
  -- Each call takes a moment. Restoring a ban that is not lost must not prolong it again and again.
  local tolerance = message == 'restore' and 1 or 0
  if at - tolerance > known then redis.call('HSET', state, field, text(at)) end
else
  local requests, period = tonumber(ARGV[3]), tonumber(ARGV[4])
  local life, stale_after = tonumber(ARGV[5]), tonumber(ARGV[6])
  note_arrivals(7)
  -- A ticket that no longer asks must not block others: its process died.
  for _, name in ipairs(redis.call('ZRANGEBYSCORE', seen, '-inf', '(' .. text(now - stale_after))) do
    if name ~= ticket then take_out(name) end
  end
  local rank = 0
  -- A ticket that has a slot comes before the queue. An `acquire` finds its own slot if the connection broke and
  -- redis-py repeated the call.
  local has_slot = redis.call('ZREM', arrivals, ticket) == 1
  if message == 'acquire' and not has_slot then
    redis.call('ZADD', queue, 'NX', redis.call('HINCRBY', state, 'number', 1), ticket)
    redis.call('ZADD', seen, text(now), ticket)
    rank = redis.call('ZRANK', queue, ticket)
  end
  -- Cap a ban at an hour, a pause at 5 s (LONGEST_BAN and PLAUSIBLE in _bingx/limit_headers.py), and the time
  -- that a request is under way at its life.
  local banned_until = math.min(number(redis.call('HGET', state, 'banned_until')), now + 3600)
  if now < banned_until then
    reply = {delay_until(banned_until), 1}
  else
    local recent = redis.call('ZRANGE', arrivals, -requests, -1, 'WITHSCORES') -- ticket, time, ticket, time...
    local before = rank % requests - requests + #recent / 2 -- the request one window earlier, counted from 0
    local at = math.max(now, math.min(number(redis.call('HGET', state, 'paused_until')), now + 5))
    if before >= 0 then at = math.max(at, math.min(tonumber(recent[before * 2 + 2]), now + life) + period) end
    at = at + math.floor(rank / requests) * period
    if at > now then
      reply = {delay_until(at), 0}
    else
      redis.call('ZADD', arrivals, text(now + life), ticket)
      redis.call('ZREMRANGEBYRANK', arrivals, 0, -1001) -- keep as many as schedule.py (MOST_REMEMBERED)
      take_out(ticket)
    end
  end
end
redis.call('HSETNX', state, 'born', text(now))
reply[3], reply[4] = redis.call('HGET', state, 'born'), redis.call('HINCRBY', state, 'calls', 1)
reply[5] = text(now)
keep()
return reply
