"""Recording and replaying the cassettes: `scenarios` (what happens), `tape` (how it is kept), `record`."""
