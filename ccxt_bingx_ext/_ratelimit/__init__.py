"""A rate limiter for one endpoint and account, shared by threads, tasks, processes and machines.

It guarantees: never more requests than the limit arrive in any period, provided that each arrives within
`in_flight` of being written, and that its caller says when it was written and answered. Slots go out in
calling order. A cancelled waiter, a thread that Ctrl-C interrupts, a stopped event loop and a dead process
hold nobody up. With a Redis, every process that names it shares the limit, on the Redis server's clock; while
Redis is away, each process keeps the limit by itself. It knows nothing of orders.

No library that we tried does this (lab notes). They count when a request may go, not when it arrives, and
cannot take a slot back. With a limit of 2 per second a server saw 3 in a second (aiolimiter; limits, when
hammered; pyrate-limiter over Redis) or 4 (limits over Redis).
"""
