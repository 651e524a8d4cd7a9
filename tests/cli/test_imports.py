"""What each command loads: start-up time is what it imports, so this is where it can be lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hermes_cli.cli.framework.command_table import COMMANDS

# Each costs more than the interpreter itself; Typer loads pydantic from 0.29 on.
HEAVY = {"boto3", "botocore", "build", "click", "cookiecutter", "importlib.metadata", "jinja2"}
HEAVY |= {"markdown_it", "pydantic", "pygments", "requests", "rich", "ssl", "tomlkit", "uv"}
# What starts a build process while the command loads.
BUILD_PROCESS = {
    "hermes_cli.usecases.building",
    "hermes_cli.usecases.building.warm_up",
    "hermes_cli.adapters.builder",
    "hermes_cli.adapters.builder.hooks",
    "hermes_cli.adapters.builder.hook_processes",
    "hermes_cli.adapters.cache",
}
PROGRAM = """
import atexit, os, sys
atexit.register(lambda: print(*sorted(sys.modules), sep="\\n", file=open(os.environ["MODULES"], "w")))
sys.argv = ["hermes", *sys.argv[1:]]
from hermes_cli.__main__ import main
main()
"""


def loaded(folder: Path, *arguments: str, **variables: str) -> set[str]:
    """The modules that a run of the command had loaded at its end."""
    modules = folder / "modules.txt"
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("HERMES_", "GITHUB_"))
    }
    subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=folder,
        env={**environment, "MODULES": str(modules), **variables},
        capture_output=True,
        check=False,
    )
    found = set(modules.read_text().split())
    assert "hermes_cli.cli.framework.fast_path" in found
    return found


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_loads_next_to_nothing(tmp_path: Path, option: str) -> None:
    bare = set(
        subprocess.run(
            [sys.executable, "-c", "import atexit, os, sys; print(*sys.modules)"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
    )
    more = loaded(tmp_path, option) - bare
    assert {name for name in more if not name.startswith("hermes_cli")} <= {"__future__", "gc"}
    assert {name for name in more if name.startswith("hermes_cli")} == {
        "hermes_cli",
        "hermes_cli.__main__",
        "hermes_cli.cli",
        "hermes_cli.cli.framework",
        "hermes_cli.cli.framework.fast_path",
    }


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)], ids=str)
def test_help_is_drawn_from_the_table_alone(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    found = loaded(tmp_path, *arguments)
    assert {name for name in found if name.startswith("hermes_cli.")} == {
        "hermes_cli.__main__",
        "hermes_cli.cli",
        "hermes_cli.cli.framework",
        "hermes_cli.cli.framework.command_table",
        "hermes_cli.cli.framework.fast_path",
        "hermes_cli.cli.framework.help_page",
        "hermes_cli.cli.output",
        "hermes_cli.cli.output.terminal",
    }
    assert not found & (HEAVY | {"typer", "dataclasses", "inspect", "typing"})


def test_completion_loads_no_command(tmp_path: Path) -> None:
    words = {"_HERMES_COMPLETE": "complete_bash", "COMP_WORDS": "hermes deploy --env ", "COMP_CWORD": "3"}
    found = loaded(tmp_path, **words)
    assert {name for name in found if name.startswith("hermes_cli.")} == {
        "hermes_cli.__main__",
        "hermes_cli.cli",
        "hermes_cli.cli.framework",
        "hermes_cli.cli.framework.command_table",
        "hermes_cli.cli.framework.completion",
        "hermes_cli.cli.framework.fast_path",
    }
    assert not found & (HEAVY | {"typer", "dataclasses", "inspect", "typing"})


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_loads_neither_another_nor_what_only_its_work_needs(tmp_path: Path, name: str) -> None:
    """Told that an option is wrong, it has loaded itself and nothing else."""
    found = loaded(tmp_path, *name.split(" "), "--nonsense")
    assert found & HEAVY == set()
    commands = {f"hermes_cli.cli.{one.replace(' ', '_')}" for one in COMMANDS}
    shared = {"plan": {"hermes_cli.cli.deploy"}}
    assert found & commands == {f"hermes_cli.cli.{name.replace(' ', '_')}"} | shared.get(name, set())
    work = {one for one in found if one.startswith(("hermes_cli.adapters.", "hermes_cli.usecases."))}
    assert not work - (BUILD_PROCESS if name in ("build", "deploy", "plan") else set())


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_loads_nothing_heavy(tmp_path: Path, name: str) -> None:
    found = loaded(tmp_path, *name.split(" "), "--help")
    assert found & HEAVY == set()
    assert {one for one in found if one.startswith(("hermes_cli.adapters.", "hermes_cli.usecases."))} == set()


REPO = 'team = "a"\nrepo-id = "b"\n'


@pytest.mark.parametrize("arguments", ["ls", "config", "status", "plan", "deploy --dry-run", "log x"])
def test_a_command_that_stays_on_this_machine_loads_nothing_heavy(tmp_path: Path, arguments: str) -> None:
    (tmp_path / "hermes.toml").write_text(REPO)
    assert loaded(tmp_path, *arguments.split()) & HEAVY == set()
