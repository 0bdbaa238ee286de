"""A rate limiter for one endpoint and account, shared by threads, tasks, processes and machines.

It guarantees:

- **No period sees more requests arrive than the limit allows**, provided that each request arrives within
  `in_flight` of being written, and that its caller reports when it was written and answered.
- Slots go out in calling order. A request that was never written gives its slot back.
- A request that hangs, or a process that dies with a slot, delays the others by `in_flight` and `slack`.
  A cancelled task and an interrupted thread give up their place. A stopped event loop, or a process that dies
  while it waits, loses its turn after a moment.
- With a Redis, every process that names it shares the limit, on the Redis server's clock. A call takes 250 ms
  at most. During a Redis outage, each process keeps the limit by itself. When Redis loses data, one window
  may be twice as full. The log reports both, each time.

`limiter_for` (registry) finds the limiter. `acquire` waits for a slot. `try_acquire` never waits.
``limiter.has_waiting`` reports whether a caller waits there. The package knows nothing about orders.

None of the libraries that we tried does this (lab notes). They count when a request may go, not when it
arrives, and cannot take a slot back. With a limit of 2 per second a server saw 3 in a second (aiolimiter;
limits under load; pyrate-limiter over Redis) or 4 (limits over Redis). Over Redis, limits uses the clients'
clocks, and pyrate-limiter let two of four processes starve.
"""
