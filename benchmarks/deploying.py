"""How long it takes to deploy: against the commands that a CI script would call, and as projects grow in number."""

from __future__ import annotations

import shutil
from pathlib import Path

from .figures import Found, Line
from .ground import Repo, Stub, Tools, make_repo, stub_s3
from .measure import Work, once, paired, seconds

_MIB = 1024 * 1024
_CONNECTIONS = 16
_DELAY = 0.02  # seconds a request
# Without and with the extra of this name, and how the figure is told apart.
_CLIENTS = ((False, ""), (True, ", with `fast`"))


def measure(
    found: Found, tools: Tools, scratch: Path, *, rounds: int, many: int, most: int, quick: bool
) -> None:
    """`hermes deploy` of changed and of unchanged projects to two buckets."""
    bare = Work(name="bare Python", command=[str(tools.python), "-c", "pass"], folder=scratch)
    with stub_s3() as stub:
        one = make_repo(scratch / "deploy-one", 1)
        script = classic(tools, one, stub, scratch)
        ratio = paired(deploy(tools, one, stub, change=True), script, rounds=rounds)
        found.ratio(
            "`hermes deploy`, one changed project, two environments",
            "`python -m build` and four `aws s3 cp`",
            1 / 15,
            ratio,
        )
        found.ratio(
            "`hermes deploy`, one changed project, two environments, with `fast`",
            "`python -m build` and four `aws s3 cp`",
            1 / 15,
            paired(deploy(tools, one, stub, change=True, fast=True), script, rounds=rounds),
        )
        per_project = seconds(ratio.theirs)
        several = make_repo(scratch / "deploy-many", many)
        measured = max(1, many // 10)
        part = Repo(folder=several.folder, projects=several.projects[:measured], release=several.release)
        for fast, named in _CLIENTS:
            mine = deploy(tools, several, stub, change=True, fast=fast)
            found.ratio(
                f"`hermes deploy`, {many} changed projects, two environments{named}",
                f"that loop ({measured} of {many} measured)",
                1 / 100,
                paired(mine, classic(tools, part, stub, scratch), rounds=max(1, rounds // 4), warm_up=False),
                share=measured / many,
            )
        quickest = make_repo(scratch / "deploy-quickest", many, backend="uv_build")
        ratio = paired(
            deploy(tools, quickest, stub, change=True),
            modern(tools, quickest, stub, scratch),
            rounds=max(2, rounds // 2),
            warm_up=False,
        )
        found.ratio(
            f"`hermes deploy`, {many} changed projects (uv_build)",
            "a loop of `uv build` and `s5cmd cp`",
            1,
            ratio,
        )
        _unchanged(found, tools, scratch, stub, bare, rounds, most)
        _growth(found, tools, scratch, stub, per_project, quick=quick)
    _far_away(found, tools, scratch, most)


def deploy(tools: Tools, repo: Repo, stub: Stub, *, change: bool, fast: bool = False) -> Work:
    """Deploy a whole repo to both buckets; `fast` is with the extra of this name."""
    command = [str(tools.fast if fast else tools.hermes), "deploy"]
    prepare = repo.change if change else None
    return Work(
        name="hermes deploy", command=command, folder=repo.folder, environ=stub.environment, prepare=prepare
    )


def classic(tools: Tools, repo: Repo, stub: Stub, scratch: Path) -> Work:
    """The usual CI script: `python -m build`, then the script and the wheel to two buckets with the AWS CLI."""
    build = f"{tools.peer('python')} -m build --wheel --outdir OUT NAME"
    return _loop(
        "python -m build, aws s3 cp", build, f"{tools.peer('aws')} s3 cp --quiet", repo, stub, scratch
    )


def modern(tools: Tools, repo: Repo, stub: Stub, scratch: Path) -> Work:
    """The same with the fastest programs for it."""
    build = f"{tools.peer('uv')} build --quiet --offline --wheel --out-dir OUT NAME"
    return _loop("uv build, s5cmd cp", build, f"{tools.peer('s5cmd')} --log error cp", repo, stub, scratch)


def _loop(name: str, build: str, copy: str, repo: Repo, stub: Stub, scratch: Path) -> Work:
    out = scratch / "loop-dist"
    lines = ["set -e"]
    for project in repo.projects:
        lines.append(build.replace("OUT", f"{out}/{project}").replace("NAME", project))
        for bucket in ("dev", "prod"):
            lines.append(f"{copy} {project}/{project}/{project}.py s3://{bucket}/loop/{project}.py")
            lines.append(f"{copy} {out}/{project}/*.whl s3://{bucket}/loop/")

    def prepare() -> None:
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        (scratch / "loop.sh").write_text("\n".join(lines) + "\n")

    return Work(
        name=name,
        command=["sh", str(scratch / "loop.sh")],
        folder=repo.folder,
        environ=stub.environment,
        prepare=prepare,
    )


def _unchanged(
    found: Found, tools: Tools, scratch: Path, stub: Stub, bare: Work, rounds: int, most: int
) -> None:
    repo = make_repo(scratch / "deploy-unchanged", most)
    changed = once(deploy(tools, repo, stub, change=False))
    found.count(
        f"memory of `hermes deploy`, {most} changed projects",
        "peak of its largest process",
        90,
        changed.rss / _MIB,
        "MiB",
    )
    same = deploy(tools, repo, stub, change=False)
    for fast, named in _CLIENTS:
        found.ratio(
            f"`hermes deploy`, {most} unchanged projects, two environments{named}",
            "bare Python",
            45,
            paired(deploy(tools, repo, stub, change=False, fast=fast), bare, rounds=rounds),
        )
    stub.ask("reset")
    once(same)
    asked = stub.ask("counts")
    # The markers of all releases are what is listed: one a project.
    limit = 10 + most / 500
    found.count(
        "requests of that deploy, an environment",
        "10 + objects/500",
        limit,
        sum(asked.values()) / 2,
        "requests",
        ", ".join(f"{count} {kind}" for kind, count in sorted(asked.items())),
    )


def _growth(
    found: Found, tools: Tools, scratch: Path, stub: Stub, per_project: float, *, quick: bool
) -> None:
    sizes = (1, 10, 50) if quick else (1, 10, 50, 200)
    changed, same = Line(name="hermes deploy, all changed"), Line(name="hermes deploy, none changed")
    peer = Line(name="loop of uv build and s5cmd cp")
    for count in (*sizes, *(() if quick else (1000,))):
        stub.ask("clear")
        backend = make_repo(scratch / f"grow-{count}", count, backend="uv_build")
        first = deploy(tools, backend, stub, change=True)
        once(first)
        if count <= 200:
            changed.points.append((count, seconds([once(first) for _ in range(2 if count <= 50 else 1)])))
        same.points.append(
            (count, seconds([once(deploy(tools, backend, stub, change=False)) for _ in range(3)]))
        )
        if count <= 50:
            peer.points.append((count, once(modern(tools, backend, stub, scratch)).wall))
    slow = Line(name="loop of python -m build and aws s3 cp (from one project)", computed=True)
    slow.points = [(count, per_project * count) for count in sizes]
    found.lines += [slow, peer, changed, same]
    found.count(
        f"{sizes[-1]} changed projects, each",
        f"each of {sizes[1]}",
        1.2,
        (changed.points[-1][1] / sizes[-1]) / (changed.points[1][1] / sizes[1]),
        "×",
        "linear in changed projects: each one costs no more among many",
    )
    last = same.points[-1]
    found.count(
        f"{last[0]} unchanged projects",
        "1 unchanged project",
        3,
        last[1] / same.points[0][1],
        "×",
        "nearly flat in unchanged projects",
    )


def _far_away(found: Found, tools: Tools, scratch: Path, most: int) -> None:
    repo = make_repo(scratch / "far-away", most, backend="uv_build")
    with stub_s3(_DELAY) as stub:
        once(deploy(tools, repo, stub, change=False))
        for (fast, named), limit in zip(_CLIENTS, (4.0, 1.5), strict=True):
            repo.change()
            stub.ask("reset")
            run = once(deploy(tools, repo, stub, change=False, fast=fast))
            requests = sum(stub.ask("counts").values())
            least = requests * _DELAY / _CONNECTIONS
            found.count(
                f"`hermes deploy`, {most} changed projects at 20 ms a request{named}",
                f"its {requests:,} requests on {_CONNECTIONS} connections",
                limit,
                run.wall / least,
                "×",
                f"{run.wall:.1f} s against {least:.1f} s",
            )
