"""Names that a notebook uses are reported where nothing in it binds them."""

from __future__ import annotations

import pytest

from sample_notebooks import converted


@pytest.mark.parametrize(
    "code",
    [
        "[a for a in 'x']",
        "{a: b for a, b in []}",
        "{a for a in 'x' if (lambda b: b)(a)}",
        "print(*(a for a in 'x'))",
        "[b := a for a in 'x']\nb",
        "import os\nfor a in os.sep:\n    a",
        "def f(a):\n    return [a for b in a]",
        "display(spark.table('a'))",
    ],
)
def test_a_name_that_is_bound_or_that_a_notebook_has_is_not_reported(code: str) -> None:
    assert [one.what for one in converted([code]).findings if "not defined" in one.what] == []


@pytest.mark.parametrize("code", ["a", "[a for b in 'x']", "def f():\n    return a", "[b for b in a]"])
def test_a_name_that_nothing_binds_is_reported(code: str) -> None:
    assert [one.what for one in converted([code]).findings if one.todo] == ["a is used, but not defined here"]
