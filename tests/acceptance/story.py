"""One story of a few repos, told once for all contract tests: each step is a command with -o json."""

from __future__ import annotations

import json
import shlex
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .frozen import Normal
from .harness import HERMES, PYTHON, Hermes, Repo, tree_of

BAD, LEAK, OLD = "wrong totals", "counts twice", "replaced by sales"
REPO_ID = "11111111-2222-4333-8444-555555555555"
SETTINGS = f"""\
team = "growth"
repo-id = "{REPO_ID}"
default-branch = "main"
[environments.local]
python = "{PYTHON}"
"""
PROD = f"""\
[environments.prod]
path = ".hermes/prod"
python = "{PYTHON}"
accepts = ["releases"]
release-from = "ci"
"""
CLOUD = f"""\
[environments.cloud]
bucket = "acme-cloud"
region = "eu-west-1"
python = "{PYTHON}"
"""
PROJECT = """\
[build-system]
requires = ["uv_build>=0.8"]
build-backend = "uv_build"

[project]
name = "{name}"
version = "1.0.0"
requires-python = ">=3.9"
dependencies = [{needs}]

[dependency-groups]
test = ["pytest>=8"]

[tool.uv.build-backend]
module-root = ""
"""
BROKEN = PROJECT.format(name="bad", needs="").replace(
    'build-backend = "uv_build"', 'build-backend = "absent"'
)
LOOSE = """\
# Databricks notebook source
data = open("/home/me/x.csv").read()
# COMMAND ----------
day = dbutils.widgets.get("day")
# COMMAND ----------
key = dbutils.secrets.get("scope", "api-key")
# COMMAND ----------
display(data)
"""
TEMPLATE = {
    "hermes.toml": 'team = "{{cookiecutter.team}}"\nrepo-id = "{{cookiecutter.repo_id}}"\n',
    "README.md": "".join(f"line {number}\n" for number in range(1, 11)),
    "{{cookiecutter.project}}/pyproject.toml": PROJECT.format(name="{{cookiecutter.project}}", needs="")
    + "[tool.hermes]\nlibrary = false\n",
    "{{cookiecutter.project}}/{{cookiecutter.project}}/{{cookiecutter.project}}.py": "print(1)\n",
}
QUESTIONS = {"repo": "cart", "team": "growth", "project": "cart", "repo_id": "", "ci": ["none", "github"]}


@dataclass(kw_only=True)
class Story:
    """The repos, and what each step of the story ended with and wrote."""

    folder: Path
    hermes: Hermes
    normal: Normal
    told: dict[str, Any] = field(default_factory=dict)
    stored: dict[str, Any] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)
    second: int = 0

    @property
    def build(self) -> bytes:
        """The build.json of the first release."""
        return (self.folder / "shop/dist/build.json").read_bytes()

    def repo(self, name: str = "shop") -> Repo:
        """One of the repos."""
        return Repo(path=self.folder / name, hermes=self.hermes)

    def commit(self, label: str, name: str = "shop") -> None:
        """Commit everything; the id is called by the label from here on."""
        repo = self.repo(name)
        repo.commit(label)
        self.know(label, name)

    def know(self, label: str, name: str = "shop") -> None:
        """Call the commit that is checked out by a label from here on."""
        head = self.repo(name).head
        self.normal.names.setdefault(head, f"<commit {label}>")
        self.normal.names.setdefault(head[:10], f"<commit {label}, short>")

    def word(self, word: str) -> None:
        """Change what shop says, and nothing else."""
        self.repo().write("shop/shop/__init__.py", f'WORD = "{word}"\n')

    def run(self, step: Step) -> None:
        """Run one step, and keep what it said and what it did to the store."""
        if step.before is not None:
            step.before(self)
        store = self.folder / "shop/.hermes/local"
        before = tree_of(store) if step.stores else {}
        at = self.folder / step.at
        while step.stores and int(time.time()) == self.second:  # the log orders what was done by seconds
            time.sleep(0.02)
        words = shlex.split(step.words.format(tmp=self.folder, url=self.folder.as_uri()))
        done = subprocess.run(
            [HERMES, *words] if step.plain else [HERMES, "-o", "json", *words],
            cwd=at,
            env=self.hermes.variables(step.variables(self) if step.variables else None),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        try:
            said = json.loads(done.stdout)
        except ValueError:  # the story goes on, and this step's test shows it
            said = {"not JSON": [done.stdout, done.stderr]}
        self.told[step.name] = {
            "command": f"hermes {step.words}",
            "exit_code": done.returncode,
            "stdout": self.normal.of(said),
        }
        if step.stores:
            self.second = int(time.time())
            self._keep(step.name, before, tree_of(store))

    def _keep(self, name: str, before: dict[str, bytes], after: dict[str, bytes]) -> None:
        def keys(chosen: set[str]) -> list[str]:
            return sorted(self.normal.text(key) for key in chosen if not key.startswith(".tmp/"))

        changed = {key for key in set(before) & set(after) if before[key] != after[key]}
        created = set(after) - set(before)
        documents = {key: after[key] for key in sorted(created | changed) if key.endswith(".json")}
        self.stored[name] = {
            "created": keys(created),
            "changed": keys(changed),
            "removed": keys(set(before) - set(after)),
            "documents": {
                self.normal.text(key): self.normal.of(json.loads(data)) for key, data in documents.items()
            },
        }
        self.documents.update({f"{name}: {key}": data for key, data in documents.items()})


@dataclass(frozen=True, kw_only=True)
class Step:
    """One command of the story, and what happens before it.

    `at` is the folder that it runs in; `plain` is a command that writes a document of its own in
    place of -o json; `stores` that the store is compared too.
    """

    name: str
    words: str
    at: str = "shop"
    before: Callable[[Story], object] | None = None
    variables: Callable[[Story], dict[str, str | None]] | None = None
    plain: bool = False
    stores: bool = False


def tell(folder: Path, hermes: Hermes, steps: tuple[Step, ...]) -> Story:
    """Make the first repo and the template, and go through all steps."""
    normal = Normal(names={str(folder): "<tmp>", REPO_ID: "<repo-id>"}, kept=frozenset({BAD, LEAK, OLD}))
    story = Story(folder=folder, hermes=hermes, normal=normal)
    for name, needs in (("common", ""), ("shop", '"common"')):
        repo = story.repo()
        repo.write(f"{name}/pyproject.toml", PROJECT.format(name=name, needs=needs))
        repo.write(f"{name}/{name}/__init__.py", 'WORD = "hello"\n')
    repo.write("shop/shop/shop.py", "import shop\n\nprint(shop.WORD)\n")
    repo.write("shop/tests/test_shop.py", "def test_it():\n    pass\n")
    repo.write("hermes.toml", SETTINGS)
    repo.write(".gitignore", ".hermes/\ndist/\n__pycache__/\n")
    repo.git("init", "--quiet", "--initial-branch=main")
    story.commit("start")
    template = story.repo("template")
    for path, text in TEMPLATE.items():
        template.write(f"{{{{cookiecutter.repo}}}}/{path}", text)
    template.write("cookiecutter.json", json.dumps(QUESTIONS))
    template.git("init", "--quiet", "--initial-branch=main")
    story.commit("template v1", "template")
    template.git("tag", "v1")
    for step in steps:
        story.run(step)
    return story
