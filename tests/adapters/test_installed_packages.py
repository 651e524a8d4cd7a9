"""What the user's own environment has installed, asked of a real interpreter."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

from hermes_cli.adapters.installed_packages import InstalledPackages, find_installed_packages


def test_the_active_environment_is_asked() -> None:
    found = find_installed_packages({"VIRTUAL_ENV": sys.prefix, "PATH": "", "PYTHONPATH": "/nowhere"})
    assert found.versions["packaging"] == version("packaging")
    assert found.modules["packaging"] == ("packaging",)
    assert found.modules["yaml"] == ("PyYAML",)
    assert found.modules["dateutil"] == ("python-dateutil",)


def test_without_an_environment_nothing_is_known(tmp_path: Path) -> None:
    assert find_installed_packages({"PATH": str(tmp_path)}) == InstalledPackages()
    broken = tmp_path / "python3"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    assert find_installed_packages({"PATH": str(tmp_path)}) == InstalledPackages()
