"""What tests/test_freqtrade.py needs: the page, an environment with freqtrade, and the programs in it."""
