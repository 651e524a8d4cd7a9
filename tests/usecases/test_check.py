"""What a check finds, and what a merge would release: real git, real builds, no index."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sample_builds import built_project, offline
from sample_repos import commit, make_repo, sh, write

from hermes_cli.usecases.check import CheckReport, check
from hermes_cli.usecases.events import Event

VERSION_LINE = 8  # of a pyproject.toml that built_project wrote
Edit = Callable[[Path], None]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The environment that projects are built in, made once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def repo(tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """On feature/x, which left main where that is: shop, and top that needs lake."""
    offline(tmp_path, monkeypatch)
    monkeypatch.setenv("HERMES_CACHE_DIR", str(kept))
    files = {**built_project("lake"), **built_project("shop"), **built_project("top", "lake")}
    repo = make_repo(tmp_path / "repo", {**files, "shop/README.md": "hi\n", "shop/tests/test_shop.py": ""})
    sh(repo, "git", "switch", "-q", "-c", "feature/x")
    return repo


def checked(repo: Path, *names: str, base: str | None = None, **variables: str) -> CheckReport:
    return check(repo, names, base, environ=variables, notify=lambda event: None)


def found(report: CheckReport) -> list[tuple[str, str]]:
    return [(one.rule, one.place) for one in report.findings]


def effects(report: CheckReport) -> dict[str, str]:
    return {one.project: f"{one.effect.value} {one.version} {one.base}" for one in report.outlooks}


def bumped(repo: Path, version: str, name: str = "shop", *needs: str) -> None:
    """Another version; the backend says it too."""
    write(repo, built_project(name, *needs, version=version))


def on_main(repo: Path, edit: Edit) -> None:
    """What another branch brings to main meanwhile."""
    sh(repo, "git", "stash", "-q", "-u")
    sh(repo, "git", "switch", "-q", "main")
    edit(repo)
    commit(repo)
    sh(repo, "git", "switch", "-q", "feature/x")
    if sh(repo, "git", "stash", "list"):
        sh(repo, "git", "stash", "pop", "-q")


def change(repo: Path) -> None:
    write(repo, {"shop/shop/__init__.py": 'WORD = "changed"\n'})


def raise_and_change(repo: Path) -> None:
    bumped(repo, "1.3.0")
    change(repo)


def entry_point(repo: Path) -> None:
    text = (repo / "shop/backend.py").read_text()
    point = '{**_files(NAME), f"{NAME}-{VERSION}.dist-info/entry_points.txt": "[console_scripts]\\nx = shop:y\\n"}'
    write(repo, {"shop/backend.py": text.replace("_files(NAME))", f"{point})", 1)})


def python(repo: Path) -> None:
    text = (repo / "shop/backend.py").read_text()
    write(
        repo,
        {
            "shop/backend.py": text.replace(
                "HEADERS = 'shop', '1.2.0', [", "HEADERS = 'shop', '1.2.0', ['Requires-Python: >=3.8', "
            )
        },
    )


NOT_RAISED = [("version-not-raised", f"shop/pyproject.toml:{VERSION_LINE}")]
EDITS: dict[str, tuple[Edit, list[tuple[str, str]], str]] = {
    "nothing": (lambda repo: None, [], "unchanged 1.2.0 1.2.0"),
    "README": (lambda repo: write(repo, {"shop/README.md": "hello\n"}), [], "unchanged 1.2.0 1.2.0"),
    "tests": (lambda repo: write(repo, {"shop/tests/test_shop.py": "x = 1\n"}), [], "unchanged 1.2.0 1.2.0"),
    "code": (change, NOT_RAISED, "refused 1.2.0 1.2.0"),
    "script": (lambda repo: write(repo, {"shop/shop/shop.py": "print(1)\n"}), NOT_RAISED, "refused 1.2.0 1.2.0"),
    "deleted module": (lambda repo: (repo / "shop/shop/shop.py").unlink(), NOT_RAISED, "refused 1.2.0 1.2.0"),
    "dependency": (lambda repo: write(repo, built_project("shop", "pandas>=2")), NOT_RAISED, "refused 1.2.0 1.2.0"),
    "entry point": (entry_point, NOT_RAISED, "refused 1.2.0 1.2.0"),
    "requires-python": (python, NOT_RAISED, "refused 1.2.0 1.2.0"),
    "raised": (raise_and_change, [], "released 1.3.0 1.2.0"),
    "raised alone": (lambda repo: bumped(repo, "1.3.0"), [], "released 1.3.0 1.2.0"),
    "pre-release": (lambda repo: bumped(repo, "1.3.0rc1"), [], "released 1.3.0rc1 1.2.0"),
    "pre-release of the same": (
        lambda repo: bumped(repo, "1.2.0rc1"),
        [("version-lowered", f"shop/pyproject.toml:{VERSION_LINE}")],
        "refused 1.2.0rc1 1.2.0",
    ),
    "lowered": (
        lambda repo: bumped(repo, "1.1.9"),
        [("version-lowered", f"shop/pyproject.toml:{VERSION_LINE}")],
        "refused 1.1.9 1.2.0",
    ),
    "spelled otherwise": (
        lambda repo: bumped(repo, "1.2"),
        [("version-respelled", f"shop/pyproject.toml:{VERSION_LINE}")],
        "refused 1.2 1.2.0",
    ),
    "spelled otherwise, the same to Hermes": (lambda repo: bumped(repo, "v1.2.0"), [], "unchanged 1.2.0 1.2.0"),
}  # fmt: skip


@pytest.mark.parametrize("committed", [False, True], ids=["uncommitted", "committed"])
@pytest.mark.parametrize("name", EDITS)
def test_an_edit_asks_for_a_version_where_it_changes_what_runs(
    repo: Path, name: str, committed: bool
) -> None:
    edit, findings, effect = EDITS[name]
    edit(repo)
    if committed:
        commit(repo)
    report = checked(repo)
    assert [one for one in found(report) if one[0] != "library-kept"] == findings
    assert effects(report)["shop"] == effect
    assert effects(report)["lake"] == effects(report)["top"] == "unchanged 1.2.0 1.2.0"


def test_what_is_not_touched_is_not_built(repo: Path) -> None:
    events: list[Event] = []

    def look() -> set[str]:
        events.clear()
        check(repo, (), None, environ={}, notify=events.append)
        return {event.subject for event in events}

    assert look() == set()
    write(repo, {"new.md": ""})
    assert look() == set()
    bumped(repo, "2.0.0")  # a version that nobody has says enough
    assert look() == set()
    write(repo, {"lake/README.md": "x\n"})
    assert look() == {"lake"}
