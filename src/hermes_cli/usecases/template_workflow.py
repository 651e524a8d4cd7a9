"""The workflow that a company's repos call, made from the same source as a repo's own."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hermes_cli.adapters import template
from hermes_cli.usecases.templates.questions import DEFAULT_TEMPLATE
from hermes_cli.usecases.templates.template_source import open_template

_FILE = Path(".github/workflows/hermes.yml")
_REUSABLE = "reusable"  # no answer of a user's: it names no workflow


def reusable_workflow() -> str:
    """The text of the reusable GitHub workflow that belongs to the bundled template."""
    with open_template(DEFAULT_TEMPLATE) as source, tempfile.TemporaryDirectory() as scratch:
        repo = template.render(source.path, {"workflow": _REUSABLE}, Path(scratch))
        return (repo / _FILE).read_text(encoding="utf-8")
