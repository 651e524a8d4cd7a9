"""A template in git with two states, and a repo made from the first."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hermes_cli.usecases.new import new_repo
from hermes_cli.usecases.repo.workspace import Workspace, open_workspace
from hermes_cli.usecases.template_update import UpdateReport, UpdateRequest, check, take_back, update
from sample_repos import commit, sh, write

ROOT = "{{cookiecutter.repo}}"
TEN = "".join(f"line {number}\n" for number in range(1, 11))
SETTINGS: Mapping[str, object] = {
    "repo": "shop",
    "team": "a",
    "project": "shop",
    "__package": "{{ cookiecutter.project }}",
    "script": "{{ cookiecutter.__package }}",
    "ci": ["github", "none"],
}
FIRST: Mapping[str, str] = {
    "hermes.toml": 'team = "{{cookiecutter.team}}"\nrepo-id = "{{cookiecutter.repo_id}}"\n',
    ".gitignore": ".hermes/\n__pycache__/\n",
    "README.md": TEN,
    "ci.yml": TEN.replace("line", "step"),
    "tools/run.sh": "#!/bin/sh\n" + TEN,
    "{{cookiecutter.project}}/pyproject.toml": (
        '[project]\nname = "{{cookiecutter.project}}"\nversion = "0.1.0"\ndependencies = []\n\n'
        '[tool.hermes]\nscripts = ["{{cookiecutter.script}}"]\nlibrary = true\n\n'
        "[tool.ruff]\nline-length = 80\n"
    ),
    "{{cookiecutter.project}}/{{cookiecutter.__package}}/__init__.py": "",
    "{{cookiecutter.project}}/{{cookiecutter.__package}}/{{cookiecutter.script}}.py": (
        '"""{{cookiecutter.script}}"""\n\n\ndef main() -> None:\n    print("{{cookiecutter.script}}")\n\n\nmain()\n'
    ),
    "{{cookiecutter.project}}/tests/test_{{cookiecutter.script}}.py": "def test_it() -> None: ...\n",
}


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A template's folder, and a repo that was made from its tag v1."""

    template: Path
    root: Path

    @property
    def files(self) -> Path:
        """The folder of the template with what it makes."""
        return self.template / ROOT

    @property
    def workspace(self) -> Workspace:
        """The repo as it is now."""
        return open_workspace(self.root, {})

    def release(self, tag: str | None, change: Callable[[Path], None], **settings: object) -> str:
        """Change what the template makes, or its settings, and tag it; the commit."""
        change(self.files)
        if settings:
            (self.template / "cookiecutter.json").write_text(
                json.dumps({**SETTINGS, "repo_id": "", **settings}, indent=1)
            )
        made = commit(self.template, tag or "a change")
        if tag:
            sh(self.template, "git", "tag", tag)
        return made

    def edit(self, change: Callable[[Path], None]) -> str:
        """Change the repo and commit it; the commit."""
        change(self.root)
        return commit(self.root)

    def check(self, ref: str | None = None, **answers: str) -> UpdateReport:
        """What an update would do."""
        return check(self.workspace, UpdateRequest(ref=ref, answers=answers), notify=lambda event: None)

    def update(self, ref: str | None = None, **answers: str) -> UpdateReport:
        """Update it."""
        wish = UpdateRequest(ref=ref, answers=answers)
        take_back(self.root, notify=lambda event: None)
        return update(self.workspace, wish, None, notify=lambda event: None)

    def status(self) -> str:
        """What git says of the work tree."""
        return sh(self.root, "git", "status", "--porcelain")


def make_pair(folder: Path, spec: str = "{url}@v1", **settings: object) -> Pair:
    """A template tagged v1, and the repo `shop` made from it."""
    template = folder / "template"
    write(template / ROOT, FIRST)
    (template / ROOT / "tools" / "run.sh").chmod(0o755)
    (template / "cookiecutter.json").write_text(json.dumps({**SETTINGS, "repo_id": "", **settings}, indent=1))
    sh(template, "git", "init", "--quiet", "--template=", "--initial-branch=main")
    commit(template, "v1")
    sh(template, "git", "tag", "v1")
    into = folder / "repos"
    into.mkdir()
    spec = spec.format(url=template.as_uri(), folder=template)
    answers = {"team": "growth", "ci": "github"}
    new_repo("shop", spec, answers, into, notify=lambda event: None)
    return Pair(template=template, root=into / "shop")


def replace(path: str, old: str, new: str) -> Callable[[Path], None]:
    """A change of a text in a file."""

    def change(folder: Path) -> None:
        text = (folder / path).read_bytes().decode()
        assert old in text
        (folder / path).write_bytes(text.replace(old, new, 1).encode())

    return change


def put(path: str, text: str) -> Callable[[Path], None]:
    """A change that writes a file."""
    return lambda folder: write(folder, {path: text})


def remove(path: str) -> Callable[[Path], None]:
    """A change that deletes a file."""
    return lambda folder: (folder / path).unlink()


def move(path: str, target: str) -> Callable[[Path], None]:
    """A change that renames a file."""

    def change(folder: Path) -> None:
        (folder / target).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).rename(folder / target)

    return change


def mode(path: str, bits: int) -> Callable[[Path], None]:
    """A change of what may be done with a file."""
    return lambda folder: (folder / path).chmod(bits)


def both(*changes: Callable[[Path], None]) -> Callable[[Path], None]:
    """Changes, one after the other."""

    def change(folder: Path) -> None:
        for one in changes:
            one(folder)

    return change


def windows(path: str) -> Callable[[Path], None]:
    """A change of line ends, as some editors make it."""

    def change(folder: Path) -> None:
        data = (folder / path).read_bytes()
        (folder / path).write_bytes(data.replace(b"\n", b"\r\n"))

    return change


def nothing(folder: Path) -> None:
    """No change."""
