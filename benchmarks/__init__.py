"""What the plugin costs and saves, beside plain ccxt and beside a loop of single cancels: ``make bench``.

Everything is measured on the simulator, which runs in a process of its own, on loopback only.
"""
