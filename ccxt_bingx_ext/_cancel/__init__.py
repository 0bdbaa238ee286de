"""Cancelling without I/O: ids in, an outcome out."""
