"""Deploy one small project with the code of a `src`, and print the rooms of use cases that it passes.

Run by `tools/structure.py --trace`. A room is entered by a call from another room; a return is a call
into a room that is still busy further up the stack, so that a reader has to jump back.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

# They call what they are handed, and a reader follows the one who hands it over.
LOOKED_THROUGH = {"parallel"}
KEPT = {"PATH", "TERM", "LANG", "SYSTEMROOT", "PYENV_ROOT", "SSL_CERT_FILE", "SSL_CERT_DIR"}
_INSIDE_AN_IMPORT = "<import>"

SETTINGS = """\
team = "growth"
repo-id = "{id}"
default-branch = "main"
[environments.local]
python = "{python}"
"""
PYPROJECT = """\
[build-system]
requires = ["uv_build>=0.8"]
build-backend = "uv_build"

[project]
name = "shop"
version = "0.1.0"
requires-python = ">=3.9"

[tool.uv.build-backend]
module-root = ""
"""


@dataclass(kw_only=True)
class Visit:
    """A stay in one room, and those that it calls."""

    room: str
    function: str
    count: int = 1
    visits: list[Visit] = field(default_factory=list)


class Walk:
    """Watches the calls of all threads, and keeps the rooms that they enter."""

    def __init__(self, rooms: dict[str, str]) -> None:
        self.rooms = rooms
        self.root = Visit(room="", function="")
        self.returns: Counter[str] = Counter()
        self._local = threading.local()
        self._lock = threading.Lock()

    def __call__(self, frame: FrameType, event: str, _argument: object) -> None:
        """Follow one call or return, as `sys.setprofile` reports it."""
        if event not in ("call", "return"):
            return
        stack = self._stack()
        if event == "return":
            if len(stack) > 1:
                stack.pop()
            return
        above = stack[-1]
        code = frame.f_code
        room = self.rooms.get(code.co_filename, "")
        if above[1] is _INSIDE_AN_IMPORT or (room and code.co_name == "<module>"):
            stack.append((above[0], _INSIDE_AN_IMPORT))
        elif room and room != above[0].room:
            name = f"{Path(code.co_filename).stem}.{code.co_qualname if hasattr(code, 'co_qualname') else code.co_name}"
            with self._lock:
                if any(visit.room == room for visit, _ in stack):
                    self.returns[f"{above[0].room} → {room} ({name})"] += 1
                visit = Visit(room=room, function=name)
                above[0].visits.append(visit)
            stack.append((visit, ""))
        else:
            stack.append((above[0], ""))

    def above(self) -> list[tuple[Visit, str]]:
        """Return a copy of this thread's stack, for a thread that it starts."""
        return list(self._stack())

    def begin(self, above: list[tuple[Visit, str]]) -> None:
        """Let this thread go on where the one that started it is."""
        self._local.stack = above

    def _stack(self) -> list[tuple[Visit, str]]:
        try:
            return self._local.stack  # type: ignore[no-any-return]
        except AttributeError:
            self._local.stack = [(self.root, "")]
            return self._local.stack  # type: ignore[no-any-return]


def merged(visits: list[Visit]) -> list[Visit]:
    """Join neighbours of the same room to one visit, all the way down."""
    found: list[Visit] = []
    for visit in visits:
        if found and found[-1].room == visit.room:
            found[-1].count += visit.count
            found[-1].visits += visit.visits
        else:
            found.append(
                Visit(room=visit.room, function=visit.function, count=visit.count, visits=[*visit.visits])
            )
    for visit in found:
        visit.visits = merged(visit.visits)
    return found


def told(visits: list[Visit], depth: int = 0) -> Iterator[str]:
    """Write a visit a line, indented below the room that called it."""
    for visit in visits:
        times = f" × {visit.count}" if visit.count > 1 else ""
        yield f"{'  ' * depth}{visit.room}{times}  ({visit.function})"
        yield from told(visit.visits, depth + 1)


def entered(visits: list[Visit]) -> list[str]:
    """List the rooms in the order in which they are first entered."""
    found: dict[str, None] = {}
    for visit in visits:
        found[visit.room] = None
        found.update(dict.fromkeys(entered(visit.visits)))
    return list(found)


def way(visits: list[Visit]) -> list[str]:
    """List the rooms in the order of their visits, but for those that never call another: they only serve."""
    callers: set[str] = set()
    order: list[str] = []

    def walk(some: list[Visit]) -> None:
        for visit in some:
            order.append(visit.room)
            if visit.visits:
                callers.add(visit.room)
            walk(visit.visits)

    walk(visits)
    return [room for room, _ in itertools.groupby(room for room in order if room in callers)]


def follow_threads(walk: Walk) -> None:
    """Let a thread count as called by the one that starts it."""
    start, run = threading.Thread.start, threading.Thread.run

    def started(thread: threading.Thread) -> None:
        above = walk.above()

        def ran() -> None:
            walk.begin(above)
            run(thread)

        if type(thread).run is run:
            thread.run = ran  # type: ignore[method-assign]
        start(thread)

    threading.Thread.start = started  # type: ignore[assignment,method-assign]


def write_repo(folder: Path) -> None:
    """Write and commit a repo with one project, which needs nothing to be fetched but its build backend."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    files = {
        "hermes.toml": SETTINGS.format(id=uuid.uuid4(), python=python),
        ".gitignore": ".hermes/\ndist/\n__pycache__/\n",
        "shop/pyproject.toml": PYPROJECT,
        "shop/shop/__init__.py": "WORD = 'hello'\n",
        "shop/shop/shop.py": "import shop\n\nprint(shop.WORD)\n",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    who = ["-c", "user.name=Trace", "-c", "user.email=trace@localhost"]
    for words in (
        ["init", "--quiet", "--initial-branch=main"],
        ["add", "--all"],
        ["commit", "--quiet", "-m", "Start"],
    ):
        subprocess.run(["git", *who, *words], cwd=folder, check=True)


def clean_variables(home: Path, src: Path) -> dict[str, str]:
    """Keep what finds programs and packages; whether this is CI, and who deploys, is not the trace's business."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in KEPT or name.startswith(("UV_", "PIP_", "LC_"))
    }
    from uv import find_uv_bin

    uv = subprocess.run([find_uv_bin(), "cache", "dir"], check=True, capture_output=True, text=True)
    return {
        "UV_CACHE_DIR": uv.stdout.strip(),
        **kept,
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "HERMES_CACHE_DIR": str(home / "cache"),
        "PYTHONPATH": str(src),
    }


def main(src: Path, given: dict[str, str]) -> int:
    """Deploy in a temporary folder, and print the way."""
    sys.path.insert(0, str(src))
    sys.path.insert(1, str(Path(__file__).resolve().parent.parent))
    from tools.structure import is_use_case, read_modules, room_of

    rooms = {
        str(src / module.path): room_of(module, given)
        for module in read_modules(src).values()
        if is_use_case(module.name) and module.name.split(".")[-1] not in LOOKED_THROUGH
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        (folder / "repo").mkdir()
        variables = clean_variables(folder / "home", src)
        os.environ.clear()
        os.environ.update(variables)
        write_repo(folder / "repo")
        os.chdir(folder / "repo")
        sys.argv = ["hermes", "deploy", "--env", "local"]
        walk = Walk(rooms)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            code = watched(walk)
        os.chdir(src)
    if code:
        sys.stderr.write(printed.getvalue())
        return code
    visits = merged(walk.root.visits)
    found, story = entered(visits), way(visits)
    lines = [
        *told(visits),
        "",
        f"rooms entered: {len(found)} ({', '.join(found)})",
        f"the way, without the rooms that call no other: {', '.join(story)}",
        f"comes back to a room that it has left: {len(story) - len(set(story))} times",
        f"returns, as calls into a room that is still busy: {len(walk.returns)}",
        *(f"  {call} × {count}" for call, count in sorted(walk.returns.items())),
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return code


def watched(walk: Walk) -> int:
    """Run the command under the profiler, and return its exit code."""
    from hermes_cli.__main__ import main as hermes

    follow_threads(walk)
    threading.setprofile(walk)
    sys.setprofile(walk)
    try:
        hermes()
    except SystemExit as end:
        return _code(end.code)
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return 0


def _code(code: Any) -> int:
    return code if isinstance(code, int) else int(code is not None)


if __name__ == "__main__":
    _rooms = json.loads(Path(sys.argv[2]).read_text("utf-8")) if len(sys.argv) > 2 else {}
    sys.exit(main(Path(sys.argv[1]).resolve(), _rooms))
