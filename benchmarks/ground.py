"""What the benchmarks run on: Hermes and its peers, each installed as a user has it; repos; stub servers."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".venv-bench"
# In the files of every repo: what an earlier run has built must not be found in a cache.
_RUN = uuid.uuid4().hex
PEERS = ("build", "cookiecutter", "copier", "hatch", "kedro", "s5cmd", "twine", "uv")
BACKENDS = {
    "hatchling": 'requires = ["hatchling"]\nbuild-backend = "hatchling.build"',
    "uv_build": 'requires = ["uv_build"]\nbuild-backend = "uv_build"',
}


@dataclass(frozen=True, kw_only=True)
class Tools:
    """Where the programs are."""

    hermes: Path
    fast: Path  # the same with the extra `fast`
    python: Path  # the one that runs Hermes: the bare interpreter to compare with
    peers: Path
    sam: Path | None

    def peer(self, name: str) -> str:
        """The path of a peer's program."""
        return str(self.peers / name)


def install(*, with_sam: bool) -> Tools:
    """Install Hermes's wheel, and the locked peers, each into an environment of its own."""
    uv = ROOT / ".venv" / "bin" / "uv"

    def environment(name: str, lock: str) -> Path:
        folder = HOME / name
        if not (folder / "bin" / "python").exists():
            _run([str(uv), "venv", "--quiet", "--python", sys.executable, str(folder)])
        python = str(folder / "bin" / "python")
        _run(
            [
                str(uv),
                "pip",
                "sync",
                "--quiet",
                "--python",
                python,
                "--compile-bytecode",
                "--require-hashes",
                lock,
            ]
        )
        return folder / "bin"

    peers = environment("peers", "requirements/bench.lock")
    sam = environment("sam", "requirements/bench-sam.lock") if with_sam else None
    (wheel,) = (ROOT / "dist").glob("hermes_data_products-*.whl")
    dependencies = ["--constraint", _without_hashes(HOME / "constraints.txt"), "--compile-bytecode"]
    hermes, fast = HOME / "hermes", HOME / "hermes-fast"
    for folder, wanted in ((hermes, str(wheel)), (fast, f"{wheel}[fast]")):
        shutil.rmtree(folder, ignore_errors=True)
        _run([str(uv), "venv", "--quiet", "--python", sys.executable, str(folder)])
        python = str(folder / "bin" / "python")
        _run([str(uv), "pip", "install", "--quiet", "--python", python, *dependencies, wanted])
    return Tools(
        hermes=hermes / "bin" / "hermes",
        fast=fast / "bin" / "hermes",
        python=hermes / "bin" / "python",
        peers=peers,
        sam=sam / "sam" if sam else None,
    )


def _without_hashes(target: Path) -> str:
    """The development lock as constraints: the same versions as everywhere else."""
    text = (ROOT / "requirements" / "dev.lock").read_text()
    target.write_text("\n".join(re.findall(r"^[a-z0-9][^\s\\]*==[^\\\n]*", text, re.MULTILINE)))
    return str(target)


def versions(tools: Tools) -> dict[str, str]:
    """The version of each peer, of Hermes and of Python."""
    found: dict[str, str] = {}
    for folder in (tools.peers, *((tools.sam.parent,) if tools.sam else ())):
        told = _run(
            [
                str(ROOT / ".venv/bin/uv"),
                "pip",
                "list",
                "--format",
                "json",
                "--python",
                str(folder / "python"),
            ]
        )
        installed = {row["name"]: row["version"] for row in json.loads(told)}
        names = ("aws-sam-cli",) if folder != tools.peers else (*PEERS, "awscli")
        found |= {name: installed[name] for name in names}
    found["hermes"] = _run([str(tools.hermes), "--version"]).split()[-1]
    found["Python"] = sys.version.split()[0]
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def _run(command: Sequence[str], folder: Path = ROOT) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


@dataclass(frozen=True, kw_only=True)
class Stub:
    """A running stub of S3."""

    url: str

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which every client finds it."""
        return {
            "AWS_ENDPOINT_URL_S3": self.url,
            "S3_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "benchmark",
            "AWS_SECRET_ACCESS_KEY": "benchmark-secret",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def ask(self, what: str) -> dict[str, int]:
        """The requests since the last reset, by kind; `reset` counts anew, `clear` empties all buckets."""
        with urllib.request.urlopen(f"{self.url}/-/{what}") as answer:  # noqa: S310 - on this machine
            counts: dict[str, int] = json.load(answer)
        return counts


@contextmanager
def stub_s3(delay: float = 0.0) -> Iterator[Stub]:
    """A stub of S3 in a process of its own; `delay` in seconds before each answer."""
    command = [sys.executable, "-m", "benchmarks.stub_s3", "--delay", str(delay)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None  # noqa: S101 - for the type checker
        assert server.stdin is not None  # noqa: S101
        try:
            yield Stub(url=f"http://127.0.0.1:{server.stdout.readline().strip()}")
        finally:
            server.stdin.close()


@dataclass(kw_only=True)
class Repo:
    """A git repository with so many projects, each with a script and a library, and no dependencies."""

    folder: Path
    projects: list[str]
    release: int = 0

    def change(self) -> None:
        """Edit every project, raise its version, and commit: the next deploy has everything to do."""
        self.release += 1
        for name in self.projects:
            package = self.folder / name / name / "__init__.py"
            package.write_text(f'"""{name}"""\n\nRELEASE = "{self.release} of {_RUN}"\n')
            settings = self.folder / name / "pyproject.toml"
            settings.write_text(
                re.sub(r'version = "[^"]*"', f'version = "0.{self.release}.0"', settings.read_text())
            )
        _run(["git", "add", "--all"], self.folder)
        _run(["git", "commit", "--quiet", "--message", f"Release {self.release}"], self.folder)


def make_repo(folder: Path, count: int, *, backend: str = "hatchling") -> Repo:
    """A repo whose main branch releases to the buckets dev and prod from anywhere."""
    folder.mkdir(parents=True)
    environments = "".join(
        f'\n[environments.{name}]\nbucket = "{name}"\nregion = "us-east-1"\nrelease-from = "anywhere"\n'
        for name in ("dev", "prod")
    )
    (folder / "hermes.toml").write_text(f'team = "bench"\nrepo-id = "bench"\n{environments}')
    (folder / ".gitignore").write_text("dist/\n.hermes/\n")
    names = [f"project_{number:04}" for number in range(count)]
    for name in names:
        package = folder / name / name
        package.mkdir(parents=True)
        (package / f"{name}.py").write_text(f"import {name}\n\nprint({name}.RELEASE)\n")
        root = '\n[tool.uv.build-backend]\nmodule-root = ""\n' if backend == "uv_build" else ""
        (folder / name / "pyproject.toml").write_text(
            f'[build-system]\n{BACKENDS[backend]}\n\n[project]\nname = "{name}"\nversion = "0.0.0"\n'
            f'requires-python = ">=3.10"\n{root}'
        )
    _run(["git", "init", "--quiet", "--initial-branch", "main"], folder)
    for key, value in {"user.name": "Benchmark", "user.email": "benchmark@localhost", "gc.auto": "0"}.items():
        _run(["git", "config", key, value], folder)
    repo = Repo(folder=folder, projects=names)
    repo.change()
    return repo


def quiet_environment() -> None:
    """Take out of this process what would tell a measured command that it runs in CI, or for whom.

    And what would keep a Python program from storing the modules that it compiled.
    """
    for name in list(os.environ):
        if name in ("CI", "PYTHONDONTWRITEBYTECODE") or name.startswith(
            ("GITHUB_", "AWS_", "HERMES_", "VIRTUAL_ENV", "GIT_")
        ):
            del os.environ[name]
