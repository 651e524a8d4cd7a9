"""The processes that run the hooks of build backends: each stays for the next build of the same command.

Without them `hermes build` of 50 projects takes almost three times as long (docs/benchmarks.md).
"""

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
    """The process that ran a hook ended before the hook did."""


class _HookProcess:
    """One process of `fork_server.py`."""

    def __init__(self, python: Path, environ: Mapping[str, str], *, alone: bool = False) -> None:
        self._used = False
        imports = _imports(python)
        self._process = subprocess.Popen(
            [
                python,
                Path(__file__).with_name("fork_server.py"),
                *([imports] if imports.exists() and not alone else []),
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
        """Run a script, and return its exit code and all that it wrote."""
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
            raise Ended("its process ended")
        return int(json.loads(answer)["code"]), written

    def leave(self) -> None:
        """Let it end after its last script, and wait for it."""
        if not self._used:  # it may still be importing, for nobody
            self._process.kill()
        self._close_orders()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _close_orders(self) -> None:
        """Close its input: it ends when it has no more orders."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def end(self) -> None:
        """End it now, with all that it started: it leads a process group of its own."""
        self._close_orders()
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_GRACE)
        self.leave()


_lock = threading.Lock()
_idle: dict[_Key, list[_HookProcess]] = {}
_busy: set[_HookProcess] = set()


def run_script(
    python: Path, argv: Sequence[str], cwd: Path, environ: Mapping[str, str], *, alone: bool = False
) -> tuple[int, str]:
    """Run a script with an environment's interpreter, and return its exit code and all that it wrote.

    `alone` gives it an interpreter that has imported nothing for another script. Threads may call it at
    once; each gets a process of its own. Raises `OSError`.
    """
    key = _key(python)
    with _lock:
        idle = _idle.setdefault(key, [])
        process = idle.pop() if idle and not alone else _HookProcess(python, environ, alone=alone)
        _busy.add(process)
    try:
        result = process.run(argv, cwd, environ)
    except BaseException:
        with _lock:
            _busy.discard(process)
        process.end()
        raise
    with _lock:
        _busy.discard(process)
        if not alone:
            _idle[key].append(process)
    if alone:
        process.leave()
    return result


def keep_imports(python: Path) -> None:
    """Let the processes of an environment start with the imports of the scripts that ran in it before."""
    with contextlib.suppress(OSError):
        _imports(python).touch()


def start_ahead(python: Path, environ: Mapping[str, str]) -> None:
    """Start a process for the first script; does nothing where the interpreter does not exist."""
    with contextlib.suppress(OSError), _lock:
        _idle.setdefault(_key(python), []).append(_HookProcess(python, environ))


def _key(python: Path) -> _Key:
    settings = python.parent.parent / "pyvenv.cfg"  # an environment that was made again is another one
    made = (settings if settings.exists() else python).stat()
    return str(python), made.st_ino, made.st_mtime_ns


def _imports(python: Path) -> Path:
    return python.parent.parent / "imports.json"


def end_all() -> None:
    """End every process that runs a script, now."""
    with _lock:
        running = list(_busy)
    for process in running:
        process.end()


@atexit.register
def leave_all() -> None:
    """Let every idle process end."""
    for idle in _idle.values():
        while idle:
            idle.pop().leave()
