"""hermes add: one line more in a pyproject.toml, and every other byte as it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from hermes_cli.domain.contract.errors import InvalidInput, ProjectFailed
from hermes_cli.usecases.add import Added, add
from sample_repos import isolate, make_repo, opened, project_file, write

HEAD = '[project]\nname = "sales"\nversion = "1.2.0"\n'
TAIL = "\n[tool.ruff]\nline-length = 100 # wide\n"
FOUND = {"pandas": "2.2.3", "scikit-learn": "1.5", "nightly": "3.0rc1", "plain": "7"}
Adder = Callable[..., Added]


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    isolate(tmp_path / "home", monkeypatch)
    return make_repo(tmp_path / "repo", {"sales/pyproject.toml": HEAD, "sales/sales/sales.py": ""})


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the newest versions were asked for; no index is."""
    questions: list[list[str]] = []

    def newest(requirements: Sequence[str], **_: Any) -> dict[str, str]:
        questions.append(list(requirements))
        return FOUND if requirements else {}

    monkeypatch.setattr("hermes_cli.usecases.add.newest", newest)
    return questions


@pytest.fixture
def adding(repo: Path, asked: list[list[str]]) -> Adder:
    """Adds requirements to the project; the report."""

    def work(
        *requirements: str, project: str | None = None, group: str | None = None, here: Path | None = None
    ) -> Added:
        return add(
            opened(repo),
            requirements,
            project=project,
            group=group,
            here=here or repo,
            notify=lambda event: None,
        )

    return work


CASES = {
    "empty": ("dependencies = []", 'dependencies = ["pandas>=2"]'),
    "one line": ('dependencies = ["a>=1"]', 'dependencies = ["a>=1", "pandas>=2"]'),
    "one line, a comment behind": (
        'dependencies = [ "a>=1" ]  # why',
        'dependencies = [ "a>=1", "pandas>=2" ]  # why',
    ),
    "lines": (
        'dependencies = [\n  "a>=1",\n  "b",\n]',
        'dependencies = [\n  "a>=1",\n  "b",\n  "pandas>=2",\n]',
    ),
    "lines, four spaces, comments": (
        'dependencies = [\n    "a>=1", # for x\n    # and for y\n    "b", # last\n]',
        'dependencies = [\n    "a>=1", # for x\n    # and for y\n    "b", # last\n    "pandas>=2",\n]',
    ),
    "lines, tabs": (
        'dependencies = [\n\t"a",\n]',
        'dependencies = [\n\t"a",\n\t"pandas>=2",\n]',
    ),
    "lines, no comma at the end": (
        'dependencies = [\n  "a",\n  "b"\n]',
        'dependencies = [\n  "a",\n  "b",\n  "pandas>=2",\n]',
    ),
    "there already": (
        'dependencies = [\n  "a",\n  "Pandas<2", # old\n  "b",\n]',
        'dependencies = [\n  "a",\n  "pandas>=2", # old\n  "b",\n]',
    ),
    "not there": ("", 'dependencies = ["pandas>=2"]\n'),
}


@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["unix", "windows"])
@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_only_the_added_line_changes(
    repo: Path, adding: Adder, asked: list[list[str]], before: str, after: str, ends: str
) -> None:
    path = repo / "sales/pyproject.toml"
    text = f"# kept\n{HEAD}{before}\n{TAIL}" if before else f"# kept\n{HEAD}{TAIL}"
    path.write_bytes(text.replace("\n", ends).encode())
    assert adding("pandas>=2") == Added(project="sales", group=None, requirements=("pandas>=2",))
    wanted = f"# kept\n{HEAD}{after}\n{TAIL}" if before else f"# kept\n{HEAD}{after}{TAIL}"
    assert path.read_bytes().decode() == wanted.replace("\n", ends)
    assert asked == [[]]
    again = path.read_bytes()
    adding("pandas>=2")
    assert path.read_bytes() == again


GROUPS = {
    "no groups": ("", '\n[dependency-groups]\ntest = ["pandas>=2"]\n'),
    "another group": (
        '\n[dependency-groups]\ndocs = ["a"]\n',
        '\n[dependency-groups]\ndocs = ["a"]\ntest = ["pandas>=2"]\n',
    ),
    "a group that includes another": (
        '\n[dependency-groups]\ndocs = ["a"]\ntest = [\n  {include-group = "docs"},\n  "pytest>=8",\n]\n',
        '\n[dependency-groups]\ndocs = ["a"]\n'
        'test = [\n  {include-group = "docs"},\n  "pytest>=8",\n  "pandas>=2",\n]\n',
    ),
}


@pytest.mark.parametrize(("before", "after"), GROUPS.values(), ids=GROUPS)
def test_a_group_is_extended(repo: Path, adding: Adder, before: str, after: str) -> None:
    path = repo / "sales/pyproject.toml"
    path.write_text(HEAD + before)
    assert adding("pandas>=2", group="test").group == "test"
    assert path.read_text() == HEAD + after
    assert opened(repo).project("sales").test_group == "test"


@pytest.mark.parametrize(
    ("asked_for", "written"),
    [
        ("pandas", "pandas>=2.2"),
        ("Pandas", "Pandas>=2.2"),
        ("plain", "plain>=7.0"),
        ("nightly", "nightly>=3.0rc1"),
        ("scikit_learn[b,a]", "scikit_learn[a,b]>=1.5"),
        ('pandas; python_version < "3.12"', 'pandas>=2.2; python_version < "3.12"'),
        ("pandas==2.1.*", "pandas==2.1.*"),
        ("pandas @ https://host/pandas-2.whl", "pandas @ https://host/pandas-2.whl"),
    ],
)
def test_a_bound_is_added_where_there_is_none(
    repo: Path, adding: Adder, asked: list[list[str]], asked_for: str, written: str
) -> None:
    report = adding(asked_for)
    assert report.requirements == (written,)
    assert opened(repo).project("sales").dependencies == (written,)
    unbound = "==" not in asked_for and "@" not in asked_for
    assert len(asked[0]) == unbound


def test_a_project_of_the_repo_gets_no_bound_and_is_not_asked_for(
    repo: Path, adding: Adder, asked: list[list[str]]
) -> None:
    write(repo, {"my_base/pyproject.toml": project_file("my-base")})
    report = adding("My.Base", "pandas", project="sales")
    assert report.requirements == ("My.Base", "pandas>=2.2")
    assert asked == [["pandas"]]


def test_the_project_is_the_named_one_or_that_of_the_folder(repo: Path, adding: Adder) -> None:
    write(repo, {"costs/pyproject.toml": project_file("costs"), "docs/x": ""})
    assert adding("a>=1", project="costs").project == "costs"
    assert adding("a>=1", here=repo / "sales" / "sales").project == "sales"
    with pytest.raises(InvalidInput, match="more than one project: costs, sales") as caught:
        adding("a>=1")
    assert "--project costs" in (caught.value.hint or "")
    with pytest.raises(InvalidInput) as caught:
        adding("a>=1", project="cost")
    assert caught.value.hint == "did you mean costs?"


@pytest.mark.parametrize(
    ("requirements", "text", "message"),
    [
        (["a>=1", "not a requirement"], HEAD, "hermes add: 'not a requirement' is not a requirement"),
        (["Sales"], HEAD, "sales cannot depend on itself"),
        (["a>=1"], HEAD + 'dynamic = ["dependencies"]\n', "its dependencies are dynamic"),
        (["a>=1"], "[build-system]\nrequires = []\n", "has no [project] table"),
    ],
)
def test_what_cannot_be_added_writes_nothing(
    repo: Path, adding: Adder, requirements: list[str], text: str, message: str
) -> None:
    path = repo / "sales/pyproject.toml"
    path.write_text(text)
    with pytest.raises(InvalidInput) as caught:
        adding(*requirements)
    assert message in caught.value.message
    assert path.read_text() == text


@pytest.mark.parametrize("group", ['"pytest"', '["not a requirement"]'])
def test_a_broken_group_is_told(repo: Path, adding: Adder, group: str) -> None:
    path = repo / "sales/pyproject.toml"
    text = f"{HEAD}[dependency-groups]\ntest = {group}\n"
    path.write_text(text)
    with pytest.raises(InvalidInput, match=r"sales/pyproject\.toml"):
        adding("a>=1", group="test")
    assert path.read_text() == text


def test_a_file_with_a_byte_order_mark_keeps_it(repo: Path, adding: Adder) -> None:
    path = repo / "sales/pyproject.toml"
    path.write_bytes(b"\xef\xbb\xbf" + (HEAD + "dependencies = []\n").encode())
    adding("a>=1")
    assert path.read_bytes() == b"\xef\xbb\xbf" + (HEAD + 'dependencies = ["a>=1"]\n').encode()


def test_a_project_that_is_gone_is_not_looked_for_on_the_index(
    repo: Path, adding: Adder, asked: list[list[str]]
) -> None:
    write(repo, {"hermes.toml": 'team = "growth"\npast-projects = ["plain"]\n'})
    with pytest.raises(ProjectFailed, match="sales needs plain, which is or was a project"):
        adding("pandas", "Plain")
    assert asked == []
    assert (repo / "sales/pyproject.toml").read_text() == HEAD
