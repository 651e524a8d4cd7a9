"""What the system says of a failure, in its own words alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hermes_cli.domain.contract.errors import reason_of


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
