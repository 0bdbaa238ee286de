"""BingX: its endpoints, its words and its limits. Each fact stands with its source."""
