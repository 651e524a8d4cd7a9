"""Hermes repos for tests: real git in a temporary folder, and nothing of who runs the tests."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from hermes_cli.usecases.repo.workspace import Workspace, open_workspace

HERMES = 'team = "growth"\nrepo-id = "a-repo"\n'
HERMETIC = ("GIT_", "HERMES_", "GITHUB_", "TRAVIS", "JENKINS_", "XDG_")


def isolate(folder: Path, monkeypatch: pytest.MonkeyPatch, *, identity: bool = True) -> None:
    """No variable and no setting of the user's reaches git or Hermes; `folder` is the home."""
    for name in os.environ:
        if name.startswith(HERMETIC) or name == "CI":
            monkeypatch.delenv(name)
    folder.mkdir(exist_ok=True)
    config = folder / "gitconfig"
    config.write_text("[user]\n name = Some One\n email = one@example.com\n" if identity else "")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parent))
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(folder / "system"))


def write(root: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files by their paths."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def sh(folder: Path, *command: str) -> str:
    """Run a command that must succeed; its output."""
    done = subprocess.run(command, cwd=folder, capture_output=True, check=True)
    return os.fsdecode(done.stdout).strip()


def project_file(name: str, *dependencies: str, version: str = "1.2.0") -> str:
    """A pyproject.toml."""
    listed = ", ".join(f'"{one}"' for one in dependencies)
    return f'[project]\nname = "{name}"\nversion = "{version}"\ndependencies = [{listed}]\n'


def commit(root: Path, message: str = "a change") -> str:
    """Commit everything; the commit."""
    sh(root, "git", "add", "--all")
    sh(root, "git", "commit", "--quiet", "--allow-empty", "-m", message)
    return sh(root, "git", "rev-parse", "HEAD")


def make_repo(root: Path, files: Mapping[str, str | bytes] | None = None) -> Path:
    """A git repository on main with hermes.toml and these files, committed."""
    root.mkdir(parents=True)
    sh(root, "git", "init", "--quiet", "--template=")
    sh(root, "git", "symbolic-ref", "HEAD", "refs/heads/main")
    write(root, {"hermes.toml": HERMES, ".gitignore": ".hermes/\n", **(files or {})})
    commit(root, "start")
    return root


def opened(start: Path, **variables: str) -> Workspace:
    """The workspace of a folder, with these variables alone."""
    return open_workspace(start, variables)
