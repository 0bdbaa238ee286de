"""The HTTP side: a server, what it reads, what it sends, what it logs."""
