"""Built by flit_core."""

ANSWER = 42
