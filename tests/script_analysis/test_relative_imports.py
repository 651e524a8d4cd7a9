"""A script that runs as one file: valid Python, without imports that need its package around it."""

from __future__ import annotations

import pytest

from hermes_cli.domain.contract.errors import ProjectFailed
from hermes_cli.script_analysis.relative_imports import check_script


@pytest.mark.parametrize(
    ("source", "message", "hint"),
    [
        (b"import os\nfrom .deep import a, b\n", "s/s/s.py:2: ", "from s.deep import a, b"),
        (b"def f():\n    from . import a\n", "s/s/s.py:2: ", "from s import a"),
        (b"from ..x import a as c\n", "relative import '..x'", "import a"),
        (b"if True:\nx\n", "s/s/s.py:2: not valid Python", "correct that line"),
        (b"print 'x'\n", "s/s/s.py:1: not valid Python", "correct that line"),
        (b"x = 1\n\0\n", "s/s/s.py: not valid Python", "correct that line"),
        (b"x = '\xff'\n", "not valid Python", "correct that line"),
        (b"# coding: nonsense\n", "not valid Python", "correct that line"),
    ],
)
def test_a_script_that_could_not_run_alone(source: bytes, message: str, hint: str) -> None:
    with pytest.raises(ProjectFailed) as caught:
        check_script(source, "s/s/s.py")
    assert message in caught.value.message
    assert "\n" not in caught.value.message
    assert hint in (caught.value.hint or "")


def test_the_marks_of_a_merge_are_told_as_such() -> None:
    with pytest.raises(ProjectFailed, match=r"s/s/s\.py:2: .*conflict") as caught:
        check_script(b"x = 1\n<<<<<<< HEAD\ny = 1\n=======\ny = 2\n>>>>>>> x\n", "s/s/s.py")
    assert "git add" in (caught.value.hint or "")
    assert "not valid" not in caught.value.message


def test_in_the_src_layout_the_hint_names_the_package() -> None:
    with pytest.raises(ProjectFailed) as caught:
        check_script(b"from .deep import a\n", "s/src/s/s.py")
    assert "from s.deep import a" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "source",
    [b"", b"from s.deep import a\n", "\ufeffx = 'é'\r\n".encode(), b"# coding: latin-1\nx = '\xe9'\n"],
)
def test_a_script_that_can_run_alone(source: bytes) -> None:
    check_script(source, "s/s/s.py")


def test_deep_nesting_is_told_like_any_other_mistake() -> None:
    with pytest.raises(ProjectFailed, match="not valid Python"):
        check_script(b"(" * 5000 + b")" * 5000, "s/s/s.py")
    with pytest.raises(ProjectFailed, match="not valid Python"):
        check_script(b"x = " + b"-" * 100_000 + b"1", "s/s/s.py")


CAUGHT = (
    b"try:\n    from .deep import a\nexcept ImportError:\n    from s.deep import a\n",
    b"try:\n    from s.deep import a\nexcept (AttributeError, ImportError):\n    from .deep import a\n",
    b"import contextlib\nwith contextlib.suppress(ImportError):\n    from .deep import a\n",
    b"from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .deep import a\n",
    b"import typing\nif typing.TYPE_CHECKING:\n    from .deep import a\n",
)


@pytest.mark.parametrize("source", CAUGHT)
def test_an_import_that_may_fail_or_never_happens_is_let_through(source: bytes) -> None:
    check_script(source, "s/s/s.py")


@pytest.mark.parametrize(
    "source",
    [
        b"try:\n    from .deep import a\nexcept ValueError:\n    pass\n",
        b"try:\n    from .deep import a\nexcept ModuleNotFoundError:\n    pass\n",  # it is an ImportError
        b"try:\n    from .deep import a\nfinally:\n    pass\n",
        b"if TYPE_CHECKING:\n    pass\nelse:\n    from .deep import a\n",
    ],
)
def test_an_import_whose_failure_is_not_caught_is_refused(source: bytes) -> None:
    with pytest.raises(ProjectFailed, match="relative import"):
        check_script(source, "s/s/s.py")


def test_a_warning_about_the_code_is_not_shown() -> None:
    check_script(b"x = '\\d'\n", "s/s/s.py")  # warnings are errors in tests
