"""hermes check: find what would fail after a merge, and what it would release; from git alone."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hermes_cli.adapters.git import Git
from hermes_cli.domain.check_rules import Finding, Level, finding, finding_of
from hermes_cli.domain.config_keys import DATA_PRODUCTS
from hermes_cli.domain.contract.errors import InvalidInput
from hermes_cli.domain.contract.names import canonical_name
from hermes_cli.domain.events import Listener
from hermes_cli.domain.index_namesakes import PAST
from hermes_cli.domain.project import PROJECT_FILE, Project, refuse_twins
from hermes_cli.domain.settings import CONFIG_FILE, Layer, resolve
from hermes_cli.domain.siblings import with_siblings
from hermes_cli.usecases.comparing.base_branch import Base, NoBase, find_base
from hermes_cli.usecases.comparing.merge_preview import MergePreview, preview_merge, removed
from hermes_cli.usecases.comparing.project_rules import REFUSED_BY_BUILDS, check_project, secrets
from hermes_cli.usecases.comparing.revisions import Revisions
from hermes_cli.usecases.repo.own_names import own_names
from hermes_cli.usecases.repo.workspace import Workspace, find_root, open_workspace


@dataclass(frozen=True, kw_only=True)
class ComparedWith:
    """The base by its name and as git calls it, and the commits of its head and of where the branch left it."""

    name: str
    called: str
    head: str
    fork: str


@dataclass(frozen=True, kw_only=True)
class CheckReport:
    """Findings by file and line, and the effect of a merge on each project.

    `base` is None where nothing could be compared; a finding says why.
    """

    base: ComparedWith | None
    projects: tuple[MergePreview, ...]
    findings: tuple[Finding, ...]

    def count(self, level: Level) -> int:
        """Count the findings of a level."""
        return sum(found.level is level for found in self.findings)


def check(
    start: Path,
    names: Sequence[str],
    asked_base: str | None,
    *,
    environ: Mapping[str, str] = os.environ,
    notify: Listener,
) -> CheckReport:
    """Check the named projects, or all of them, and the repo's own settings.

    What is wrong in the repo is a finding; raises `InvalidInput` for a project or a base that there
    is not, and where there is no repo.
    """
    workspace, findings = _open(start, environ)
    settled = not findings
    if settled:
        findings += _identity(workspace)
    workspace, broken = _without_broken(workspace)
    wanted = [name.rstrip("/") for name in names]
    findings += [one for one in broken if not wanted or one.project in wanted]
    projects = _select(workspace, wanted)
    own = own_names(workspace)
    for project in projects:
        findings += check_project(workspace, project, own)
    if not wanted:
        folders = {project.folder for project in projects}
        others = (file for file in workspace.source.files if file.split("/")[0] not in folders)
        paths = ((file, workspace.root / file) for file in others)
        findings += secrets((file, path.read_bytes()) for file, path in paths if _is_file(path))
    base = find_base(workspace, asked_base) if settled else _UNSETTLED
    previews: tuple[MergePreview, ...] = ()
    if isinstance(base, NoBase):
        message = f"versions were not compared with {base.name}: {base.reason}"
        findings.append(finding("base-unknown", message, base.hint, file=CONFIG_FILE))
    else:
        with tempfile.TemporaryDirectory(prefix="hermes-check-") as scratch:
            previews, found = preview_merge(
                workspace, base, projects, Revisions(workspace, Path(scratch), notify)
            )
        findings += _itself(workspace, base)
        known = {one.project for one in findings if one.rule in REFUSED_BY_BUILDS}
        findings += [one for one in found if one.rule != "build-failed" or one.project not in known]
        gone = () if wanted else tuple(removed(workspace, base))
        findings += _unkept(workspace, base, gone)
        previews += gone
    return CheckReport(
        base=None
        if isinstance(base, NoBase)
        else ComparedWith(name=base.name, called=base.called, head=base.head.commit, fork=base.fork.commit),
        projects=previews,
        findings=tuple(sorted(findings, key=lambda one: (one.file or "", one.line or 0, one.rule))),
    )


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


_UNSETTLED = NoBase(name="the base", reason=f"{CONFIG_FILE} cannot be used", hint="fix it first")


def _open(start: Path, environ: Mapping[str, str]) -> tuple[Workspace, list[Finding]]:
    """Open the repo; where hermes.toml is invalid, as much of its projects as can be read without it."""
    try:
        return open_workspace(start, environ), []
    except InvalidInput as error:
        root = find_root(start.resolve())
        git = Git.find(root) if root else None
        if root is None or git is None or git.root != root:
            raise
        settings = resolve([Layer(source="nothing", data={"team": "unknown"})])
        workspace = Workspace(root=root, settings=settings, git=git, environ=environ)
        errors = (error, *error.others)
        return workspace, [finding_of("config-invalid", one, file=CONFIG_FILE) for one in errors]


def _identity(workspace: Workspace) -> Iterator[Finding]:
    try:
        workspace.require_repo_id()
    except InvalidInput as error:
        yield finding_of("config-invalid", error, file=CONFIG_FILE)


def _itself(workspace: Workspace, base: Base) -> Iterator[Finding]:
    checkout = workspace.checkout
    if workspace.ref.branch == base.name and checkout.head == base.head.commit and not checkout.dirty:
        message = f"{base.name} was compared with itself, and not with what is released"
        yield finding("base-itself", message, "hermes status", file=CONFIG_FILE)


def _unkept(workspace: Workspace, base: Base, gone: Sequence[MergePreview]) -> Iterator[Finding]:
    """After the merge nothing else would know that a name was this repo's own."""
    settings = workspace.settings
    kept = set(map(canonical_name, (*settings.past_projects, *settings.allow_from_index)))
    names = [one.project for one in gone if canonical_name(one.project) not in kept]
    past = json.dumps([*settings.past_projects, *names])
    for name in names:
        yield finding(
            "project-gone",
            f"{name}, a project on {base.name}, is not here: after a merge its name would come from a package index",
            f"in hermes.toml: {PAST} = {past}",
            project=name,
            file=CONFIG_FILE,
        )


def _without_broken(workspace: Workspace) -> tuple[Workspace, list[Finding]]:
    """The repo without the projects that cannot be used, and why they cannot."""
    valid: list[Project] = []
    errors: dict[str, InvalidInput] = {}
    for folder in workspace.project_folders:
        try:
            project = workspace.read_project(folder)
            if project is not None:
                refuse_twins([*valid, project])
                valid.append(project)
        except InvalidInput as error:
            errors[folder] = error
    for project in valid:
        try:
            with_siblings(project, valid)
        except InvalidInput as error:
            errors[project.folder] = error
    findings = [
        finding_of("project-invalid", one, project=folder, file=f"{folder}/{PROJECT_FILE}")
        for folder, error in errors.items()
        for one in (error, *error.others)
    ]
    return replace(workspace, left_out=frozenset(errors)), findings


def _select(workspace: Workspace, names: Sequence[str]) -> tuple[Project, ...]:
    """The named projects with the libraries of the repo that a deploy takes along; all where none is named."""
    usable = [name for name in names if name not in workspace.left_out]
    workspace.require_kind(DATA_PRODUCTS)
    if (workspace.left_out and names and not usable) or not (names or workspace.projects):
        return ()  # what is broken is told apart, and a merge may take the last one away
    chosen = workspace.select(usable)
    wanted = {one.name: one for project in chosen for one in with_siblings(project, workspace.projects)}
    return tuple(sorted(wanted.values(), key=lambda project: project.name))
