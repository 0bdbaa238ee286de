"""The HTTP side: the server, what it reads, what it sends, and the log."""
