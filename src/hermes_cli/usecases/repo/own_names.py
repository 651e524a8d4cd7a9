"""Collect the names that are or were a project of this repo: none of them ever comes from a package index."""

from __future__ import annotations

from collections.abc import Iterator

from hermes_cli.adapters.git import Snapshot
from hermes_cli.domain.contract.names import canonical_name
from hermes_cli.domain.project import PROJECT_FILE

from .workspace import Workspace


def own_names(workspace: Workspace) -> frozenset[str]:
    """Return the canonical names of the projects here, at HEAD, on the default branch, and of past ones.

    Those that hermes.toml allows to come from an index are left out.
    """
    settings = workspace.settings
    here = {*(one.name for one in workspace.projects), *workspace.left_out}
    names = {*here, *settings.past_projects, *_committed(workspace, here)}
    allowed = set(map(canonical_name, settings.allow_from_index))
    return frozenset(map(canonical_name, names)) - allowed


def _committed(workspace: Workspace, here: set[str]) -> Iterator[str]:
    """Yield the folders of HEAD and the default branch that hold a pyproject.toml, and none here."""
    git, head = workspace.git, workspace.checkout.head
    if git is None or head is None:
        return
    default = workspace.settings.default_branch
    base = None if workspace.ref.branch == default else git.default_branch_head(default)
    for commit in filter(None, dict.fromkeys((head, base))):
        yield from _gone(Snapshot(git.root, commit), here)


def _gone(snapshot: Snapshot, here: set[str]) -> Iterator[str]:
    gone = [name for name in snapshot.trees if name not in here and not name.startswith(".")]
    if gone:
        found = snapshot.present(tuple(f"{name}/{PROJECT_FILE}" for name in gone))
        yield from (path.partition("/")[0] for path in found)
