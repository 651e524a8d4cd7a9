"""Built by setuptools."""

ANSWER = 42
