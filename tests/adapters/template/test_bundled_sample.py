"""The sample project of the bundled template runs (needs a package index, or uv's cache of it)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from hermes_cli.adapters import template

TOOLS = Path(sysconfig.get_path("scripts"))


def render(into: Path, **answers: str) -> Path:
    return template.render(template.bundled() / "project", answers, into)


def run(*command: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)


def install(folder: Path, project: Path) -> Path:
    """The Python of a new environment that the project and its test group are installed in."""
    uv = TOOLS / "uv"
    run(uv, "venv", "--quiet", folder, check=True)
    group = f"{project / 'pyproject.toml'}:test"
    done = run(uv, "pip", "install", "--quiet", "--python", folder, project, "--group", group)
    assert done.returncode == 0, done.stderr
    return folder / "bin" / "python"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The plain project, and a Python that it is installed in."""
    folder = tmp_path_factory.mktemp("shop")
    project = render(folder) / "shop"
    return project, install(folder / "venv", project)


@pytest.mark.slow
def test_the_tests_of_the_sample_pass(shop: tuple[Path, Path]) -> None:
    project, python = shop
    done = run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=project)
    assert "5 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.slow
def test_the_tests_of_another_script_pass(tmp_path: Path) -> None:
    project = render(tmp_path, project="sales-report", script="backfill") / "sales-report"
    python = install(tmp_path / "venv", project)
    done = run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=project)
    assert "4 passed" in done.stdout, done.stdout + done.stderr


def run_script(shop: tuple[Path, Path], folder: Path, *parameters: str, **variables: str) -> Any:
    """Run the script as a job does: one file, outside its package."""
    project, python = shop
    script = folder / "shop-0.1.0.py"
    shutil.copyfile(project / "shop" / "shop.py", script)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HERMES_")}
    return run(python, script, *parameters, cwd=folder, env=environment | variables)


def test_the_sample_script_runs_outside_its_package(shop: tuple[Path, Path], tmp_path: Path) -> None:
    products = tmp_path / "products"
    (products / "shop").mkdir(parents=True)
    done = run_script(shop, tmp_path, HERMES_PRODUCTS=str(products))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Revenue 528.35, days 5, read from the sample")
    assert done.stdout.count("\n") == 1
    lines = (products / "shop" / "shop.csv").read_text().splitlines()
    assert lines[:2] == ["day,orders,revenue", "2024-03-01,3,91.50"]
    assert len(lines) == 6


def test_the_sample_script_prefers_uploaded_orders(shop: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "out" / "shop").mkdir(parents=True)
    places = {"HERMES_PRODUCTS": f"{tmp_path}/out/", "HERMES_INPUT": f"{tmp_path}/"}
    missing = run_script(shop, tmp_path, **places)
    assert "the sample is taken" in missing.stderr

    # As a spreadsheet writes it: with a byte order mark.
    rows = "\ufeffday,category,quantity,unit_price\n2025-01-01,tea,2,3.00\n2025-01-01,cups,1,8.00\n"
    (tmp_path / "orders.csv").write_text(rows, encoding="utf-8")
    done = run_script(shop, tmp_path, "tea", **places)
    assert done.stdout.startswith(f"Revenue 6.00, days 1, read from {tmp_path}/orders.csv")
    assert (tmp_path / "out" / "shop" / "shop.csv").read_text().splitlines()[1:] == ["2025-01-01,1,6.00"]


def test_the_sample_script_refuses_in_one_sentence(shop: tuple[Path, Path], tmp_path: Path) -> None:
    done = run_script(shop, tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "HERMES_PRODUCTS is not set: start me with `hermes run shop`.\n"
    done = run_script(shop, tmp_path, "cars", HERMES_PRODUCTS=str(tmp_path))
    assert (done.returncode, done.stderr) == (1, "There is no order of category cars in the sample.\n")
    assert not (tmp_path / "shop").exists()


def test_the_sample_script_makes_no_folder_that_is_missing(shop: tuple[Path, Path], tmp_path: Path) -> None:
    done = run_script(shop, tmp_path, HERMES_PRODUCTS=str(tmp_path / "absent"))
    assert done.returncode == 1
    assert "FileNotFoundError" in done.stderr
    assert not (tmp_path / "absent").exists()
