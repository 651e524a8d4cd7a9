"""Find the projects that a branch changes, so that CI tests and deploys only these."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from hermes_cli.adapters.git import Snapshot, same_text
from hermes_cli.domain.contract.catalog import ReleasedTrees, released_trees
from hermes_cli.domain.contract.errors import AccessDenied, ProjectFailed
from hermes_cli.domain.project import Project
from hermes_cli.domain.settings import CONFIG_FILE
from hermes_cli.domain.siblings import with_siblings
from hermes_cli.usecases.repo.own_names import own_names
from hermes_cli.usecases.repo.sources import Source, read_file
from hermes_cli.usecases.repo.workspace import Workspace

# pytest reads them for every project below.
_OF_ALL_TESTS = frozenset(
    {"conftest.py", "pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml"}
    | {"tox.ini", "setup.cfg", "pyproject.toml"}
)


@dataclass(frozen=True, kw_only=True)
class _Changes:
    """The folders that differ, and the projects among them that are new."""

    folders: frozenset[str]
    new: tuple[Project, ...]


def changed_projects(
    workspace: Workspace, projects: Sequence[Project], released: Sequence[ReleasedTrees] | None
) -> tuple[Project, ...]:
    """Select the projects that changed, or that need a library of the repo that did.

    On a feature branch: since the merge base with the default branch. On the default branch: those
    whose source tree is not `released` in every environment. Where that cannot be told (a shallow
    clone; None for what is released): all.
    """
    changes = _changes(workspace, released, whole=frozenset({CONFIG_FILE}))
    if changes is None:
        return tuple(projects)
    return tuple(one for one in projects if not changes.folders.isdisjoint(_folders(workspace, one)))


def projects_to_test(
    workspace: Workspace,
    projects: Sequence[Project],
    released: Sequence[ReleasedTrees] | None,
    *,
    requirements: Callable[[Project], Iterable[str]],
    on_index: Callable[[str], bool],
) -> tuple[Project, ...]:
    """Select the projects that changed, or whose tests need one that did, by any way.

    `requirements` are those of a project, as built where they are dynamic; a project whose requirements cannot
    be known may break. `on_index` asks whether an index has a package of a name: a new project takes
    that name from packages that need it, and so any project may break.
    """
    changes = _changes(workspace, released, whole=frozenset({CONFIG_FILE}) | _OF_ALL_TESTS)
    if changes is None or any(on_index(project.distribution) for project in changes.new):
        return tuple(projects)
    names = own_names(workspace)

    def may_break(project: Project) -> bool:
        try:
            reached = with_siblings(
                project,
                workspace.projects,
                requirements=requirements,
                further=project.test_requirements,
                own_names=names,
            )
        except ProjectFailed:
            return True
        return any(one.folder in changes.folders for one in reached)

    return tuple(filter(may_break, projects))


def _folders(workspace: Workspace, project: Project) -> frozenset[str]:
    return frozenset(one.folder for one in with_siblings(project, workspace.projects))


def _changes(
    workspace: Workspace, released: Sequence[ReleasedTrees] | None, *, whole: frozenset[str]
) -> _Changes | None:
    """Find what differs; None where that is not known, or where a file at the top changed that all depend on."""
    git, settings = workspace.require_git(), workspace.settings
    if workspace.ref.branch == settings.default_branch:
        if released is None:
            return None
        known = {name for trees in released for name, _ in trees}
        folders = frozenset(
            project.folder
            for project in workspace.projects
            if any((project.name, workspace.source.tree(project.folder)) not in trees for trees in released)
        )
    else:
        base_head = None if git.is_shallow() else git.default_branch_head(settings.default_branch)
        base = git.merge_base(base_head) if base_head else None
        snapshot = git.snapshot(base) if base else None
        if snapshot is None or _differ(workspace.source, snapshot, whole):
            return None
        known = set(snapshot.trees)
        folders = frozenset(
            project.folder
            for project in workspace.projects
            if snapshot.trees.get(project.folder) != workspace.source.tree(project.folder)
        )
    new = tuple(project for project in workspace.projects if project.folder not in known)
    return _Changes(folders=folders, new=new)


def _differ(source: Source, snapshot: Snapshot, files: frozenset[str]) -> bool:
    """Tell whether one of some files differs by more than its line ends, or is in one of the two only."""
    now, then = files.intersection(source.files), set(snapshot.present(tuple(sorted(files))))
    return now != then or any(
        not same_text(snapshot.read(file) or b"", read_file(source, file)) for file in now
    )


def released_everywhere(workspace: Workspace) -> list[ReleasedTrees] | None:
    """Read the released trees of each environment that is used where none is named.

    None where it cannot be asked: CI tests in a job without credentials.
    """
    try:
        return [
            released_trees(workspace.store(environment), workspace.settings.team)
            for environment in workspace.unnamed_environments()
        ]
    except AccessDenied:
        return None
