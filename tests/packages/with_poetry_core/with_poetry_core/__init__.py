"""Built by poetry-core."""

ANSWER = 42
