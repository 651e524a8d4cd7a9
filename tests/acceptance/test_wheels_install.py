"""The named copies in a bucket: wheels that install as they lie there, scripts that are what was built."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from .conftest import Cloud
from .harness import github
from .installing import INSTALLERS, install, installed


@pytest.mark.parametrize("installer", INSTALLERS)
def test_the_wheels_of_a_version_a_feature_and_latest_install(
    cloud: Cloud, tmp_path: Path, installer: str
) -> None:
    repo = cloud.repo
    # A branch that no file name can hold as it is.
    branch = "bugfix/Ärger_№7"
    repo.run("deploy", env=github(repo, "main"))
    repo.switch("feature/first")
    repo.run("deploy")
    repo.switch(branch)
    repo.run("deploy")
    wheels = sorted(key for key in cloud.keys(cloud.dev) if key.endswith(".whl") and "/builds/" not in key)
    assert len(wheels) == 4
    versions = set()
    for number, key in enumerate(wheels):
        name = key.rsplit("/", 1)[1]
        wheel = tmp_path / str(number) / name
        wheel.parent.mkdir()
        wheel.write_bytes(cloud.read(cloud.dev, key))
        venv = tmp_path / f"venv-{number}"
        install(installer, [wheel], venv)
        _, version = installed(venv, "shop")
        assert name == f"shop-{version}-py3-none-any.whl"
        said = subprocess.run(
            [venv / "bin" / "python", "-c", "import shop; print(shop.WORD)"], capture_output=True, text=True
        )
        assert said.stdout == "hello\n"
        versions.add(version)
    assert versions > {"0.1.0", "0+latest", "0+feature.first"}


def test_the_copies_are_the_builds_that_the_manifests_name(cloud: Cloud) -> None:
    repo = cloud.repo
    repo.run("deploy", env=github(repo, "main"))
    repo.switch("feature/first")
    repo.write("shop/shop/__init__.py", 'WORD = "first"\n')
    repo.run("deploy")
    root = "growth/shop"
    for manifest_key, suffix, wheel_version in (
        ("releases/0.1.0", "0.1.0", "0.1.0"),
        ("features/first", "feature-first", "0+feature.first"),
    ):
        manifest = json.loads(cloud.read(cloud.dev, f"{root}/manifests/{manifest_key}.json"))
        by_kind = {artifact["kind"]: artifact["key"] for artifact in manifest["artifacts"]}
        assert cloud.read(cloud.dev, f"{root}/shop-{suffix}.py") == cloud.read(cloud.dev, by_kind["script"])
        wheel = f"{root}/shop-{wheel_version}-py3-none-any.whl"
        assert cloud.read(cloud.dev, wheel) == cloud.read(cloud.dev, by_kind["library"])
    script = (repo.path / "shop/shop/shop.py").read_bytes()
    for suffix in ("0.1.0", "latest", "feature-first"):
        assert cloud.read(cloud.dev, f"{root}/shop-{suffix}.py") == script
