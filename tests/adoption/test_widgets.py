"""Widgets of a notebook become parameters, or are told where they cannot."""

from __future__ import annotations

import ast
import sys

import pytest

from sample_notebooks import converted

# Before Python 3.12 the parser is wrong about where such a call is.
SPREAD = "print(f\"\"\"{f'''%s{%s\n}'''}\"\"\")"
MOVED = sys.version_info < (3, 12)


def calls_of(text: str) -> set[str]:
    tree = ast.parse(text)
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


@pytest.mark.parametrize("before", ["", "ü" * 9])  # the place may be in the middle of one
def test_a_widget_within_an_f_string_is_a_parameter_or_is_told(before: str) -> None:
    made = converted([SPREAD % (before, 'dbutils.widgets.get("day")')])
    told = [one for one in made.findings if "f-string" in one.what and "day" in one.what]
    assert ("dbutils.widgets.get" in calls_of(made.text)) is MOVED
    assert len(told) == MOVED
    assert [one.option for one in made.parameters] == ([] if MOVED else ["day"])
    for one in told:
        assert one.todo
        assert f"TODO(hermes adopt): {one.what}" in made.text


@pytest.mark.parametrize("before", ["", "ü" * 9])
def test_a_secret_within_an_f_string_is_a_variable_or_is_told(before: str) -> None:
    made = converted([SPREAD % (before, 'dbutils.secrets.get("team", "key")')])
    assert ("dbutils.secrets.get" in calls_of(made.text)) is MOVED
    assert made.secrets == (() if MOVED else ("KEY",))
    assert [one.todo for one in made.findings if "secret" in one.what]


@pytest.mark.parametrize(
    "text", ['print(f"day {%s} "\n      f"is {%s:>9}")', 'print(f"""ü\n  {%s!r} and {\n  %s}""")']
)
def test_a_widget_within_an_f_string_is_found(text: str) -> None:
    made = converted([text.replace("%s", "dbutils.widgets.get('day')")])
    assert "dbutils" not in made.text
    assert made.text.count("parameters.day") == 2
    assert not [one for one in made.findings if one.todo]


@pytest.mark.parametrize(
    ("widget", "option", "attribute"),
    [
        ("x", "x", "x"),
        ("2x", "2x", "p2x"),
        ("x2", "x2", "x2"),
        ("class", "class", "class_"),
        ("a b", "a-b", "a_b"),
    ],
)
def test_a_widget_of_any_name_is_an_attribute(widget: str, option: str, attribute: str) -> None:
    (parameter,) = converted([f'print(dbutils.widgets.get("{widget}"))']).parameters
    assert (parameter.option, parameter.attribute) == (option, attribute)
