"""`test --changed` against the full run: after random edits of 30 projects, nothing that breaks is left out."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hermes_cli.usecases.test import ProjectResult
from hermes_cli.usecases.test import test as run_tests
from sample_builds import built_project, offer, offline
from sample_repos import make_repo, opened, sh, write

NAMES = [f"p{number:02}" for number in range(30)]
# It stands for pytest: real ones would have to be installed for each project.
RUNNER = """
import pathlib, runpy, sys

for path in sorted(pathlib.Path(sys.argv[1]).glob("test_*.py")):
    try:
        runpy.run_path(str(path))
    except BaseException as error:
        print(repr(error))
        sys.exit(1)
"""


@dataclass
class Sample:
    """A project as it is made: which others it needs, in which way each, and the value that its code gives."""

    name: str
    needs: list[tuple[str, str]] = field(default_factory=list)  # (project, way)
    dynamic: bool = False
    own: int = 1

    @property
    def files(self) -> dict[str, str]:
        plain = [
            f"{name}[more]" if way == "extra" else name
            for name, way in self.needs
            if way in ("plain", "extra")
        ]
        extras = {"more": next((name for name, way in self.needs if way == "in extra"), "free")}
        group = [f'"{name}"' for name, way in self.needs if way == "group"]
        more = f"[dependency-groups]\ntest = [{', '.join(group)}]\n"
        files = built_project(self.name, *plain, extras=extras, dynamic=self.dynamic, more=more)
        imported = [name for name, way in self.needs if way in ("plain", "extra")]
        lines = [f"import {name}" for name in imported]
        lines += ["", f"VALUE = {self.own}" + "".join(f" + {name}.VALUE" for name in imported), ""]
        return files | {f"{self.name}/{self.name}/__init__.py": "\n".join(lines)}


def samples(chance: random.Random) -> dict[str, Sample]:
    """Thirty projects: each needs some of those before it, in every way that there is."""
    made: dict[str, Sample] = {}
    for number, name in enumerate(NAMES):
        sample = Sample(name=name, dynamic=chance.random() < 0.3)
        for other in chance.sample(NAMES[:number], k=min(number, chance.choice([0, 1, 1, 2]))):
            sample.needs.append((other, chance.choice(["plain", "plain", "extra", "in extra", "group"])))
        made[name] = sample
    return made


def with_tests(made: dict[str, Sample]) -> dict[str, str]:
    """The files of all projects. A test checks the values of the project and of all that it may import."""
    values: dict[str, int] = {}
    files: dict[str, str] = {}
    for name, sample in made.items():
        values[name] = sample.own + sum(
            values[other] for other, way in sample.needs if way in ("plain", "extra")
        )
        extra = [
            of
            for other, way in sample.needs
            if way == "extra"
            for of, how in made[other].needs
            if how == "in extra"
        ]
        seen = dict.fromkeys([name, *extra[:1], *(other for other, way in sample.needs if way == "group")])
        files |= sample.files
        files[f"{name}/tests/test_it.py"] = "".join(
            f"import {one}\nassert {one}.VALUE == {values[one]}\n" for one in seen
        )
    return files


def results(repo: Path, *, changed: bool) -> dict[str, ProjectResult]:
    done = run_tests(
        opened(repo), (), changed=changed, quiet=True, arguments=("tests",), notify=lambda event: None
    )
    return {one.project: one.verdict for one in done}


def change_value(chance: random.Random, repo: Path, made: dict[str, Sample]) -> None:
    sample = made[chance.choice(NAMES[:20])]
    sample.own += 1
    write(repo, sample.files)


def lose_a_need(chance: random.Random, repo: Path, made: dict[str, Sample]) -> None:
    sample = made[chance.choice([name for name in NAMES if made[name].needs])]
    sample.needs.pop(chance.randrange(len(sample.needs)))
    files = sample.files
    del files[f"{sample.name}/{sample.name}/__init__.py"]  # its code imports it still
    write(repo, files)


def take_away(chance: random.Random, repo: Path, made: dict[str, Sample]) -> None:
    shutil.rmtree(repo / chance.choice(NAMES[:20]))


def write_a_note(chance: random.Random, repo: Path, made: dict[str, Sample]) -> None:
    write(repo, {"README.md": "hello\n"})


EDITS: list[Callable[[random.Random, Path, dict[str, Sample]], None]] = [
    change_value,
    lose_a_need,
    take_away,
    write_a_note,
]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_nothing_that_an_edit_breaks_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    index = offline(tmp_path, monkeypatch)
    offer(index, "free", "1.0")
    offer(index, "pytest", "99", code=RUNNER)
    chance = random.Random(seed)
    made = samples(chance)
    repo = make_repo(tmp_path / "repo", {".gitignore": ".hermes/\n__pycache__/\n", **with_tests(made)})
    sh(repo, "git", "switch", "-q", "-c", "feature/x")
    assert set(results(repo, changed=False).values()) == {ProjectResult.PASSED}
    left_out = 0
    for edit in EDITS * 2:
        edit(chance, repo, made)
        every, chosen = results(repo, changed=False), results(repo, changed=True)
        broken = {name for name, verdict in every.items() if verdict is ProjectResult.FAILED}
        assert broken <= set(chosen), (edit.__name__, seed)
        assert {name for name, verdict in chosen.items() if verdict is ProjectResult.FAILED} == broken
        left_out += len(every) - len(chosen)
        sh(repo, "git", "checkout", "-q", ".")
        sh(repo, "git", "clean", "-fdq")
        made = samples(random.Random(seed))
    assert left_out > 4 * len(NAMES)  # and it is not simply all of them
