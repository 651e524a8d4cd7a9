"""What a deploy costs, counted: requests, processes and builds; for one project and for several."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from hermes_cli.adapters.builder import hook_processes, hooks
from hermes_cli.domain.contract.store import Entry, StoredObject
from hermes_cli.usecases.deploy import DeployRequest, deploy
from hermes_cli.usecases.repo.stores import EnvironmentStores
from memory_store import MemoryStore
from sample_builds import built_project, offline
from sample_repos import HERMES, commit, make_repo, opened, sh, write

ENVIRONMENTS = "".join(
    f'\n[environments.{name}]\nbucket = "{name}"\nrelease-from = "anywhere"\n' for name in ("dev", "prod")
)


class Counted(MemoryStore):
    """Each verb is one request of a bucket; a listing one for each page of 1,000, and one more."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()

    def get(self, key: str) -> StoredObject | None:
        self.asked["get"] += 1
        return super().get(key)

    def put_new(self, key: str, data: bytes) -> StoredObject | None:
        self.asked["put"] += 1
        there = super().put_new(key, data)
        self.asked["get"] -= there is None  # the store in memory looks before it writes
        return there

    def replace_if(self, key: str, data: bytes, etag: str) -> StoredObject | None:
        self.asked["put"] += 1
        there = super().replace_if(key, data, etag)
        self.asked["get"] -= there is None
        return there

    def list(self, prefix: str) -> Iterator[Entry]:
        rows = list(super().list(prefix))
        self.asked["list"] += 1 + len(rows) // 1000
        return iter(rows)

    def now(self) -> datetime:
        return super().now()

    def check_conditions(self, key: str) -> None:
        self.asked["check"] += 3


@dataclass
class Costs:
    """What deploys have cost since the last look."""

    repo: Path
    stores: dict[str, Counted]
    commands: list[list[str]] = field(default_factory=list)
    hooks: list[str] = field(default_factory=list)

    def deploy(self, **facts: Any) -> dict[str, int]:
        """Deploy everything; the requests of one environment, processes and hooks."""
        self.commands.clear()
        self.hooks.clear()
        for store in self.stores.values():
            store.asked.clear()
        report = deploy(opened(self.repo), DeployRequest(**facts), notify=lambda event: None)
        assert {receipt.exit_code for receipt in report.receipts} == {0}
        asked = {name: sum(store.asked.values()) for name, store in self.stores.items()}
        programs = Counter(Path(command[0]).name.rstrip("0123456789.") for command in self.commands)
        return {
            "requests": max(asked.values()),
            "git": programs["git"],
            "uv": programs["uv"],
            "python": programs["python"],
            "wheels": self.hooks.count("build_wheel"),
        }


@pytest.fixture
def costs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    offline(tmp_path, monkeypatch)
    found = Costs(repo=tmp_path / "repo", stores={})

    def store(self: EnvironmentStores, environment: Any) -> Counted:
        return found.stores.setdefault(environment.name, Counted())

    real_popen, real_run = subprocess.Popen.__init__, hook_processes.run_script

    def popen(self: Any, command: Any, *rest: Any, **options: Any) -> None:
        found.commands.append([str(word) for word in command])
        real_popen(self, command, *rest, **options)

    def run_script(python: Path, argv: Any, cwd: Path, environ: Any, *, alone: bool) -> Any:
        found.hooks.append(argv[1])
        # Their backend is their own only so that nothing is fetched: it counts as an installed one.
        return real_run(python, argv, cwd, environ, alone=False)

    monkeypatch.setattr(EnvironmentStores, "of", store)
    monkeypatch.setattr(subprocess.Popen, "__init__", popen)
    monkeypatch.setattr(hooks, "run_script", run_script)
    return found


def make(costs: Costs, count: int) -> None:
    files: dict[str, str] = {}
    for number in range(count):
        files |= built_project(f"project_{number}")
    make_repo(costs.repo, {"hermes.toml": HERMES + ENVIRONMENTS, **files})


def change(costs: Costs, count: int, version: str) -> None:
    for number in range(count):
        name = f"project_{number}"
        again = built_project(name, version=version)
        write(costs.repo, {**again, f"{name}/{name}/__init__.py": f"WORD = {version!r}\n"})
    commit(costs.repo)


@pytest.mark.parametrize("count", [1, 4])
def test_releases_cost_a_fixed_number_of_requests_a_project(costs: Costs, count: int) -> None:
    make(costs, count)
    first = costs.deploy()
    # One listing of the index, the check of the conditions; then of each project plan and protocol.
    assert first["requests"] <= 4 + 17 * count
    assert first["wheels"] == count
    change(costs, count, "1.3.0")
    again = costs.deploy()
    assert again["requests"] <= 4 + 17 * count
    assert again["wheels"] == count
    assert again["git"] <= 9
    assert again["uv"] == 0
    assert again["python"] == 0, "the interpreters of the first deploy are still there"


@pytest.mark.parametrize("count", [1, 4])
def test_what_is_released_already_costs_one_listing_and_no_build(costs: Costs, count: int) -> None:
    make(costs, count)
    costs.deploy()
    again = costs.deploy()
    assert again == {"requests": 1, "git": again["git"], "uv": 0, "python": 0, "wheels": 0}
    assert again["git"] <= 8


@pytest.mark.parametrize("count", [1, 4])
def test_features_cost_a_fixed_number_of_requests_a_project(costs: Costs, count: int) -> None:
    make(costs, count)
    sh(costs.repo, "git", "switch", "--quiet", "--create", "feature/first")
    first = costs.deploy()
    assert first["requests"] <= 4 + 15 * count
    assert first["wheels"] == count
    again = costs.deploy()
    assert again["requests"] <= 4 + 9 * count
    assert (again["wheels"], again["uv"], again["python"]) == (0, 0, 0)
    assert again["git"] <= 11
