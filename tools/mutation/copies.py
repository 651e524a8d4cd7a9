"""Make copies of the tree, each with an environment of its own, so that the tree itself is never changed."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import recorder
from .processes import Job

HERE = Path(__file__).resolve().parent
_FOREIGN = ("CI", "GITHUB_", "TRAVIS", "JENKINS", "BUILD_", "GITLAB_", "AWS_", "HERMES_", "GIT_", "PYTEST_")
_GIT_CONFIG = "[user]\n\tname = Mutation\n\temail = mutation@localhost\n[init]\n\tdefaultBranch = main\n"
_BEGIN = f"import os; '{recorder.SEEN}' in os.environ and __import__('mutation_recorder').begin()\n"


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a run of pytest ended; no code where its time was over."""

    code: int | None
    output: str
    seconds: float


@dataclass(kw_only=True)
class Copy:
    """A copy of the tree below `folder`, with an environment whose `hermes_cli` is the copy's own."""

    folder: Path
    _clock: int = field(default_factory=lambda: int(time.time()) - 10_000_000)
    _job: Job | None = None

    @property
    def root(self) -> Path:
        """The copy of the tree; what the tests write is beside it, where no settings are found above."""
        return self.folder / "tree"

    @property
    def python(self) -> Path:
        """The interpreter of the copy's environment."""
        return self.root / ".venv" / "bin" / "python"

    def write(self, path: str, text: bytes) -> None:
        """Replace a file below src, with a time of its own: bytecode is taken for current by seconds and size."""
        target = self.root / "src" / path
        target.write_bytes(text)
        self._clock += 2
        os.utime(target, (self._clock, self._clock))

    def check(self) -> None:
        """Make sure that the copy's package is the one that a process without any variable imports."""
        command = [str(self.python), "-c", "import hermes_cli; print(hermes_cli.__file__)"]
        done = subprocess.run(command, env={}, cwd="/", capture_output=True, text=True, check=True)
        if not done.stdout.startswith(f"{self.root}/src/"):
            raise RuntimeError(f"this would test {done.stdout.strip()}")

    def variables(self, more: Mapping[str, str]) -> dict[str, str]:
        """Return what the tests see: a home of their own, and the machine's ways to packages."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        return {
            **_machine(),
            **kept,
            "HOME": str(self.folder / "home"),
            "HERMES_CACHE_DIR": str(self.folder / "home" / "cache"),
            "TMPDIR": str(self.folder / "tmp"),
            recorder.SRC: f"{self.root}/src",
            **more,
        }

    def pytest(self, words: Sequence[str], *, limit: float, more: Mapping[str, str]) -> Ended:
        """Run pytest in the copy, and end all that it has started when it is over."""
        begun = time.monotonic()
        command = [
            *(str(self.python), "-m", "pytest", "-p", "mutation_plugin", "-p", "no:cacheprovider"),
            *words,
        ]
        self._job = Job(command, folder=self.root, variables=self.variables(more))
        try:
            code = self._job.wait(limit)
            output = self._job.output()
        finally:
            self._job.end()
            self._job = None
            shutil.rmtree(self.folder / "tmp", ignore_errors=True)
            (self.folder / "tmp").mkdir(exist_ok=True)
        return Ended(code=code, output=output, seconds=time.monotonic() - begun)

    def stop(self) -> None:
        """End what runs in the copy, from another thread."""
        job = self._job
        if job is not None:
            job.stop()


def make_copy(tree: Path, folder: Path) -> Copy:
    """Copy what git holds or would take of the tree, and make its environment."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=tree,
        capture_output=True,
        text=True,
        check=True,
    )
    copy = Copy(folder=folder)
    for name in listed.stdout.rstrip("\0").split("\0"):
        source, target = tree / name, copy.root / name
        if source.is_symlink() or source.is_file():  # and not removed since
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    for name in ("home", "tmp"):
        (folder / name).mkdir()
    (folder / "home" / ".gitconfig").write_text(_GIT_CONFIG, encoding="utf-8")
    _make_environment(copy)
    copy.check()
    return copy


def _make_environment(copy: Copy) -> None:
    """Make an environment that has the packages of this one, the copy's source, and the recorder.

    A variable would not do: the tests drive the installed command without those that begin with PYTHON.
    """
    venv = copy.root / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    packages = Path(sysconfig.get_path("purelib"))
    own = venv / packages.relative_to(sys.prefix)
    (own / "mutation.pth").write_text(f"{copy.root}/src\n{packages}\n{_BEGIN}", encoding="utf-8")
    for name in ("recorder", "plugin"):
        shutil.copyfile(HERE / f"{name}.py", own / f"mutation_{name}.py")
    here = sys.prefix.encode()
    for script in (Path(sys.prefix) / "bin").iterdir():
        target = venv / "bin" / script.name
        if target.exists() or target.is_symlink():
            continue
        start = script.read_bytes() if script.is_file() else b""
        if start.startswith(b"#!") and here in start:  # it names its interpreter
            target.write_bytes(start.replace(here, str(venv).encode()))
            target.chmod(0o755)
        else:
            target.symlink_to(script.resolve())


@functools.cache
def _machine() -> dict[str, str]:
    """Return how this machine reaches packages and interpreters, for a home that knows nothing of it."""
    from uv import find_uv_bin

    uv = subprocess.run([find_uv_bin(), "cache", "dir"], capture_output=True, text=True, check=True)
    home = Path.home()
    found = {
        "PYENV_ROOT": home / ".pyenv",
        "UV_CONFIG_FILE": home / ".config" / "uv" / "uv.toml",
        "UV_CACHE_DIR": Path(uv.stdout.strip()),
        "UV_PYTHON_INSTALL_DIR": home / ".local" / "share" / "uv" / "python",
        "PIP_CONFIG_FILE": home / ".config" / "pip" / "pip.conf",
    }
    return {name: str(path) for name, path in found.items() if path.exists()}
