"""Plans: pure functions from the current and wanted state to steps, without calls to OCI."""
