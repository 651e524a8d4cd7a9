"""Git, met for real: every repository here is made by the git command in a temporary folder."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from hermes_cli.adapters.git import Git, GitSource, all_branches
from hermes_cli.domain.branch_ref import RefKind
from hermes_cli.domain.contract.errors import HermesError, InvalidInput

IDENTITY = "[user]\n name = Some One\n email = one@example.com\n"


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only configuration that git reads here, besides the repository's own."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    path = tmp_path / "user" / "gitconfig"
    path.parent.mkdir()
    path.write_text(IDENTITY)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("HOME", str(path.parent))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    return path


def sh(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, check=True)
    return os.fsdecode(done.stdout).strip()


def write(root: Path, **files: str) -> None:
    for name, content in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


@pytest.fixture
def repo(tmp_path: Path) -> Git:
    """A repository with one commit on main: two projects, and a .gitignore."""
    git = Git.init(tmp_path / "repo")
    write(git.root, sales__a="1\n", sales__deep__b="2\n", costs__c="3\n", top="4\n")
    (git.root / ".gitignore").write_text("*.log\n")
    assert git.commit_all("start") is True
    return git


def source(git: Git) -> GitSource:
    """What git would commit now, of every folder at the top."""
    return git.source(lambda paths: {path.partition("/")[0] for path in paths if "/" in path})


def tree(git: Git, folder: str) -> str:
    return source(git).tree(folder)


def committed(git: Git, folder: str) -> str:
    return sh(git.root, "git", "rev-parse", f"HEAD:{folder}")


def files(git: Git, folder: str) -> tuple[str, ...]:
    return tuple(path for path in source(git).files if path.startswith(f"{folder}/"))


def snapshot(git: Git) -> tuple[bytes, int, list[str]]:
    """All of `.git` that a reader might change."""
    inside = git.root / ".git"
    names = sorted(str(path.relative_to(inside)) for path in inside.rglob("*"))
    return (inside / "index").read_bytes(), (inside / "index").stat().st_mtime_ns, names


# find


def test_a_repository_is_found_from_any_folder_in_it(repo: Git) -> None:
    found = Git.find(repo.root / "sales" / "deep")
    assert found is not None
    assert found.root == repo.root


def test_outside_of_any_there_is_none(tmp_path: Path) -> None:
    assert Git.find(tmp_path) is None


def test_inside_of_dot_git_and_in_a_bare_one_there_is_no_work_tree(repo: Git, tmp_path: Path) -> None:
    sh(tmp_path, "git", "init", "-q", "--bare", "bare")
    assert Git.find(repo.root / ".git") is None
    assert Git.find(tmp_path / "bare") is None


def test_a_root_with_spaces_lines_and_other_letters(tmp_path: Path) -> None:
    root = tmp_path / "мой repo\nof \"two\" lines: 'x'"
    Git.init(root)
    write(root, p__a="1")
    found = Git.find(root / "p")
    assert found is not None
    assert found.root == root
    assert files(found, "p") == ("p/a",)
    assert len(tree(found, "p")) == 40


def test_a_repository_of_another_user_comes_with_gits_own_fix(
    repo: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(HermesError, match="another user") as caught:
        Git.find(repo.root)
    assert caught.value.hint == f"git config --global --add safe.directory {repo.root}"


def test_a_broken_repository_is_an_error_and_not_none(repo: Git) -> None:
    (repo.root / ".git" / "config").write_text("[core\n")
    with pytest.raises(HermesError) as caught:
        Git.find(repo.root)
    assert "config" in (caught.value.detail or "")


def test_git_is_missing(repo: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HermesError, match="git cannot be started") as caught:
        Git.find(repo.root)
    assert "install git" in (caught.value.hint or "")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(HermesError, match="not a folder"):
        Git.find(tmp_path / "absent")


def test_what_a_hook_sets_does_not_redirect_us(
    repo: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Git.init(tmp_path / "other", "elsewhere")
    monkeypatch.setenv("GIT_DIR", str(other.root / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.root))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.root / "index"))
    monkeypatch.setenv("GIT_LITERAL_PATHSPECS", "0")
    monkeypatch.setenv("GIT_GLOB_PATHSPECS", "1")
    found = Git.find(repo.root / "sales")
    assert found is not None
    assert found.root == repo.root
    assert found.ref().branch == "main"
    assert files(found, "costs") == ("costs/c",)
    assert not found.is_dirty()


# ref and head


@pytest.mark.parametrize("name", ["main", "feature/main", "refs/heads/main", "heads/main", "ветка", "@"])
def test_a_branch_has_its_whole_name_born_or_not(tmp_path: Path, name: str) -> None:
    git = Git.init(tmp_path / "new", name)
    assert (git.ref().kind, git.ref().branch, git.ref().source) == (RefKind.BRANCH, name, "git")
    assert git.head() is None
    write(git.root, a="1")
    git.commit_all("start")
    assert git.ref().branch == name
    assert git.head() == sh(git.root, "git", "rev-parse", "HEAD")


def test_a_detached_head_is_no_branch(repo: Git) -> None:
    sh(repo.root, "git", "checkout", "-q", "--detach")
    assert repo.ref().kind is RefKind.DETACHED
    assert repo.ref().branch is None
    assert repo.head() is not None


def test_a_head_that_names_no_branch_is_detached(repo: Git) -> None:
    sh(repo.root, "git", "update-ref", "refs/other/main", "HEAD")
    (repo.root / ".git" / "HEAD").write_text("ref: refs/other/main\n")
    assert repo.ref().kind is RefKind.DETACHED


def test_a_branch_that_git_would_refuse_is_refused_before(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        Git.init(tmp_path / "new", "a b")
    assert not (tmp_path / "new").exists()


def test_before_the_first_commit(tmp_path: Path) -> None:
    git = Git.init(tmp_path / "new")
    write(git.root, p__a="1")
    assert git.is_dirty()
    assert source(git).dirty
    assert files(git, "p") == ("p/a",)
    assert git.merge_base("main") is None
    assert git.default_branch_head("main") is None
    dirty = tree(git, "p")
    git.commit_all("start")
    assert committed(git, "p") == dirty


# dirty


def test_edits_deletions_and_new_files_are_dirt_and_ignored_ones_are_not(repo: Git) -> None:
    write(repo.root, **{"sales__x.log": "noise"})
    assert not repo.is_dirty()
    write(repo.root, **{"sales__new file\nof two": "n"})
    assert repo.is_dirty()
    assert repo.is_dirty("sales")
    assert not repo.is_dirty("costs")
    (repo.root / "costs" / "c").unlink()
    assert repo.is_dirty("costs")
    assert not repo.is_dirty("top")
    assert repo.dirty_files(9) == ("costs/c", "sales/new file\nof two")
    assert repo.dirty_files(1) == ("costs/c",)


def test_a_staged_rename_is_two_files(repo: Git) -> None:
    sh(repo.root, "git", "mv", "top", "renamed")
    assert repo.dirty_files(9) == ("renamed", "top")


def test_the_users_settings_do_not_hide_dirt(repo: Git, config: Path) -> None:
    config.write_text(IDENTITY + "[status]\n showUntrackedFiles = no\n relativePaths = true\n")
    write(repo.root, costs__new="n")
    assert repo.dirty_files(9) == ("costs/new",)


# files


def test_files_are_what_git_tracks_or_would_and_what_is_there(repo: Git) -> None:
    write(repo.root, **{"sales__новый файл": "", "sales__x.log": "", "sales__*": "", "other__z": ""})
    (repo.root / "sales" / "a").unlink()
    (repo.root / "sales" / "broken").symlink_to("nowhere")
    (repo.root / "sales" / "to-folder").symlink_to("deep")
    expected = ("sales/*", "sales/broken", "sales/deep/b", "sales/to-folder", "sales/новый файл")
    assert files(repo, "sales") == expected
    assert set(source(repo).files) == {*expected, ".gitignore", "costs/c", "other/z", "top"}


def test_a_file_that_is_ignored_but_tracked_counts(repo: Git) -> None:
    write(repo.root, **{"sales__kept.log": "", "sales__not.log": ""})
    sh(repo.root, "git", "add", "-f", "sales/kept.log")
    assert "sales/kept.log" in files(repo, "sales")
    assert "sales/not.log" not in files(repo, "sales")


def test_a_file_whose_name_is_not_utf8(repo: Git) -> None:
    name = os.fsdecode(b"costs/\xff")
    try:
        (repo.root / name).write_text("")
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    assert files(repo, "costs") == ("costs/c", name)
    assert repo.dirty_files(9) == (name,)
    assert tree(repo, "costs") != committed(repo, "costs")


def test_a_folder_that_became_a_link_holds_nothing(repo: Git) -> None:
    (repo.root / "sales" / "deep").rename(repo.root / "elsewhere")
    (repo.root / "sales" / "deep").symlink_to("../elsewhere")
    assert files(repo, "sales") == ("sales/a", "sales/deep")
    before = tree(repo, "sales")
    sh(repo.root, "git", "add", "-A")
    sh(repo.root, "git", "commit", "-qm", "link")
    assert committed(repo, "sales") == before


def test_a_file_that_became_a_folder(repo: Git) -> None:
    (repo.root / "sales" / "a").unlink()
    write(repo.root, sales__a__x="1")
    assert files(repo, "sales") == ("sales/a/x", "sales/deep/b")
    before = tree(repo, "sales")
    repo.commit_all("folder")
    assert committed(repo, "sales") == before


@pytest.mark.parametrize("born", [True, False])
def test_a_repository_within_is_left_out(repo: Git, born: bool) -> None:
    before = tree(repo, "sales")
    inner = Git.init(repo.root / "sales" / "inner")
    if born:
        write(inner.root, i="1")
        inner.commit_all("inner")
    assert files(repo, "sales") == ("sales/a", "sales/deep/b")
    assert not source(repo).dirty
    assert tree(repo, "sales") == before


def test_a_submodule_is_left_out(repo: Git, tmp_path: Path) -> None:
    other = Git.init(tmp_path / "other")
    write(other.root, o="1")
    other.commit_all("other")
    sh(
        repo.root,
        "git",
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "add",
        "-q",
        str(other.root),
        "sales/sub",
    )
    repo.commit_all("submodule")
    assert files(repo, "sales") == ("sales/a", "sales/deep/b")
    assert not repo.is_dirty()
    assert not source(repo).dirty
    assert tree(repo, "sales") == committed(repo, "sales")
    write(other.root, o="2")
    other.commit_all("more")
    sh(repo.root / "sales/sub", "git", "-c", "protocol.file.allow=always", "pull", "-q")
    assert source(repo).dirty


@pytest.mark.parametrize(
    "how",
    [
        "update-index --assume-unchanged sales/a",
        "update-index --skip-worktree sales/a",
        "sparse-checkout set costs",
    ],
)
def test_files_that_git_is_told_to_overlook_are_noticed(repo: Git, how: str) -> None:
    (repo.root / "costs" / "c").write_text("an edit")
    assert not repo.index().hides_changes
    sh(repo.root, "git", "checkout", "-q", ".")
    sh(repo.root, "git", *how.split())
    assert not repo.is_dirty()
    assert repo.index().hides_changes


def test_submodules_are_listed_by_folder(repo: Git, tmp_path: Path) -> None:
    other = Git.init(tmp_path / "other")
    write(other.root, o="1")
    other.commit_all("other")
    allowed = ("git", "-c", "protocol.file.allow=always")
    sh(repo.root, *allowed, "submodule", "add", "-q", str(other.root), "sales/deep/sub module")
    assert repo.index("sales").submodules == repo.index(".").submodules == ("sales/deep/sub module",)
    assert repo.index("costs").submodules == ()


def test_a_conflict_lists_each_file_once(repo: Git) -> None:
    sh(repo.root, "git", "checkout", "-qb", "one")
    write(repo.root, top="one\n")
    repo.commit_all("one")
    sh(repo.root, "git", "checkout", "-q", "main")
    write(repo.root, top="two\n")
    repo.commit_all("two")
    subprocess.run(["git", "merge", "-q", "one"], cwd=repo.root, capture_output=True, check=False)
    assert source(repo).files.count("top") == 1
    assert repo.is_dirty()
    assert source(repo).dirty
    assert source(repo).index.conflicts == {"top"}


# tree


def test_the_tree_of_a_clean_folder_is_the_committed_one(repo: Git) -> None:
    for folder in ("sales", "costs"):
        assert tree(repo, folder) == committed(repo, folder)
    assert not source(repo).dirty


def test_the_tree_of_a_dirty_folder_is_what_a_commit_would_hold(repo: Git) -> None:
    write(repo.root, sales__a="changed\n", **{"sales__new\nfile": "n", "sales__x.log": "ignored"})
    (repo.root / "sales" / "deep" / "b").unlink()
    (repo.root / "sales" / "new\nfile").chmod(0o755)
    sh(repo.root, "git", "rm", "-q", "--cached", "costs/c")
    before = snapshot(repo)
    dirty = tree(repo, "sales")
    costs = tree(repo, "costs")
    assert dirty != committed(repo, "sales")
    assert costs == committed(repo, "costs")
    assert snapshot(repo) == before
    repo.commit_all("everything")
    assert committed(repo, "sales") == dirty


def test_an_edit_of_the_same_length_in_the_same_moment_is_seen(repo: Git) -> None:
    sh(repo.root, "git", "config", "core.trustctime", "false")
    clean, moment = tree(repo, "sales"), (1_700_000_000, 1_700_000_000)
    edited, index = repo.root / "sales" / "a", repo.root / ".git" / "index"
    os.utime(edited, moment)
    sh(repo.root, "git", "update-index", "--refresh")
    os.utime(index, moment)
    edited.write_text("9\n")
    os.utime(edited, moment)
    assert repo.is_dirty()
    assert tree(repo, "sales") != clean


def test_the_tree_of_another_folder_does_not_change(repo: Git) -> None:
    before = tree(repo, "costs")
    write(repo.root, sales__a="changed")
    assert tree(repo, "costs") == before


def test_nothing_has_no_tree(repo: Git) -> None:
    (repo.root / "empty").mkdir()
    for folder in ("empty", "absent", "top"):
        with pytest.raises(HermesError, match=folder):
            tree(repo, folder)


def test_a_folder_whose_files_are_all_deleted_has_no_tree(repo: Git) -> None:
    for path in (repo.root / "sales").rglob("*"):
        if path.is_file():
            path.unlink()
    with pytest.raises(HermesError, match="sales"):
        tree(repo, "sales")


# other clones


def test_a_linked_work_tree(repo: Git, tmp_path: Path) -> None:
    sh(repo.root, "git", "worktree", "add", "-q", "-b", "feature/x", str(tmp_path / "linked"))
    linked = Git.find(tmp_path / "linked" / "sales")
    assert linked is not None
    assert linked.root == tmp_path / "linked"
    assert linked.ref().branch == "feature/x"
    assert repo.ref().branch == "main"
    write(linked.root, sales__new="n")
    assert linked.is_dirty()
    assert not repo.is_dirty()
    dirty = tree(linked, "sales")
    linked.commit_all("new")
    assert committed(linked, "sales") == dirty


def test_a_shallow_clone(repo: Git, tmp_path: Path) -> None:
    write(repo.root, top="5\n")
    repo.commit_all("second")
    first = sh(repo.root, "git", "rev-parse", "HEAD~1")
    sh(tmp_path, "git", "clone", "-q", "--depth=1", repo.root.as_uri(), "shallow")
    clone = Git(tmp_path / "shallow")
    assert clone.is_shallow()
    assert not repo.is_shallow()
    assert clone.head() == repo.head()
    assert clone.merge_base(first) is None


def test_what_origin_said(repo: Git, tmp_path: Path) -> None:
    sh(repo.root, "git", "branch", "-m", "team/trunk")
    first = repo.head()
    sh(tmp_path, "git", "clone", "-q", str(repo.root), "clone")
    clone = Git(tmp_path / "clone")
    assert clone.remote_default_branch() == "team/trunk"
    assert repo.remote_default_branch() is None
    write(clone.root, top="5\n")
    clone.commit_all("ahead")
    assert clone.default_branch_head("team/trunk") == first
    assert repo.default_branch_head("team/trunk") == first
    assert clone.default_branch_head("trunk") is None
    # A tag of that name is no branch.
    sh(clone.root, "git", "tag", "trunk")
    assert clone.default_branch_head("trunk") is None


def test_branches_are_those_of_the_remote_as_it_is_now_and_those_here(repo: Git, tmp_path: Path) -> None:
    assert all_branches(repo) == {"main"}
    for name in (
        "feature/x",
        "feature/gone",
        "b\u2028c\u00a0d",
    ):  # Python takes these for a line's end and a space
        sh(repo.root, "git", "branch", name)
    sh(repo.root, "git", "tag", "feature/tag")
    sh(tmp_path, "git", "clone", "-q", str(repo.root), "clone")
    clone = Git(tmp_path / "clone")
    sh(clone.root, "git", "branch", "feature/mine")
    sh(repo.root, "git", "branch", "-D", "feature/gone")
    sh(repo.root, "git", "branch", "feature/new")
    theirs = {"main", "feature/x", "feature/new", "b\u2028c\u00a0d"}
    assert all_branches(repo) == theirs
    assert all_branches(clone) == theirs | {"feature/mine"}
    sh(clone.root, "git", "checkout", "-q", "--detach")
    sh(clone.root, "git", "branch", "-D", "main")
    assert all_branches(clone) == theirs | {"feature/mine"}


def test_before_the_first_commit_there_is_no_branch(tmp_path: Path) -> None:
    assert all_branches(Git.init(tmp_path / "repo")) == set()


def test_a_remote_that_cannot_be_asked_is_an_error(repo: Git, tmp_path: Path) -> None:
    sh(repo.root, "git", "remote", "add", "origin", str(tmp_path / "nowhere"))
    with pytest.raises(HermesError):
        all_branches(repo)


def test_where_the_branches_parted(repo: Git) -> None:
    start = repo.head()
    sh(repo.root, "git", "checkout", "-qb", "feature/x")
    write(repo.root, sales__a="changed\n")
    repo.commit_all("mine")
    sh(repo.root, "git", "checkout", "-q", "main")
    write(repo.root, costs__c="theirs\n")
    repo.commit_all("theirs")
    sh(repo.root, "git", "checkout", "-q", "feature/x")
    assert repo.merge_base("main") == start
    assert repo.merge_base("nonsense") is None


def test_branches_without_a_common_commit(repo: Git) -> None:
    sh(repo.root, "git", "checkout", "-q", "--orphan", "alone")
    repo.commit_all("alone")
    assert repo.merge_base("main") is None


# commits


def test_a_commit_carries_the_users_identity(repo: Git) -> None:
    assert repo.identity() == ("Some One", "one@example.com")
    assert sh(repo.root, "git", "log", "-1", "--format=%an %ae %cn %ce %s") == (
        "Some One one@example.com Some One one@example.com start"
    )


@pytest.mark.parametrize(
    "half",
    [
        {},
        {"GIT_AUTHOR_NAME": "Some One", "GIT_AUTHOR_EMAIL": "one@example.com"},
        {"GIT_AUTHOR_NAME": "", "GIT_COMMITTER_EMAIL": ""},
        {"EMAIL": "guessed@example.com"},
    ],
)
def test_without_an_identity_a_commit_succeeds_and_tells(
    tmp_path: Path, config: Path, monkeypatch: pytest.MonkeyPatch, half: dict[str, str]
) -> None:
    config.write_text("[user]\n name = Half\n")
    for name, value in half.items():
        monkeypatch.setenv(name, value)
    git = Git.init(tmp_path / "new")
    write(git.root, a="1")
    assert git.identity() is None
    assert git.commit_all("start") is False
    assert sh(git.root, "git", "log", "-1", "--format=%an <%ae> %cn <%ce>") == (
        "hermes new <hermes@localhost> hermes new <hermes@localhost>"
    )
    assert "hermes" not in (git.root / ".git" / "config").read_text()
    assert not git.is_dirty()


def test_an_identity_from_the_environment(
    tmp_path: Path, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text("")
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Ünal <x")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "u@example.com")
    git = Git.init(tmp_path / "new")
    write(git.root, a="1")
    assert git.commit_all("start") is True
    assert git.identity() == ("Ünal x", "u@example.com")


def test_signing_hooks_and_templates_of_the_user_have_no_part(tmp_path: Path, config: Path) -> None:
    hooks = tmp_path / "user" / "template" / "hooks"
    hooks.mkdir(parents=True)
    marker = tmp_path / "a hook ran"
    for name in ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "reference-transaction"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch '{marker}'\nexit 1\n")
        (hooks / name).chmod(0o755)
    config.write_text(
        IDENTITY
        + f"[init]\n templateDir = {hooks.parent}\n defaultBranch = other\n"
        + f"[core]\n hooksPath = {hooks}\n"
        + "[commit]\n gpgSign = true\n template = absent\n"
        + "[gpg]\n program = false\n"
    )
    git = Git.init(tmp_path / "new")
    write(git.root, a="1")
    assert git.commit_all("start") is True
    assert not source(git).dirty
    assert git.ref().branch == "main"
    assert not marker.exists()
    assert not (git.root / ".git" / "hooks").exists()


def test_the_first_commit_holds_every_file_as_it_is(tmp_path: Path, config: Path) -> None:
    (tmp_path / "user" / "ignore").write_text("*.csv\nbuild\n")
    config.write_text(
        IDENTITY
        + f"[core]\n excludesFile = {tmp_path / 'user' / 'ignore'}\n autocrlf = input\n safecrlf = true\n"
        + " fileMode = false\n"
    )
    git = Git.init(tmp_path / "new")
    write(
        git.root,
        **{"data.csv": "1\r\n", "build__tool.sh": "#!/bin/sh\n", ".gitignore": "*.log\n", "x.log": ""},
    )
    (git.root / "build" / "tool.sh").chmod(0o755)
    git.commit_all("start")
    staged = sh(git.root, "git", "ls-files", "--stage").split("\n")
    assert [line[:7] + line.partition("\t")[2] for line in staged] == [
        "100644 .gitignore",
        "100755 build/tool.sh",
        "100644 data.csv",
    ]
    assert sh(git.root, "git", "config", "core.autocrlf") == "input"


def test_nothing_to_commit_is_an_error(repo: Git) -> None:
    with pytest.raises(HermesError, match="git commit failed"):
        repo.commit_all("again")


# a commit, read without checking it out


def test_what_a_commit_holds(repo: Git) -> None:
    first = repo.snapshot("main")
    assert first is not None
    assert first.trees == {name: committed(repo, name) for name in ("costs", "sales")}
    assert first.files("sales") == ("a", "deep/b")
    assert (first.read("sales/a"), first.read("sales/absent"), first.read("sales")) == (b"1\n", None, None)
    write(repo.root, sales__a="changed\n", new__a="1\n")
    repo.commit_all("more")
    assert first.read("sales/a") == b"1\n"
    assert set(first.trees) == {"sales", "costs"}
    blob = sh(repo.root, "git", "rev-parse", f"{first.commit}:sales/a")
    (repo.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(HermesError, match="git cat-file failed"):
        first.read("sales/a")
    assert [repo.snapshot(name) for name in ("absent", "--all", "", "main:sales", "0" * 40)] == [None] * 5


def test_a_name_is_a_branch_of_origin_before_one_here_before_any_commit(repo: Git, tmp_path: Path) -> None:
    sh(tmp_path, "git", "clone", "-q", str(repo.root), "clone")
    clone = Git(tmp_path / "clone")
    write(clone.root, top="5\n")
    clone.commit_all("ahead of origin")
    sh(clone.root, "git", "branch", "-q", "mine")
    sh(clone.root, "git", "tag", "v1")
    for name, called in (("main", "origin/main"), ("mine", "mine"), ("v1", "v1"), ("HEAD~1", "HEAD~1")):
        found = clone.branch_or_commit(name)
        assert found is not None
        assert found[0] == called
        assert (found[1].commit == clone.head()) == (name in ("mine", "v1"))
    assert clone.branch_or_commit("absent") is None


def test_an_export_is_what_a_checkout_would_be(repo: Git, tmp_path: Path) -> None:
    attributes = "crlf.txt text eol=crlf\nhidden.py export-ignore\nsubst.py export-subst\n"
    write(repo.root, sales__hidden="", sales__subst="")
    (repo.root / "sales/.gitattributes").write_text(attributes)
    (repo.root / ".gitattributes").write_text("*.upper filter=upper\n")
    for name, text in {
        "crlf.txt": "a\r\n",
        "hidden.py": "",
        "subst.py": "$Format:%H$",
        "x.upper": "a",
    }.items():
        (repo.root / "sales" / name).write_bytes(text.encode())
    sh(repo.root, "git", "config", "filter.upper.smudge", "tr a-z A-Z")
    sh(repo.root, "git", "config", "filter.upper.clean", "tr A-Z a-z")
    (repo.root / "sales/run.sh").touch(mode=0o755)
    (repo.root / "sales/link").symlink_to("deep/b")
    (repo.root / "sales/nowhere").symlink_to("absent")
    (repo.root / "sales/a b\n\xe9").write_text("odd")
    repo.commit_all("all kinds")
    sh(repo.root, "git", "checkout", "-q", "--force", "HEAD")
    (repo.root / "sales/x.upper").unlink()
    sh(repo.root, "git", "checkout", "-q", "--", "sales/x.upper")
    before, commit = snapshot(repo), repo.snapshot("HEAD")
    assert commit is not None
    commit.export("sales", tmp_path / "export")
    assert snapshot(repo) == before
    assert sorted(path.name for path in (tmp_path / "export").iterdir()) == ["sales"]

    def content(root: Path) -> dict[str, object]:
        found: dict[str, object] = {}
        for path in root.rglob("*"):
            name = path.relative_to(root).as_posix()
            if path.is_symlink():
                found[name] = path.readlink()
            elif path.is_file():
                found[name] = (path.read_bytes(), bool(path.stat().st_mode & 0o100))
        return found

    exported = content(tmp_path / "export/sales")
    assert exported == content(repo.root / "sales")
    assert exported["crlf.txt"] == (b"a\r\n", False)
    assert exported["x.upper"] == (b"A", False)
    assert exported["subst.py"] == (b"$Format:%H$", False)
    assert set(commit.files("sales")) == set(exported)


def test_a_commit_with_a_submodule_and_a_sparse_checkout(repo: Git, tmp_path: Path) -> None:
    other = Git.init(tmp_path / "other")
    write(other.root, data="1\n")
    other.commit_all("start")
    allowed = ("git", "-c", "protocol.file.allow=always", "submodule", "add", "-q")
    sh(repo.root, *allowed, str(other.root), "sales/vendored")
    repo.commit_all("a submodule")
    sh(repo.root, "git", "sparse-checkout", "set", "costs")
    commit = repo.snapshot("HEAD")
    assert commit is not None
    assert commit.files("sales") == ("a", "deep/b")
    commit.export("sales", tmp_path / "export")
    assert (tmp_path / "export/sales/a").read_text() == "1\n"
