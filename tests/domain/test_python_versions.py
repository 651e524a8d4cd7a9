"""The Python versions that a cluster may have are those that uv can resolve for."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from uv import find_uv_bin

from hermes_cli.domain.contract.errors import InvalidInput
from hermes_cli.domain.python_versions import NEWEST, OLDEST, check_cluster_python, parse_range


def test_the_newest_is_the_newest_that_the_locked_uv_knows() -> None:
    """uv has the list within itself, and so it is asked without a network."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("UV_")}
    listed = subprocess.run(
        [find_uv_bin(), "python", "list", "--only-downloads", "--offline", "--output-format", "json"],
        env=environ,
        capture_output=True,
        check=True,
    )
    known = {
        (one["version_parts"]["major"], one["version_parts"]["minor"])
        for one in json.loads(listed.stdout)
        if one["implementation"] == "cpython"
    }
    assert max(known) == NEWEST
    assert set(known) >= {(3, minor) for minor in range(OLDEST[1], NEWEST[1] + 1)}


@pytest.mark.parametrize("python", ["3.9", "3.10", "3.11", "3.16"])
def test_a_python_between_them_is_taken(python: str) -> None:
    check_cluster_python(python)


@pytest.mark.parametrize(
    ("python", "words"),
    [
        ("3.8", "'3.8' is not one of 3.9 to 3.16"),
        ("3.17", "'3.17' is not one of 3.9 to 3.16"),
        ("3.99", "'3.99' is not one of 3.9 to 3.16"),
        ("4.0", "'4.0' is not a minor version"),
        ("3.011", "'3.011' is not a minor version"),
        ("3.09", "'3.09' is not a minor version"),
        ("3.١١", "is not a minor version"),
    ],
)
def test_any_other_is_refused(python: str, words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_cluster_python(python)
    assert words in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("text", ["", ">=3.9", ">=3.9,<4", "==3.11.*", "~=3.10"])
def test_a_range_is_returned_as_it_was_written(text: str) -> None:
    assert parse_range(text, "here") == text


@pytest.mark.parametrize("text", ["3.11", "=>3.9", "python3", ">=3.9 <4"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match=f"here: '{text}'") as caught:
        parse_range(text, "here")
    assert 'requires-python = ">=' in (caught.value.hint or "")


@given(st.lists(st.from_regex(r"(>=|<|==|~=|!=|=>)? ?3(\.\d+)?(\.\*)?", fullmatch=True)).map(", ".join))
@example(">=3.11,<4")
@example(">=3.11,")
@example(">=3.11 <4")
@example("> = 3")
@example("")
def test_a_range_is_what_packaging_takes_for_one(text: str) -> None:
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        with pytest.raises(InvalidInput, match="is not a range of versions"):
            parse_range(text, "pyproject.toml")
    else:
        assert parse_range(text, "pyproject.toml") == text
