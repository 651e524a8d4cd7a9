"""hermes adopt: turn a notebook or a loose script into a project, or a script of one, that does the same."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from hermes_cli.adapters.installed_packages import find_installed_packages
from hermes_cli.adapters.wheels import find_secret_in_text
from hermes_cli.adoption import (
    AdoptionFinding,
    Conversion,
    JoinedCells,
    convert,
    find_needed_packages,
    read_file,
)
from hermes_cli.domain.check_rules import ADOPTION_MARK
from hermes_cli.domain.contract.errors import Conflict, InvalidInput
from hermes_cli.domain.contract.names import module_name, parse_new_project, parse_script
from hermes_cli.domain.events import Event, Listener
from hermes_cli.usecases.adopting.lower_bounds import bound_requirements
from hermes_cli.usecases.adopting.sample_replacement import replace_sample
from hermes_cli.usecases.repo.workspace import Workspace
from hermes_cli.usecases.templates.scaffolding import new_project, new_script


@dataclass(frozen=True, kw_only=True)
class Remark:
    """A message about one line of the file; `todo` is what is left to do, None where nothing is."""

    file: str
    cell: int | None
    line: int
    where: str
    what: str
    todo: str | None


@dataclass(frozen=True, kw_only=True)
class AdoptReport:
    """The result of an adoption; `left` is still to do, `notes` tell what was changed or left out."""

    kind: str
    name: str
    project: str
    form: str
    path: Path
    files: tuple[str, ...]
    requirements: tuple[str, ...]
    test_requirements: tuple[str, ...]
    parameters: tuple[str, ...]
    secrets: tuple[str, ...]
    left: tuple[Remark, ...]
    notes: tuple[Remark, ...]
    next: tuple[str, ...]


def adopt(
    workspace: Workspace, file: Path, *, project: str | None, trusted: bool = False, notify: Listener
) -> AdoptReport:
    """Turn a file into a project, or into a further script of an existing one; the file is not changed.

    Raises `InvalidInput` for a file that is not Python, `Conflict` where a name is taken; then nothing was
    written.
    """
    notify(Event(subject=file.name, message="reading it"))
    joined = read_file(file)
    name = project.rstrip("/") if project is not None else _default_name(file, joined)
    exists = project is not None and any(one.name == name for one in workspace.projects)
    if not exists:
        with _other_names(workspace, file, name, exists):
            parse_new_project(name, [one.name for one in workspace.projects])
    script = _script_name(file) if exists else module_name(name)
    notify(Event(subject=file.name, message="looking for the packages that it needs"))
    installed = find_installed_packages(workspace.environ)
    siblings = {module_name(one.name): one.distribution for one in workspace.projects if one.name != name}
    needed = find_needed_packages(joined, name, installed=installed.modules, siblings=siblings)
    bound = bound_requirements(needed, workspace, name, installed=installed.versions)
    conversion = convert(
        joined,
        project=name,
        find_secret=find_secret_in_text,
        findings=(*needed.findings, *bound.findings),
    )

    def adapt(folder: Path) -> None:
        replace_sample(folder, conversion, bound, package=module_name(name), script=script)

    with _other_names(workspace, file, name, exists):
        if exists:
            made = new_script(workspace, name, script, trusted=trusted, notify=notify, adapt=adapt)
        else:
            made = new_project(workspace, name, trusted=trusted, notify=notify, adapt=adapt)
    remarks = [_remark(one) for one in sorted(conversion.findings, key=_order)]
    return AdoptReport(
        kind=made.kind,
        name=made.name,
        project=name,
        form=joined.notebook.format,
        path=made.path,
        files=made.files,
        requirements=bound.requirements,
        test_requirements=bound.test_requirements,
        parameters=tuple(f"--{one.option}" for one in conversion.parameters),
        secrets=conversion.secrets,
        left=tuple(one for one in remarks if one.todo),
        notes=tuple(one for one in remarks if not one.todo),
        next=(*_find_marks(conversion, made.path if made.path.is_dir() else made.path.parent), *made.next),
    )


def _find_marks(conversion: Conversion, folder: Path) -> tuple[str, ...]:
    """Return the command that shows the places in the code where something is left to do."""
    if ADOPTION_MARK not in conversion.text:
        return ()
    return (f"grep -rn '{ADOPTION_MARK}' {shlex.quote(str(folder))}",)


def _identifier(file: Path) -> str:
    plain = unicodedata.normalize("NFKD", file.stem).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:48].strip("_")
    if not name:
        raise InvalidInput(
            f"no project can be named after {file.name!r}", hint="name it: --project my_report"
        )
    return f"p{name}" if name[0].isdigit() else name


def _script_name(file: Path) -> str:
    try:
        return parse_script(_identifier(file))
    except InvalidInput:
        return f"{_identifier(file)}_script"


def _default_name(file: Path, joined: JoinedCells) -> str:
    """Name the project after the file, but not like a module that it imports, which the package would hide."""
    name = _identifier(file)
    try:
        parse_new_project(name)
    except InvalidInput:
        name = f"{name}_report"
    if name in {one.top for one in joined.imports}:
        name = f"{name}_report"
    return name


@contextmanager
def _other_names(workspace: Workspace, file: Path, name: str, exists: bool) -> Iterator[None]:
    """Say under which names a file can be adopted, where the name of the project or script is taken."""
    try:
        yield
    except Conflict as error:
        stem = module_name(name)
        taken = {module_name(one.name): one for one in workspace.projects}
        free = next(
            one
            for one in (f"{stem}_{number}" for number in count(2))
            if one not in taken and not (workspace.root / one).exists()
        )
        command = shlex.join(["hermes", "adopt", str(file), "--project"])
        hint = f"{command} {free}"
        twin = None if exists else taken.get(stem)
        if twin is not None and _script_name(file) not in {one.name.lower() for one in twin.scripts}:
            hint += f", or to add it to that one: {command} {twin.name}"
        raise Conflict(error.message, hint=hint) from None


def _order(finding: AdoptionFinding) -> tuple[str, int, int]:
    return finding.place.file, finding.place.cell or 0, finding.place.line


def _remark(finding: AdoptionFinding) -> Remark:
    place = finding.place
    return Remark(
        file=place.file,
        cell=place.cell,
        line=place.line,
        where=str(place),
        what=finding.what,
        todo=finding.todo,
    )
