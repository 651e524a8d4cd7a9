"""What a folder of builds may be deployed as: only from its own repo and commit, and with a lock that fits."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from hermes_cli.domain.build_record import BuildRecord, BuiltFile, BuiltProject
from hermes_cli.domain.contract.errors import InvalidInput, Refused
from hermes_cli.domain.contract.suffixes import feature_of
from hermes_cli.domain.release_policy import Action, Decision
from hermes_cli.usecases.releasing.drafts import check_bundle, make_draft
from hermes_cli.usecases.releasing.target_environments import Target
from hermes_cli.usecases.repo.workspace import Workspace
from memory_store import MemoryStore
from sample_operations import make, workspace_of

SCRIPT = b"print(1)\n"
PROJECT = BuiltProject(
    project="sales",
    distribution="sales",
    version="1.2.0",
    tree="t",
    content="c",
    scripts=(
        BuiltFile(
            kind="script",
            name="sales",
            path="sales/sales.py",
            sha256=hashlib.sha256(SCRIPT).hexdigest(),
            size=len(SCRIPT),
        ),
    ),
    library=None,
    libraries=(),
    needs=(),
    dependencies=(),
    requires_python=None,
    locks={"3.11": "a lock"},
    backend=None,
)


@dataclass(frozen=True, kw_only=True)
class Folder:
    """A folder of builds, without the files."""

    record: BuildRecord
    folder: Path = Path("dist")

    def project(self, name: str) -> BuiltProject:
        assert name == "sales"
        return PROJECT

    def read(self, file: BuiltFile) -> bytes:
        return SCRIPT


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    return workspace_of(make(tmp_path, monkeypatch))


@pytest.fixture
def record(workspace: Workspace) -> BuildRecord:
    return BuildRecord(
        team=workspace.settings.team,
        repo_id=workspace.settings.repo_id,
        commit=workspace.checkout.head,
        dirty=False,
        hermes="0.1.0",
        projects=(PROJECT,),
    )


Drafted = Callable[..., str]


@pytest.fixture
def drafted(workspace: Workspace, record: BuildRecord) -> Drafted:
    def draft(action: Action, *, python: str = "3.11", dirty: bool = False) -> str:
        dev = replace(workspace.settings.environment("dev"), python=python)
        feature = feature_of("feature/x") if action is Action.FEATURE else None
        decision = Decision(action=action, reason="", feature=feature)
        target = Target(environment=dev, store=MemoryStore(), decision=decision, released={})
        made = make_draft(
            workspace, target, Folder(record=replace(record, dirty=dirty)), workspace.project("sales"), None
        )
        assert (made.manifest.dirty, made.manifest.lock) == (dirty, "a lock")
        return made.manifest.suffix

    return draft


def test_a_folder_of_this_commit_is_taken(workspace: Workspace, record: BuildRecord) -> None:
    check_bundle(workspace, Folder(record=record))


@pytest.mark.parametrize("field", ["team", "repo_id"])
def test_a_folder_of_another_repo_is_refused(workspace: Workspace, record: BuildRecord, field: str) -> None:
    other = replace(record, **{field: "another"})  # type: ignore[arg-type]
    with pytest.raises(Refused, match="another repo") as caught:
        check_bundle(workspace, Folder(record=other))
    assert "dist" in caught.value.message
    assert caught.value.hint == "hermes build"


@pytest.mark.parametrize("commit", ["b" * 40, None])
def test_a_folder_of_another_commit_is_refused(
    workspace: Workspace, record: BuildRecord, commit: str | None
) -> None:
    with pytest.raises(Refused, match="bbbbbbbbbbbb," if commit else "none,") as caught:
        check_bundle(workspace, Folder(record=replace(record, commit=commit)))
    assert (workspace.checkout.head or "?")[:12] in caught.value.message
    assert caught.value.hint == "hermes build"


def test_what_was_not_committed_is_deployed_as_a_feature_only(drafted: Drafted) -> None:
    assert drafted(Action.RELEASE) == "1.2.0"
    assert drafted(Action.FEATURE, dirty=True) == "feature-x"
    with pytest.raises(Refused, match="dist") as caught:
        drafted(Action.RELEASE, dirty=True)
    assert caught.value.hint == "hermes build"


def test_a_lock_for_the_environments_python_is_needed(drafted: Drafted) -> None:
    with pytest.raises(InvalidInput, match=r"3\.12") as caught:
        drafted(Action.FEATURE, python="3.12")
    assert "dev" in caught.value.message
    assert caught.value.hint == "hermes build"
