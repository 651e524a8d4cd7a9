"""Prepare a run on this machine: its Python environment and its secrets."""
