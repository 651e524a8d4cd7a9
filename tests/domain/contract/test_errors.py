"""Errors: the words of the system, and one exit code for many results."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hermes_cli.domain.contract.errors import ExitCode, exit_code_of, reason_of


def test_the_words_of_the_system_without_numbers_and_paths(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as one:
        (tmp_path / "absent").read_bytes()
    assert reason_of(one.value) == "No such file or directory"
    for name in ("one", "two"):
        (tmp_path / "from" / name).mkdir(parents=True)
        (tmp_path / "to").mkdir(exist_ok=True)
        (tmp_path / "to" / name).write_text("a file where a folder must be")
    with pytest.raises(shutil.Error) as many:
        shutil.copytree(tmp_path / "from", tmp_path / "to", dirs_exist_ok=True)
    assert reason_of(many.value) == "File exists"
    assert reason_of(OSError("what a library says")) == "what a library says"


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([], ExitCode.DONE),
        ([ExitCode.DONE, ExitCode.DONE], ExitCode.DONE),
        ([ExitCode.DONE, ExitCode.CONFLICT], ExitCode.CONFLICT),
        ([ExitCode.CONFLICT, ExitCode.CONFLICT], ExitCode.CONFLICT),
        ([ExitCode.CONFLICT, ExitCode.ACCESS], ExitCode.FAILED),
    ],
)
def test_many_results_end_with_the_code_that_the_failures_share(
    codes: list[ExitCode], expected: ExitCode
) -> None:
    assert exit_code_of(codes) is expected
