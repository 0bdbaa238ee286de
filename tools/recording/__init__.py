"""The cassettes: `scenarios` (what happens), `tape` (how it is stored), `record` and `play`."""
