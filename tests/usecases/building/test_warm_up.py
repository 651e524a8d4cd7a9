"""The warm-up never makes a command fail, whatever its file holds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hermes_cli.adapters import builder
from hermes_cli.usecases.building import warm_up


@pytest.fixture
def last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that names the environment which built last."""
    monkeypatch.setenv("HERMES_CACHE_DIR", str(tmp_path))
    file = tmp_path / "builds" / "last"
    file.parent.mkdir()
    return file


@pytest.mark.parametrize("data", [b"", b"\xff", b"a\0b", b"/nowhere/bin/python", b"/", b"x" * 5000])
def test_a_file_that_holds_nonsense_is_no_error(last: Path, data: bytes) -> None:
    last.write_bytes(data)
    warm_up.start_build_process()
    warm_up.remember_environment(Path("/one/bin/python"))
    assert last.read_text() == "/one/bin/python"


def test_a_folder_in_its_place_is_no_error(last: Path) -> None:
    last.mkdir()
    warm_up.start_build_process()
    warm_up.remember_environment(Path("/one/bin/python"))


def test_the_environment_that_built_last_is_begun_with(last: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Path] = []
    monkeypatch.setattr(builder, "start_ahead", begun.append)
    warm_up.start_build_process()
    warm_up.remember_environment(Path(sys.executable))
    warm_up.start_build_process()
    assert begun == [Path(sys.executable)]
