"""Interpreters of build environments that stay for the next build of the same run of Hermes."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

UMASK = 0o022
_GRACE = 5.0  # seconds in which an interrupted backend may end by itself

_Key = tuple[str, int, int]


class Ended(OSError):
    """The process that ran a hook is gone before the hook has ended."""


class _Warm:
    """One process of `forked.py`."""

    def __init__(self, python: Path, environ: Mapping[str, str], *, alone: bool = False) -> None:
        self._used = False
        notes = _notes(python)
        self._process = subprocess.Popen(
            [
                python,
                Path(__file__).with_name("forked.py"),
                *([notes] if notes.exists() and not alone else []),
            ],
            cwd="/",
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            umask=UMASK,
            start_new_session=True,
        )

    def run(self, argv: Sequence[str], cwd: Path, environ: Mapping[str, str]) -> tuple[int, str]:
        """The exit code of a script, and all that it wrote."""
        self._used = True
        process = self._process
        assert process.stdin is not None  # noqa: S101 - for the type checker
        assert process.stdout is not None  # noqa: S101
        # Files, not pipes: what the script leaves running must not keep us waiting.
        with tempfile.NamedTemporaryFile() as log, tempfile.NamedTemporaryFile() as modules:
            order = {
                "argv": list(argv),
                "cwd": str(cwd.absolute()),
                "env": dict(environ),
                "log": log.name,
                "modules": modules.name,
            }
            process.stdin.write(json.dumps(order).encode() + b"\n")
            process.stdin.flush()
            answer = process.stdout.readline()
            written = log.read().decode("utf-8", "replace")
        if not answer:
            raise Ended("it was ended")
        return int(json.loads(answer)["code"]), written

    def leave(self) -> None:
        """Let it end: it has nothing more to do."""
        if not self._used:  # it may still be importing, for nobody
            self._process.kill()
        self._hush()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _hush(self) -> None:
        """Give no more orders, by which it knows to end after the last one."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def end(self) -> None:
        """End it and all that it started: it leads a process group of its own."""
        self._hush()
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_GRACE)
        self.leave()


_lock = threading.Lock()
_idle: dict[_Key, list[_Warm]] = {}
_busy: set[_Warm] = set()


def run_script(
    python: Path, argv: Sequence[str], cwd: Path, environ: Mapping[str, str], *, alone: bool = False
) -> tuple[int, str]:
    """Run a script with an environment's interpreter: its exit code, and all that it wrote.

    `alone` gives it an interpreter that has imported nothing for another script. Threads may call it at
    once; each has a process to itself. Raises `OSError`.
    """
    key = _key(python)
    with _lock:
        waiting = _idle.setdefault(key, [])
        warm = waiting.pop() if waiting and not alone else _Warm(python, environ, alone=alone)
        _busy.add(warm)
    try:
        result = warm.run(argv, cwd, environ)
    except BaseException:
        with _lock:
            _busy.discard(warm)
        warm.end()
        raise
    with _lock:
        _busy.discard(warm)
        if not alone:
            _idle[key].append(warm)
    if alone:
        warm.leave()
    return result


def remember(python: Path) -> None:
    """Let the processes of an environment begin with what scripts before them have imported."""
    with contextlib.suppress(OSError):
        _notes(python).touch()


def expect(python: Path, environ: Mapping[str, str]) -> None:
    """Have a process ready for the first script; does nothing where the interpreter is not there."""
    with contextlib.suppress(OSError), _lock:
        _idle.setdefault(_key(python), []).append(_Warm(python, environ))


def _key(python: Path) -> _Key:
    settings = python.parent.parent / "pyvenv.cfg"  # made anew, an environment is another one
    made = (settings if settings.exists() else python).stat()
    return str(python), made.st_ino, made.st_mtime_ns


def _notes(python: Path) -> Path:
    return python.parent.parent / "imports.json"


def end_all() -> None:
    """End every hook that runs, at once."""
    with _lock:
        running = list(_busy)
    for warm in running:
        warm.end()


@atexit.register
def leave_all() -> None:
    """Let every process end that waits for a script."""
    for waiting in _idle.values():
        while waiting:
            waiting.pop().leave()
