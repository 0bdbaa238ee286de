"""What happens to a request on the wire: was anything written, no replay, no redirect."""
