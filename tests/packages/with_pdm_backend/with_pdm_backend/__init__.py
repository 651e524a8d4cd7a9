"""Built by pdm-backend."""

ANSWER = 42
