"""hermes show: one manifest of one environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from hermes_cli.domain.contract.catalog import NotDeployed
from hermes_cli.domain.contract.errors import InvalidInput
from hermes_cli.domain.contract.suffixes import parse_reference
from hermes_cli.usecases.prune import prune
from hermes_cli.usecases.show import show
from memory_store import MemoryStore
from sample_operations import Stores, branched, make, quiet, reach, released, workspace_of


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    stores = Stores(dev=MemoryStore(), prod=MemoryStore())
    reach(stores, monkeypatch)
    released(stores["prod"], "1.0", "1.1")
    return make(tmp_path, monkeypatch)


def test_a_suffix_is_read_from_the_environment_that_was_named(repo: Path) -> None:
    for target, version in (("sales@1.0", "1.0"), ("sales@latest", "1.1")):
        shown = show(workspace_of(repo), parse_reference(target), "prod")
        assert shown.manifest.version == version
    with pytest.raises(NotDeployed):
        show(workspace_of(repo), parse_reference("sales@1.0"), "dev")


def test_a_project_whose_features_were_all_pruned_is_deployed_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dev = MemoryStore()
    reach(Stores(dev=dev), monkeypatch)
    workspace = workspace_of(make(tmp_path, monkeypatch))
    branched(dev)
    prune(workspace, (), "dev", older_than=None, apply=True, notify=quiet)
    with pytest.raises(NotDeployed) as caught:
        show(workspace, parse_reference("sales@feature-x"), "dev")
    assert caught.value.advice == "hermes deploy"


def test_a_suffix_must_be_named(repo: Path) -> None:
    with pytest.raises(InvalidInput, match="sales") as caught:
        show(workspace_of(repo), parse_reference("sales"), "prod")
    assert "hermes show sales@latest" in (caught.value.hint or "")
