"""Run a command, and leave nothing running of it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

_GRACE = 10  # seconds between the request to end and the end by force


class Job:
    """A command in a session of its own, with its output in one text."""

    def __init__(self, command: Sequence[str], *, folder: Path, variables: Mapping[str, str]) -> None:
        # A file and not a pipe: whoever is left running would keep a pipe open.
        self._output = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def wait(self, limit: float) -> int | None:
        """Return its exit code, or none where it has not ended within the limit."""
        try:
            return self._process.wait(limit)
        except subprocess.TimeoutExpired:
            return None

    def output(self) -> str:
        """Return what it has printed so far."""
        self._output.seek(0)
        return self._output.read().decode(errors="replace")

    def end(self) -> None:
        """Leave nothing of it: no process, no open file."""
        self.stop()
        self._output.close()

    def stop(self) -> None:
        """End it and all that it has started: it is asked first, as it ends its servers, then all by force."""
        family = _family(self._process.pid)
        if self._process.poll() is None:
            _send(self._process.pid, signal.SIGINT)
            end = time.monotonic() + _GRACE
            while self._process.poll() is None and time.monotonic() < end:
                time.sleep(0.05)
        for one in family | _family(self._process.pid):
            _send(one, signal.SIGKILL)
        self._process.wait()


def _family(process: int) -> set[int]:
    """Find a process, what came from it, and what is still in its session when it has ended."""
    told = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True)
    rows = [line.split() for line in told.stdout.splitlines()]
    parents = {int(pid): int(parent) for pid, parent, state in rows if not state.startswith("Z")}
    found = {pid for pid in parents if pid == process or _session(pid) == process}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _session(process: int) -> int:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        return os.getsid(process)
    return 0


def _send(process: int, sign: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(process, sign)
