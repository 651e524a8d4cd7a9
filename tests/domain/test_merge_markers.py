"""Each line that git writes around a merge conflict is recognised, and no other line."""

from __future__ import annotations

import pytest

from hermes_cli.domain.merge_markers import is_conflict

TEXT = "x = 1\n<<<<<<< HEAD\ny = 1\n||||||| 1a2b\ny = 0\n=======\ny = 2\n>>>>>>> feature/x\n"


@pytest.mark.parametrize("line", range(-1, 11))
def test_the_lines_of_a_conflict(line: int) -> None:
    assert is_conflict(TEXT, line) is (line in (2, 4, 6, 8))


def test_an_unknown_line_is_not_part_of_a_conflict() -> None:
    assert not is_conflict(TEXT, None)
