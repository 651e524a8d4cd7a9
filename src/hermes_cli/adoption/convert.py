"""The story of a conversion: cells, one source, what must change in it, what may stand where, the module."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from .credentials import holds_credential
from .edits import Edits, at_module_scope
from .flatten import FileFinder, Flat, Flattener, NotebookFinder
from .literals import Literals
from .module import ModuleLayout
from .parameters import find_parameters
from .purity import bindings
from .scopes import first_imports, study
from .secret_names import replace_secrets
from .smoke_test import runs_alone
from .surroundings import (
    keep_module_scope,
    name_late_stars,
    prologue,
    replace_dbutils,
    show_last_values,
    tell_plots,
    tell_unbound,
)
from .unchanged import has_own_main, with_marks
from .values import AdoptionFinding, Form, Import, Notebook, Parameter, SecretFinder, SourcePlace, SourceText

_ENTRIES = ("main", "run", "run_script", "run_notebook")


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """A module that does what the notebook did, what it needs, and what is to be known of it.

    `secrets` are the names of those that it reads from variables. `runs_alone` tells that nothing from
    outside seems to be needed to run it.
    """

    text: str
    entry: str
    parameters: tuple[Parameter, ...]
    imports: tuple[Import, ...]
    requirements: tuple[tuple[str, SourcePlace], ...]
    secrets: tuple[str, ...]
    findings: tuple[AdoptionFinding, ...]
    spark: bool
    runs_alone: bool


def convert(
    notebook: Notebook,
    *,
    find: NotebookFinder,
    read: FileFinder,
    secret: SecretFinder,
    local: Collection[str],
    told: Collection[AdoptionFinding] = (),
) -> Conversion:
    """Convert a notebook; `local` are the modules beside it, `told` what is to be marked in the code as well.

    Raises `SyntaxError` for a script that is not valid Python, with the line in its file.
    """
    flat = Flattener(find, read).add(notebook)
    for one in told:
        flat.mark_told(one)
    tree = ast.parse(flat.source.text)
    if notebook.form is Form.SCRIPT and has_own_main(tree):
        return _kept(notebook, flat, tree, secret)
    return _wrapped(notebook, flat, tree, secret, local)


def _kept(notebook: Notebook, flat: Flat, tree: ast.Module, secret: SecretFinder) -> Conversion:
    """A script that has a main already, and does nothing else when it is imported."""
    edits = Edits()
    handled = replace_secrets(tree, flat.source, flat, edits)
    Literals(flat.source, flat, edits, secret).look(tree, handled)
    source = edits.apply(flat.source)
    _tell_rest(ast.parse(source.text), source, flat)
    text = with_marks(source, ast.parse(source.text), flat.marks, flat.imports)
    return _conversion(notebook, flat, text, "main", (), spark=False, secret=secret)


def _wrapped(
    notebook: Notebook, flat: Flat, tree: ast.Module, secret: SecretFinder, local: Collection[str]
) -> Conversion:
    source, edits = flat.source, Edits()
    names = {name for statement in tree.body for name in bindings(statement)}
    entry = next(name for name in (*_ENTRIES, "run_adopted_notebook") if name not in names)
    postponed = keep_module_scope(tree, source, edits)
    name_late_stars(tree, first_imports(tree), edits)
    replace_dbutils(tree, source, flat, edits)
    tell_plots(tree, source, flat)
    handled = replace_secrets(tree, source, flat, edits)
    found = find_parameters(tree, source, flat, edits, secret)
    parameters = tuple(found.parameters.values())
    Literals(source, flat, edits, secret).look(tree, found.handled | handled)
    display = "display" if "display" not in names else "show_value"
    shown = {notebook.file} if notebook.echoes else set()
    shows = show_last_values(tree, source, shown, edits, display)
    changed = edits.apply(source)
    tree = ast.parse(changed.text)
    scopes = study(tree, changed.text, ours=(), local=local)
    helper = display if shows or "display" in scopes.unbound else None
    start = prologue(scopes.unbound, changed, tree, flat, parameters=bool(parameters), show=helper)
    scopes = study(tree, changed.text, ours=start.names, local=local)
    if not scopes.star:
        tell_unbound(scopes.unbound - start.names - flat.imports - {display}, changed, tree, flat)
    bare = Edits()
    for node in at_module_scope(tree):
        if (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and node.target.id in scopes.shared
        ):
            _without_annotation(node, bare)
    final = bare.apply(changed)
    tree = ast.parse(final.text)
    _tell_rest(tree, final, flat)
    text = ModuleLayout(
        title=_title(notebook, flat, secret),
        source=final,
        tree=tree,
        scopes=scopes,
        prologue=start,
        parameters=parameters,
        imports=flat.imports,
        postponed=postponed,
        entry=entry,
        story="the script did, in its order"
        if notebook.form is Form.SCRIPT
        else "the cells did, in their order",
        waits=any(isinstance(n, (ast.Await, ast.AsyncFor, ast.AsyncWith)) for n in at_module_scope(tree)),
        marks={n: flat.marks[place] for n, place in enumerate(final.places, 1) if place in flat.marks},
        docstring=_docstring(tree) if notebook.form in (Form.SCRIPT, Form.PERCENT) else None,
    ).render()
    return _conversion(
        notebook, flat, text, entry, parameters, spark=start.spark, secret=secret, places=final
    )


def _without_annotation(node: ast.AnnAssign, edits: Edits) -> None:
    """A name that is declared global takes no annotation."""
    if node.value is None:
        edits.replace(node, "pass")
    else:
        assert node.target.end_lineno is not None and node.target.end_col_offset is not None  # noqa: S101
        start = (node.target.end_lineno, node.target.end_col_offset)
        assert node.annotation.end_lineno is not None and node.annotation.end_col_offset is not None  # noqa: S101
        edits.span(start, (node.annotation.end_lineno, node.annotation.end_col_offset), "")


def _title(notebook: Notebook, flat: Flat, secret: SecretFinder) -> str:
    adopted = f"Adopted from {notebook.file} by `hermes adopt`"
    heading = next((title for title in flat.titles if not holds_credential(title, secret)), "")
    text = f"{heading.rstrip('.')}.\n\n{adopted}" if heading else adopted
    return text.replace("\\", "/").replace('"', "'")


def _docstring(tree: ast.Module) -> ast.stmt | None:
    return tree.body[0] if ast.get_docstring(tree, clean=False) is not None else None


def _conversion(
    notebook: Notebook,
    flat: Flat,
    text: str,
    entry: str,
    parameters: tuple[Parameter, ...],
    *,
    spark: bool,
    secret: SecretFinder,
    places: SourceText | None = None,
) -> Conversion:
    origin = ast.parse((places or flat.source).text)
    imports = tuple(_imports(origin, places or flat.source))
    findings = tuple(dict.fromkeys(_harmless(one, secret) for one in flat.findings))
    alone = not (notebook.failed or spark) and not any(one.todo for one in findings) and runs_alone(origin)
    return Conversion(
        text=text,
        entry=entry,
        parameters=parameters,
        imports=imports,
        requirements=tuple(flat.requirements),
        secrets=tuple(flat.secrets),
        findings=findings,
        spark=spark,
        runs_alone=alone and not any(one.default is None and not one.optional for one in parameters),
    )


def _harmless(finding: AdoptionFinding, secret: SecretFinder) -> AdoptionFinding:
    """What is told of a command may be the command; never with a credential in it."""
    if not holds_credential(finding.what, secret):
        return finding
    return replace(finding, what="a line that holds a credential is left out")


def _imports(tree: ast.Module, source: SourceText) -> Iterator[Import]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom):
            # `from google.cloud import storage` needs what `import google.cloud.storage` needs.
            modules = [f"{node.module}.{one.name}" if node.module else "" for one in node.names]
            modules = modules if not node.level else []
        else:
            continue
        for module in modules:
            yield Import(module=module, place=source.place(node.lineno))


def _tell_rest(tree: ast.Module, source: SourceText, flat: Flat) -> None:
    """What a script finds otherwise than it was, and nobody has changed."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "__file__":
            todo = "take what lies beside it from the package: importlib.resources.files"
            flat.ask(
                source.place(node.lineno), "__file__ is not where it was: a script runs as one file", todo
            )
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "input":
            todo = "make it a parameter: a job has nobody to ask"
            flat.ask(source.place(node.lineno), "input() asks a person", todo)
