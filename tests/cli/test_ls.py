"""How hermes ls shows several environments."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from hermes_cli.cli.framework.app import app
from hermes_cli.usecases.ls import Listing


def test_an_empty_line_stands_between_environments_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    found = tuple(Listing(environment=name, url=f"s3://acme-{name}", rows=()) for name in ("dev", "prod"))
    monkeypatch.setattr("hermes_cli.usecases.repo.workspace.open_workspace", lambda *_: None)
    monkeypatch.setattr("hermes_cli.usecases.ls.listings", lambda *_: found)
    assert CliRunner().invoke(app, ["ls"]).stdout.split("\n") == [
        "dev  s3://acme-dev",
        "  nothing is deployed here yet",
        "",
        "prod  s3://acme-prod",
        "  nothing is deployed here yet",
        "",
    ]
