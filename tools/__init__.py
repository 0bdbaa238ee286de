"""What developers run beside the tests: audit, soak, recording, compatibility, mutants."""
