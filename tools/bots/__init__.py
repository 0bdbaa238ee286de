"""Real bots on the simulator, with ccxt's own classes and with the plugin's: what do they believe?

- ``results``: what happens to an order, what the bot believes, and the truth. ``page``: the table of it.
- ``environment``: an environment for each bot, with the versions of requirements/bots.
- ``freqtrade``, ``freqtrade_page``: freqtrade as docs/freqtrade.md sets it up.
- ``libraries``: basana and OctoBot, which are not programs: ``programs/`` holds a small bot on each.

Each bot cancels by its own code, and tests/bots compares what it believes then.
"""
