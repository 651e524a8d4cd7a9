"""Ctrl-C at any time: exit code 130, one sentence, and no temporary folder is left."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from .harness import Hermes, Repo, Result, tree_of
from .projects import add_project
from .test_bad_input import IN_TREE

SLOW_BACKEND = """\
import os, pathlib, time

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    pathlib.Path(wheel_directory, "half.whl").write_text("half")
    half = pathlib.Path(os.environ["STARTED"] + ".half")
    half.write_text(str(os.getpid()))
    half.rename(os.environ["STARTED"])
    time.sleep(300)
"""
# A git that takes very long for one of its commands.
SLOW_GIT = """\
#!/bin/sh
case " $* " in *" {command} "*) touch "$STARTED"; exec sleep 300;; esac
exec {git} "$@"
"""
# Python reads it at its start, and it sends the signal while a module is imported.
SIGNAL_AT_IMPORT = """\
import os, signal, sys

class Sender:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ.get("INTERRUPT_AT"):
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Sender())
"""

# Python reads it at its start, and it sends the signal once more while a folder is deleted.
SIGNAL_AT_CLEANUP = """\
import os, shutil, signal

delete = shutil.rmtree

def send(*arguments, **options):
    if os.path.exists(os.environ.get("STARTED", "")):
        os.kill(os.getpid(), signal.SIGINT)
    delete(*arguments, **options)

shutil.rmtree = send
"""


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """Where the command keeps its temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


def _slow_build(repo: Repo) -> None:
    repo.edit("shop/pyproject.toml", 'requires = ["uv_build>=0.8"]\nbuild-backend = "uv_build"', IN_TREE)
    repo.write("shop/backend.py", SLOW_BACKEND)
    repo.switch("feature/first")


def _was_interrupted(result: Result, temporary: Path) -> None:
    assert result.code == 130, result
    assert result.error == "interrupted"
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("command", ["deploy", "build"])
@pytest.mark.parametrize(
    ("sign", "group"),
    [(signal.SIGINT, True), (signal.SIGINT, False), (signal.SIGTERM, False), (signal.SIGHUP, False)],
)
def test_during_a_build(
    repo: Repo, tmp_path: Path, temporary: Path, command: str, sign: signal.Signals, group: bool
) -> None:
    _slow_build(repo)
    before = tree_of(repo.path)
    started = tmp_path / "started"
    env = {"TMPDIR": str(temporary), "STARTED": str(started)}
    result = repo.hermes.interrupt(command, cwd=repo.path, when=started, env=env, sign=sign, group=group)
    _was_interrupted(result, temporary)
    assert tree_of(repo.path) == before
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)


def test_a_build_can_be_done_again_after_an_interrupt(repo: Repo, tmp_path: Path, temporary: Path) -> None:
    add_project(repo, "another")  # is built before shop, and lies in dist by then
    fine = (repo.path / "shop/pyproject.toml").read_text()
    _slow_build(repo)
    started = tmp_path / "started"
    env = {"TMPDIR": str(temporary), "STARTED": str(started)}
    result = repo.hermes.interrupt("build", cwd=repo.path, when=started, env=env)
    _was_interrupted(result, temporary)
    repo.run("deploy", "--from", "dist", expect=2)
    repo.write("shop/pyproject.toml", fine)
    repo.run("build")


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_once_more_while_it_cleans_up(
    repo: Repo, tmp_path: Path, temporary: Path, sign: signal.Signals
) -> None:
    _slow_build(repo)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(SIGNAL_AT_CLEANUP)
    started = tmp_path / "started"
    env = {"TMPDIR": str(temporary), "STARTED": str(started), "PYTHONPATH": str(tmp_path / "site")}
    result = repo.hermes.interrupt("build", cwd=repo.path, when=started, env=env, sign=sign)
    _was_interrupted(result, temporary)


@pytest.mark.parametrize("command", ["init", "commit"])
@pytest.mark.parametrize("group", [True, False])
def test_during_new(hermes: Hermes, tmp_path: Path, temporary: Path, command: str, group: bool) -> None:
    git = shutil.which("git")
    wrapper = tmp_path / "bin" / "git"
    wrapper.parent.mkdir()
    wrapper.write_text(SLOW_GIT.format(command=command, git=git))
    wrapper.chmod(0o755)
    work, started = tmp_path / "work", tmp_path / "started"
    work.mkdir()
    path = f"{wrapper.parent}:{hermes.environment['PATH']}"
    env = {"TMPDIR": str(temporary), "STARTED": str(started), "PATH": path}
    result = hermes.interrupt("new", "shop", "--no-input", cwd=work, when=started, env=env, group=group)
    _was_interrupted(result, temporary)
    assert list(work.iterdir()) == []


def test_during_a_run_of_a_script(repo: Repo, tmp_path: Path, temporary: Path) -> None:
    started = tmp_path / "started"
    repo.write(
        "shop/shop/shop.py",
        "import pathlib, time\n\ntry:\n    pathlib.Path("
        f"{str(started)!r}).touch()\n    time.sleep(300)\n"
        "except KeyboardInterrupt:\n    print('the script ends in its own way')\n",
    )
    result = repo.hermes.interrupt("run", "shop", cwd=repo.path, when=started, env={"TMPDIR": str(temporary)})
    _was_interrupted(result, temporary)
    assert result.stdout == "the script ends in its own way\n"


def test_the_end_of_a_run_is_the_end_of_its_script(repo: Repo, tmp_path: Path, temporary: Path) -> None:
    started = tmp_path / "started"
    repo.write(
        "shop/shop/shop.py",
        "import os, pathlib, time\n\n"
        f"half = pathlib.Path({str(started)!r} + '.half')\nhalf.write_text(str(os.getpid()))\n"
        f"half.rename({str(started)!r})\ntime.sleep(300)\n",
    )
    result = repo.hermes.interrupt(
        *("run", "shop"),
        cwd=repo.path,
        when=started,
        env={"TMPDIR": str(temporary)},
        sign=signal.SIGTERM,
        group=False,
    )
    _was_interrupted(result, temporary)
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)


@pytest.mark.parametrize(
    "module",
    [
        "hermes_cli.cli.framework.app",
        "typer",
        "hermes_cli.cli.deploy",
        "hermes_cli.usecases.deploy",
        "build",
        "hermes_cli.adapters.store_local",
    ],
)
def test_while_it_starts(repo: Repo, tmp_path: Path, temporary: Path, module: str) -> None:
    repo.switch("feature/first")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(SIGNAL_AT_IMPORT)
    env = {"PYTHONPATH": str(tmp_path / "site"), "INTERRUPT_AT": module, "TMPDIR": str(temporary)}
    result = repo.run("deploy", env=env, expect=130)
    _was_interrupted(result, temporary)
    assert not (repo.path / ".hermes").exists()
