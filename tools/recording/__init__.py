"""The cassettes: `scenarios` (their contents), `tape` (their format), `record` and `play`."""
