"""What tests/test_freqtrade.py needs: the page, an environment with freqtrade in it, and what runs there."""
