"""Projects: what their pyproject.toml says, which modules are scripts, and what a script may not do."""

from __future__ import annotations

from collections.abc import Collection

import pytest
from packaging.version import Version

from hermes_cli.domain.contract.errors import InvalidInput
from hermes_cli.domain.contract.names import parse_project
from hermes_cli.domain.project import (
    Project,
    Script,
    find_scripts,
    parse_project_file,
)
from hermes_cli.domain.requirements import parse_requirement

FILES = ("pyproject.toml", "sales/__init__.py", "sales/sales.py", "sales/backfill.py", "tests/test_sales.py")
BARE = '[project]\nname = "sales"\nversion = "1.2.0"\n'


def parsed(text: str, files: Collection[str] = FILES, folder: str = "sales") -> Project:
    project = parse_project_file(text, folder=folder, files=files)
    assert project is not None
    return project


def refusal(text: str, files: Collection[str] = FILES, folder: str = "sales") -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        parse_project_file(text, folder=folder, files=files)
    return caught.value


# pyproject.toml


def test_a_bare_project() -> None:
    assert parsed(BARE) == Project(
        name=parse_project("sales"),
        folder="sales",
        distribution="sales",
        version=Version("1.2.0"),
        dependencies=(),
        scripts=(Script(name="sales", path="sales/sales.py"),),
        library=True,
    )


def test_everything_that_is_said_arrives() -> None:
    text = (
        BARE.replace('name = "sales"', 'name = "Sales"')
        + 'requires-python = ">=3.10"\ndependencies = ["pandas>=2", "costs"]\n'
        + '[project.optional-dependencies]\ntest = ["pytest"]\n'
        + '[dependency-groups]\ntest = ["pytest", {include-group = "more"}]\nmore = []\n'
        + '[tool.hermes]\nscripts = ["backfill", "sales"]\nlibrary = false\nsecrets = ["B", "A"]\n[tool.other]\nx = 1\n'
    )
    project = parsed(text)
    assert (project.distribution, project.requires_python) == ("Sales", ">=3.10")
    assert project.dependencies == ("pandas>=2", "costs")
    assert [script.name for script in project.scripts] == ["backfill", "sales"]
    assert (project.library, project.test_group, project.test_extra) == (False, "test", "test")
    assert project.secrets == ("A", "B")


def test_a_name_that_cannot_be_a_secret_is_named_with_its_line() -> None:
    error = refusal(BARE + '[tool.hermes]\nlibrary = true\nsecrets = ["PATH"]\n')
    assert error.message.startswith("sales/pyproject.toml:6: PATH cannot be a secret")


def test_what_only_the_build_knows_is_none() -> None:
    project = parsed('[project]\nname = "sales"\ndynamic = ["version", "dependencies"]\n')
    assert (project.version, project.dependencies) == (None, None)
    old = parsed("[build-system]\nrequires = ['setuptools']\n")
    assert (old.distribution, old.version, old.dependencies) == ("sales", None, None)


@pytest.mark.parametrize("text", ["", "[tool.ruff]\nline-length = 100\n", "[dependency-groups]\ntest = []\n"])
def test_a_file_with_settings_of_tools_alone_is_no_project(text: str) -> None:
    assert parse_project_file(text, folder="docs", files=()) is None


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            '[project]\nname = "sales"\n',
            "sales/pyproject.toml: [project] has no version",
            'version = "0.1.0"',
        ),
        ('[project]\nversion = "1"\n', "sales/pyproject.toml: [project] has no name", 'name = "sales"'),
        (BARE.replace("1.2.0", "one"), "sales/pyproject.toml:3: 'one' is not a version", "PEP 440"),
        (BARE.replace("1.2.0", ""), "sales/pyproject.toml:3: '' is not a version", "PEP 440"),
        (BARE.replace("1.2.0", "1.0+x"), "pyproject.toml:3: version 1.0+x has a local part", "write 1.0"),
        (
            BARE.replace("version", "verison"),
            "sales/pyproject.toml:3: unknown key 'verison'",
            "mean version?",
        ),
        (BARE + 'depndencies = ["a"]\n', "pyproject.toml:4: unknown key 'depndencies'", "mean dependencies?"),
        (BARE + "[tool.hermes]\nscript = []\n", "pyproject.toml:5: unknown key 'script'", "mean scripts?"),
        (BARE + "[tool.hermes]\nlibrary = 'no'\n", "pyproject.toml:5: tool.hermes.library must be true", ""),
        (BARE + "[tool.hermes]\nscripts = 'sales'\n", "scripts must be a list of strings", ""),
        (BARE + "[tool.hermes]\nscripts = ['a-b']\n", "'a-b' is not a script name", "module"),
        (BARE.replace('"1.2.0"', "1.2"), "pyproject.toml:3: project.version must be a string", ""),
        (BARE + "dependencies = ['a b']\n", "pyproject.toml:4: 'a b' is not a requirement", "pandas>=2.2"),
        (BARE + "dependencies = 'a'\n", "project.dependencies must be a list of strings", ""),
        (BARE.replace('"sales"', '"costs"'), "pyproject.toml:2: the package is named costs", "same name"),
        ("project = 3\n", "project must be a table", ""),
        ("[project\n", "sales/pyproject.toml:1: not valid TOML", "close it with ]: [project]"),
        (BARE + "x = \n", "sales/pyproject.toml:4: not valid TOML", ""),
        (BARE + "[tool]\nhermes = 3\n", "tool.hermes must be a table", ""),
        (BARE + "dependency-groups = 3\n", "unknown key 'dependency-groups'", ""),
        ("tool = 3\n" + BARE, "tool must be a table", ""),
        ("dependency-groups = 3\n" + BARE, "dependency-groups must be a table", ""),
        (BARE + "optional-dependencies = 3\n", "optional-dependencies must be a table", ""),
    ],
)
def test_what_does_not_fit_is_named_with_its_line(text: str, message: str, hint: str) -> None:
    error = refusal(text)
    assert message in error.message
    assert hint in (error.hint or "")


@pytest.mark.parametrize("folder", ["Sales", "sales_", "index", "3d", "x" * 65, "böse"])
def test_a_folder_that_is_no_project_name(folder: str) -> None:
    assert repr(folder) in refusal(BARE, folder=folder).message


def test_a_folder_and_its_package_may_differ_by_spelling_only() -> None:
    files = ("sales_report/sales_report.py",)
    text = BARE.replace('"sales"', '"Sales.Report"')
    project = parsed(text, files, folder="sales-report")
    assert project.distribution == "Sales.Report"
    assert project.scripts == (Script(name="sales_report", path="sales_report/sales_report.py"),)


def test_line_numbers_are_those_of_the_right_table() -> None:
    text = '[tool.other]\nversion = "x"\n\n[project] # here\nname = "sales"\n  version= "y"\n'
    assert "sales/pyproject.toml:6: 'y'" in refusal(text).message


# scripts


@pytest.mark.parametrize(
    ("named", "files", "found"),
    [
        (None, ["sales/sales.py"], ["sales/sales.py"]),
        (None, ["src/sales/sales.py"], ["src/sales/sales.py"]),
        (None, ["sales/__init__.py"], []),
        (["backfill"], ["sales/sales.py", "sales/backfill.py"], ["sales/backfill.py"]),
        (["b", "sales"], ["src/sales/sales.py", "src/sales/b.py"], ["src/sales/b.py", "src/sales/sales.py"]),
        ([], ["sales/sales.py"], []),
    ],
)
def test_scripts_are_found_in_both_layouts(
    named: list[str] | None, files: list[str], found: list[str]
) -> None:
    scripts = find_scripts(parse_project("sales"), named, files, "here")
    assert [script.path for script in scripts] == found


@pytest.mark.parametrize(
    ("named", "message", "hint"),
    [
        (
            ["backfil"],
            "here: script 'backfil' is not there: sales/sales/backfil.py",
            "did you mean backfill?",
        ),
        (["nothing_like_it"], "sales/sales/nothing_like_it.py does not exist", "take it out of scripts"),
        (["test_sales"], "script 'test_sales' is not there", ""),
        (
            ["sales", "Sales"],
            "here: script 'Sales' is named beside sales: they differ by case only",
            "another",
        ),
        (["sales", "sales"], "here: script 'sales' is named twice", "another"),
        (["import"], "'import' is not a script name", "module"),
        (["../x"], "'../x' is not a script name", "module"),
    ],
)
def test_scripts_that_cannot_be(named: list[str], message: str, hint: str) -> None:
    files = [*FILES, "sales/Sales.py"]
    with pytest.raises(InvalidInput) as caught:
        find_scripts(parse_project("sales"), named, files, "here")
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


def test_a_script_is_picked_by_name_or_by_being_the_one() -> None:
    both = parsed(BARE + '[tool.hermes]\nscripts = ["sales", "backfill"]\n')
    one = parsed(BARE + '[tool.hermes]\nscripts = ["backfill"]\n')
    none = parsed(BARE + "[tool.hermes]\nscripts = []\n")
    assert both.script(None).name == "sales"
    assert both.script("backfill").name == "backfill"
    assert one.script(None).name == "backfill"
    with pytest.raises(InvalidInput) as caught:
        both.script("bakfill")
    assert caught.value.hint == "did you mean backfill?"
    with pytest.raises(InvalidInput, match="sales has no script to run"):
        none.script(None)


def test_a_requirement_that_is_none_has_one_line() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_requirement("a ==", "here")
    assert "\n" not in caught.value.message
