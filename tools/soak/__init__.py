"""The soak: many cancels with lost responses. It checks the limit, the memory and each id."""
