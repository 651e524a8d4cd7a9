"""The writing rules of CONTRIBUTING, as far as a program can hold them: docstrings and messages in plain words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Words that read like a riddle where a plain one says it: is (in), fix, report, certificates, accept.
FORBIDDEN = re.compile(
    r"\b(lies|stands|mend(s|ed|ing)?|tells? of|told of|authorities|believe[sd]?)\b"
    r"|(?<!there )\bis no (?!longer\b)[a-z]",
    re.IGNORECASE,
)
RIDDLES = re.compile(r"(What|How|Where|Which|Whether|Why|Who)\b(?!.*\?)")
# Places whose words are still to be done. This list only shrinks.
NOT_YET = (
    "CONTRIBUTING.md",  # names them
)


def done(paths: Iterable[Path]) -> list[Path]:
    """Those whose words are done; the modules that the operator carries are links, and count once."""
    return sorted(
        path
        for path in paths
        if "_hermes" not in path.parts and not str(path.relative_to(ROOT)).startswith(NOT_YET)
    )


MODULES = done((ROOT / "src").rglob("*.py"))
PAGES = done([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "infra").rglob("*.md")])


def texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every string of a module with its line: docstrings, messages and parts of f-strings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def docstrings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The first line of every docstring, with the line of what it describes."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            text = ast.get_docstring(node)
            if text:
                yield getattr(node, "lineno", 1), text.splitlines()[0]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_uses_plain_words(path: Path) -> None:
    source = path.read_text("utf-8")
    tree = ast.parse(source)
    found = [
        f"{line}: {match[0]!r} in {text!r}" for line, text in texts(tree) if (match := FORBIDDEN.search(text))
    ]
    found += [
        f"{number}: {match[0]!r} in {line.strip()!r}"
        for number, line in enumerate(source.splitlines(), 1)
        if "#" in line and (match := FORBIDDEN.search(line.partition("#")[2]))
    ]
    found += [
        f"{line}: {text!r} does not say what it does"
        for line, text in docstrings(tree)
        if RIDDLES.match(text)
    ]
    assert found == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page_uses_plain_words(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    found = [
        f"{n}: {match[0]!r} in {line!r}"
        for n, line in enumerate(lines, 1)
        if (match := FORBIDDEN.search(line))
    ]
    assert found == []
