"""The linters of CI files: the real ones, where they are."""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path

import pytest

from hermes_cli.adapters.ci_linters import lint_ci
from hermes_cli.domain.health_checks import CheckStatus

TOOLS = sysconfig.get_path("scripts")
WORKFLOW = "on: push\njobs:\n  one:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: echo hi\n"
FILES = {
    ".github/workflows/a.yml": WORKFLOW,
    ".travis.yml": "language: python\n",
    "run.sh": "#!/bin/sh\necho hi\n",
}


def lint(root: Path, **changes: str) -> dict[str, tuple[CheckStatus, str]]:
    files = {**FILES, **{name.replace("__", "."): text for name, text in changes.items()}}
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return {check.name: (check.verdict, check.seen) for check in lint_ci(root, sorted(files))}


@pytest.fixture(autouse=True)
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{TOOLS}{os.pathsep}{os.environ['PATH']}")


def test_files_without_fault_pass(tmp_path: Path) -> None:
    assert {verdict for verdict, _ in lint(tmp_path).values()} == {CheckStatus.OK}


@pytest.mark.parametrize(
    ("file", "text", "linter", "says"),
    [
        ("__travis__yml", "a: [1\n", "yaml", ".travis.yml is not valid YAML"),
        (".github/workflows/a.yml", WORKFLOW.replace("runs-on", "runs-off"), "actionlint", "runs-off"),
        ("run.sh", "#!/bin/sh\necho $1\n", "shellcheck", "run.sh"),
    ],
)
def test_each_linter_names_its_file(tmp_path: Path, file: str, text: str, linter: str, says: str) -> None:
    found = lint(tmp_path, **{file: text})
    assert found[linter][0] is CheckStatus.PROBLEM
    assert says in found[linter][1]
    assert [name for name, (verdict, _) in found.items() if verdict is CheckStatus.PROBLEM] == [linter]


def test_what_could_not_be_looked_at_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = lint(tmp_path)
    assert found["actionlint"] == found["shellcheck"] == (CheckStatus.SKIPPED, "it is not on PATH")
    assert {check.verdict for check in lint_ci(tmp_path, [])} == {CheckStatus.SKIPPED}
