"""What git would commit now: edits that a setting would hide, large files, and clones that lack some."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hermes_cli.adapters.git import Git, GitSource, LargeFileMissing
from hermes_cli.domain.contract.errors import AccessDenied, HermesError
from sample_repos import commit, isolate, make_repo, sh, write

MOMENT = (1_700_000_000, 1_700_000_000)


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    isolate(tmp_path / "home", monkeypatch)
    return make_repo(tmp_path / "repo", {"sales/a": "one\ntwo\n", "sales/b": "b\n", "docs/c": "c\n"})


def source(root: Path) -> GitSource:
    """What git would commit of the folder sales."""
    return Git(root).source(lambda paths: {"sales"})


def read(root: Path, path: str) -> bytes:
    return source(root).read([path])[path]


def pointer(data: bytes) -> bytes:
    digest = hashlib.sha256(data).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(data)}\n".encode()


# edits


def test_an_edit_is_seen_though_a_monitor_of_the_file_system_says_nothing(repo: Path, tmp_path: Path) -> None:
    monitor = tmp_path / "monitor"
    monitor.write_text("#!/bin/sh\nprintf 'token\\0'\n")
    monitor.chmod(0o755)
    sh(repo, "git", "config", "core.fsmonitor", str(monitor))
    sh(repo, "git", "config", "core.fsmonitorHookVersion", "2")
    sh(repo, "git", "config", "core.untrackedCache", "true")
    sh(repo, "git", "update-index", "--fsmonitor")
    sh(repo, "git", "status")
    write(repo, {"sales/a": "edited\n", "sales/new": "n\n"})
    assert sh(repo, "git", "status", "--porcelain") == ""
    assert source(repo).dirty
    assert source(repo).files == (".gitignore", "docs/c", "hermes.toml", "sales/a", "sales/b", "sales/new")
    assert read(repo, "sales/a") == b"edited\n"
    edited = source(repo).tree("sales")
    sh(repo, "git", "config", "--unset", "core.fsmonitor")
    commit(repo)
    assert sh(repo, "git", "rev-parse", "HEAD:sales") == edited


def test_an_edit_is_seen_though_size_and_time_are_the_same(repo: Path) -> None:
    sh(repo, "git", "config", "core.trustctime", "false")
    sh(repo, "git", "config", "core.checkStat", "minimal")
    os.utime(repo / "sales/a", MOMENT)
    sh(repo, "git", "update-index", "--refresh")
    write(repo, {"sales/a": "two\none\n"})
    os.utime(repo / "sales/a", MOMENT)
    assert sh(repo, "git", "status", "--porcelain") == ""
    assert source(repo).dirty
    assert read(repo, "sales/a") == b"two\none\n"


def test_an_edit_of_a_filtered_file_is_taken_as_it_is(repo: Path) -> None:
    write(repo, {".gitattributes": "*.up filter=upper\n", "sales/x.up": "word\n"})
    for key, value in {"smudge": "tr a-z A-Z", "clean": "tr A-Z a-z", "required": "true"}.items():
        sh(repo, "git", "config", f"filter.upper.{key}", value)
    commit(repo)
    (repo / "sales/x.up").unlink()
    sh(repo, "git", "checkout", "-q", "sales/x.up")
    assert (repo / "sales/x.up").read_bytes() == b"WORD\n"
    assert read(repo, "sales/x.up") == b"word\n"
    assert not source(repo).dirty
    write(repo, {"sales/x.up": "LORD\n"})
    assert read(repo, "sales/x.up") == b"LORD\n"
    assert source(repo).dirty


@pytest.mark.parametrize(("before", "after"), [(b"a\nb\n", b"a\r\nb\r\n"), (b"a\r\nb\n", b"a\nb\n")])
def test_other_line_ends_of_a_text_are_no_edit_and_those_of_a_binary_file_are(
    repo: Path, before: bytes, after: bytes
) -> None:
    write(repo, {"sales/text": before, "sales/binary": b"\0" + before, "docs/text": before})
    commit(repo)
    write(repo, {"sales/text": after, "docs/text": after})
    assert not source(repo).dirty
    assert read(repo, "sales/text") == before
    (repo / "sales/text").chmod(0o755)
    assert source(repo).dirty
    assert (read(repo, "sales/text"), source(repo).kind("sales/text")) == (before, "x")
    (repo / "sales/text").chmod(0o644)
    write(repo, {"sales/binary": b"\0" + after})
    assert source(repo).dirty
    assert read(repo, "sales/binary") == b"\0" + after


def test_what_is_staged_counts_as_it_is_in_the_work_tree(repo: Path) -> None:
    write(repo, {"sales/a": "staged\n", "sales/new": "staged\n"})
    sh(repo, "git", "add", "-A")
    sh(repo, "git", "rm", "-q", "--cached", "sales/b")
    write(repo, {"sales/new": "edited\n", "sales/a": "one\ntwo\n"})
    assert read(repo, "sales/new") == b"edited\n"
    assert read(repo, "sales/a") == b"one\ntwo\n"
    (repo / "sales/new").unlink()
    assert not source(repo).dirty


def test_a_folder_beside_is_told_of_and_not_read(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []
    real = subprocess.run

    def run(command: list[str], **options: Any) -> Any:
        commands.append(command)
        return real(command, **options)

    with (repo / "docs/large").open("wb") as file:
        file.truncate(500_000_000)
    sh(repo, "git", "init", "-q", "docs/inner")
    sh(repo, "git", "init", "-q", "sales/inner")
    monkeypatch.setattr(subprocess, "run", run)
    found = source(repo)
    assert found.dirty
    assert found.tree("sales") == sh(repo, "git", "rev-parse", "HEAD:sales")
    assert len([one for one in commands if one[:2] == ["git", "--no-pager"]]) == 2


def test_a_large_file_of_a_project_is_hashed_as_it_is_read(repo: Path) -> None:
    with (repo / "sales/large").open("wb") as file:
        file.truncate(64_000_000)
    found = source(repo)
    expected = sh(repo, "git", "hash-object", "sales/large")
    assert found.tree("sales")
    assert f"{expected}\tlarge" in sh(repo, "git", "hash-object", "sales/large") + "\tlarge"
    assert found.read(["sales/large"])["sales/large"] == bytes(64_000_000)


# files of git LFS


@pytest.fixture
def large(repo: Path) -> bytes:
    """A repository with a file of git LFS, on a machine without git-lfs."""
    data = b"a large file\n" * 99
    write(
        repo, {".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n", "sales/x.bin": pointer(data)}
    )
    commit(repo)
    sh(repo, "git", "config", "filter.lfs.clean", "no-such-program %f")
    sh(repo, "git", "config", "filter.lfs.required", "true")
    return data


def test_a_pointer_is_never_read_as_a_file(repo: Path, large: bytes) -> None:
    with pytest.raises(LargeFileMissing, match=r"^sales/x\.bin is kept by git LFS") as caught:
        read(repo, "sales/x.bin")
    assert (caught.value.hint, caught.value.exit_code) == ("git lfs pull", 6)
    assert read(repo, "sales/a") == b"one\ntwo\n"


def test_the_file_that_a_pointer_names_is_read_in_its_place(repo: Path, large: bytes) -> None:
    committed = sh(repo, "git", "rev-parse", "HEAD:sales")
    write(repo, {"sales/x.bin": large})
    assert read(repo, "sales/x.bin") == large
    assert (source(repo).tree("sales"), source(repo).dirty) == (committed, False)
    write(repo, {"sales/x.bin": pointer(large)})
    digest = hashlib.sha256(large).hexdigest()
    store = f".git/lfs/objects/{digest[:2]}/{digest[2:4]}/{digest}"
    write(repo, {store: b"damaged"})
    with pytest.raises(LargeFileMissing):
        read(repo, "sales/x.bin")
    write(repo, {store: large})
    assert read(repo, "sales/x.bin") == large
    write(repo, {"sales/x.bin": b"edited"})
    assert read(repo, "sales/x.bin") == b"edited"
    assert source(repo).dirty


def test_a_commit_reads_large_files_as_well(repo: Path, large: bytes) -> None:
    snapshot = Git(repo).snapshot("HEAD")
    assert snapshot is not None
    with pytest.raises(LargeFileMissing, match=r"sales/x\.bin"):
        snapshot.source("sales").read(["sales/x.bin"])
    write(repo, {"sales/x.bin": large})
    assert snapshot.source("sales").read(["sales/x.bin"]) == {"sales/x.bin": large}


# partial clones


@pytest.fixture
def partial(repo: Path, tmp_path: Path) -> Path:
    """A clone that has no file of the folder sales."""
    write(repo, {f"sales/{number}": f"{number}\n" for number in range(9)})
    commit(repo)
    for name in ("allowFilter", "allowAnySHA1InWant"):
        sh(repo, "git", "config", f"uploadpack.{name}", "true")
    sh(tmp_path, "git", "clone", "-q", "--filter=blob:none", "--sparse", repo.as_uri(), "partial")
    return tmp_path / "partial"


def test_what_a_partial_clone_lacks_is_fetched_in_one_request(
    partial: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GIT_TRACE", str(tmp_path / "trace"))
    found = source(partial)
    assert found.read(["sales/1"]) == {"sales/1": b"1\n"}
    assert found.read(["sales/2", "sales/a"]) == {"sales/2": b"2\n", "sales/a": b"one\ntwo\n"}
    commands = (tmp_path / "trace").read_text().splitlines()
    assert len([line for line in commands if "built-in: git fetch" in line]) == 1


def test_without_a_network_a_partial_clone_says_so(partial: Path, tmp_path: Path) -> None:
    (tmp_path / "repo").rename(tmp_path / "away")
    assert source(partial).tree("sales")
    assert not source(partial).dirty
    with pytest.raises(
        AccessDenied, match="this partial clone lacks 11 of the files, and origin did not"
    ) as caught:
        read(partial, "sales/1")
    hint = caught.value.hint or ""
    assert hint.startswith("connect to the network")
    (tmp_path / "away").rename(tmp_path / "repo")
    sh(partial, *hint.partition(": ")[2].split())
    (tmp_path / "repo").rename(tmp_path / "away")
    assert read(partial, "sales/1") == b"1\n"


def test_a_damaged_clone_names_what_it_lacks(repo: Path) -> None:
    oid = sh(repo, "git", "rev-parse", "HEAD:sales/a")
    (repo / ".git/objects" / oid[:2] / oid[2:]).unlink()
    assert read(repo, "sales/a") == b"one\ntwo\n"
    sh(repo, "git", "update-index", "--assume-unchanged", "sales/a")
    (repo / "sales/a").unlink()
    with pytest.raises(HermesError, match=f"git lacks an object of .*{oid}"):
        read(repo, "sales/a")


def test_a_repository_with_ids_of_sha256(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(tmp_path / "home", monkeypatch)
    root = tmp_path / "repo"
    sh(tmp_path, "git", "init", "-q", "--object-format=sha256", str(root))
    write(root, {"sales/a": "one\n", "sales/b": "b\n"})
    assert len(source(root).tree("sales")) == 64
    commit(root)
    write(root, {"sales/a": "two\n"})
    sh(root, "git", "update-index", "--assume-unchanged", "sales/b")
    (root / "sales/b").unlink()
    assert source(root).read(["sales/a", "sales/b"]) == {"sales/a": b"two\n", "sales/b": b"b\n"}
    tree = source(root).tree("sales")
    commit(root)
    assert sh(root, "git", "rev-parse", "HEAD:sales") == tree
