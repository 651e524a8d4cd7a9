"""The documents name files, modules and functions that exist, and read the same on the site as on GitHub."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import markdown
import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("infra/**/*.md"), *ROOT.glob(".github/*.md")]
)
SOURCES = sorted((ROOT / "src").rglob("*.py"))
# A path is written from the repository's root, from a package of its, or as a generated repo has it.
BASES = [
    ROOT,
    ROOT / "src" / "hermes_cli",
    ROOT / "src" / "hermes_airflow",
    ROOT / "templates",
    *sorted((ROOT / "templates").glob("*/{{cookiecutter.repo}}")),
]
# The first folder of a path that must exist: of this repository, or a package in it.
IGNORED = {".git", *(line.strip("/") for line in (ROOT / ".gitignore").read_text("utf-8").splitlines())}
OURS = {path.name for base in BASES[:3] for path in base.iterdir() if path.is_dir()} - IGNORED
# Projects of users in examples.
EXAMPLES = {"shop", "sales_report"}
PATH = re.compile(r"(?<![\w/.~:@…>}-])\.?[\w-]+(?:/[\w.-]+)*/(?:[\w-]+(?:\.\w+)*)?(?![\w<{…*@-])")


def named(document: Path) -> str:
    """What a document sets as code, which is where it names things."""
    text = document.read_text(encoding="utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    return "\n".join([*blocks, *spans])


def paths(text: str) -> set[str]:
    found = set(PATH.findall(text))
    of_a_kind = {path for path in found if path.endswith((".py", ".md", ".sh"))}
    return {path for path in found if path.split("/")[0] in OURS} | {
        path for path in of_a_kind if path.split("/")[0] not in EXAMPLES
    }


def identify(document: Path) -> str:
    return document.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("document", DOCUMENTS, ids=identify)
def test_the_paths_that_a_document_names_exist(document: Path) -> None:
    missing = {
        path
        for path in paths(named(document))
        if not any((base / path).exists() for base in [*BASES, document.parent])
    }
    assert missing == set()


def test_paths_are_found_in_the_documents() -> None:
    found = set[str]().union(*(paths(named(document)) for document in DOCUMENTS))
    assert {"tests/acceptance/", "infra/terraform/", "requirements/dev.lock"} <= found
    assert len(found) > 40


@pytest.mark.parametrize("document", DOCUMENTS, ids=identify)
def test_the_modules_that_a_document_names_exist(document: Path) -> None:
    for dotted in set(re.findall(r"\bhermes_(?:cli|airflow)(?:\.\w+)+", named(document))):
        parts = dotted.split(".")
        if parts[-1] in {"py", "toml", "whl"}:
            continue
        try:
            importlib.import_module(dotted)
        except ModuleNotFoundError:
            assert hasattr(importlib.import_module(".".join(parts[:-1])), parts[-1]), dotted


def test_what_enforces_a_rule_of_security_is_defined() -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    (table,) = re.findall(r"^## What the client enforces\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)
    cells = [row.split("|")[2] for row in table.splitlines() if row.startswith("|")]
    functions = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    assert functions
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    assert [
        name for name in functions if not re.search(rf"^ *(?:def|class) {name}\b", code, re.MULTILINE)
    ] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=identify)
def test_a_page_is_read_alike_on_the_site_and_on_github(document: Path) -> None:
    """The site is built by another reading of Markdown, in which a list within a list is indented by four."""
    text = document.read_text(encoding="utf-8")
    on_github = MarkdownIt("commonmark").enable("table").render(text)
    on_the_site = markdown.markdown(text, extensions=["tables", "fenced_code", "sane_lists"])
    tags = ("li", "ol", "ul", "tr", "pre", "h1", "h2", "h3", "p", "a", "code", "em", "strong", "img")
    assert {tag: on_the_site.count(f"<{tag}") for tag in tags} == {
        tag: on_github.count(f"<{tag}") for tag in tags
    }
