"""Watch a request on the wire: note whether anything was written, and prevent replays and redirects."""
