"""Many cancels with lost responses: the limit, the memory, every id."""
