"""The shape of the tree: tests/ mirrors src/, no folder of src/ is crowded, a class is found by its name alone."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

from tools.structure import circles, import_graph, read_modules

ROOT = Path(__file__).resolve().parent.parent
SRC = ROOT / "src"
TESTS = ROOT / "tests"
LAYERS = sorted(
    folder.name for folder in (SRC / "hermes_cli").iterdir() if (folder / "__init__.py").is_file()
)
# tests/infra and tests/tools have the names of the folders that they test.
OTHERS = {"acceptance", "infra", "on_airflow", "packages", "samples", "tools"}
# A link leads to a module that has a place of its own.
MODULES = [path for path in SRC.rglob("*.py") if path == path.resolve()]


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_the_folders_of_the_tests_are_those_of_the_source() -> None:
    assert {"adapters", "adoption", "cli", "domain", "usecases"} <= set(LAYERS)
    top = {folder.name for folder in TESTS.iterdir() if folder.is_dir()} - {"__pycache__"}
    assert top <= {*LAYERS, *OTHERS}
    tested = {path.parent for layer in LAYERS for path in (TESTS / layer).rglob("*.py")}
    assert len(tested) > 10
    absent = [folder for folder in tested if not (SRC / "hermes_cli" / folder.relative_to(TESTS)).is_dir()]
    assert [named(folder) for folder in absent] == []


def test_the_modules_that_tests_share_have_one_place() -> None:
    others = [path for layer in LAYERS for path in (TESTS / layer).rglob("*.py")]
    assert [named(path) for path in others if not path.name.startswith("test_")] == []


def test_a_folder_of_the_source_has_at_most_36_modules() -> None:
    sizes = Counter(named(path.parent) for path in MODULES)
    assert len(sizes) > 10
    assert {folder: count for folder, count in sizes.items() if count > 36} == {}


def test_a_public_class_has_a_name_of_its_own() -> None:
    places: dict[str, list[str]] = {}
    for path in MODULES:
        for node in ast.parse(path.read_bytes()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(named(path))
    assert {"HermesOperator", "Manifest", "HermesError"} <= set(places)
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circles(import_graph(read_modules(ROOT / "src"))) == []
