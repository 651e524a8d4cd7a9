"""hermes ls: the rows of each environment."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.version import Version

from hermes_cli.domain.contract.suffixes import parse_reference
from hermes_cli.usecases.ls import listings
from hermes_cli.usecases.rollback import rollback
from hermes_cli.usecases.yank import yank
from memory_store import MemoryStore
from sample_operations import Stores, make, quiet, reach, released, workspace_of


@pytest.mark.parametrize("how", ["rollback", "yank"])
def test_the_newest_release_is_listed_where_it_is_not_latest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    store = MemoryStore()
    reach(Stores(prod=store), monkeypatch)
    released(store, "1.0", "1.1", "1.2")
    workspace = workspace_of(make(tmp_path, monkeypatch))
    if how == "rollback":
        rollback(workspace, parse_reference("sales@1.0"), "prod", None, notify=quiet)
    else:
        yank(workspace, parse_reference("sales@1.2"), "prod", "bad", Version("1.0"), notify=quiet)
    (found,) = listings(workspace, None, ("prod",))
    assert [(row.suffix, row.latest, row.yanked) for row in found.rows] == [
        ("1.2", False, how == "yank"),
        ("1.0", True, False),
    ]
    assert found.more == {"sales": 1}
