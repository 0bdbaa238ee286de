"""Measure what the plugin costs and saves, next to ccxt and to a loop of single cancels: ``make bench``.

Everything runs against the simulator, in a process of its own, on loopback only.
"""
