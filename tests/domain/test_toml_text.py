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


@pytest.mark.parametrize(
    ("text", "line", "hint"),
    [
        ("[tool.hermes", 1, "close it with ]: [tool.hermes]"),
        ('name = "x"\n[[tool.hermes]\n', 2, "close it with ]]: [[tool.hermes]]"),
        ('needs = ["a"\nname = "x"\n', 2, "end the list that begins here or above with ]"),
        ("name = sales\n", 1, 'text goes in quotes: name = "sales"'),
        ("  team=growth # ours\n", 1, 'text goes in quotes: team = "growth"'),
        ('name = "sales\n', 1, "correct that line"),
        ("name\n", 1, "correct that line"),
    ],
)
def test_the_hint_is_for_what_is_wrong_there(text: str, line: int, hint: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_toml(text, "shop/pyproject.toml")
    assert caught.value.message.startswith(f"shop/pyproject.toml:{line}: not valid TOML: ")
    assert caught.value.hint == hint
