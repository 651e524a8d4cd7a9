"""Print results, progress and errors, for people and for CI systems."""
