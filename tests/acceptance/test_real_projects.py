"""Real projects from PyPI, put into a Hermes repo as they are: they build, deploy and install."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from packaging.version import Version

from .harness import Hermes, Repo
from .installing import INSTALLERS, install, installed
from .projects import settings

# Ten small ones, without C code, by the backend that builds them.
PROJECTS = {
    "decorator": "5.2.1",  # setuptools, src/ with one module, dynamic version
    "sniffio": "1.3.1",  # setuptools, dynamic version, data files
    "tabulate": "0.9.0",  # setuptools with setuptools-scm
    "itsdangerous": "2.2.0",  # flit, src/
    "idna": "3.10",  # flit, dynamic version
    "attrs": "25.3.0",  # hatchling, src/, two packages, neither named like the project
    "humanize": "4.12.3",  # hatchling with hatch-vcs, src/
    "rich": "14.0.0",  # poetry-core, with dependencies
    "findpython": "0.6.3",  # pdm-backend, entry point
    "dep-logic": "0.4.11",  # pdm-backend, src/
}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with each project's source distribution, unpacked."""
    archives, unpacked = tmp_path_factory.mktemp("archives"), tmp_path_factory.mktemp("sources")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(archives)]
    pins = [f"{name}=={version}" for name, version in PROJECTS.items()]
    done = subprocess.run([*pip, "--no-binary", ",".join(PROJECTS), *pins], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for name, version in PROJECTS.items():
        (archive,) = (
            path
            for path in archives.iterdir()
            if path.name.lower().replace("_", "-").startswith(f"{name}-{version}.")
        )
        with tarfile.open(archive) as tar:
            tar.extractall(unpacked, filter="data")
            (root,) = {member.name.split("/")[0] for member in tar.getmembers()}
        (unpacked / root).rename(unpacked / name)
    return unpacked


def test_ten_real_projects_build_deploy_and_install(hermes: Hermes, tmp_path: Path, sources: Path) -> None:
    repo = Repo(path=tmp_path / "repo", hermes=hermes)
    sources.rename(repo.path)
    repo.git("init", "--quiet", "--initial-branch=main")
    repo.write("hermes.toml", settings())
    repo.commit("Ten projects")

    released = repo.run("deploy", "--env", "local", "-o", "json").json["receipts"]
    assert {row["project"]: (row["change"], row["version"]) for row in released} == {
        name: ("release", str(Version(version))) for name, version in PROJECTS.items()
    }
    assert repo.git("status", "--porcelain") == ""
    repo.switch("feature/real")
    deployed = repo.run("deploy", "--env", "local", "-o", "json").json["receipts"]
    assert {row["change"] for row in deployed} == {"feature"}
    unchanged = repo.run("deploy", "--env", "local", "-o", "json").json["receipts"]
    assert {row["change"] for row in unchanged} == {"nothing"}

    named = [path for path in (repo.path / ".hermes/local").rglob("*.whl") if "builds" not in path.parts]
    assert len(named) == 3 * len(PROJECTS)
    for label, mark in {"latest": "-0+latest-", "feature": "-0+feature.real-", "version": ""}.items():
        wheels = [path for path in named if mark in path.name and (mark or "-0+" not in path.name)]
        assert len(wheels) == len(PROJECTS)
        for installer in INSTALLERS:
            venv = tmp_path / f"{label}-{installer}"
            install(installer, wheels, venv)
            for name, version in PROJECTS.items():
                said = {"latest": "0+latest", "feature": "0+feature.real"}.get(label, str(Version(version)))
                assert installed(venv, name) == (name, said), (label, installer)
