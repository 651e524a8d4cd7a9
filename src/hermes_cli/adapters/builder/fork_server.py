"""A program that runs one Python script after another, each in a fork of a process with the imports done.

The interpreter of a build environment runs this file. Hermes is not installed there: only the standard
library is used. It reads orders from stdin and writes answers to stdout, one JSON object a line:
`{"argv", "cwd", "env", "log", "modules"}`, and `{"code"}` when that script has ended.

A script sees the same as in a fresh interpreter, and the next one sees nothing of it: each runs in a process
of its own. The modules that it imported from the environment or the standard library are imported here before
the next fork, where they would be the same. An argument names a file that keeps the names of these modules:
the next process like this one imports them before its first order.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import sys
import sysconfig
import types
from pathlib import Path
from typing import Any

_PLACES = (sys.prefix + os.sep, sysconfig.get_path("stdlib") + os.sep)


def serve() -> None:
    """Run scripts until there are no more orders; in a forked process, until its script has ended."""
    del sys.path[0]  # the folder of this file
    orders, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.close(nothing)
    # A signal to this process reaches the script too, which may need time to end: it is waited for.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    file = Path(sys.argv[1]) if sys.argv[1:] else None
    known = names_in(file) if file else []
    import_all(known)
    rest = b""
    while True:
        line, newline, rest = rest.partition(b"\n")
        if not newline:
            data = os.read(orders, 65536)
            if not data:
                return
            rest = line + data
            continue
        order = json.loads(line)
        gc.freeze()
        child = os.fork()
        if not child:
            os.close(orders)
            os.close(answers)
            run(order)
            return
        _, status = os.waitpid(child, 0)
        further = [name for name in names_in(Path(order["modules"])) if name not in known]
        import_all(further)
        known += further
        if further and file:
            keep(known, file)
        os.write(answers, json.dumps({"code": os.waitstatus_to_exitcode(status)}).encode() + b"\n")


def run(order: dict[str, Any]) -> None:
    """Run a script as a fresh interpreter would; the process ends as the script does."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    os.environ.clear()
    os.environ.update(order["env"])
    os.chdir(order["cwd"])
    sys.argv = order["argv"]
    script = sys.argv[0]
    sys.path.insert(0, str(Path(script).parent))
    before = list(sys.modules)
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    main.__file__ = script
    code = compile(Path(script).read_bytes(), script, "exec")
    try:
        exec(code, vars(main))  # noqa: S102 - as the interpreter runs it
    finally:
        names = [name for name in new_modules(before) if is_of_environment(name)]
        Path(order["modules"]).write_text(json.dumps(names), "utf-8")


def new_modules(before: list[str]) -> list[str]:
    """Return the modules that were imported since, in that order."""
    known = set(before)
    return [name for name in list(sys.modules) if name not in known]


def is_of_environment(name: str) -> bool:
    """Return whether a module comes from the build environment or the standard library."""
    origin = getattr(getattr(sys.modules[name], "__spec__", None), "origin", None) or ""
    return origin in ("built-in", "frozen") or origin.startswith(_PLACES)


def names_in(path: Path) -> list[str]:
    """Read the names of modules from a file; none where it cannot be read."""
    try:
        names = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return []  # a script may end before it could say so
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def import_all(names: list[str]) -> None:
    """Import the modules that scripts have imported, in their order."""
    for name in names:
        with contextlib.suppress(Exception):  # a module may belong to one project's build
            importlib.import_module(name)
    sys.stdout.flush()  # no process that is forked from this one writes it again


def keep(names: list[str], file: Path) -> None:
    """Write the names for the next process; another one that does the same may win."""
    partial = file.with_suffix(f".{os.getpid()}")
    with contextlib.suppress(OSError):
        partial.write_text(json.dumps(names), "utf-8")
        partial.replace(file)


if __name__ == "__main__":
    serve()
