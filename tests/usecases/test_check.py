"""What a check finds, and what a merge would release: real git, real builds, no index."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hermes_cli.domain.check_rules import Level
from hermes_cli.domain.contract.errors import HermesError, InvalidInput
from hermes_cli.domain.events import Event
from hermes_cli.usecases.check import CheckReport, check
from sample_builds import built_project, offline
from sample_repos import HERMES, commit, make_repo, sh, write

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
    return {one.project: f"{one.effect.value} {one.version} {one.base}" for one in report.projects}


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


def take_away(repo: Path) -> None:
    sh(repo, "git", "rm", "-rq", "shop")


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
    "names of secrets": (
        lambda repo: write(repo, built_project("shop", more='[tool.hermes]\nsecrets = ["API_KEY"]\n')),
        NOT_RAISED,
        "refused 1.2.0 1.2.0",
    ),
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


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_asks_for_a_version_where_it_changes_what_runs(repo: Path, name: str) -> None:
    edit, findings, effect = EDITS[name]
    edit(repo)
    commit(repo)
    report = checked(repo)
    assert found(report) == findings
    assert effects(report) == {
        "shop": effect, "lake": "unchanged 1.2.0 1.2.0", "top": "unchanged 1.2.0 1.2.0",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["README", "code", "raised"])
def test_what_is_not_committed_counts_too(repo: Path, name: str) -> None:
    edit, findings, effect = EDITS[name]
    edit(repo)
    report = checked(repo)
    assert (found(report), effects(report)["shop"]) == (findings, effect)


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
    on_main(repo, lambda repo: bumped(repo, "1.3.0", "lake"))  # and where only others touched it
    assert look() == set()
    write(repo, {"lake/README.md": "x\n"})
    assert look() == {"lake"}


# what others did meanwhile

TAKEN = [("version-taken", f"shop/pyproject.toml:{VERSION_LINE}")]
LOWERED = [("version-lowered", f"shop/pyproject.toml:{VERSION_LINE}")]
COMPETITORS: dict[str, tuple[Edit, Edit, list[tuple[str, str]], str]] = {
    "both raise to the same": (
        raise_and_change, lambda repo: bumped(repo, "1.3.0"), TAKEN, "refused 1.3.0 1.3.0",
    ),
    "both do the same": (raise_and_change, raise_and_change, [], "unchanged 1.3.0 1.3.0"),
    "the other one raises higher": (
        raise_and_change, lambda repo: bumped(repo, "2.0.0"), LOWERED, "refused 1.3.0 2.0.0",
    ),
    "the other one raises less": (
        raise_and_change, lambda repo: bumped(repo, "1.2.1"), [], "released 1.3.0 1.2.1",
    ),
    "both raise, spelled otherwise": (
        raise_and_change,
        lambda repo: bumped(repo, "1.3"),
        [("version-respelled", f"shop/pyproject.toml:{VERSION_LINE}")],
        "refused 1.3.0 1.3",
    ),
    "only the other one raises": (change, raise_and_change, NOT_RAISED, "refused 1.2.0 1.3.0"),
    "only the other one touches it": (
        lambda repo: write(repo, {"top/README.md": ""}), raise_and_change, [], "unchanged 1.2.0 1.3.0",
    ),
    "the other one raises, here a README": (
        lambda repo: write(repo, {"shop/README.md": ""}), raise_and_change, [], "unchanged 1.2.0 1.3.0",
    ),
    "the other one takes it away": (
        change, take_away, NOT_RAISED, "refused 1.2.0 1.2.0",
    ),
    "both add a project": (
        lambda repo: write(repo, built_project("new", version="0.1.0", script="print(1)\n")),
        lambda repo: write(repo, built_project("new", version="0.1.0")),
        [("version-taken", f"new/pyproject.toml:{VERSION_LINE}")],
        "unchanged 1.2.0 1.2.0",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", COMPETITORS)
def test_two_branches_do_not_claim_one_version(repo: Path, name: str) -> None:
    ours, theirs, findings, effect = COMPETITORS[name]
    ours(repo)
    commit(repo)
    on_main(repo, theirs)
    report = checked(repo)
    assert found(report) == findings
    assert effects(report)["shop"] == effect


def test_the_merge_commit_that_github_checks_out_is_compared_with_the_base(
    repo: Path, tmp_path: Path
) -> None:
    raise_and_change(repo)
    commit(repo)
    on_main(repo, lambda repo: bumped(repo, "1.2.1", "lake"))
    sh(repo, "git", "switch", "-q", "--detach", "main")
    sh(repo, "git", "merge", "-q", "--no-edit", "feature/x")
    sh(repo, "git", "branch", "-q", "pull/7/merge")
    clone = tmp_path / "clone"
    sh(tmp_path, "git", "clone", "-q", "-b", "pull/7/merge", repo.as_uri(), str(clone))
    sh(clone, "git", "switch", "-q", "--detach")
    report = checked(clone, **pull_request("main"))
    assert report.findings == ()
    assert effects(report) == {
        "shop": "released 1.3.0 1.2.0", "lake": "unchanged 1.2.1 1.2.1", "top": "unchanged 1.2.0 1.2.0",
    }  # fmt: skip
    assert report.base is not None
    assert (report.base.called, report.base.head) == ("origin/main", report.base.fork)


def pull_request(base: str) -> dict[str, str]:
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_REF": "refs/pull/7/merge",
        "GITHUB_BASE_REF": base,
    }


def test_stacked_pull_requests_are_compared_with_what_they_stand_on(repo: Path) -> None:
    raise_and_change(repo)
    commit(repo)
    sh(repo, "git", "switch", "-q", "-c", "feature/y")
    write(repo, {"shop/shop/more.py": ""})
    commit(repo)
    assert effects(checked(repo))["shop"] == "released 1.3.0 1.2.0"  # a merge into main brings both
    stacked = checked(repo, **pull_request("feature/x"))
    assert found(stacked) == NOT_RAISED
    assert effects(stacked)["shop"] == "refused 1.3.0 1.3.0"
    assert stacked.findings[0].message.endswith(
        "and its version is still 1.3.0: refused where that is released"
    )
    bumped(repo, "1.3.1")
    assert effects(checked(repo, **pull_request("feature/x")))["shop"] == "released 1.3.1 1.3.0"


# what there is to compare with


def test_a_base_may_be_a_branch_of_origin_one_here_or_a_commit(repo: Path, tmp_path: Path) -> None:
    start = sh(repo, "git", "rev-parse", "main")
    clone = tmp_path / "clone"
    sh(tmp_path, "git", "clone", "-q", repo.as_uri(), str(clone))
    sh(clone, "git", "branch", "main", "origin/main")
    sh(clone, "git", "branch", "old", "origin/main")
    on_main(repo, lambda repo: bumped(repo, "1.2.1"))
    sh(clone, "git", "fetch", "-q")
    of_origin = dict.fromkeys((None, "main", "origin/main"), "origin/main")
    for asked, called in {**of_origin, "old": "old", start: start}.items():
        report = checked(clone, base=asked)
        assert report.base is not None
        assert report.base.called == called
        assert (report.base.head == start) == (called in ("old", start))
        assert report.base.fork == start


@pytest.mark.parametrize("asked", ["mian", "--all", "HEAD:shop", "0" * 40])
def test_a_base_that_there_is_not_is_an_error(repo: Path, asked: str) -> None:
    with pytest.raises(InvalidInput, match="git knows no branch or commit"):
        checked(repo, base=asked)


def test_without_a_base_it_says_so_and_checks_the_rest(repo: Path, tmp_path: Path) -> None:
    write(repo, {"shop/shop/shop.py": "from . import x\n"})
    commit(repo)
    commit(repo)
    sh(tmp_path, "git", "clone", "-q", "--depth=1", "-b", "feature/x", repo.as_uri(), "shallow")
    report = checked(tmp_path / "shallow", **pull_request("main"))
    assert found(report) == [("base-unknown", "hermes.toml"), ("script-import", "shop/shop/shop.py:1")]
    assert report.findings[0].level is Level.WARNING
    assert report.findings[0].message == "versions were not compared with main: git has no branch main here"
    assert "fetch-depth: 0" in (report.findings[0].fix or "")
    assert (report.base, report.projects) == (None, ())
    both = ("git", "clone", "-q", "--depth=1", "--no-single-branch", "-b", "feature/x", repo.as_uri())
    sh(tmp_path, *both, "both")
    (unknown, _) = checked(tmp_path / "both").findings
    assert unknown.message.endswith("git knows no commit that HEAD and main share, as this clone is shallow")
    sh(tmp_path, *(word.replace("depth=1", "depth=3") for word in both), "enough")
    assert "base-unknown" not in dict(found(checked(tmp_path / "enough")))


def test_before_the_first_commit_there_is_nothing_to_compare(repo: Path) -> None:
    sh(repo, "git", "update-ref", "-d", "HEAD")
    sh(repo, "git", "branch", "-D", "main")
    report = checked(repo)
    assert found(report) == [("base-unknown", "hermes.toml")]
    assert "nothing is committed yet" in report.findings[0].message


def test_without_git_there_is_no_check(repo: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    write(plain, {"hermes.toml": HERMES, **built_project("shop")})
    with pytest.raises(HermesError, match="not in a git repository"):
        checked(plain)


# projects that come and go


def test_a_new_a_renamed_and_a_deleted_project(repo: Path) -> None:
    write(repo, built_project("fresh", version="0.1.0"))
    sh(repo, "git", "rm", "-rq", "lake", "top")
    sh(repo, "git", "mv", "shop", "store")
    for path in (repo / "store").rglob("*"):
        if path.is_file():
            path.write_text(path.read_text().replace("shop", "store"))
    (repo / "store/shop").rename(repo / "store/store")
    (repo / "store/store/shop.py").rename(repo / "store/store/store.py")
    commit(repo)
    report = checked(repo)
    assert found(report) == [("project-gone", "hermes.toml")] * 3
    assert {one.fix for one in report.findings} == {'in hermes.toml: past-projects = ["lake", "shop", "top"]'}
    assert effects(report) == {
        "fresh": "new 0.1.0 None",
        "store": "new 1.2.0 None",
        "lake": "removed None 1.2.0",
        "shop": "removed None 1.2.0",
        "top": "removed None 1.2.0",
    }
    assert set(effects(checked(repo, "fresh"))) == {"fresh"}


def test_a_project_that_cannot_be_used_is_not_called_removed(repo: Path) -> None:
    write(repo, {"shop/pyproject.toml": "[project]\nname = 'shop'\nversion = 'nonsense'\n"})
    report = checked(repo)
    assert ("project-invalid", "shop/pyproject.toml:3") in found(report)
    assert {name for name, effect in effects(report).items() if effect.startswith("removed")} == set()


def test_the_last_project_may_go(repo: Path) -> None:
    sh(repo, "git", "rm", "-rq", "lake", "shop", "top")
    settings = (repo / "hermes.toml").read_text()
    write(repo, {"hermes.toml": f'past-projects = ["Lake", "shop"]\nallow-from-index = ["top"]\n{settings}'})
    report = checked(repo)
    assert report.findings == ()
    assert effects(report) == dict.fromkeys(("lake", "shop", "top"), "removed None 1.2.0")
    with pytest.raises(InvalidInput, match="no project"):
        checked(repo, "shop")


def test_a_named_project_comes_with_the_libraries_that_a_release_takes_along(repo: Path) -> None:
    write(repo, {"lake/lake/__init__.py": "", "shop/shop/__init__.py": ""})
    report = checked(repo, "top/")
    assert set(effects(report)) == {"lake", "top"}
    assert found(report) == [("version-not-raised", f"lake/pyproject.toml:{VERSION_LINE}")]
    with pytest.raises(InvalidInput, match="there is no project 'tpo'"):
        checked(repo, "tpo")


def test_a_project_is_told_that_its_release_keeps_a_library(repo: Path) -> None:
    bumped(repo, "1.3.0", "lake")
    report = checked(repo)
    assert found(report) == [("library-kept", f"top/pyproject.toml:{VERSION_LINE}")]
    assert report.findings[0].level is Level.NOTE
    bumped(repo, "1.3.0", "top", "lake")
    assert checked(repo).findings == ()


def test_a_version_that_only_a_build_tells(repo: Path) -> None:
    def dynamic(version: str) -> None:
        files = built_project("lake", version=version)
        files["lake/pyproject.toml"] = files["lake/pyproject.toml"].replace(
            f'version = "{version}"', 'dynamic = ["version"]'
        )
        write(repo, files)

    sh(repo, "git", "switch", "-q", "main")
    dynamic("1.0.0")
    commit(repo)
    sh(repo, "git", "switch", "-q", "-c", "feature/dynamic")
    assert effects(checked(repo, "lake")) == {"lake": "unchanged None None"}
    write(repo, {"lake/lake/__init__.py": ""})
    report = checked(repo, "lake")
    assert effects(report) == {"lake": "refused 1.0.0 1.0.0"}
    assert found(report) == [("version-not-raised", "lake/pyproject.toml")]
    dynamic("1.0.1")
    assert effects(checked(repo, "lake")) == {"lake": "released 1.0.1 1.0.0"}


# what cannot be read or built


def test_a_project_that_cannot_be_built_is_a_finding_and_the_others_are_compared(repo: Path) -> None:
    write(repo, {"shop/backend.py": "raise SystemExit('no')\n", "lake/lake/__init__.py": ""})
    report = checked(repo)
    assert found(report) == [
        ("version-not-raised", f"lake/pyproject.toml:{VERSION_LINE}"),
        ("build-failed", "shop/pyproject.toml"),
    ]
    assert effects(report)["shop"] == "unknown 1.2.0 1.2.0"
    assert "no" in report.findings[1].message
    write(repo, {"shop/shop/shop.py": "from . import x\n"})  # for which a build fails too
    assert found(checked(repo, "shop")) == [("script-import", "shop/shop/shop.py:1")]


@pytest.mark.parametrize("broken", ["backend.py", "pyproject.toml"])
def test_a_base_that_cannot_be_built_or_read_is_a_warning(repo: Path, broken: str) -> None:
    good = (repo / "shop" / broken).read_text()
    on_main(repo, lambda repo: write(repo, {f"shop/{broken}": "a = "}))
    sh(repo, "git", "reset", "-q", "--hard", "main")
    write(repo, {f"shop/{broken}": good})
    report = checked(repo)
    assert found(report) == [("base-broken", "shop/pyproject.toml")]
    assert report.findings[0].level is Level.WARNING
    assert report.findings[0].message.startswith("shop was not compared with main: ")


def test_a_file_that_a_partial_clone_lacks_is_a_warning(repo: Path) -> None:
    blob = sh(repo, "git", "rev-parse", "main:shop/shop/__init__.py")
    change(repo)
    commit(repo)
    (repo / ".git/objects" / blob[:2] / blob[2:]).unlink()
    report = checked(repo)
    assert found(report) == [("base-broken", "shop/pyproject.toml")]
    assert report.findings[0].message.startswith("shop was not compared with main: git lacks an object")


def test_all_that_is_wrong_in_all_files_is_told(repo: Path) -> None:
    settings = 'team = "Growth"\nx = 1\n[environments.dev]\nbuket = "b"\npython = "3"\n[environments.prod]\n'
    project = '[project]\nname = "store"\nversion = "1.0+x"\ndependencies = ["a b", ">"]\nodd = 1\n'
    hermes = '[tool.hermes]\nscripts = ["absent"]\nlibary = true\nlibrary = 1\n'
    write(
        repo,
        {
            "hermes.toml": settings,
            "shop/pyproject.toml": f'{project}requires-python = "3"\n{hermes}',
            "lake/pyproject.toml": "[project\n",
            "top/pyproject.toml": "\xff".encode("latin-1"),
            "top/top/top.py": "from . import x\n",
            "shop/.env": "A=b\n",
        },
    )
    report = checked(repo)
    assert [(one.rule, one.place) for one in report.findings] == [
        ("base-unknown", "hermes.toml"),
        ("config-invalid", "hermes.toml:2"),
        ("config-invalid", "hermes.toml:4"),
        ("config-invalid", "hermes.toml:5"),
        ("project-invalid", "lake/pyproject.toml:1"),
        ("secret", "shop/.env"),
        ("project-invalid", "shop/pyproject.toml:2"),
        ("project-invalid", "shop/pyproject.toml:3"),
        ("project-invalid", "shop/pyproject.toml:4"),
        ("project-invalid", "shop/pyproject.toml:4"),
        ("project-invalid", "shop/pyproject.toml:5"),
        ("project-invalid", "shop/pyproject.toml:6"),
        ("project-invalid", "shop/pyproject.toml:8"),
        ("project-invalid", "shop/pyproject.toml:9"),
        ("project-invalid", "shop/pyproject.toml:10"),
        ("project-invalid", "top/pyproject.toml"),
    ]


def test_settings_that_contradict_each_other_are_all_told(repo: Path) -> None:
    top = 'team = "Growth"\ndefault-branch = "-"\n'
    prod = '[environments.prod]\naccepts = ["features"]\nbucket = "b"\n'
    write(repo, {"hermes.toml": f"{top}[environments.dev]\n{prod}"})
    report = checked(repo)
    assert [one.message for one in report.findings if one.rule == "config-invalid"] == [
        "'Growth' is not a team name",
        "'-' is not a branch name that git accepts",
        "environment dev has neither a bucket nor a path",
        "environment prod takes releases only",
    ]


def test_projects_that_are_one_to_an_installer_or_need_each_other(repo: Path) -> None:
    write(repo, {**built_project("a-b"), **built_project("a_b"), **built_project("lake", "top")})
    report = checked(repo)
    errors = [(one.place, one.message) for one in report.findings if one.rule == "project-invalid"]
    assert errors == [
        ("a_b/pyproject.toml", "a-b and a_b are the same package to an installer"),
        ("lake/pyproject.toml", "the projects depend on each other in a circle: lake → top → lake"),
        ("top/pyproject.toml", "the projects depend on each other in a circle: top → lake → top"),
    ]


def test_the_default_branch_against_itself_is_told(repo: Path) -> None:
    assert found(checked(repo)) == []
    sh(repo, "git", "switch", "-q", "main")
    (note,) = checked(repo).findings
    assert (note.rule, note.level, note.fix) == ("base-itself", Level.NOTE, "hermes status")
    write(repo, {"shop/README.md": "not committed\n"})
    assert found(checked(repo)) == []


def test_a_default_branch_that_there_is_not_is_made(repo: Path) -> None:
    sh(repo, "git", "switch", "-q", "main")
    sh(repo, "git", "branch", "-m", "main", "master")
    assert checked(repo).findings[0].fix == "git branch -m master main"
    with pytest.raises(InvalidInput) as caught:
        checked(repo, base="main")
    assert caught.value.hint == "git branch -m master main"
    sh(repo, "git", "remote", "add", "origin", "https://git.acme.example/sales.git")
    assert checked(repo).findings[0].fix == "git fetch origin main"


def test_what_an_adoption_left_to_do_is_a_warning_with_its_line(repo: Path) -> None:
    write(
        repo, {"shop/tests/test_shop.py": "def test_x() -> None:\n    pass  # TODO(hermes adopt): mend it\n"}
    )
    report = checked(repo)
    assert found(report) == [("adoption-unfinished", "shop/tests/test_shop.py:2")]
    assert report.findings[0].level is Level.WARNING
