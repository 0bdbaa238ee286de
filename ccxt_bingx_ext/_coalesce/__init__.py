"""Concurrent calls of `cancel_order` share batches, as a database shares one sync among commits.

For the async classes only: the sync class never imports this package.

A call goes out as a single cancel while no other waits and the single lane has room. Calls that wait go out
in batches once there are three of them. The plugin never waits for a timer, or for a call that may come. It
chooses the ids of a batch when the batch gets its slot, so that calls that came meanwhile go with it.
"""
