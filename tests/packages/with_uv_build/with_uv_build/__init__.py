"""Built by uv_build."""

ANSWER = 42
