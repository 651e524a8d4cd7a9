"""What may stand outside main, and which names main shares with functions, so that nothing changes."""

from __future__ import annotations

import ast
import re
import symtable
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from .edits import at_module_scope
from .parameters import dotted
from .purity import BUILTINS, bindings, is_constant, is_pure, is_text

# What reads or writes names by text: then all names have to be the module's own.
_BY_TEXT = frozenset({"globals", "locals", "vars", "exec", "eval", "dir", "sqldf", "__main__"})
# After one of these an import may find another module, or do other things than before.
_BARRIER = re.compile(
    r"environ|putenv|sys\s*\.\s*path|path\s*\.\s*(?:append|insert|extend)|addsitedir|\.use\(|findspark|load_dotenv"
    r"|basicConfig|import_module|__import__|set_start_method|sys\s*\.\s*modules|chdir|reload|exit|quit"
    r"|filterwarnings\(.error"
)
_ALWAYS_THERE = frozenset(
    {"__file__", "__name__", "__doc__", "__builtins__", "__annotations__", "__spec__", "__package__"}
)


@dataclass(frozen=True, kw_only=True)
class Scopes:
    """Which statements at the top stay outside main (by their index), and which names main shares.

    `bound` are all names that the module binds, `unbound` those that it uses and nobody defines;
    with `star` an import of everything may have brought them.
    """

    outside: frozenset[int]
    shared: frozenset[str]
    bound: frozenset[str]
    unbound: frozenset[str]
    star: bool


def study(tree: ast.Module, text: str, *, ours: Collection[str], local: Collection[str]) -> Scopes:
    """Decide it for a module; `local` are modules beside it, `ours` names that Hermes binds in main."""
    names = symtable.symtable(text, "adopted", "exec")
    by_functions = _wanted_by_functions(names)
    declared = {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}
    stars = [node for node in at_module_scope(tree) if is_star(node)]
    by_text = any(
        (isinstance(node, ast.Name) and node.id in _BY_TEXT)
        or (isinstance(node, ast.Import) and any(one.name == "__main__" for one in node.names))
        or dotted(node) == "sys.modules"
        for node in ast.walk(tree)
    )
    counts = Counter(name for statement in tree.body for name in bindings(statement))
    sorting = _Sorting(
        tree=tree,
        text=text,
        counts=counts,
        fixed=declared | BUILTINS,
        local=frozenset(local),
        has_star=bool(stars),
        stay=by_text or any(node not in first_imports(tree) for node in stars),
    )
    outside = sorting.outside()
    inside = [statement for index, statement in enumerate(tree.body) if index not in outside]
    before = {name for index in outside for name in bindings(tree.body[index])}
    in_main = {name for statement in inside for name in bindings(statement)}
    wanted = by_functions | BUILTINS | declared | before | set(_definitions(inside))
    shared = in_main if stars or by_text else in_main & wanted
    used = {one.get_name() for one in names.get_symbols() if one.is_referenced()} | by_functions
    return Scopes(
        outside=frozenset(outside),
        shared=frozenset(shared | (set(ours) if stars or by_text else set(ours) & by_functions)),
        bound=frozenset(counts),
        unbound=frozenset(used - set(counts) - BUILTINS - declared - _ALWAYS_THERE),
        star=bool(stars),
    )


def is_star(node: ast.AST) -> bool:
    """Whether it imports all names of a module."""
    return isinstance(node, ast.ImportFrom) and node.names[0].name == "*"


def first_imports(tree: ast.Module) -> list[ast.stmt]:
    """The imports before anything else."""
    found: list[ast.stmt] = []
    for statement in tree.body:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            found.append(statement)
        elif not isinstance(statement, ast.Pass) and not is_text(statement):
            break
    return found


def _definitions(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """The names of functions and classes among them, also below an if or a try."""
    for node in nodes:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        else:
            yield from _definitions(ast.iter_child_nodes(node))


def _wanted_by_functions(module: symtable.SymbolTable) -> set[str]:
    """What functions and classes look up in the module, or in the body of a class."""
    wanted: set[str] = set()

    def visit(table: symtable.SymbolTable, inside: bool) -> None:
        for child in table.get_children():
            # Lambdas and comprehensions at the top see the names of the function that they come to lie in.
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

    visit(module, inside=False)
    return wanted


@dataclass(frozen=True, kw_only=True)
class _Sorting:
    """Sorts the statements at the top; with `stay`, only the first imports may be outside main."""

    tree: ast.Module
    text: str
    counts: Mapping[str, int]
    fixed: Collection[str]
    local: frozenset[str]
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
            names = set(bindings(statement))
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                same = all(len(origins[name]) == 1 and name not in self.fixed for name in names)
                moves = statement in first or (same and not self.stay and self._may_move(statement, barrier))
            elif self.stay or any(self.counts[name] > 1 or name in self.fixed for name in names):
                moves = False
            elif isinstance(statement, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
                moves = self._is_new(statement) and is_pure(
                    statement, known | imported, imported, self.tree, self.counts
                )
            else:
                moves = not self.has_star and is_constant(statement)
            # Used above, it was not there yet, and the notebook may have caught that.
            moves = moves and (
                statement in first
                or all(used.get(name, statement.lineno) >= statement.lineno for name in names)
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
        """The first line of the module's own scope that reads each name."""
        lines: dict[str, int] = {}
        for node in at_module_scope(self.tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                lines[node.id] = min(node.lineno, lines.get(node.id, node.lineno))
        return lines

    def _is_new(self, definition: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
        """Whether its name cannot have meant something else before, which a star import brought."""
        above = "\n".join(self.text.split("\n")[: definition.lineno - 1])
        return not self.has_star or re.search(rf"\b{re.escape(definition.name)}\b", above) is None

    def _may_move(self, statement: ast.Import | ast.ImportFrom, barrier: bool) -> bool:
        if isinstance(statement, ast.ImportFrom):
            modules = [statement.module or ""]
        else:
            modules = [one.name for one in statement.names]
        tops = {module.partition(".")[0] for module in modules}
        if (
            is_star(statement)
            or tops & self.local
            or (isinstance(statement, ast.ImportFrom) and statement.level)
        ):
            return False
        return tops <= sys.stdlib_module_names or not barrier


def _import_origins(tree: ast.Module) -> dict[str, set[tuple[str, ...]]]:
    """For each name, the modules that it is imported from; () stands for all else that binds it."""
    origins: dict[str, set[tuple[str, ...]]] = {}
    bound = Counter(name for statement in tree.body for name in bindings(statement))
    for node in at_module_scope(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            bound.subtract(Counter(bindings(node)))
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
