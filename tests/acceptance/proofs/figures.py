"""Keeps the figures of the proofs, one JSON line each, where `HERMES_FIGURES` names a file."""

from __future__ import annotations

import json
import os


def record(row: str, **counts: int) -> None:
    """Add to a row of the table in docs/reliability.md, as what the test that runs now has counted.

    It is called once all that was counted has been found to hold.
    """
    file = os.environ.get("HERMES_FIGURES")
    if not file:
        return
    test = os.environ["PYTEST_CURRENT_TEST"].split("[")[0].split(" ")[0]
    line = json.dumps({"row": row, "test": test, "counts": counts}) + "\n"
    # One short write in append mode: what several test processes write does not mix.
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)
