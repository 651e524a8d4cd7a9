"""What the README and the docs say about the command line is true."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from hermes_cli.cli.framework.app import app
from hermes_cli.cli.framework.command_table import COMMANDS, GROUPS
from hermes_cli.domain.contract import errors

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "CHANGELOG.md"]
TEMPLATE_README = ROOT / "templates" / "project" / "{{cookiecutter.repo}}" / "README.md"


def options_of() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}

    def collect(group: Any, above: str) -> None:
        for name, command in group.commands.items():
            if hasattr(command, "commands"):
                collect(command, f"{above}{name} ")
            else:
                found[f"{above}{name}"] = {option for one in command.params for option in one.opts}

    collect(get_command(app), "")
    return found


def split(words: list[str]) -> tuple[str, list[str]]:
    """The command's name, of one word or two, and what comes after it."""
    size = 3 if words[1] in GROUPS else 2
    return " ".join(words[1:size]), words[size:]


def typed_commands(text: str) -> list[str]:
    shown = re.findall(r"^\s*\$ (?:\S+ && )?(hermes .*)$", text, re.MULTILINE)
    inline = re.findall(r"`(hermes [^`\n]*)`", text)
    return [line.split("  #")[0].strip() for line in (*shown, *inline)]


@pytest.mark.parametrize(
    "document", [*DOCUMENTS, TEMPLATE_README], ids=lambda path: path.parent.name + "/" + path.name
)
def test_every_command_that_a_document_shows_exists(document: Path) -> None:
    known = options_of()
    for line in typed_commands(document.read_text(encoding="utf-8")):
        words = shlex.split(line.split(">")[0].split("&&")[0].split("{{")[0].replace("…", ""))
        words = words[: words.index("--")] if "--" in words else words
        if len(words) < 2 or words[1].startswith("-"):
            continue
        name, rest = split(words)
        if name in GROUPS:  # a page may speak of the group as a whole
            continue
        assert name in known, f"{document.name} shows `{line}`"
        for word in rest:
            if word.startswith("-"):
                assert word.split("=")[0] in known[name] | {"--help"}, f"{document.name} shows `{line}`"


def test_the_readme_lists_every_command() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\|[^|]*\| `hermes ([\w ]+)` \|", text, re.MULTILINE)) == set(COMMANDS)


def test_the_readme_lists_every_exit_code() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)}
    raised = {
        value.exit_code
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.HermesError)
    }
    assert listed == raised | {0}
