"""What the plugin costs and saves, next to plain ccxt and to a loop of single cancels: ``make bench``.

It measures everything on the simulator, which runs in a process of its own, on loopback only.
"""
