"""Projects that build without any index, and packages for a folder that stands for one."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from sample_repos import isolate

HOOKS = """

def _files(folder):
    import pathlib

    return {path.as_posix(): path.read_text() for path in sorted(pathlib.Path(folder).rglob("*.py"))}


def _headers():
    import pathlib

    listed = pathlib.Path("requirements.txt")
    lines = listed.read_text().split("\\n") if listed.is_file() else []
    return [*HEADERS, *(f"Requires-Dist: {line}" for line in lines if line)]


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    return write_wheel(wheel_directory, NAME, VERSION, _headers(), _files(NAME))


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    import os

    return write_wheel(wheel_directory, NAME, VERSION, _headers(), {f"_{NAME}.pth": os.getcwd()})
"""


def write_wheel(
    folder: str, name: str, version: str, headers: Sequence[str], files: Mapping[str, str]
) -> str:
    """Write a wheel; its file name. What it imports it imports itself: it is a backend's code too."""
    import pathlib
    import zipfile

    info = f"{name}-{version}.dist-info"
    metadata = "\n".join(["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *headers, ""])
    tags = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    members = {**files, f"{info}/METADATA": metadata, f"{info}/WHEEL": tags}
    members[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*members, f"{info}/RECORD"])
    file = f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder, file), "w") as archive:
        for path, text in members.items():
            archive.writestr(zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0)), text)
    return file


def built_project(
    name: str,
    *requires: str,
    version: str = "1.2.0",
    extras: Mapping[str, str] | None = None,
    dynamic: bool = False,
    python: str | None = None,
    more: str = "",
    script: str = "",
) -> dict[str, str]:
    """The files of a project whose backend is its own.

    `extras` have one requirement each, and `python` is its Requires-Python. With `dynamic` only the
    backend knows what it requires, and reads it from requirements.txt. `more` goes to the end of its pyproject.toml.
    """
    extras = extras or {}
    headers = [f"Provides-Extra: {extra}" for extra in extras]
    headers += [f'Requires-Dist: {what}; extra == "{extra}"' for extra, what in extras.items()]
    headers += [f"Requires-Python: {python}"] if python else []
    listed = ", ".join(f"'{one}'" for one in requires)
    optional = "".join(f'{extra} = ["{what}"]\n' for extra, what in extras.items())
    pyproject = [
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
        f'[project]\nname = "{name}"\nversion = "{version}"',
        'dynamic = ["dependencies"]\n' if dynamic else f"dependencies = [{listed}]\n",
        f'requires-python = "{python}"\n' if python else "",
        f"[project.optional-dependencies]\n{optional}",
        more,
    ]
    files = {
        f"{name}/pyproject.toml": "\n".join(pyproject),
        f"{name}/{name}/__init__.py": f'WORD = "{name} of the repo"\n',
        f"{name}/{name}/{name}.py": script or f"import {name}\n\nprint({name}.WORD)\n",
    }
    if dynamic:
        files[f"{name}/requirements.txt"] = "\n".join(requires) + "\n"
    else:
        headers += [f"Requires-Dist: {one}" for one in requires]
    constants = f"NAME, VERSION, HEADERS = {name!r}, {version!r}, {headers!r}\n\n\n"
    future = "from __future__ import annotations\n\n"
    files[f"{name}/backend.py"] = future + constants + inspect.getsource(write_wheel) + HOOKS
    return files


def offer(index: Path, name: str, version: str, *requires: str, code: str = "") -> None:
    """Put a package into the folder that stands for the index."""
    headers = [f"Requires-Dist: {one}" for one in requires]
    write_wheel(str(index), name, version, headers, {f"{name}.py": code or f'WORD = "{name} of the index"\n'})


def offline(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing of the user's reaches Hermes, and no index but the folder that is returned."""
    isolate(folder / "home", monkeypatch)
    index = folder / "index"
    index.mkdir()
    for name, value in {
        "UV_NO_CONFIG": "1",
        "UV_NO_INDEX": "1",
        "UV_FIND_LINKS": str(index),
        "UV_CACHE_DIR": str(folder / "uv"),
        "HERMES_CACHE_DIR": str(folder / "cache"),
    }.items():
        monkeypatch.setenv(name, value)
    return index
