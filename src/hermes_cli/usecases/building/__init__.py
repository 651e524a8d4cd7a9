"""Build a project's scripts and wheel, with its dependencies locked."""
