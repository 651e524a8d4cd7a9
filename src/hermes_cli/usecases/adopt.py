"""hermes adopt: a notebook or a loose script becomes a project, or a script of one, that does the same."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hermes_cli.adapters.wheels import find_secret
from hermes_cli.adoption.convert import Conversion, convert
from hermes_cli.adoption.installed_packages import installed
from hermes_cli.adoption.notebooks import explain, read_notebook
from hermes_cli.adoption.smoke_test import smoke_test
from hermes_cli.adoption.values import MARK, AdoptionFinding, Notebook
from hermes_cli.domain.contract.errors import Conflict, HermesError, InvalidInput
from hermes_cli.domain.contract.names import module_name, parse_new_project, parse_script
from hermes_cli.domain.events import Event, Listener
from hermes_cli.domain.project import PROJECT_FILE
from hermes_cli.usecases.adopting.requirements import Needs, find_needs
from hermes_cli.usecases.repo.pyproject_edits import declare, name_secrets
from hermes_cli.usecases.repo.workspace import Workspace
from hermes_cli.usecases.templates.scaffolding import new_project, new_script


@dataclass(frozen=True, kw_only=True)
class Remark:
    """Something about one line of the file; `todo` is what is left to do, None where nothing is."""

    file: str
    cell: int | None
    line: int
    where: str
    what: str
    todo: str | None


@dataclass(frozen=True, kw_only=True)
class AdoptReport:
    """What a file became. `left` is what is still to do, `notes` what was changed or left out."""

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
    """Make a project of a file, or a further script of a project that is there. The file stays as it is.

    Raises `InvalidInput` for a file that is no Python, `Conflict` where a name is taken; then nothing
    was written.
    """
    notify(Event(subject=file.name, message="reading it"))
    called = _called(file)
    notebook = read_notebook(file, called)
    local = _beside(file)
    conversion = _converted(notebook, file, local, ())
    exists = project is not None and any(one.name == project for one in workspace.projects)
    name = project if project is not None else _free_name(workspace, file, conversion)
    if not exists:
        parse_new_project(name, [one.name for one in workspace.projects])
    script = _script_name(file) if exists else module_name(name)
    notify(Event(subject=file.name, message="looking for what it needs"))
    needs = find_needs(conversion, workspace, installed(workspace.environ), name, local)
    findings = (*conversion.findings, *needs.findings)
    conversion = _converted(notebook, file, local, needs.findings)
    adapt = _adapter(
        conversion, needs, name, script, called, runs=conversion.runs_alone and not needs.findings
    )
    if exists:
        made = new_script(workspace, name, script, trusted=trusted, notify=notify, adapt=adapt)
    else:
        made = new_project(workspace, name, trusted=trusted, notify=notify, adapt=adapt)
    remarks = [_remark(one) for one in sorted(findings, key=_order)]
    return AdoptReport(
        kind=made.kind,
        name=made.name,
        project=name,
        form=notebook.form.value,
        path=made.path,
        files=made.files,
        requirements=needs.requirements,
        test_requirements=needs.test_requirements,
        parameters=tuple(f"--{one.option}" for one in conversion.parameters),
        secrets=conversion.secrets,
        left=tuple(one for one in remarks if one.todo),
        notes=tuple(one for one in remarks if not one.todo),
        next=(*_mend(conversion, made.path if made.path.is_dir() else made.path.parent), *made.next),
    )


def _called(file: Path) -> str:
    """A file's name as it can stand in Python and in TOML, whatever it is called."""
    return "".join(one if one.isprintable() and one not in '"\\' else "_" for one in file.name)


def _mend(conversion: Conversion, folder: Path) -> tuple[str, ...]:
    """What shows the places in the code where something is left to do."""
    return (f"grep -rn '{MARK}' {shlex.quote(str(folder))}",) if MARK in conversion.text else ()


def _secret_in(text: str) -> str | None:
    return find_secret("text", text.encode("utf-8", "replace"))


def _converted(
    notebook: Notebook, file: Path, local: frozenset[str], told: Sequence[AdoptionFinding]
) -> Conversion:
    def find(path: str) -> Notebook | None:
        for ending in ("", ".py", ".ipynb"):
            candidate = file.parent / f"{path}{ending}"
            if candidate.is_file():
                return read_notebook(candidate, _called(candidate))
        return None

    def read(path: str) -> str | None:
        candidate = file.parent / path
        try:
            return candidate.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError):
            return None

    try:
        conversion = convert(notebook, find=find, read=read, secret=_secret_in, local=local, told=told)
    except SyntaxError as error:
        text = "\n".join(cell.source for cell in notebook.cells)
        raise explain(error, text, notebook.file) from None
    for number, line in enumerate(conversion.text.splitlines(), 1):
        if kind := _secret_in(line):
            raise InvalidInput(
                f"{notebook.file} holds {kind}, and it could not be taken out (line {number} of what was made of it)",
                hint="take it out of the file, and adopt it again",
            )
    if kind := _secret_in(conversion.text):
        raise InvalidInput(
            f"{notebook.file} holds {kind}, and it could not be taken out",
            hint="take it out of the file, and adopt it again",
        )
    return conversion


def _beside(file: Path) -> frozenset[str]:
    """The modules that lie beside a file, which it may import."""
    folder = file.resolve().parent
    modules = {path.stem for path in folder.glob("*.py")} - {file.stem}
    return frozenset(modules | {path.parent.name for path in folder.glob("*/__init__.py")})


def _identifier(file: Path) -> str:
    plain = unicodedata.normalize("NFKD", file.stem).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:48].strip("_")
    if not name:
        raise InvalidInput(f"{file.name!r} gives no name for a project", hint="name it: --project my_report")
    return f"p{name}" if name[0].isdigit() else name


def _script_name(file: Path) -> str:
    try:
        return parse_script(_identifier(file))
    except InvalidInput:
        return f"{_identifier(file)}_script"


def _free_name(workspace: Workspace, file: Path, conversion: Conversion) -> str:
    """A name after the file's: not of a module that it imports, which a package of that name would hide."""
    name = _identifier(file)
    taken = [one.name for one in workspace.projects]
    try:
        parse_new_project(name)
    except InvalidInput:
        name = f"{name}_report"
    if name in {one.top for one in conversion.imports}:
        name = f"{name}_report"
    try:
        return parse_new_project(name, taken)
    except Conflict as error:
        raise Conflict(
            error.message, hint=f"--project {name}_2, or to add it to that one: --project {name}"
        ) from None


def _adapter(
    conversion: Conversion, needs: Needs, name: str, script: str, file: str, *, runs: bool
) -> Callable[[Path], None]:
    """Puts what was adopted in the place of the template's sample."""
    package = module_name(name)

    def adapt(folder: Path) -> None:
        home, test = folder / package, folder / "tests" / f"test_{script}.py"
        sample = home / f"{script}.py"
        if not sample.is_file():
            raise HermesError("the template of this repo has no script of its own name to start from")
        for data in home.iterdir():
            if data.is_file() and data.suffix != ".py":
                data.unlink()  # it belonged to the sample
        needed_by_sample = _imported(sample.read_text("utf-8"))
        sample.write_text(conversion.text, encoding="utf-8")
        test.parent.mkdir(exist_ok=True)
        test.write_text(
            smoke_test(
                package=package,
                script=script,
                file=file,
                entry=conversion.entry,
                parameters=conversion.parameters,
                secrets=conversion.secrets,
                runs=runs,
            ),
            encoding="utf-8",
        )
        _settle(folder / PROJECT_FILE, needed_by_sample, f"Adopted from {file}.", conversion.secrets)
        declare(folder / PROJECT_FILE, needs.requirements, None)
        if needs.test_requirements:
            declare(folder / PROJECT_FILE, needs.test_requirements, "test")

    return adapt


def _imported(source: str) -> frozenset[str]:
    return frozenset(re.findall(r"^(?:import|from) (\w+)", source, re.MULTILINE))


def _settle(path: Path, unneeded: frozenset[str], description: str, secrets: Sequence[str]) -> None:
    """Take out what only the sample needs, say what the project is, and name its secrets."""
    import tomlkit
    from packaging.requirements import Requirement

    document = tomlkit.parse(path.read_bytes().decode())
    table = document.get("project", {})
    if "description" in table:
        table["description"] = description
    array = table.get("dependencies")
    for index in reversed(range(len(array or ()))):
        if Requirement(array[index]).name.replace("-", "_") in unneeded:
            array.pop(index)
    if array is not None and not array:
        table["dependencies"] = tomlkit.array()
    name_secrets(document, secrets)
    path.write_bytes(tomlkit.dumps(document).encode())


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


__all__: Sequence[str] = ("AdoptReport", "Remark", "adopt")
