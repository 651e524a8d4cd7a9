"""Check the scripts of a project: can each run as a cluster will run it?"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import PurePosixPath

from packaging.requirements import Requirement

from hermes_cli.adapters.wheels import find_secret_in_text
from hermes_cli.domain.check_rules import Finding, Level, finding, finding_of
from hermes_cli.domain.contract.errors import ProjectFailed
from hermes_cli.domain.contract.names import canonical_name, module_name
from hermes_cli.domain.project import Project, Script
from hermes_cli.domain.siblings import with_siblings
from hermes_cli.script_analysis.parsing import parse_script
from hermes_cli.script_analysis.relative_imports import relative_imports
from hermes_cli.script_analysis.script_rules import script_faults
from hermes_cli.script_analysis.surroundings import Surroundings
from hermes_cli.usecases.repo.sources import read_file
from hermes_cli.usecases.repo.workspace import Workspace


def check_scripts(
    workspace: Workspace, project: Project, secrets: Collection[tuple[str | None, int | None]]
) -> Iterator[Finding]:
    """Find what a run on a cluster could not do; `secrets` are the lines of those that are reported already."""
    for script in project.scripts:
        where = f"{project.folder}/{script.path}"
        try:
            parsed = parse_script(read_file(workspace.source, where), where)
        except ProjectFailed as error:
            yield finding_of("script-syntax", error, project=project.name, file=where)
            continue
        for one in relative_imports(parsed, where):
            yield finding_of("script-import", one, project=project.name, file=where)
        for fault in script_faults(parsed, _surroundings(workspace, project, script), find_secret_in_text):
            reported = fault.rule == "secret-in-code" and (where, fault.line) in secrets
            if not reported and fault.rule not in project.ignored:
                yield finding(
                    fault.rule,
                    fault.what,
                    fault.cure,
                    project=project.name,
                    file=where,
                    line=fault.line,
                    level=None if fault.fails else Level.WARNING,
                )


def _surroundings(workspace: Workspace, project: Project, script: Script) -> Surroundings:
    package = PurePosixPath(script.path).parent
    reached = with_siblings(project, workspace.projects)
    declared = [Requirement(text) for one in reached for text in one.dependencies or ()]
    installed = frozenset(canonical_name(one.name) for one in declared)
    broken = {canonical_name(name) for name in workspace.left_out}
    siblings = {module_name(name): name for name in workspace.left_out}
    siblings |= {module_name(one.name): one.distribution for one in workspace.projects if one != project}
    return Surroundings(
        project=project.name,
        folder=project.folder,
        package=module_name(project.name),
        library=project.library,
        neighbors=_modules(workspace, project, package),
        others=_modules(workspace, project, package.parent) - {package.name},
        siblings=siblings,
        installed=installed,
        complete=not installed & broken and all(one.dependencies is not None for one in reached),
        secrets=frozenset(project.secrets),
    )


def _modules(workspace: Workspace, project: Project, folder: PurePosixPath) -> frozenset[str]:
    """Return the modules and packages in a folder of a project."""
    files = [PurePosixPath(file) for file in workspace.files[project.folder] if file.endswith(".py")]
    inside = [file.relative_to(folder) for file in files if file.is_relative_to(folder)]
    return frozenset(file.parts[0].removesuffix(".py") for file in inside) - {"__init__", "__main__"}
