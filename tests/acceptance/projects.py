"""Small repos and projects, written file by file: quick to build, with nothing to fetch from an index."""

from __future__ import annotations

import uuid
from pathlib import Path

from .harness import PYTHON, Hermes, Repo

SCRIPT = '''\
"""Says what it sees."""

import json
import os
import sys

import {module}

seen = {{name: value for name, value in os.environ.items() if name.startswith("HERMES_")}}
print(json.dumps({{"word": {module}.WORD, "parameters": sys.argv[1:], "variables": seen}}))
'''


def settings(*, dev: str = "", prod: str = "", more: str = "") -> str:
    """The text of hermes.toml; buckets that are named become environments."""
    lines = ['team = "growth"', f'repo-id = "{uuid.uuid4()}"', 'default-branch = "main"', more]
    for name, bucket in (("dev", dev), ("prod", prod)):
        if bucket:
            lines += [f"[environments.{name}]", f'bucket = "{bucket}"', f'python = "{PYTHON}"']
    return "\n".join([*lines, "[environments.local]", f'python = "{PYTHON}"', ""])


def pyproject(name: str, version: str = "0.1.0", *, needs: tuple[str, ...] = (), hermes: str = "") -> str:
    """The text of a project's pyproject.toml, with the backend that builds fastest."""
    return f"""\
[build-system]
requires = ["uv_build>=0.8"]
build-backend = "uv_build"

[project]
name = "{name}"
version = "{version}"
readme = "README.md"
requires-python = ">=3.10"
dependencies = [{", ".join(f'"{one}"' for one in needs)}]

[dependency-groups]
test = ["pytest>=8"]

[tool.uv.build-backend]
module-root = ""

[tool.hermes]
{hermes}
"""


def add_project(repo: Repo, name: str, *, needs: tuple[str, ...] = (), word: str = "hello") -> None:
    """Write a project with a script, a package and a test."""
    module = name.replace("-", "_")
    repo.write(f"{name}/pyproject.toml", pyproject(name, needs=needs))
    repo.write(f"{name}/README.md", f"# {name}\n")
    repo.write(f"{name}/{module}/__init__.py", f'WORD = "{word}"\n')
    repo.write(f"{name}/{module}/{module}.py", SCRIPT.format(module=module))
    test = f"import {module}\n\n\ndef test_word() -> None:\n    assert {module}.WORD\n"
    repo.write(f"{name}/tests/test_{module}.py", test)


def small_repo(hermes: Hermes, path: Path, *, dev: str = "", prod: str = "", more: str = "") -> Repo:
    """A repo on `main` with one project `shop` that needs nothing, committed."""
    path.mkdir(parents=True)
    repo = Repo(path=path, hermes=hermes)
    repo.git("init", "--quiet", "--initial-branch=main")
    repo.write("hermes.toml", settings(dev=dev, prod=prod, more=more))
    repo.write(".gitignore", ".hermes/\ndist/\n__pycache__/\n")
    add_project(repo, "shop")
    repo.commit("Start")
    return repo
