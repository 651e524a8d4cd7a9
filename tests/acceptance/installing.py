"""Installs a wheel with pip and with uv, each into an environment of its own, and asks what came of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

INSTALLERS = ("pip", "uv")


def install(installer: str, wheels: Sequence[Path], venv: Path) -> None:
    """Install wheels, without what they need, into a new environment."""
    from uv import find_uv_bin

    uv = find_uv_bin()
    _run([uv, "venv", "--quiet", "--no-project", "--python", sys.executable, str(venv)])
    command = {
        "pip": [sys.executable, "-m", "pip", "--python", str(venv), "install", "--no-index"],
        "uv": [uv, "pip", "install", "--python", str(venv / "bin" / "python"), "--no-index"],
    }[installer]
    _run([*command, "--no-deps", *map(str, wheels)])


def installed(venv: Path, distribution: str) -> tuple[str, str]:
    """The name and version that the environment's own Python reports, its record verified."""
    return (distribution, _run([str(venv / "bin" / "python"), "-c", _CHECK, distribution]).strip())


_CHECK = """
import base64, hashlib, sys
from importlib.metadata import distribution

found = distribution(sys.argv[1])
for file in found.files:
    if file.hash is not None:
        assert file.hash.mode == "sha256"
        digest = hashlib.sha256(file.locate().read_bytes()).digest()
        assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == file.hash.value, str(file)
print(found.version)
"""


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout
