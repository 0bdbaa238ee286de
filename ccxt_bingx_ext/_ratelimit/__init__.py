"""A rate limiter for one endpoint and account, shared by threads, tasks, processes and machines."""
