"""Drives the installed `hermes` in a subprocess, as a user who has nothing else on the machine."""

from __future__ import annotations

import functools
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERMES = Path(os.environ.get("HERMES_BIN") or Path(sys.executable).parent / "hermes")
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
TIMEOUT = 180  # seconds after which a command is taken to hang

# What a developer's shell or a CI job sets, and what would decide a test instead of the test itself.
_FOREIGN = re.compile(
    r"CI$|(?:CI|GITHUB|GITLAB|TRAVIS|CIRCLE|BITBUCKET|JENKINS|BUILD|SYSTEM|CHANGE|TAG|BRANCH|HERMES|PYTEST)(?:_|$)"
    r"|CIRCLECI$|TF_BUILD$|HUDSON|GIT_(?!SSL_|EXEC_PATH$)|XDG_|PYTHON|VIRTUAL_ENV|CONDA|COLUMNS$|LINES$"
    r"|NO_COLOR$|FORCE_COLOR$|CLICOLOR|TMPDIR$"
)
_GIT_CONFIG = "[user]\n\tname = Test Analyst\n\temail = analyst@localhost\n[init]\n\tdefaultBranch = main\n"


@dataclass(frozen=True, kw_only=True)
class Result:
    """How a command ended."""

    arguments: tuple[str, ...]
    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on stdout; it says its schema."""
        document = json.loads(self.stdout)
        assert isinstance(document, dict)
        assert isinstance(document["schema"], int)
        return document

    @property
    def error(self) -> str:
        """The one error on stderr; fails the test where there is none, more, or a traceback."""
        assert "Traceback" not in self.stderr, self.stderr
        errors = [line for line in self.stderr.splitlines() if line.startswith("error: ")]
        assert len(errors) == 1, self.stderr or self.stdout
        return errors[0].removeprefix("error: ")


@dataclass(frozen=True, kw_only=True)
class Hermes:
    """The command, and all that its process sees."""

    environment: Mapping[str, str]

    def run(
        self,
        *arguments: str | Path,
        cwd: Path,
        env: Mapping[str, str | None] | None = None,
        expect: int = 0,
        command: tuple[str | Path, ...] = (HERMES,),
    ) -> Result:
        """Run it to its end; fails the test where it ends with another code than `expect`."""
        words = tuple(str(argument) for argument in arguments)
        done = subprocess.run(
            [*map(str, command), *words],
            cwd=cwd,
            env=self.variables(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        result = Result(arguments=words, code=done.returncode, stdout=done.stdout, stderr=done.stderr)
        assert result.code == expect, (
            f"hermes {' '.join(words)} ended with {result.code}, not {expect}\n"
            f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        )
        return result

    def interrupt(
        self,
        *arguments: str | Path,
        cwd: Path,
        when: Path,
        env: Mapping[str, str | None] | None = None,
        sign: signal.Signals = signal.SIGINT,
        group: bool = True,
    ) -> Result:
        """Start it, and send it a signal once the file `when` is there, as a terminal does: to its group."""
        words = tuple(str(argument) for argument in arguments)
        process = subprocess.Popen(
            [str(HERMES), *words],
            cwd=cwd,
            env=self.variables(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            deadline = time.monotonic() + TIMEOUT
            while not when.exists() and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
            assert process.poll() is None, f"it ended before the signal: {process.communicate()}"
            (os.killpg if group else os.kill)(process.pid, sign)
            stdout, stderr = process.communicate(timeout=TIMEOUT)
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()
        return Result(arguments=words, code=process.returncode, stdout=stdout, stderr=stderr)

    def variables(self, more: Mapping[str, str | None] | None = None) -> dict[str, str]:
        """All variables of the process; None takes one away."""
        merged = {**self.environment, **(more or {})}
        return {name: value for name, value in merged.items() if value is not None}


def fresh_hermes(home: Path, cache: Path) -> Hermes:
    """Hermes for a user whose home is new; `cache` may be shared, and so is uv's own."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "gitconfig").write_text(_GIT_CONFIG)
    real = Path.home()
    kept = {name: value for name, value in os.environ.items() if not _FOREIGN.match(name)}
    # How this machine reaches packages and interpreters stays, or every test would fetch them anew.
    found = {
        "PYENV_ROOT": real / ".pyenv",
        "UV_CONFIG_FILE": real / ".config" / "uv" / "uv.toml",
        "UV_CACHE_DIR": uv_cache(),
        "UV_PYTHON_INSTALL_DIR": real / ".local" / "share" / "uv" / "python",
    }
    machine = {name: str(path) for name, path in found.items() if path.exists()}
    return Hermes(
        environment={
            **machine,
            **kept,
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_CONFIG_DIRS": str(home / "system"),
            "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "HERMES_CACHE_DIR": str(cache),
            "HERMES_S3_CLIENT": "boto3",  # as without the extra, unless a test wants the other
        }
    )


@functools.cache
def uv_cache() -> Path:
    """Where uv keeps what it has downloaded on this machine."""
    from uv import find_uv_bin

    told = subprocess.run([find_uv_bin(), "cache", "dir"], capture_output=True, text=True, check=True)
    return Path(told.stdout.strip())


@dataclass(frozen=True, kw_only=True)
class Repo:
    """A git repository that Hermes works in."""

    path: Path
    hermes: Hermes
    variables: Mapping[str, str] = field(default_factory=dict)

    def run(
        self, *arguments: str | Path, env: Mapping[str, str | None] | None = None, expect: int = 0
    ) -> Result:
        """Run hermes at the top of the repo."""
        return self.hermes.run(
            *arguments, cwd=self.path, env={**self.variables, **(env or {})}, expect=expect
        )

    def git(self, *arguments: str) -> str:
        """Run git in the repo, as its user."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.path, env=self.hermes.variables(), capture_output=True, text=True
        )
        assert done.returncode == 0, f"git {arguments}: {done.stderr}"
        return done.stdout.strip()

    @property
    def head(self) -> str:
        """The commit that is checked out."""
        return self.git("rev-parse", "HEAD")

    def commit(self, message: str = "A change") -> str:
        """Commit everything, and return the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.head

    def switch(self, branch: str) -> None:
        """Switch to a branch, which is made where it is not there."""
        exists = self.git("branch", "--list", branch)
        self.git("switch", "--quiet", *(() if exists else ("--create",)), branch)

    def write(self, path: str, text: str) -> Path:
        """Write a file of the repo."""
        target = self.path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return target

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a text that stands in a file."""
        text = (self.path / path).read_text(encoding="utf-8")
        assert old in text, f"{path} has no {old!r}:\n{text}"
        self.write(path, text.replace(old, new))

    def set_version(self, version: str, project: str = "shop") -> None:
        """Give a project another version."""
        path = self.path / project / "pyproject.toml"
        path.write_text(re.sub(r'(?m)^version = "[^"]*"', f'version = "{version}"', path.read_text()))


def github(repo: Repo, branch: str, event: str = "push", *, default: str = "main") -> dict[str, str]:
    """The variables of a GitHub Actions run for a branch of the repo, at the commit that is checked out."""
    payload = repo.path.parent / f"event-{event}.json"
    payload.write_text(json.dumps({"repository": {"default_branch": default, "full_name": "growth/shop"}}))
    pull_request = event == "pull_request"
    return {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": event,
        "GITHUB_EVENT_PATH": str(payload),
        "GITHUB_REF": "refs/pull/7/merge" if pull_request else f"refs/heads/{branch}",
        "GITHUB_REF_NAME": "7/merge" if pull_request else branch,
        "GITHUB_HEAD_REF": branch if event.startswith("pull_request") else "",
        "GITHUB_BASE_REF": default if event.startswith("pull_request") else "",
        "GITHUB_SHA": repo.head,
        "GITHUB_ACTOR": "octocat",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "growth/shop",
        "GITHUB_RUN_ID": "42",
    }


def tree_of(folder: Path) -> dict[str, bytes]:
    """Every file and link below a folder, with what is in it; of git's own files the objects are left out."""
    found = {}
    for path in sorted(folder.rglob("*")) if folder.exists() else ():
        name = path.relative_to(folder).as_posix()
        if name.startswith(".git/objects/") or name == ".git/index":
            continue
        if path.is_symlink():
            found[name] = os.fsencode(path.readlink())
        elif path.is_file():
            found[name] = path.read_bytes()
    return found
