"""A repo whose environments are stores in memory, with a clock that the test sets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.errors import AccessDenied
from hermes_cli.domain.contract.latest_moves import LatestRecord
from hermes_cli.domain.contract.manifest import Manifest
from hermes_cli.domain.contract.store import Entry, Store
from hermes_cli.domain.deploy_environment import Environment
from hermes_cli.domain.events import Event
from hermes_cli.usecases.releasing.drafts import Draft
from hermes_cli.usecases.repo.workspace import Workspace
from memory_store import START, MemoryStore, Watched
from sample_builds import built_project
from sample_drafts import deploy, feature, release
from sample_repos import HERMES, isolate, make_repo, opened

REPO = "a-repo"
FOLDERS = """
[environments.dev]
path = ".hermes/dev"
accepts = ["features", "releases"]
release-from = "anywhere"
[environments.prod]
path = ".hermes/prod"
accepts = ["releases"]
release-from = "anywhere"
"""


class ClockedStore(MemoryStore):
    """Its clock stands still until the test sets it; each object keeps the moment of its last write."""

    def __init__(self) -> None:
        super().__init__()
        self.time = START
        self.modified: dict[str, datetime] = {}

    def now(self) -> datetime:
        return self.time

    def list(self, prefix: str) -> Iterator[Entry]:
        return (replace(entry, modified=self.modified[entry.key]) for entry in super().list(prefix))

    def _write(self, key: str, data: bytes) -> None:
        super()._write(key, data)
        self.modified[key] = self.time


class Closed(Watched):
    """A store that lists its keys, and lets nobody read what lies there."""

    def get(self, key: str) -> None:
        raise AccessDenied("no")


class Stores(dict[str, Store]):
    """The store of each environment, by its name."""


def quiet(event: Event) -> None:
    """Hears nothing."""


def make(folder: Path, monkeypatch: pytest.MonkeyPatch, *, settings: str = FOLDERS) -> Path:
    """A repo on main with the project `sales`."""
    isolate(folder / "home", monkeypatch)
    files = {"hermes.toml": HERMES + settings, **built_project("sales")}
    return make_repo(folder / "repo", files)


def reach(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on each environment is the store that has its name."""

    def store(workspace: Workspace, environment: Environment) -> Store:
        return stores[environment.name]

    monkeypatch.setattr(Workspace, "store", store)


def workspace_of(repo: Path, **variables: str) -> Workspace:
    """The repo as Hermes sees it now."""
    return opened(repo, **variables)


def put(store: Store, *drafts: Draft) -> None:
    """Deploy drafts, as this repo."""
    for one in drafts:
        deploy(store, replace(one, manifest=replace(one.manifest, repo_id=REPO)))


def released(store: Store, *versions: str, **facts: str) -> None:
    """Release versions of `sales`, each with its own content."""
    put(store, *(release(version, mark=f"content of {version}", **facts) for version in versions))


def branched(store: Store, branch: str = "feature/x", **facts: str) -> Manifest:
    """Deploy a feature of `sales`; its manifest."""
    draft = feature(branch, **{"mark": f"content of {branch}", **facts})
    put(store, draft)
    return replace(draft.manifest, repo_id=REPO)


def latest(store: Store) -> LatestRecord:
    """What `latest` of `sales` is."""
    from sample_drafts import LAYOUT

    found = catalog.find_latest(store, LAYOUT)
    assert found is not None
    return found[0]
