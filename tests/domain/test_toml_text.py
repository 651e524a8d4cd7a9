"""TOML as people write it: the line of a mistake, and what git left of a merge."""

from __future__ import annotations

import pytest

from hermes_cli.domain.contract.errors import InvalidInput
from hermes_cli.domain.toml_text import parse_toml

MERGED = 'team = "growth"\n<<<<<<< HEAD\nname = "a"\n=======\nname = "b"\n>>>>>>> feature/x\n'


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert parse_toml('\ufeffteam = "growth"\n', "hermes.toml") == {"team": "growth"}


def test_a_mistake_is_told_with_its_line() -> None:
    with pytest.raises(InvalidInput, match=r"hermes\.toml:2: ") as caught:
        parse_toml('team = "growth"\nname = a\n', "hermes.toml")
    assert "conflict" not in caught.value.message
    assert "git add" not in (caught.value.hint or "")


def test_the_marks_of_a_merge_are_told_as_such() -> None:
    with pytest.raises(InvalidInput, match=r"hermes\.toml:2: .*conflict") as caught:
        parse_toml(MERGED, "hermes.toml")
    for part in ("<<<<<<<", "=======", ">>>>>>>", "git add"):
        assert part in (caught.value.hint or "")
