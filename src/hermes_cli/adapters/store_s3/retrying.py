"""How long a store waits, and how often it asks again."""

from __future__ import annotations

import random
import time

CONNECT_TIMEOUT = 10.0  # seconds
READ_TIMEOUT = 60.0  # seconds
ATTEMPTS = 6  # of what a client does not repeat by itself
BACKOFF = 0.1  # seconds


def pause(attempt: int) -> None:
    """Wait before the next attempt, longer each time; `attempt` counts from 0."""
    time.sleep(random.random() * BACKOFF * 2**attempt)  # noqa: S311
