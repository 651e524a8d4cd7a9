"""Golden files: documents as they were when their contract was frozen, compared as text.

A golden file is remade on purpose only: `HERMES_REMAKE_GOLDEN=1 pytest tests/acceptance/test_contracts.py`
writes the files anew, and their difference in git is the change of the contract. In CI this is refused.
"""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from .harness import PYTHON

GOLDEN = Path(__file__).with_name("golden")
REMAKE = "HERMES_REMAKE_GOLDEN"
TEXT = "<text>"

# Sentences for people: only whether there is one is part of the contract.
_SENTENCES = {
    "reason", "message", "hint", "why", "next", "fix", "note", "notes", "seen", "detail", "todo",
    "problem", "error", "feature", "text", "description", "workflow",
}  # fmt: skip
# Versions of what is installed where the test runs.
_VERSIONS = {"hermes": "<hermes>", "hermes_version": "<hermes>", "backend": "<backend>", "python": "<python>"}
_PATTERNS = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)"), "<time>"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<sha256>"),
    (re.compile(r"/builds/\d{6}/"), "/builds/<yyyymm>/"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "<repo-id>"),
)


@dataclass(frozen=True, kw_only=True)
class Normal:
    """Replaces what differs from run to run by a named placeholder, and sentences by <text>.

    `names` maps texts of this run, such as a commit's id, to their placeholders; `kept` are
    sentences of the story itself, which must come back as they were given.
    """

    names: dict[str, str] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()

    def of(self, value: Any, key: str = "", inside: Mapping[str, Any] | None = None) -> Any:
        """The value without what differs; `key` is the one that it has `inside` of an object."""
        if isinstance(value, dict):
            facts = {self.text(name): self.of(one, name, value) for name, one in value.items()}
            if key == "version":  # of Hermes and of the backend, by their names
                return {name: f"<{name}>" for name in facts}
            if facts.get("place") == "this machine":
                facts["checks"] = [{**one, "verdict": "<verdict>", "fix": TEXT} for one in facts["checks"]]
            return facts
        if isinstance(value, list):
            if key in _SENTENCES and value and all(isinstance(one, str) for one in value):
                return [TEXT]  # how many there are is a matter of words
            return [self.of(one, key, inside) for one in value]
        inside = inside or {}
        if key == "size" and isinstance(value, int):  # a script's is that of its text
            return value if str(inside.get("key") or inside.get("path")).endswith(".py") else "<size>"
        if not isinstance(value, str):
            return value
        if key in _SENTENCES or (key == "what" and "todo" in inside):
            return value if not value or value in self.kept else TEXT
        last = key.rpartition(".")[2]  # of a setting, such as environments.local.python
        if last in _VERSIONS and any(map(str.isdigit, value)):
            return _VERSIONS[last]
        if key == "version" and inside.get("name") == "Hermes":
            return "<hermes>"
        if key == "commit" and value not in self.names:
            return "<commit>"
        return value if key == "content" else self.text(value)

    def text(self, text: str) -> str:
        """A text that is no sentence, without what differs."""
        if text == PYTHON:
            return "<python>"
        for one, name in self.names.items():
            text = text.replace(one, name)
        for pattern, name in _PATTERNS:
            text = pattern.sub(name, text)
        return text


def is_remade() -> bool:
    """Whether golden files are written anew; fails where CI would do so."""
    wanted = os.environ.get(REMAKE) == "1"
    if wanted and os.environ.get("CI"):
        pytest.fail(f"{REMAKE} is set in CI, where golden files are compared and never remade")
    return wanted


def compare(name: str, document: Any) -> None:
    """Fail where a document is not the one in its golden file; the order of keys counts."""
    path = GOLDEN / f"{name}.json"
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    if is_remade():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    golden = path.read_text(encoding="utf-8") if path.exists() else ""
    lines = difflib.unified_diff(
        golden.splitlines(), text.splitlines(), f"golden/{name}.json", "now", lineterm=""
    )
    if difference := "\n".join(lines):
        pytest.fail(f"a contract has changed; on purpose? {REMAKE}=1\n{difference}", pytrace=False)
