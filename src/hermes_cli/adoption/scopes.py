"""Decide which statements stay outside main, and which names main declares global, so that nothing changes."""

from __future__ import annotations

import ast
import re
import symtable
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from hermes_cli.script_analysis.syntax_tree import (
    DEFINITIONS,
    at_module_level,
    bound_names,
    dotted,
    is_literal_statement,
    is_star_import,
)

from .side_effects import BUILTINS, is_constant, only_defines

# These read or write names given as text: then all names have to be the module's own.
_BY_TEXT = frozenset({"globals", "locals", "vars", "exec", "eval", "dir", "sqldf", "__main__"})
# After one of these an import may find another module, or do other things than before.
_BARRIER = re.compile(
    r"environ|putenv|sys\s*\.\s*path|path\s*\.\s*(?:append|insert|extend)|addsitedir|\.use\(|findspark|load_dotenv"
    r"|basicConfig|import_module|__import__|set_start_method|sys\s*\.\s*modules|chdir|reload|exit|quit"
    r"|filterwarnings\(.error"
)
_INNER_SCOPES = (
    *DEFINITIONS,
    ast.Lambda,
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)
_ALWAYS_DEFINED = frozenset(
    {"__file__", "__name__", "__doc__", "__builtins__", "__annotations__", "__spec__", "__package__"}
)


@dataclass(frozen=True, kw_only=True)
class Scopes:
    """The top-level statements that stay outside main, by their index, and the names that main shares."""

    outside: frozenset[int]
    shared: frozenset[str]


def decide_scopes(
    tree: ast.Module,
    text: str,
    *,
    ours: Collection[str],
    ahead: Collection[str],
    neighbors: Collection[str],
) -> Scopes:
    """Decide for a module; `neighbors` are the modules beside the file.

    Hermes binds the names `ours` at the start of main, and `ahead`, modules and functions, outside of it.
    """
    by_functions = _wanted_within(symtable.symtable(text, "adopted", "exec"))
    declared = _declared_global(tree)
    stars = [node for node in at_module_level(tree) if is_star_import(node)]
    by_text = any(
        (isinstance(node, ast.Name) and node.id in _BY_TEXT)
        or (isinstance(node, ast.Import) and any(one.name == "__main__" for one in node.names))
        or dotted(node) == "sys.modules"
        for node in ast.walk(tree)
    )
    sorting = _Sorting(
        tree=tree,
        text=text,
        counts=Counter(_bound_by(tree.body)),
        fixed=declared | BUILTINS,
        ahead=ahead,
        neighbors=frozenset(neighbors),
        has_star=bool(stars),
        stay=by_text or any(node not in first_imports(tree) for node in stars),
    )
    outside = sorting.outside()
    inside = [statement for index, statement in enumerate(tree.body) if index not in outside]
    in_main = set(_bound_by(inside))
    if stars or by_text:
        shared = in_main | set(ours)
    else:
        before = set(_bound_by(tree.body[index] for index in outside))
        wanted = by_functions | BUILTINS | declared | before | set(_definitions(inside)) | set(ahead)
        shared = (in_main & wanted) | (set(ours) & by_functions)
    return Scopes(outside=frozenset(outside), shared=frozenset(shared))


def undefined_names(tree: ast.Module, text: str) -> frozenset[str]:
    """Return the names that a module uses and never binds."""
    names = symtable.symtable(text, "adopted", "exec")
    # Since Python 3.12 the variable of a comprehension is among them.
    used = {one.get_name() for one in names.get_symbols() if one.is_referenced() and not one.is_assigned()}
    used |= _wanted_within(names, all_scopes=True)
    return frozenset(used - set(_bound_by(tree.body)) - BUILTINS - _declared_global(tree) - _ALWAYS_DEFINED)


def read_early(tree: ast.Module) -> frozenset[str]:
    """Return the names that the module's own scope reads above the statement that first binds them."""
    bound: set[str] = set()
    early: set[str] = set()
    for statement in tree.body:
        names = set(bound_names(statement))
        early |= set(_read_by(statement)) - bound - names
        bound |= names
    return frozenset(early & bound)


def _read_by(node: ast.AST) -> Iterator[str]:
    if isinstance(node, _INNER_SCOPES):
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        yield node.id
    for child in ast.iter_child_nodes(node):
        yield from _read_by(child)


def _bound_by(statements: Iterable[ast.stmt]) -> Iterator[str]:
    return (name for statement in statements for name in bound_names(statement))


def _declared_global(tree: ast.Module) -> set[str]:
    return {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}


def first_imports(tree: ast.Module) -> list[ast.stmt]:
    """Return the imports before anything else."""
    found: list[ast.stmt] = []
    for statement in tree.body:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            found.append(statement)
        elif not isinstance(statement, ast.Pass) and not is_literal_statement(statement):
            break
    return found


def _definitions(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the names of functions and classes, also those below an if or a try."""
    for node in nodes:
        if isinstance(node, DEFINITIONS):
            yield node.name
        else:
            yield from _definitions(ast.iter_child_nodes(node))


def _wanted_within(module: symtable.SymbolTable, *, all_scopes: bool = False) -> set[str]:
    """Return the names that functions and classes look up in the module, or in the body of a class.

    With `all_scopes` also those that lambdas and comprehensions at the top do.
    """
    wanted: set[str] = set()

    def visit(table: symtable.SymbolTable, inside: bool) -> None:
        for child in table.get_children():
            # Lambdas and comprehensions at the top will see the names of main.
            within = inside or child.get_name() not in (
                "lambda",
                "genexpr",
                "listcomp",
                "setcomp",
                "dictcomp",
            )
            if within:
                in_class = child.get_type() == "class"
                wanted.update(
                    one.get_name()
                    for one in child.get_symbols()
                    if one.is_global() or (in_class and one.is_referenced())
                )
            visit(child, within)

    visit(module, inside=all_scopes)
    return wanted


@dataclass(frozen=True, kw_only=True)
class _Sorting:
    """Sorts the top-level statements; with `stay`, only the first imports may be outside main."""

    tree: ast.Module
    text: str
    counts: Mapping[str, int]
    fixed: Collection[str]
    ahead: Collection[str]
    neighbors: frozenset[str]
    has_star: bool
    stay: bool

    def outside(self) -> set[int]:
        outside: set[int] = set()
        known: set[str] = set()
        imported: set[str] = set()
        origins = _import_origins(self.tree)
        first = first_imports(self.tree)
        used = self._first_uses()
        barrier = False
        for index, statement in enumerate(self.tree.body):
            names = set(bound_names(statement))
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                same = all(len(origins[name]) == 1 and name not in self.fixed for name in names)
                moves = statement in first or (same and not self.stay and self._may_move(statement, barrier))
            elif self.stay or any(self.counts[name] > 1 or name in self.fixed for name in names):
                moves = False
            elif isinstance(statement, DEFINITIONS):
                moves = self._is_new(statement) and only_defines(
                    statement, known | imported, imported, self.tree, self.counts
                )
            else:
                moves = not self.has_star and is_constant(statement)
            # A use above it failed, and the notebook may have caught that; a use by code of Hermes did not.
            moves = moves and (
                statement in first
                or all(
                    (name in self.ahead and origins[name] == {(name,)})
                    or used.get(name, statement.lineno) >= statement.lineno
                    for name in names
                )
            )
            if moves:
                outside.add(index)
                known |= {name for name in names if self.counts[name] == 1}
                if isinstance(statement, (ast.Import, ast.ImportFrom)):
                    imported |= {name for name in names if len(origins[name]) == 1 and name not in self.fixed}
            else:
                barrier = barrier or bool(_BARRIER.search(ast.unparse(statement)))
        return outside

    def _first_uses(self) -> dict[str, int]:
        """Return the first line of the module's own scope that reads each name."""
        lines: dict[str, int] = {}
        for node in at_module_level(self.tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                lines[node.id] = min(node.lineno, lines.get(node.id, node.lineno))
        return lines

    def _is_new(self, definition: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
        """Tell whether its name cannot have had another meaning before, from a star import."""
        above = "\n".join(self.text.split("\n")[: definition.lineno - 1])
        return not self.has_star or re.search(rf"\b{re.escape(definition.name)}\b", above) is None

    def _may_move(self, statement: ast.Import | ast.ImportFrom, barrier: bool) -> bool:
        if isinstance(statement, ast.ImportFrom):
            modules = [statement.module or ""]
        else:
            modules = [one.name for one in statement.names]
        tops = {module.partition(".")[0] for module in modules}
        if (
            is_star_import(statement)
            or tops & self.neighbors
            or (isinstance(statement, ast.ImportFrom) and statement.level)
        ):
            return False
        return tops <= sys.stdlib_module_names or not barrier


def _import_origins(tree: ast.Module) -> dict[str, set[tuple[str, ...]]]:
    """Return the modules that each name is imported from; () means any other binding."""
    origins: dict[str, set[tuple[str, ...]]] = {}
    bound = Counter(name for statement in tree.body for name in bound_names(statement))
    for node in at_module_level(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            bound.subtract(Counter(bound_names(node)))
            for one in node.names:
                name = one.asname or one.name.partition(".")[0]
                if isinstance(node, ast.ImportFrom):
                    origin: tuple[str, ...] = ("." * node.level + (node.module or ""), one.name)
                else:
                    origin = (one.name if one.asname else name,)
                origins.setdefault(name, set()).add(origin)
    for name, count in bound.items():
        if count > 0:
            origins.setdefault(name, set()).add(())
    return origins
