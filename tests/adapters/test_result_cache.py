"""Kept results: whole, for their own key, and never in the way."""

from __future__ import annotations

import os
import time
from pathlib import Path

from hermes_cli.adapters.result_cache import Results, key_of

KEY = key_of({"a": 1})


def test_what_was_kept_is_found_under_its_own_key(tmp_path: Path) -> None:
    results = Results(tmp_path / "cache")
    assert results.get(KEY) is None
    results.keep(KEY, {"fact": [1, None]}, b"bytes\n\x00")
    found = results.get(KEY)
    assert found is not None
    assert (found.facts, found.data) == ({"fact": [1, None]}, b"bytes\n\x00")
    assert results.get(key_of({"a": 2})) is None
    assert [path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()] == [KEY]


def test_one_that_is_too_old_is_none(tmp_path: Path) -> None:
    results = Results(tmp_path)
    results.keep(KEY, {})
    assert results.get(KEY, since=time.time() - 3600) is not None
    assert results.get(KEY, since=time.time() + 3600) is None


def test_one_that_is_damaged_is_none(tmp_path: Path) -> None:
    results = Results(tmp_path)
    results.keep(KEY, {"a": 1}, b"data")
    (path,) = (path for path in tmp_path.rglob("*") if path.is_file())
    whole = path.read_bytes()
    for damaged in (b"", whole[:-1], whole + b"x", whole.replace(b"data", b"dats"), b"0" * 64 + whole[64:]):
        path.write_bytes(damaged)
        assert results.get(KEY) is None, damaged
    path.write_bytes(whole)
    assert results.get(KEY) is not None


def test_a_folder_that_cannot_be_written_keeps_nothing_and_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    results = Results(tmp_path / "file")
    results.keep(KEY, {})
    assert results.get(KEY) is None


def test_what_nobody_used_for_a_month_goes(tmp_path: Path) -> None:
    results = Results(tmp_path)
    twin = KEY[:2] + "0" * 62
    results.keep(KEY, {})
    results.keep(twin, {})
    past = time.time() - 31 * 24 * 3600
    for key in (KEY, twin):
        os.utime(tmp_path / KEY[:2] / key, (past, past))
    assert results.get(twin) is not None
    results.keep(KEY[:2] + "f" * 62, {})
    assert results.get(KEY) is None
    assert results.get(twin) is not None
