"""What a shell offers to complete, through the function that Typer installs for it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from hermes_cli.cli.framework.command_table import COMMANDS, texts, words
from hermes_cli.cli.framework.completion import complete

ROOT = Path(__file__).resolve().parents[3]
HERMES = Path(sys.executable).with_name("hermes")


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "hermes.toml").write_text(
        'team = "a"\n[environments.dev]\nbucket = "b"\n[ environments."prod" ]\n'
    )
    for name in ("sales_report", "orders", "odd name"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pyproject.toml").write_text("")
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path / "docs")
    return tmp_path


def test_the_texts_are_those_of_the_commands() -> None:
    done = subprocess.run([sys.executable, ROOT / "tools" / "completion.py", "--check"], check=False)
    assert done.returncode == 0, "make completion"
    assert list(texts()["commands"]) == list(COMMANDS)


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("de", {"deploy"}),
        ("--o", {"--output"}),
        ("--output ", {"text", "json"}),
        ("-o json de", {"deploy"}),
        ("deploy --d", {"--debug", "--dry-run"}),
        ("deploy --env ", {"local", "dev"}),
        ("deploy --env d", {"dev"}),
        ("deploy ", {"orders", "sales_report"}),
        ("deploy sa", {"sales_report"}),
        ("deploy -o j", {"json"}),
        ("deploy --from ", set()),
        ("run orders -- --d", set()),
        ("nonsense --d", set()),
        ("new ", set()),
    ],
)
def test_what_is_offered(repo: Path, line: str, offered: set[str]) -> None:
    before = line.split(" ")
    assert set(complete(before[:-1], before[-1])) == offered


def test_every_command_and_option_is_offered(repo: Path) -> None:
    assert set(complete([], "")) == set(words())
    for name, command in texts()["commands"].items():
        long = {names[0] for names, _, _ in command["options"]}
        assert long < set(complete(name.split(" "), "--")), name


def hermes(asked: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "_HERMES_COMPLETE": asked, **variables}
    return subprocess.run([HERMES], env=environment, capture_output=True, text=True, check=False)


def test_bash_fills_in_what_it_is_told(repo: Path) -> None:
    install = subprocess.run(
        [HERMES, "--show-completion"],
        env={**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1", "SHELL": "/bin/bash"},
        capture_output=True,
        text=True,
        check=False,
    )
    shown = hermes("source_bash").stdout
    assert "complete_bash" in shown, install.stderr
    script = (
        f'{shown}\nCOMP_WORDS=(hermes de "")\nCOMP_CWORD=1\n_hermes_completion {shlex.quote(str(HERMES))}\n'
    )
    script += 'printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["deploy"]


def test_an_open_quotation_mark_is_no_obstacle() -> None:
    done = hermes("complete_bash", COMP_WORDS="hermes run 'a --d", COMP_CWORD="3")
    assert (done.returncode, done.stdout, done.stderr) == (0, "--debug\n", "")


def test_fish_and_zsh_get_the_help_too(repo: Path) -> None:
    line = "hermes ret"
    fish = {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    assert hermes("complete_fish", **fish).stdout.startswith("retire\tGive up a project's name: ")
    fish["_TYPER_COMPLETE_FISH_ACTION"] = "is-args"
    assert hermes("complete_fish", **fish).returncode == 0
    fish["_TYPER_COMPLETE_ARGS"] = "hermes new "
    assert hermes("complete_fish", **fish).returncode == 1
    zsh = hermes("complete_zsh", _TYPER_COMPLETE_ARGS=line).stdout
    # As the shell reads it: one string, and in it a list of words with their help.
    (spec,) = shlex.split(zsh)[1:]
    assert spec.startswith('*: :(("retire":"Give up a project\'s name\\\\: nothing is')
    assert hermes("complete_zsh", _TYPER_COMPLETE_ARGS="hermes new ").stdout == "_files\n"
