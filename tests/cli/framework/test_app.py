"""The command line as a whole: its options, its exit codes, its errors, its help, and who prints."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import hermes_cli
from hermes_cli import __version__
from hermes_cli.cli.framework.app import app
from hermes_cli.cli.framework.command_table import COMMANDS, GROUPS, PANELS
from hermes_cli.domain.contract import errors
from hermes_cli.domain.contract.errors import HermesError

SRC = Path(hermes_cli.__file__).parent
PLAIN = {"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}


def all_errors(base: type[HermesError] = HermesError) -> Iterator[type[HermesError]]:
    yield base
    for kind in base.__subclasses__():
        yield from all_errors(kind)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """Whatever is put in here, opening the repo raises."""
    raised: list[BaseException] = []

    def fail(*_: object, **__: object) -> None:
        raise raised[0]

    monkeypatch.setattr("hermes_cli.usecases.repo.workspace.open_workspace", fail)
    return raised


def invoke(*arguments: str, **variables: str) -> Any:
    return CliRunner().invoke(app, list(arguments), env={**PLAIN, **variables})


def hermes(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hermes_cli", *arguments]
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("HERMES_", "GIT_"))}
    return subprocess.run(
        command, cwd=folder, env={**kept, **PLAIN, **variables}, capture_output=True, text=True, check=False
    )


# exit codes and errors


def test_every_kind_of_failure_has_the_exit_code_of_the_design() -> None:
    codes = {kind.__name__: kind.exit_code for kind in all_errors() if kind.__module__ == errors.__name__}
    assert codes == {
        "HermesError": 1,
        "InvalidInput": 2,
        "InvalidAnswer": 2,
        "Refused": 3,
        "Conflict": 4,
        "AccessDenied": 5,
        "ProjectFailed": 6,
        "Findings": 7,
        "Interrupted": 130,
    }


@pytest.mark.parametrize("kind", list(all_errors()))
def test_an_error_is_one_sentence_on_stderr_and_its_exit_code(
    failing: list[BaseException], kind: type[HermesError]
) -> None:
    failing.append(kind("this [is] wrong", hint="type that", detail="their own\nlast lines"))
    result = invoke("ls")
    assert result.exit_code == kind.exit_code
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "  their own",
        "  last lines",
        "error: this [is] wrong",
        " next: type that",
    ]


def test_a_list_of_what_there_is_is_a_note_and_no_next_step(failing: list[BaseException]) -> None:
    failing.append(errors.InvalidInput("no x", note="there are: a, b"))
    assert invoke("ls").stderr.splitlines() == ["error: no x", " note: there are: a, b"]
    failing[:] = [errors.InvalidInput("no x", hint="did you mean a?", note="there are: a, b")]
    assert invoke("ls").stderr.splitlines() == ["error: no x", " next: did you mean a?"]


@pytest.mark.parametrize("arguments", [("-o", "json", "ls"), ("ls", "-o", "json"), ("ls", "--output=json")])
def test_in_json_an_error_is_one_object_and_its_sentence_too(
    failing: list[BaseException], arguments: tuple[str, ...]
) -> None:
    failing.append(errors.Refused("not “here”", hint=None))
    result = invoke(*arguments)
    assert result.exit_code == 3
    assert json.loads(result.stdout) == {
        "schema": 1,
        "command": "ls",
        "error": {"message": "not “here”", "hint": None, "note": None, "exit_code": 3},
    }
    assert result.stderr == "error: not “here”\n"


def test_the_output_may_come_from_a_variable_and_an_option_wins(failing: list[BaseException]) -> None:
    failing.append(errors.Refused("no"))
    assert invoke("ls", HERMES_OUTPUT="json").stdout.startswith("{")
    assert invoke("ls", "-o", "text", HERMES_OUTPUT="json").stdout == ""
    assert invoke("-o", "text", "ls", HERMES_OUTPUT="json").stdout == ""
    assert invoke("-o", "json", "ls", "-o", "text").stdout == ""


@pytest.mark.parametrize("arguments", [("--debug", "ls"), ("ls", "--debug")])
def test_only_debug_shows_where_it_was_raised(
    failing: list[BaseException], arguments: tuple[str, ...]
) -> None:
    failing.append(errors.Conflict("taken"))
    result = invoke(*arguments)
    assert result.exit_code == errors.Conflict.exit_code
    assert "Traceback" in result.stderr
    assert not isinstance(invoke("ls").exception, HermesError)


def test_debug_and_json_give_a_traceback_and_one_object(failing: list[BaseException]) -> None:
    failing.append(errors.Refused("no"))
    result = invoke("ls", "--debug", "-o", "json")
    assert result.exit_code == 3
    assert json.loads(result.stdout)["error"] == {"message": "no", "hint": None, "note": None, "exit_code": 3}
    assert "Traceback" in result.stderr
    assert "error: no" in result.stderr


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (PermissionError(13, "Permission denied", "/a/file"), "/a/file: Permission denied"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (NotADirectoryError(20, "Not a directory", Path("here")), "here: Not a directory"),
    ],
)
def test_an_error_of_the_system_names_its_path_and_reason(
    failing: list[BaseException], error: OSError, message: str
) -> None:
    failing.append(error)
    result = invoke("ls")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[0] == f"error: {message}"
    assert "--debug" not in result.stderr


def test_options_for_pytest_that_cannot_be_read() -> None:
    result = invoke("test", "--pytest", "-k 'open")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: --pytest: ")
    assert " next: " in result.stderr


def test_ctrl_c_ends_with_130(failing: list[BaseException]) -> None:
    failing.append(KeyboardInterrupt())
    result = invoke("ls", "-o", "json")
    assert result.exit_code == 130
    assert json.loads(result.stdout)["error"]["exit_code"] == 130
    assert "Traceback" not in result.stderr


def test_what_nobody_foresaw_is_a_sentence_too(failing: list[BaseException]) -> None:
    failing.append(RuntimeError("boom"))
    result = invoke("ls", "-o", "json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["exit_code"] == 1
    assert "boom" in result.stderr
    assert "Traceback" not in result.stderr
    assert "--debug" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("lss",),
        ("ls", "--nonsense"),
        ("--nonsense",),
        ("ls", "-o", "yaml"),
        ("ls", "a", "b"),
        ("run",),
        ("add",),
        ("deploy", "--from"),
    ],
    ids=" ".join,
)
def test_what_is_typed_wrong_ends_with_2(arguments: tuple[str, ...]) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert result.stderr


def test_the_real_command_outside_of_a_repo(tmp_path: Path) -> None:
    done = hermes(tmp_path, "ls")
    assert (done.returncode, done.stdout) == (2, "")
    assert "is not in a Hermes repo" in done.stderr
    assert " next: " in done.stderr
    assert "Traceback" not in done.stderr
    debug = hermes(tmp_path, "ls", "--debug")
    assert debug.returncode == 2
    assert "Traceback" in debug.stderr


@pytest.mark.parametrize(
    "arguments",
    ["-o json lss", "lss -o json", "ls --nonsense --output json", "run --output=json", "ls -ojson a b"],
)
def test_what_is_typed_wrong_is_told_in_json_too(tmp_path: Path, arguments: str) -> None:
    done = hermes(tmp_path, *arguments.split())
    assert done.returncode == 2
    error = json.loads(done.stdout)["error"]
    assert error["exit_code"] == 2
    assert f"error: {error['message']}" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "command", "step"),
    [
        ("bump", "bump", "hermes bump --help"),
        ("run --env", "run", "hermes run --help"),
        ("ls --nonsense", "ls", "hermes ls --help"),
        ("template update --to", "template update", "hermes template update --help"),
        ("template nonsense", "template", "hermes template --help"),
        ("--output", "hermes", "hermes --help"),
        ("lss", "hermes", "hermes --help"),
    ],
)
def test_what_is_typed_wrong_is_told_of_its_command(
    tmp_path: Path, arguments: str, command: str, step: str
) -> None:
    done = hermes(tmp_path, "-o", "json", *arguments.split())
    document = json.loads(done.stdout)
    assert (document["command"], document["error"]["hint"]) == (command, step)


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [("bump", "PROJECT"), ("show", "PROJECT@SUFFIX"), ("add", "DEPENDENCIES"), ("adopt", "FILE")],
)
def test_a_missing_argument_is_named_as_its_help_names_it(
    tmp_path: Path, arguments: str, missing: str
) -> None:
    assert f"Missing argument '{missing}'" in hermes(tmp_path, *arguments.split()).stderr


def test_the_value_of_an_option_is_named_for_what_it_is() -> None:
    for command, shown in (
        ("prune", "--older-than DAYS"),
        ("new", "--ci github|travis|none"),
        ("yank", "--to VERSION"),
        ("run", "--on here|databricks"),
    ):
        assert shown in invoke(command, "--help").stdout
    for command in ("status", "plan"):
        assert "default: all but local, or local alone" in invoke(command, "--help").stdout
    pages = [invoke(*name.split(), "--help").stdout for name in COMMANDS]
    assert [page for page in pages if re.search(r"--[a-z-]+ VALUE\b", page)] == []


@pytest.mark.parametrize("arguments", ["ls -o json", "ls", "ls lss -o json", "--version", "ls --help"])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_an_output_that_cannot_be_written(tmp_path: Path, arguments: str, unbuffered: str) -> None:
    (tmp_path / "hermes.toml").write_text('team = "a"\nrepo-id = "b"\n')
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "hermes_cli", *arguments.split()],
            cwd=tmp_path,
            env={**os.environ, **PLAIN, "PYTHONUNBUFFERED": unbuffered},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert done.returncode == 1


def test_a_terminal_that_is_not_utf8_gets_an_answer(tmp_path: Path) -> None:
    done = hermes(tmp_path, "ls", "böse", "--env", "…", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert hermes(tmp_path, "--help", PYTHONIOENCODING="ascii", PYTHONUTF8="0").returncode == 0


@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
def test_a_branch_whose_name_is_not_utf8_can_be_told(tmp_path: Path, errors: str) -> None:
    (tmp_path / "hermes.toml").write_text('team = "a"\nrepo-id = "b"\n[environments.prod]\nbucket = "c"\n')
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "symbolic-ref", "HEAD", b"refs/heads/caf\xe9"], cwd=tmp_path, check=True)
    done = hermes(tmp_path, "deploy", "--env", "prod", "-o", "json", PYTHONIOENCODING=f"utf-8:{errors}")
    assert done.returncode == 3, done.stderr
    assert "caf\udce9" in json.loads(done.stdout)["error"]["message"]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("output", ["json", "text"])
def test_any_branch_can_be_told_to_a_terminal_that_knows_ascii_only(tmp_path: Path, output: str) -> None:
    (tmp_path / "hermes.toml").write_text('team = "a"\nrepo-id = "b"\n[environments.prod]\nbucket = "c"\n')
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    branch = "refs/heads/feature/отчёт-🚀".encode()
    subprocess.run(["git", "symbolic-ref", "HEAD", branch], cwd=tmp_path, check=True)
    plain = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = hermes(tmp_path, "deploy", "--env", "prod", "-o", output, **plain)
    assert done.returncode == 3, done.stderr
    assert "error: " in done.stderr
    assert "Traceback" not in done.stderr
    if output == "json":
        assert "feature/отчёт-🚀" in json.loads(done.stdout)["error"]["message"]
    (tmp_path / "hermes.toml").write_text(
        'team = "a"\n[environments.prod]\npath = "отчёт"\n', encoding="utf-8"
    )
    settings = hermes(tmp_path, "config", "-o", output, **plain)
    assert settings.returncode == 0, settings.stderr
    assert r"\u043e\u0442\u0447\u0451\u0442" in settings.stdout


# help


def test_help_lists_every_command_with_its_summary_below_its_panel() -> None:
    shown = invoke("--help").stdout
    assert invoke("-o", "json", "-h").stdout == shown
    below = ""
    found: dict[str, str] = {}
    for line in shown.splitlines():
        title = re.match(r"^.. (\w+) ", line)
        below = title[1] if title else below
        row = re.match(r"^. (\w\S*)  +(.*\S) +.$", line)
        if row and below != "Options":
            found[row[1]] = f"{below}: {row[2]}"
    panels = {name: panel for panel, names in PANELS.items() for name in names if " " not in name}
    assert {name: found.get(name) for name in panels} == {
        name: f"{panel}: {command_of(name).help.split(chr(10))[0]}" for name, panel in panels.items()
    }
    groups = {name.split(" ")[0] for name in COMMANDS if " " in name}
    assert groups == set(GROUPS) == set(found) - set(panels)
    for name in GROUPS:
        part = invoke(name, "--help").stdout
        assert GROUPS[name] in part
        for word in (one.split(" ")[1] for one in COMMANDS if one.startswith(f"{name} ")):
            assert re.search(rf"^\W*{word}  ", part, re.MULTILINE), word


def test_every_module_of_a_command_is_in_the_table() -> None:
    registering = {
        path.stem for path in (SRC / "cli").glob("*.py") if "\n@command(" in path.read_text(encoding="utf-8")
    }
    assert registering == {name.replace(" ", "_") for name in COMMANDS}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    result = invoke(*name.split(" "), "--help")
    assert result.exit_code == 0
    text = result.stdout
    assert invoke(*name.split(" "), "-h").stdout == text
    assert f"hermes {name}" in text.split("Examples:")[1]
    assert "--output" in text
    assert "-o" in text
    assert "text|json" in text.replace(" ", "")
    for option in ("--no-input", "--debug", "--help"):
        assert option in text
    said = " ".join(re.sub(r"[│╭╮╰╯─]", " ", text).split())
    for paragraph in (command_of(name).help or "").split("\n\n"):
        assert paragraph in said
    jargon = ["<class", "<function", "object at 0x", "Optional[", "None]", "TyperPath", "lambda", "DEFAULT:"]
    assert [word for word in jargon if word in text] == []


def command_of(name: str) -> Any:
    import typer

    command: Any = typer.main.get_command(app)
    for word in name.split(" "):
        command = command.commands[word]
    return command


def options_of(name: str) -> Iterator[Any]:
    yield from command_of(name).params


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_and_argument_has_its_help(name: str) -> None:
    for parameter in options_of(name):
        if parameter.name != "help":
            text = parameter.help or ""
            assert re.search(r"[.…]$|\)$", text), f"{name} {parameter.name}: {text!r}"


@pytest.mark.parametrize("name", COMMANDS)
def test_credentials_are_never_options(name: str) -> None:
    words = {word for parameter in options_of(name) for word in str(parameter.name).split("_")}
    assert not words & {"password", "secret", "token", "key", "credentials"}


def test_without_a_command_help_is_shown_and_the_version_is_told() -> None:
    assert "Usage" in invoke().output
    for option in ("--version", "-V"):
        result = invoke(option)
        assert (result.exit_code, result.stdout) == (0, f"hermes {__version__}\n")


# who prints, and who ends the process

PRINTERS = {
    "__main__.py": {"sys.stderr"},
    # What a module prints when it is imported must not be written again by each process that is forked.
    "adapters/builder/fork_server.py": {"sys.stdout.flush"},
    # What trusted code of a template prints must not be taken for the result.
    "adapters/template/template_trust.py": {"sys.stderr"},
    # The script's and pytest's own output pass through: what is written before must be out by then.
    "usecases/run.py": {"sys.stdout.flush", "sys.stderr"},
    "usecases/test.py": {"sys.stdout.flush", "sys.stderr"},
}
ENDS = ("sys.exit", "os._exit", "os.abort", "exit", "quit", "SystemExit", "typer.Exit", "typer.Abort")


def printing(source: str) -> set[str]:
    """What a module says to a terminal, by the names it uses for that."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        text = ast.unparse(node) if isinstance(node, (ast.Attribute, ast.Name)) else ""
        if text in (
            "sys.stderr",
            "sys.stdout.flush",
            "sys.stdout.write",
            "typer.echo",
            "click.echo",
            "print",
        ):
            found.add(text)
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
            found |= {name.split(".")[0] for name in names} & {"rich", "typer", "click"}
    return found


def endings(source: str) -> list[str]:
    """Each call or raise by which a module ends the process."""
    called = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    raised = [node.exc for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Raise) and node.exc]
    return sorted(text for text in map(ast.unparse, [*called, *raised]) if text in ENDS)


def test_only_the_command_line_prints() -> None:
    assert printing("import rich.console\nprint(1)\n") == {"rich", "print"}
    for path in sorted(SRC.rglob("*.py")):
        name = path.relative_to(SRC).as_posix()
        if not name.startswith(("cli/", "templates/")):
            assert printing(path.read_text(encoding="utf-8")) <= PRINTERS.get(name, set()), name


def test_one_place_ends_the_process() -> None:
    assert endings("sys.exit(1)\nraise SystemExit\nraise typer.Exit(2)\n") == [
        "SystemExit",
        "sys.exit",
        "typer.Exit",
    ]
    found = {
        path.relative_to(SRC.parent).as_posix(): ends
        for path in sorted(SRC.parent.rglob("*.py"))
        if (ends := endings(path.read_text(encoding="utf-8")))
    }
    assert found == {"hermes_cli/__main__.py": ["sys.exit"]}
