"""Preview a merge: compare each project with its base, and refuse versions that could not be released."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from hermes_cli.domain.check_rules import Finding, finding, finding_of
from hermes_cli.domain.contract.errors import HermesError
from hermes_cli.domain.project import PROJECT_FILE, Project
from hermes_cli.domain.siblings import with_siblings
from hermes_cli.domain.toml_text import line_of
from hermes_cli.usecases.repo.workspace import Workspace

from .base_branch import Base
from .revisions import Revision, RevisionBroken, Revisions, project_of


class MergeEffect(StrEnum):
    """The effect of a merge on a project."""

    NEW = "new"
    RELEASED = "released"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class MergePreview:
    """The effect of a merge on one project; `version` is the one here, `base` the base branch's.

    A version is None where only a build tells it and none was needed, and where there is no project.
    """

    project: str
    effect: MergeEffect
    version: str | None = None
    base: str | None = None


def preview_merge(
    workspace: Workspace, base: Base, projects: Sequence[Project], revisions: Revisions
) -> tuple[tuple[MergePreview, ...], tuple[Finding, ...]]:
    """Compare projects with where the branch left its base, and with where the base is now.

    A project is built only where its source tree differs and its version does not, or is dynamic.
    """
    previews: list[MergePreview] = []
    findings: list[Finding] = []
    for project in projects:
        preview, found = _compare(base, project, workspace.source.tree(project.folder), revisions)
        previews.append(preview)
        findings += [_at_version(workspace, project, one) for one in found]
    findings += _kept_libraries(workspace, projects, previews)
    return tuple(previews), tuple(findings)


def removed(workspace: Workspace, base: Base) -> Iterator[MergePreview]:
    """Yield the projects that the branch removes."""
    here = {*workspace.project_folders, *workspace.left_out}
    gone = sorted({*base.fork.trees} & {*base.head.trees} - here)
    for folder in gone:
        try:
            project = None if folder.startswith(".") else project_of(base.head, folder)
        except HermesError:
            continue  # a folder that the base cannot read is none of its projects
        if project is not None:
            yield MergePreview(project=project.name, effect=MergeEffect.REMOVED, base=_declared(project))


def _declared(project: Project) -> str | None:
    return str(project.version) if project.version else None


def _compare(
    base: Base, project: Project, tree: str, revisions: Revisions
) -> tuple[MergePreview, tuple[Finding, ...]]:
    declared = _declared(project)
    unknown = MergePreview(project=project.name, effect=MergeEffect.UNKNOWN, version=declared)
    where = f"{project.folder}/{PROJECT_FILE}"
    if tree == base.head.trees.get(project.folder):
        return replace(unknown, effect=MergeEffect.UNCHANGED, base=declared), ()
    try:
        fork, head = (revisions.of_commit(snapshot, project.folder) for snapshot in (base.fork, base.head))
        unknown = replace(unknown, base=_declared(head.project) if head else None)
        if tree == base.fork.trees.get(project.folder):
            return replace(unknown, effect=MergeEffect.UNCHANGED), ()
        return _judge(base.name, revisions.of_work_tree(project), fork, head)
    except RevisionBroken as error:
        told = HermesError(
            f"{project.name} was not compared with {base.name}: {error.message}", hint=error.hint
        )
        return unknown, (finding_of("base-broken", told, project=project.name, file=where),)
    except HermesError as error:
        return unknown, (finding_of("build-failed", error, project=project.name, file=where),)


def _judge(
    base: str, here: Revision, fork: Revision | None, head: Revision | None
) -> tuple[MergePreview, tuple[Finding, ...]]:
    """Decide the effect of a merge by versions and contents. Raises what a build raises."""
    name = here.project.name
    past = [one for one in (fork, head) if one is not None]
    if not past:
        return MergePreview(project=name, effect=MergeEffect.NEW, version=_declared(here.project)), ()
    version, highest = here.version, max(one.version for one in past)
    theirs = past[-1].version

    def preview(effect: MergeEffect) -> MergePreview:
        return MergePreview(project=name, effect=effect, version=str(version), base=str(theirs))

    def refused(rule: str, message: str) -> tuple[MergePreview, tuple[Finding, ...]]:
        return preview(MergeEffect.REFUSED), (finding(rule, message, f"hermes bump {name}", project=name),)

    equal = [one for one in past if one.version == version]
    spelled = next((one.version for one in equal if str(one.version) != str(version)), None)
    if spelled is not None:
        return refused(
            "version-respelled", f"{name} {version} is another spelling of {spelled}, which {base} has"
        )
    if equal and here.content == equal[0].content:
        return preview(MergeEffect.UNCHANGED), ()
    if equal and equal[0] is fork:
        return refused(
            "version-not-raised",
            f"{name} changes what runs, and its version is still {version}: refused where that is released",
        )
    if equal:
        return refused("version-taken", f"{base} has {name} {version} already, with other content")
    if version < highest:
        return refused("version-lowered", f"{name} {version} is below {highest}, which {base} has")
    return preview(MergeEffect.RELEASED), ()


def _at_version(workspace: Workspace, project: Project, found: Finding) -> Finding:
    """Place a finding about a version at the line that sets it."""
    file = f"{project.folder}/{PROJECT_FILE}"
    if found.file is not None:
        return found
    text = workspace.project_text(project.folder)
    return replace(found, file=file, line=line_of(text, "project", "version"))


def _kept_libraries(
    workspace: Workspace, projects: Sequence[Project], previews: Sequence[MergePreview]
) -> Iterator[Finding]:
    """A release carries the repo's libraries as they were when it was made, so a newer one asks for a bump."""
    released = {one.project for one in previews if one.effect in (MergeEffect.NEW, MergeEffect.RELEASED)}
    unchanged = {one.project for one in previews if one.effect is MergeEffect.UNCHANGED}
    for project in projects:
        for library in with_siblings(project, projects)[:-1] if project.name in unchanged else ():
            if library.name in released:
                yield _at_version(
                    workspace,
                    project,
                    finding(
                        "library-kept",
                        f"{project.name} needs {library.name}, which changes: "
                        f"the release of {project.name} keeps it as it was",
                        f"to take up the change: hermes bump {project.name}",
                        project=project.name,
                    ),
                )
