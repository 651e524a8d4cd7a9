"""Convert a notebook or a script to a module with a main that does the same."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, replace

from hermes_cli.domain.contract.errors import InvalidInput
from hermes_cli.domain.contract.names import module_name
from hermes_cli.script_analysis.credentials import SecretFinder, holds_credential
from hermes_cli.script_analysis.syntax_tree import at_module_level, bound_names, is_star_import

from .cluster_faults import name_secret_variables, report_cluster_faults
from .databricks_secrets import replace_databricks_secrets
from .dbutils_calls import replace_dbutils_calls
from .displayed_values import display_helpers, show_last_values
from .existing_main import has_own_main, with_marks_and_imports
from .findings import AdoptionFinding
from .hardcoded_credentials import replace_credentials
from .joined_cells import JoinedCells
from .local_files import move_to_places
from .local_paths import report_local_paths
from .module_layout import ModuleLayout
from .module_level import drop_annotations, keep_module_scope, postpones_annotations
from .notebook import FileFormat
from .notebook_formats import not_valid_python
from .notebook_globals import DISPLAYS, NOTEBOOK_NAMES, bind_notebook_globals, report_undefined
from .plots import report_plots
from .rewriting import Rewriting
from .scopes import decide_scopes, read_early, undefined_names
from .standalone import runs_alone
from .widgets import Parameter, replace_widgets, report_questions

_ENTRIES = ("main", "run", "run_script", "run_notebook", "run_adopted_notebook")


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """A module that does what a notebook did.

    `parser` is the function that reads its options, `secrets` are the variables that it reads secrets from;
    `runs_alone`: it seems to need nothing from outside.
    """

    file: str
    text: str
    entry: str
    parameters: tuple[Parameter, ...]
    parser: str
    secrets: tuple[str, ...]
    findings: tuple[AdoptionFinding, ...]
    runs_alone: bool


def convert(
    joined: JoinedCells,
    *,
    project: str,
    find_secret: SecretFinder,
    findings: Iterable[AdoptionFinding] = (),
) -> Conversion:
    """Convert joined cells to a script of a project; `findings` are others' about them, marked in the code too.

    Raises `InvalidInput` for code that is not valid Python, or that holds a credential which cannot be
    taken out.
    """
    try:
        code = Rewriting(joined.source, project, find_secret)
        code.findings += joined.findings
        code.mark(findings)
        _name_modules_of_magics(code, joined)
        if joined.notebook.format is FileFormat.SCRIPT and has_own_main(code.tree):
            conversion = _keep_main(joined, code)
        else:
            conversion = _wrap_in_main(joined, code)
    except SyntaxError as error:
        raise not_valid_python(error, joined.notebook) from None
    _refuse_credentials(conversion, find_secret)
    return conversion


def _name_modules_of_magics(code: Rewriting, joined: JoinedCells) -> None:
    for node in ast.walk(code.tree):
        if isinstance(node, ast.Name) and (node.lineno, node.id) in joined.magic_modules:
            code.edits.replace(node, code.module(node.id, node))


def _keep_main(joined: JoinedCells, code: Rewriting) -> Conversion:
    replace_databricks_secrets(code)
    replace_credentials(code)
    name_secret_variables(code)
    move_to_places(code)
    report_local_paths(code)
    code.apply_edits()
    report_cluster_faults(code, module_name(code.project))
    report_questions(code)
    return _conversion(joined, code, with_marks_and_imports(code), "main", (), needs_spark=False)


def _wrap_in_main(joined: JoinedCells, code: Rewriting) -> Conversion:
    notebook = joined.notebook
    names = {name for statement in code.tree.body for name in bound_names(statement)}
    entry = code.names.free(*_ENTRIES)
    show = "display" if "display" not in names else code.names.free("show_value")
    postponed = postpones_annotations(code.tree)
    has_star = any(is_star_import(node) for node in at_module_level(code.tree))

    keep_module_scope(code)
    replace_dbutils_calls(code)
    report_plots(code)
    replace_databricks_secrets(code)
    parameters = replace_widgets(code)
    replace_credentials(code)
    name_secret_variables(code)
    move_to_places(code)
    report_local_paths(code)
    shows = notebook.shows_last_values and show_last_values(code, notebook, show)
    code.apply_edits()

    undefined = undefined_names(code.tree, code.source.text)
    undefined |= read_early(code.tree) & NOTEBOOK_NAMES
    prologue = bind_notebook_globals(code, undefined)
    needs_spark = bool(prologue.lines)
    displays = (undefined & DISPLAYS) | ({show} if shows else set())
    helpers = display_helpers(code, displays, spark=needs_spark)
    ours = prologue.names | ({code.parameters} if parameters else set())
    ahead = displays | code.imports.keys()
    if not has_star:  # which may define any name
        report_undefined(code, undefined - ours - ahead)
    scopes = decide_scopes(code.tree, code.source.text, ours=ours, ahead=ahead, neighbors=joined.neighbors)
    drop_annotations(code, scopes.shared)
    code.apply_edits()
    report_cluster_faults(code, module_name(code.project))
    report_questions(code)

    is_script = notebook.format is FileFormat.SCRIPT
    layout = ModuleLayout(
        title=_title(joined, code.find_secret),
        code=code,
        scopes=scopes,
        prologue=prologue,
        helpers=helpers,
        parameters=parameters,
        entry=entry,
        purpose="the script did, in its order" if is_script else "the cells did, in their order",
        postponed=postponed,
        keeps_docstring=notebook.keeps_docstring,
    )
    return _conversion(joined, code, layout.render(), entry, parameters, needs_spark=needs_spark)


def _title(joined: JoinedCells, find_secret: SecretFinder) -> str:
    adopted = f"Adopted from {joined.notebook.file} by `hermes adopt`"
    heading = next((title for title in joined.titles if not holds_credential(title, find_secret)), "")
    text = f"{heading.rstrip('.')}.\n\n{adopted}" if heading else adopted
    return text.replace("\\", "/").replace('"', "'")


def _conversion(
    joined: JoinedCells,
    code: Rewriting,
    text: str,
    entry: str,
    parameters: tuple[Parameter, ...],
    *,
    needs_spark: bool,
) -> Conversion:
    findings = tuple(dict.fromkeys(_without_credential(one, code.find_secret) for one in code.findings))
    complete = not (joined.notebook.failed or needs_spark or any(one.todo for one in findings))
    return Conversion(
        file=joined.notebook.file,
        text=text,
        entry=entry,
        parameters=parameters,
        parser=code.parser,
        secrets=code.secrets,
        findings=findings,
        runs_alone=complete and not any(one.required for one in parameters) and runs_alone(code.tree),
    )


def _without_credential(finding: AdoptionFinding, find_secret: SecretFinder) -> AdoptionFinding:
    """Drop the words of a finding that quotes a credential, as a command may hold one."""
    if not holds_credential(finding.what, find_secret):
        return finding
    return replace(finding, what="a line that holds a credential is left out")


def _refuse_credentials(conversion: Conversion, find_secret: SecretFinder) -> None:
    lines = enumerate(conversion.text.splitlines(), 1)
    parts = [(line, f" (line {number} of the converted code)") for number, line in lines]
    for text, where in (*parts, (conversion.text, "")):
        if kind := find_secret(text):
            raise InvalidInput(
                f"{conversion.file} holds {kind}, and it could not be taken out{where}",
                hint="take it out of the file, and adopt it again",
            )
