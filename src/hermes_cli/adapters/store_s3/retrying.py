"""Waits between attempts at what no client of S3 repeats by itself."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

from hermes_cli.domain.contract import retry_policy


def attempts() -> Iterator[bool]:
    """Yield once for each attempt, and wait before the next one; true for the last."""
    policy = retry_policy.S3
    for attempt in range(policy.own_attempts):
        if attempt:
            time.sleep(random.random() * policy.backoff * 2 ** (attempt - 1))  # noqa: S311
        yield attempt + 1 == policy.own_attempts
