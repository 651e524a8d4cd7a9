"""How long it takes to build: one project and many, changed and not."""

from __future__ import annotations

import shutil
from pathlib import Path

from .figures import Found
from .ground import Repo, Tools, make_repo
from .measure import Work, paired


def measure(found: Found, tools: Tools, scratch: Path, *, rounds: int, many: int) -> None:
    """`hermes build` against uv, which builds in an isolated environment as well."""
    bare = Work(name="bare Python", command=[str(tools.python), "-c", "pass"], folder=scratch)
    one = make_repo(scratch / "build-one", 1)
    changed = hermes_build(tools, one, change=True)
    uv = uv_loop(tools, one, scratch)
    found.ratio(
        "`hermes build`, one hatchling project, changed",
        "`uv build`",
        0.5,
        paired(changed, uv, rounds=rounds),
    )
    same = hermes_build(tools, one, change=False)
    found.ratio(
        "`hermes build`, one project, unchanged", "bare Python", 12, paired(same, bare, rounds=rounds)
    )
    several = make_repo(scratch / "build-many", many)
    ratio = paired(
        hermes_build(tools, several, change=True),
        uv_loop(tools, several, scratch),
        rounds=max(1, rounds // 3),
    )
    found.ratio(f"`hermes build`, {many} projects, changed", "a loop of `uv build --offline`", 0.1, ratio)


def hermes_build(tools: Tools, repo: Repo, *, change: bool) -> Work:
    """Build a whole repo."""
    command = [str(tools.hermes), "build", "--out-dir", "dist"]
    return Work(
        name="hermes build", command=command, folder=repo.folder, prepare=repo.change if change else None
    )


def uv_loop(tools: Tools, repo: Repo, scratch: Path) -> Work:
    """Build each project with uv."""
    out = scratch / "uv-dist"
    uv = tools.peer("uv")
    commands = [f"{uv} build --quiet --offline --wheel --out-dir {out} {name}" for name in repo.projects]

    def prepare() -> None:
        shutil.rmtree(out, ignore_errors=True)

    script = " && ".join(commands)
    return Work(name="uv build", command=["sh", "-c", script], folder=repo.folder, prepare=prepare)
