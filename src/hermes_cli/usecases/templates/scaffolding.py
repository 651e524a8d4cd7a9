"""Add a project to a repo, or a script to a project, by the repo's template."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hermes_cli import __version__
from hermes_cli.adapters import template
from hermes_cli.adapters.cache import cache_root
from hermes_cli.domain.config_keys import DATA_PRODUCTS
from hermes_cli.domain.contract.errors import Conflict, HermesError
from hermes_cli.domain.contract.names import module_name, parse_new_project, parse_script
from hermes_cli.domain.events import Event, Listener
from hermes_cli.domain.project import PROJECT_FILE, Project
from hermes_cli.domain.toml_text import parse_toml
from hermes_cli.usecases.repo.pyproject_edits import name_secrets
from hermes_cli.usecases.repo.workspace import Workspace, default_layers

from .questions import DEFAULT_TEMPLATE, is_trusted
from .shadowed_packages import shadow_notes
from .template_source import open_template

# Changes what the template made for a project, in this folder, before it is put in its place.
Adapt = Callable[[Path], None]


@dataclass(frozen=True, kw_only=True)
class NewReport:
    """The files that were made; `next` are the commands to type next, `notes` further remarks."""

    kind: str
    name: str
    team: str
    path: Path
    files: tuple[str, ...]
    next: tuple[str, ...]
    notes: tuple[str, ...] = ()


def new_project(
    workspace: Workspace,
    name: str,
    *,
    trusted: bool = False,
    notify: Listener,
    adapt: Adapt | None = None,
) -> NewReport:
    """Add a project to a repo. Raises `InvalidInput`, or `Conflict` where its name is taken."""
    workspace.require_kind(DATA_PRODUCTS)
    project = parse_new_project(name, [one.name for one in workspace.projects])
    target = workspace.root / project
    if target.exists() or target.is_symlink():
        raise Conflict(f"{target} is there already", hint="choose another name")
    notify(Event(subject=project, message="rendering the template"))
    with _rendered(workspace, project, module_name(project), trusted) as folder:
        if adapt is not None:
            adapt(folder)
        files = _files(folder)
        folder.rename(target)
    return NewReport(
        kind="project",
        name=project,
        team=workspace.settings.team,
        path=target,
        files=tuple(f"{project}/{file}" for file in files),
        next=(
            f"hermes test {project}",
            f"hermes run {project}",
            f'git add {project} && git commit -m "Add {project}"',
        ),
        notes=shadow_notes(project),
    )


def new_script(
    workspace: Workspace,
    project_name: str,
    name: str,
    *,
    trusted: bool = False,
    notify: Listener,
    adapt: Adapt | None = None,
) -> NewReport:
    """Add a script and its test to a project, and name it in its pyproject.toml.

    Raises `InvalidInput`, or `Conflict` where a file of that name is there; then nothing was written.
    """
    project = workspace.project(project_name)
    script = parse_script(name)
    module = module_name(project.name)
    for other in project.scripts:
        if other.name.lower() == script.lower():
            raise Conflict(f"{project.name} has a script {other.name} already", hint="choose another name")
    home = workspace.root / project.folder
    package = home / "src" / module if (home / "src" / module).is_dir() else home / module
    if not package.is_dir():
        raise HermesError(f"{project.name} has no package {module}", hint=f"mkdir {project.folder}/{module}")
    notify(Event(subject=f"{project.name}/{script}", message="rendering the template"))
    with _rendered(workspace, project.name, script, trusted) as folder:
        if adapt is not None:
            adapt(folder)
        moves = {
            folder / module / f"{script}.py": package / f"{script}.py",
            folder / "tests" / f"test_{script}.py": home / "tests" / f"test_{script}.py",
        }
        for origin, target in moves.items():
            if target.exists():
                raise Conflict(
                    f"{target.relative_to(workspace.root)} is there already", hint="choose another name"
                )
            if not origin.is_file():
                raise HermesError("the template of this repo has no script of its own name to start from")
        settings = _with_script(workspace, project, script, folder)
        # Data beside the sample script belongs to it.
        for data in (folder / module).iterdir():
            if data.suffix != ".py" and data.is_file() and not (package / data.name).exists():
                moves[data] = package / data.name
        for origin, target in moves.items():
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(origin, target)
        (home / PROJECT_FILE).write_bytes(settings)
    written = sorted(target.relative_to(workspace.root).as_posix() for target in moves.values())
    return NewReport(
        kind="script",
        name=f"{project.name}/{script}",
        team=workspace.settings.team,
        path=package / f"{script}.py",
        files=(*written, f"{project.folder}/{PROJECT_FILE}"),
        next=(
            f"hermes test {project.name}",
            f"hermes run {project.name}/{script}",
            f'git add {project.folder} && git commit -m "Add {project.name}/{script}"',
        ),
    )


@contextmanager
def _rendered(workspace: Workspace, project: str, script: str, trusted: bool) -> Iterator[Path]:
    """The project's folder as the template of this repo makes it."""
    record = workspace.settings.template
    spec = record.source if record and record.source else DEFAULT_TEMPLATE
    trusted = is_trusted(spec, trusted, default_layers(workspace.environ))
    with (
        open_template(spec) as source,
        tempfile.TemporaryDirectory(prefix=".hermes-", dir=workspace.root) as scratch,
    ):
        complete = {**recorded_answers(workspace), "project": project, "script": script}
        repo = template.render(
            source.path, complete, Path(scratch), trusted=trusted, compiled=cache_root() / "templates"
        )
        folder = repo / project
        if not folder.is_dir():
            raise HermesError(f"the template {source.spec} makes no folder named like its project")
        yield folder


def recorded_answers(workspace: Workspace) -> dict[str, str]:
    """The answers that this repo was made with, and what is known without them."""
    record = workspace.settings.template
    return {
        "repo": workspace.root.name,
        "team": workspace.settings.team,
        "hermes_version": __version__,
        **(record.answers if record else {}),
    }


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _with_script(workspace: Workspace, project: Project, script: str, rendered: Path) -> bytes:
    """The project's pyproject.toml with the script named in it, and what the script needs."""
    import tomlkit

    path = workspace.root / project.folder / PROJECT_FILE
    document = tomlkit.parse(path.read_bytes().decode())
    table = document.setdefault("tool", tomlkit.table(is_super_table=True)).setdefault(
        "hermes", tomlkit.table()
    )
    table["scripts"] = [*(one.name for one in project.scripts), script]
    wanted = parse_toml((rendered / PROJECT_FILE).read_text(encoding="utf-8"), PROJECT_FILE)
    name_secrets(document, wanted.get("tool", {}).get("hermes", {}).get("secrets", []))
    declared = document.get("project", {})
    if "dependencies" not in declared.get("dynamic", []) and "project" in document:
        have = {canonicalize_name(Requirement(text).name) for text in declared.get("dependencies", [])}
        for requirement in wanted.get("project", {}).get("dependencies", []):
            if canonicalize_name(Requirement(requirement).name) not in have:
                declared.setdefault("dependencies", tomlkit.array()).append(requirement)
    return tomlkit.dumps(document).encode()
