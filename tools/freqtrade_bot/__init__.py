"""Helpers of tests/test_freqtrade.py: the page, an environment with freqtrade, and a program to run there."""
