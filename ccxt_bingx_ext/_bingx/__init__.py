"""What BingX says and means; each fact with its source."""
