"""Kept results and files: whole, for their own key, and never in the way."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from functools import partial
from itertools import count, islice
from pathlib import Path

import pytest

from hermes_cli.adapters.cache import Cache, cache_root, key_of

KEY = key_of({"a": 1})
DATA = b"print(1)\n"


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def contents_beside(key: str) -> Iterator[bytes]:
    """Contents whose digests begin as the key does, so that their entries share a folder with its own."""
    return (data for data in (str(n).encode() for n in count()) if digest(data)[:2] == key[:2])


def files_below(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


def test_the_cache_folder_is_chosen_by_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HERMES_CACHE_DIR", str(tmp_path))
    assert cache_root() == tmp_path
    monkeypatch.setenv("HERMES_CACHE_DIR", "")
    assert cache_root().name == "hermes"


def test_a_result_is_found_under_its_own_key(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    assert cache.get(KEY) is None
    cache.keep(KEY, {"fact": [1, None]}, b"bytes\n\x00")
    found = cache.get(KEY)
    assert found is not None
    assert (found.facts, found.data) == ({"fact": [1, None]}, b"bytes\n\x00")
    assert cache.get(key_of({"a": 2})) is None
    assert files_below(tmp_path / "cache") == [KEY]


def test_a_result_that_is_too_old_counts_as_missing(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.keep(KEY, {})
    assert cache.get(KEY, since=time.time() - 3600) is not None
    assert cache.get(KEY, since=time.time() + 3600) is None


def test_a_damaged_result_counts_as_missing(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.keep(KEY, {"a": 1}, b"data")
    (path,) = (path for path in tmp_path.rglob("*") if path.is_file())
    whole = path.read_bytes()
    for damaged in (b"", whole[:-1], whole + b"x", whole.replace(b"data", b"dats"), b"0" * 64 + whole[64:]):
        path.write_bytes(damaged)
        assert cache.get(KEY) is None, damaged
    path.write_bytes(whole)
    assert cache.get(KEY) is not None


def test_a_result_is_not_kept_where_the_folder_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cache = Cache(tmp_path / "file")
    cache.keep(KEY, {})
    assert cache.get(KEY) is None


def test_a_file_is_fetched_once_and_keeps_its_name(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    fetched = []

    def fetch() -> bytes:
        fetched.append(1)
        return DATA

    path = cache.file(digest(DATA), "sales.py", fetch)
    assert cache.file(digest(DATA), "sales.py", fetch) == path
    assert (path.name, path.read_bytes(), len(fetched)) == ("sales.py", DATA, 1)
    other = cache.file(digest(DATA), "sales-1.0.py", fetch)
    assert (other.name, other.read_bytes(), len(fetched)) == ("sales-1.0.py", DATA, 2)
    assert sorted(files_below(tmp_path)) == ["sales-1.0.py", "sales.py"]


def test_a_damaged_file_is_fetched_again(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    path = cache.file(digest(DATA), "sales.py", lambda: DATA)
    for damaged in (b"", DATA + b"x"):
        path.write_bytes(damaged)
        assert cache.file(digest(DATA), "sales.py", lambda: DATA).read_bytes() == DATA


def test_an_entry_that_nobody_used_for_a_month_is_removed(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    used, unused, new = (KEY[:2] + digit * 62 for digit in "012")
    used_data, unused_data = islice(contents_beside(KEY), 2)
    for key in (used, unused):
        cache.keep(key, {})
    for data in (used_data, unused_data):
        cache.file(digest(data), "a.py", partial(bytes, data))
    past = time.time() - 31 * 24 * 3600
    for entry in (tmp_path / KEY[:2]).iterdir():
        os.utime(entry, (past, past))
    assert cache.get(used) is not None
    cache.file(digest(used_data), "a.py", lambda: b"")
    cache.keep(new, {})
    left = {path.name for path in (tmp_path / KEY[:2]).iterdir()}
    assert left == {used, digest(used_data), new}
