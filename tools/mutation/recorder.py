"""Record the lines of the source that each test executes, in the processes that it starts too.

Copied alone into the environment of a copy as `mutation_recorder`, which every Python process of it imports
at its start where `MUTATION_SEEN` names a folder. A line is written at once, as a process may be killed.
"""

from __future__ import annotations

import fcntl
import os
import sys
from os import getpid, write  # as they are, and not as a test replaces them
from types import FrameType
from typing import Any

SEEN = "MUTATION_SEEN"  # the folder to record in
TEST = "MUTATION_TEST"  # the test that a process is started by
SRC = "MUTATION_SRC"  # the folder whose lines count, and whose package is to be tested
LISTED = "MUTATION_LISTED"  # a file with a JSON list of tests, in the order in which to run them
WRONG_COPY = 99  # the exit code where another package would be tested


class Recorder:
    """Writes each line of the source that is executed, once a test and process."""

    def __init__(self, folder: str, src: str, test: str) -> None:
        self._folder = folder
        self._src = src.rstrip("/") + "/"
        self._names: dict[str, str] = {}
        self._seen: set[tuple[str, int]] = set()
        self._test = test
        self._file = -1
        self._process = 0

    def begin(self, test: str) -> None:
        """Count what is executed from here on for another test."""
        self._test = test
        self._seen.clear()
        self.write(f"= {test}\n")

    def trace(self, frame: FrameType, event: str, argument: object) -> Any:
        """Follow a call of any function; only those of the source are followed line by line."""
        file = frame.f_code.co_filename
        name = self._names.get(file)
        if name is None:
            name = file.removeprefix(self._src) if file.startswith(self._src) else ""
            self._names[file] = name
        return self._line(frame, event, argument) if name else None

    def _line(self, frame: FrameType, event: str, _argument: object) -> Any:
        if event in ("line", "call"):
            key = (self._names[frame.f_code.co_filename], frame.f_lineno)
            if key not in self._seen:
                self._seen.add(key)
                self.write(f"{key[0]}:{key[1]}\n")
        return self._line

    def write(self, text: str) -> None:
        """Append to this process's own file, which is another one where the process is a fork."""
        for _ in range(2):
            head = ""
            if self._process != getpid():
                self._open()
                head = f"= {self._test}\n"
            try:
                write(self._file, (head + text).encode())
            except OSError:  # whoever closes all files has closed this one as well
                self._process = 0
            else:
                return

    def _open(self) -> None:
        self._process = getpid()
        path = os.path.join(self._folder, f"{self._process}-{os.urandom(4).hex()}.seen")  # noqa: PTH118
        first = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        # Not the number of a standard stream that happens to be closed.
        self._file = fcntl.fcntl(first, fcntl.F_DUPFD_CLOEXEC, 200)
        os.close(first)


recorder: Recorder | None = None


def begin() -> None:
    """Record from here on, in all threads."""
    global recorder
    import threading

    if recorder is None:
        recorder = Recorder(os.environ[SEEN], os.environ[SRC], os.environ.get(TEST, ""))
        threading.settrace(recorder.trace)
        sys.settrace(recorder.trace)


def now(test: str) -> None:
    """Count what is executed from here on for a test, in the processes that it starts too."""
    os.environ[TEST] = test
    if recorder is not None:
        recorder.begin(test)
        if sys.gettrace() is None:  # a test has taken it away
            sys.settrace(recorder.trace)
