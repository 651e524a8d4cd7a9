"""A process that has imported all of Hermes, and forks off one `hermes` for each command it is told.

Such a command is the real one in a process of its own, without the second that a start takes. Run as
a script it reads one order a line and answers with one line; `Warm` is the side of the tests.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import importlib
import json
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from hermes_cli.domain.contract import retry_policy

TIMEOUT = 120.0  # seconds after which a command is taken to hang
_PAUSE = 0.01  # seconds between the attempts of one request
# What is imported by what a function does, and would be imported anew by each command.
_LATE = ("encodings.cp437", "encodings.idna", "platformdirs.unix", "rich.console", "tomlkit", "obstore")
# What the interpreter tells before it does it; what is written and synced is counted by hand.
_TOUCHES = frozenset({"open", "os.mkdir", "os.link", "os.rename", "os.remove", "os.rmdir", "fcntl.flock"})


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a command ended; its code is negative where a signal ended it."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """The object on stdout."""
        return json.loads(self.stdout)


@dataclass(frozen=True, kw_only=True)
class Running:
    """A command at work."""

    pid: int
    warm: Warm
    folder: Path

    def wait(self) -> Ended:
        """Its end; fails the test where it hangs."""
        answer = self.warm.tell({"wait": self.pid})
        assert answer["code"] is not None, f"it hangs: {(self.folder / 'err').read_text()}"
        stdout, stderr = ((self.folder / name).read_text() for name in ("out", "err"))
        return Ended(code=answer["code"], stdout=stdout, stderr=stderr)


class Warm:
    """Starts commands; threads may share it."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process = process
        self._folder = folder
        self._lock = threading.Lock()
        self._count = 0

    def start(
        self,
        *arguments: str | Path,
        cwd: Path,
        env: Mapping[str, str],
        touches: Path | None = None,
        kill_at: int = 0,
        read_timeout: float = retry_policy.S3.read_timeout,
    ) -> Running:
        """Start hermes, which waits `read_timeout` seconds for an answer of a server.

        With `touches` it counts what it does to files below that folder, and is killed right before
        the touch of the number `kill_at`, from 1.
        """
        with self._lock:
            self._count += 1
            folder = self._folder / str(self._count)
        folder.mkdir()
        order = {
            "arguments": [str(argument) for argument in arguments],
            "cwd": str(cwd),
            "env": dict(env),
            "folder": str(folder),
            "touches": str(touches) if touches else None,
            "kill_at": kill_at,
            "read_timeout": read_timeout,
        }
        return Running(pid=self.tell(order)["pid"], warm=self, folder=folder)

    def run(self, *arguments: str | Path, cwd: Path, env: Mapping[str, str], expect: int = 0) -> Ended:
        """Run hermes to its end; fails the test where it ends with another code."""
        ended = self.start(*arguments, cwd=cwd, env=env).wait()
        assert ended.code == expect, f"ended with {ended.code}, not {expect}:\n{ended.stdout}\n{ended.stderr}"
        return ended

    def tell(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Give an order, and return its answer."""
        with self._lock:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        assert answer, "the warm process has ended"
        document = json.loads(answer)
        assert isinstance(document, dict)
        return document


@contextmanager
def warmed_up() -> Iterator[Warm]:
    """A warm process; it and all that it started are gone at the end."""
    with (
        tempfile.TemporaryDirectory(prefix="hermes-warm-") as folder,
        subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process,
    ):
        try:
            yield Warm(process, Path(folder))
        finally:
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            process.wait(timeout=TIMEOUT)


def _serve() -> None:
    _prepare()
    children: set[int] = set()
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            children.discard(order["wait"])
            answer: dict[str, Any] = {"code": _end_of(order["wait"])}
        else:
            pid = os.fork()
            if not pid:
                _become_hermes(order)
            children.add(pid)
            answer = {"pid": pid}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _prepare() -> None:
    import boto3
    import botocore.retries.standard as retries
    import botocore.session

    import hermes_cli

    for module in pkgutil.walk_packages(hermes_cli.__path__, "hermes_cli."):
        importlib.import_module(module.name)
    for name in _LATE:
        importlib.import_module(name)
    session = botocore.session.Session()
    client = boto3.Session(botocore_session=session).client(
        "s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    client.get_paginator("list_objects_v2")  # searches the descriptions of all services
    # botocore's description of S3 is read from its files once, and not by each command.
    loader = session.get_component("data_loader")
    botocore.session.create_loader = lambda search_path_string=None: loader
    # The same attempts in the same order, only with next to no pause between them.
    retry_policy.S3 = replace(retry_policy.S3, backoff=_PAUSE)
    retries.ExponentialBackoff.delay_amount = lambda self, context: _PAUSE  # type: ignore[method-assign]
    # A command's process neither searches all that is there for garbage nor makes a copy of it.
    gc.collect()
    gc.freeze()


def _end_of(pid: int) -> int | None:
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def _become_hermes(order: Mapping[str, Any]) -> NoReturn:
    from hermes_cli.__main__ import main

    folder = Path(order["folder"])
    code = 1
    try:
        os.chdir(order["cwd"])
        os.environ.clear()
        os.environ.update(order["env"])
        for number, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(folder / name, os.O_CREAT | os.O_WRONLY), number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        sys.argv = ["hermes", *order["arguments"]]
        retry_policy.S3 = replace(retry_policy.S3, read_timeout=order["read_timeout"])
        if order["touches"]:
            _count_touches(Path(order["touches"]), order["kill_at"], folder / "touches")
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    raise AssertionError("it has ended")


def _for_writing(arguments: tuple[object, ...]) -> bool:
    flags = arguments[2]
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def _count_touches(root: Path, kill_at: int, told: Path) -> None:
    """Count each touch of a file below root right before it is done, and end there if it is the one."""
    count = 0
    descriptors: set[int] = set()
    log = os.open(told, os.O_CREAT | os.O_WRONLY)
    write, sync = os.write, os.fsync

    def touch(name: str) -> None:
        nonlocal count
        count += 1
        write(log, f"{name}\n".encode())
        if count == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def below(argument: object) -> bool:
        text = os.fsdecode(argument) if isinstance(argument, (str, bytes, os.PathLike)) else ""
        return text == str(root) or text.startswith(f"{root}/")

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        # Only what changes something: between two changes nothing else can be seen of a deploy.
        if event not in _TOUCHES or (event == "open" and not _for_writing(arguments)):
            return
        if event == "fcntl.flock" or any(map(below, arguments)):
            touch(event)

    def counted_write(file: int, data: Any) -> int:
        if file not in descriptors:
            return write(file, data)
        touch("write")
        if count + 1 == kill_at:  # half of it is on the disk
            write(file, bytes(data)[: len(data) // 2])
        touch("write, half of it done")
        return write(file, data)

    def counted_sync(file: int) -> None:
        touch("fsync")
        sync(file)

    def counted_lock(file: int, operation: int, lock: Any = fcntl.flock) -> None:
        descriptors.add(file)  # a store's own files are the only ones that are locked
        lock(file, operation)

    for module, name, counted in (
        (os, "write", counted_write),
        (os, "fsync", counted_sync),
        (fcntl, "flock", counted_lock),
    ):
        setattr(module, name, counted)
    sys.addaudithook(hook)


if __name__ == "__main__":
    _serve()
