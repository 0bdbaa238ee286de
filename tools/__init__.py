"""Programs for developers: audit, soak, recording, compatibility, pinned versions, mutants."""
