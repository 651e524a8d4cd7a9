"""Measure how long Hermes takes to start, and to make a repo."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

from .figures import Found, Table
from .ground import ROOT, Tools, make_repo
from .measure import Work, once, paired, seconds

_MIB = 1024 * 1024
TEMPLATE = ROOT / "templates" / "project"


def measure(found: Found, tools: Tools, scratch: Path, *, rounds: int) -> None:
    """Measure the start of Hermes and its peers as multiples of a bare interpreter, and `hermes new`."""
    bare = Work(name="bare Python", command=[str(tools.python), "-c", "pass"], folder=scratch)
    repo = make_repo(scratch / "idle", 1)

    def hermes(*arguments: str, **environ: str) -> Work:
        shown = f"hermes {' '.join(arguments)}"
        return Work(name=shown, command=[str(tools.hermes), *arguments], folder=repo.folder, environ=environ)

    version = paired(hermes("--version"), bare, rounds=rounds)
    found.ratio("`hermes --version`", "bare Python", 1.3, version)
    found.ratio("`hermes --help`", "bare Python", 8, paired(hermes("--help"), bare, rounds=rounds))
    asked = {"_HERMES_COMPLETE": "complete_bash", "COMP_WORDS": "hermes d", "COMP_CWORD": "1"}
    found.ratio("shell completion", "bare Python", 3, paired(hermes(**asked), bare, rounds=rounds))
    once(hermes("deploy", "--env", "local"))
    for name, limit, words in (
        ("a command that does nothing (`hermes config --schema`)", 8, ("config", "--schema")),
        ("the help of a command (`hermes deploy --help`)", 14, ("deploy", "--help")),
        ("`hermes ls --env local`, one release", 11, ("ls", "--env", "local")),
        ("`hermes status --env local`, one release", 11, ("status", "--env", "local")),
    ):
        found.ratio(name, "bare Python", limit, paired(hermes(*words), bare, rounds=rounds))

    numbers = itertools.count()

    def new(folder: str, *command: str) -> Work:
        place = scratch / folder

        def prepare() -> None:
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()

        return Work(name=command[0], command=command, folder=place, prepare=prepare)

    template = new("cookiecutter", tools.peer("cookiecutter"), "--no-input", str(TEMPLATE), "repo=shop")
    ours = new("hermes", str(tools.hermes), "new", "shop", "--no-input", "--team", "growth")
    made = paired(ours, template, rounds=rounds)
    found.ratio("`hermes new`, with its git repository", "`cookiecutter` on the same template", 0.9, made)
    others = {
        "copier copy": new(
            "copier", tools.peer("copier"), "copy", "--quiet", "--defaults", str(_copier(scratch)), "made"
        ),
        "kedro new": new(
            "kedro",
            tools.peer("kedro"),
            "new",
            "--name",
            "shop",
            "--tools",
            "none",
            "--example",
            "no",
            "--telemetry",
            "no",
        ),
        "uv init --package": new(
            "uv", tools.peer("uv"), "init", "--package", "--offline", f"shop{next(numbers)}"
        ),
    }
    rows = [("hermes new", *_multiple(made.median * 1.0, seconds(made.ours)))]
    rows += [("cookiecutter", "1.0", _milliseconds(seconds(made.theirs)))]
    for name, work in others.items():
        ratio = paired(work, template, rounds=max(3, rounds // 3))
        rows.append((name, f"{ratio.median:.2g}", _milliseconds(seconds(ratio.ours))))
    found.tables.append(
        Table(
            title="Making a repo or project from a template, as multiples of `cookiecutter` on Hermes's own template",
            columns=("command", "×", "median"),
            rows=tuple(rows),
        )
    )
    peers = [
        tools.peer(name)
        for name in ("uv", "hatch", "cookiecutter", "aws", "copier", "kedro", "twine", "s5cmd")
    ]
    versions = [("hermes --version", f"{version.median:.2g}")]
    for program in [*peers, *([str(tools.sam)] if tools.sam else [])]:
        arguments = ["version"] if program.endswith("s5cmd") else ["--version"]
        work = Work(name=program, command=[program, *arguments], folder=scratch)
        ratio = paired(work, bare, rounds=max(3, rounds // 3))
        versions.append((f"{Path(program).name} {arguments[0]}", f"{ratio.median:.2g}"))
    found.tables.append(
        Table(
            title="`--version`, as multiples of bare Python", columns=("command", "×"), rows=tuple(versions)
        )
    )
    base = once(bare)
    for what, limit, run in (
        ("`hermes --version`", 12, once(hermes("--version"))),
        ("`hermes new`", 40, once(ours)),
    ):
        detail = f"a bare Python takes {base.rss / _MIB:.1f}"
        found.count(f"memory of {what}", "peak of its largest process", limit, run.rss / _MIB, "MiB", detail)


def _copier(scratch: Path) -> Path:
    """Make a template for copier with as many files as Hermes's has."""
    folder = scratch / "copier-template"
    folder.mkdir()
    (folder / "copier.yml").write_text("name:\n  type: str\n  default: shop\n")
    for number in range(12):
        (folder / f"file_{number}.md.jinja").write_text("# {{ name }}\n" + "A line of text.\n" * 30)
    return folder


def _multiple(ratio: float, wall: float) -> tuple[str, str]:
    return f"{ratio:.2g}", _milliseconds(wall)


def _milliseconds(wall: float) -> str:
    return f"{wall * 1000:.0f} ms"
