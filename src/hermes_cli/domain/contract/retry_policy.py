"""The retry policy for S3: how long every client waits for an answer, and how often it asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """The waits and attempts of one client, in seconds.

    `attempts` are of a request that gets no answer, or 429 or 5xx: the client itself repeats it.
    `own_attempts` are of what no client repeats: a 409, an answer that breaks off, and a name that
    was neither there nor free. Before the second of these it waits `backoff` at most, and each time
    twice as long as before.
    """

    attempts: int = 5
    own_attempts: int = 6
    backoff: float = 0.1
    connect_timeout: float = 10.0
    read_timeout: float = 60.0

    def for_botocore(self) -> dict[str, Any]:
        """Return the policy as arguments of botocore's `Config`."""
        return {
            "connect_timeout": self.connect_timeout,
            "read_timeout": self.read_timeout,
            "retries": {"mode": "standard", "total_max_attempts": self.attempts},
        }


S3 = RetryPolicy()
