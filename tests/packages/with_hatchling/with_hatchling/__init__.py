"""Built by hatchling."""

ANSWER = 42
