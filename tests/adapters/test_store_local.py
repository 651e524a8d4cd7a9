"""What is special to a directory: kills, left-over files, permissions, odd filesystems."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from hermes_cli.adapters.store_local import LocalStore
from hermes_cli.domain.contract.errors import AccessDenied, HermesError

NOBODY = 65534


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root"


@pytest.fixture
def store(root: Path) -> LocalStore:
    return LocalStore(root)


def visible(store: LocalStore) -> dict[str, bytes]:
    objects = {entry.key: store.get(entry.key) for entry in store.list("")}
    return {key: found.data for key, found in objects.items() if found is not None}


def parts(root: Path) -> list[Path]:
    return list((root / ".tmp").glob("*.part"))


def test_reading_creates_nothing(store: LocalStore, root: Path) -> None:
    store.get("a/b")
    list(store.list("a/"))
    store.now()
    with pytest.raises(HermesError):
        store.check_conditions("a/b")
    assert not root.exists()


def test_the_objects_are_plain_files(store: LocalStore, root: Path) -> None:
    store.put_new("a/b", b"1")
    assert (root / "a" / "b").read_bytes() == b"1"
    assert (root / "a" / "b").stat().st_nlink == 1
    found = store.get("a/b")
    assert found is not None
    store.replace_if("a/b", b"2", found.etag)
    assert (root / "a" / "b").read_bytes() == b"2"
    assert parts(root) == []


def test_a_folder_or_what_lies_below_a_file_is_no_object(store: LocalStore) -> None:
    store.put_new("a/b", b"1")
    assert store.get("a") is None
    assert store.get("a/b/c") is None


def test_what_is_in_the_way_is_named(store: LocalStore, root: Path) -> None:
    store.put_new("a/b", b"1")
    with pytest.raises(HermesError, match=f"{root}/a/b is a file, and a folder is needed"):
        store.put_new("a/b/c", b"")
    with pytest.raises(HermesError, match=f"{root}/a "):
        store.put_new("a", b"")


@pytest.mark.parametrize("key", [".tmp", ".tmp/x", ".tmp/x.part"])
def test_the_work_folder_has_no_keys(store: LocalStore, key: str) -> None:
    with pytest.raises(ValueError, match="is not a key"):
        store.put_new(key, b"")
    with pytest.raises(ValueError, match="is not a key"):
        store.get(key)


def test_a_writer_at_work_is_not_swept_away(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link
    seen: list[int] = []

    def slow_link(source: Path, target: Path) -> None:
        if target.name == "slow":
            store.put_new("quick", b"quick")
            seen.append(len(parts(root)))
        link(source, target)

    monkeypatch.setattr(os, "link", slow_link)
    assert store.put_new("slow", b"slow") is None
    assert seen == [1]
    assert visible(store) == {"quick": b"quick", "slow": b"slow"}


def test_a_writer_that_is_swept_before_it_has_its_lock_starts_again(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flock = fcntl.flock
    swept: list[Path] = []

    def late_flock(file: int, how: int) -> None:
        if not swept:
            swept.extend(parts(root))
            swept[0].unlink()
        flock(file, how)

    monkeypatch.setattr(fcntl, "flock", late_flock)
    assert store.put_new("a", b"1") is None
    assert len(swept) == 1
    assert visible(store) == {"a": b"1"}


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may read and write everything: tests that run as root do this as somebody else."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(was)


def test_without_permission_nothing_is_called_absent(store: LocalStore, root: Path) -> None:
    store.put_new("a/b", b"1")
    (root / "a").chmod(0)
    try:
        with as_nobody():
            with pytest.raises(AccessDenied, match=str(root)):
                store.get("a/b")
            with pytest.raises(AccessDenied, match=str(root)):
                list(store.list("a/"))
            with pytest.raises(AccessDenied, match=str(root)):
                store.put_new("a/c", b"1")
            with pytest.raises(AccessDenied, match=str(root)):
                store.replace_if("a/b", b"2", "tag")
    finally:
        (root / "a").chmod(0o700)


def failing(number: int) -> object:
    def fail(*_: object, **__: object) -> NoReturn:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize(
    ("function", "number", "says"),
    [
        ("os.write", errno.ENOSPC, "No space left"),
        ("os.fsync", errno.EIO, "Input/output error"),
        ("os.mkdir", errno.EROFS, "Read-only file system"),
        ("os.link", errno.EPERM, "without hard links"),
        ("os.link", errno.ENOTSUP, "without hard links"),
        ("fcntl.flock", errno.ENOLCK, "without file locks"),
    ],
)
def test_what_the_system_refuses_is_said(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch, function: str, number: int, says: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(function, failing(number))
        with pytest.raises(HermesError, match=says) as raised:
            store.put_new("a/b", b"1")
    assert type(raised.value) is HermesError
    assert str(root) in raised.value.message
    assert visible(store) == {}
    if root.exists():
        assert parts(root) == []


def test_a_directory_that_ignores_conditions_is_found_out(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put_new("a", b"1")
    with monkeypatch.context() as patch:
        patch.setattr(os, "link", os.replace)
        with pytest.raises(HermesError, match="created twice"):
            store.check_conditions("a")
    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", lambda file, how: None)
        with pytest.raises(HermesError, match="ignores file locks"):
            store.check_conditions("a")
    assert visible(store) == {"a": b"1"}
    store.check_conditions("a")


def test_a_file_that_goes_away_while_it_is_listed_is_left_out(store: LocalStore, root: Path) -> None:
    store.put_new("a", b"1")
    (root / "b").symlink_to(root / "gone")
    assert [entry.key for entry in store.list("")] == ["a"]
