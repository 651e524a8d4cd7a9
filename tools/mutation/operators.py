"""Find the places of a module where one small change gives another program."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard

TEXT = "text"  # the operator that changes words for people; a test need not know each of them by heart
_SWAPS = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: (r"is\s+not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: (r"not\s+in", "in"),
}
_TYPING = {"TypeVar", "cast", "NewType", "ParamSpec"}
_FALSY = (None, False, 0, "")


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """One change: the bytes from `start` to `end` of a module become `after`.

    A test that executes a line from `first` to `last` may see it; one that is `at_import` is executed when
    the module is imported, by whoever comes first.
    """

    operator: str
    start: int
    end: int
    after: str
    line: int
    first: int
    last: int
    at_import: bool

    def apply(self, source: bytes) -> bytes:
        """Return the changed module."""
        return source[: self.start] + self.after.encode() + source[self.end :]


class Source:
    """A module's bytes and tree, with the place of each node in bytes."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.tree = ast.parse(text)
        self._starts = [0]
        for line in text.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Return where the node begins and ends."""
        start = self._starts[node.lineno - 1] + node.col_offset
        # The parser always gives an end.
        end = self._starts[(node.end_lineno or 1) - 1] + (node.end_col_offset or 0)
        return start, end

    def of(self, node: ast.expr | ast.stmt) -> str:
        """Return the node's own text."""
        start, end = self.span(node)
        return self.text[start:end].decode()


def mutations(text: bytes) -> list[Mutation]:
    """List the mutations of a module, in the order of its bytes; some may not compile."""
    source = Source(text)
    inside = _lines_of_functions(source.tree)
    found = {}
    for node in _changeable(source.tree):
        for operator, start, end, after in _changes(source, node):
            first = text.count(b"\n", 0, start) + 1
            one = Mutation(
                operator=operator,
                start=start,
                end=end,
                after=after,
                line=first,
                first=first,
                last=text.count(b"\n", 0, end) + 1,
                at_import=first not in inside,
            )
            found[start, end, after] = one
    return [found[key] for key in sorted(found)]


def compiles(text: bytes) -> bool:
    """Tell whether a changed module is still one."""
    try:
        compile(text, "mutant", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def _lines_of_functions(tree: ast.Module) -> set[int]:
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines.update(range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1))
    return lines


def _changeable(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk the nodes that do something: no annotation, docstring, decorator of a dataclass or `__all__`."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if _has_docstring(node):
            skipped.add(id(node.body[0]))
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            skipped.update(id(one) for one in node.decorator_list if "dataclass" in ast.dump(one))
        for name in ("annotation", "returns"):
            if isinstance(inner := getattr(node, name, None), ast.AST):
                skipped.add(id(inner))
        if isinstance(node, ast.If) and ("TYPE_CHECKING" in ast.dump(node.test) or _is_main(node.test)):
            skipped.add(id(node))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in _TYPING:
            skipped.add(id(node))
        if isinstance(node, ast.Subscript) and getattr(node.value, "id", "") == "Literal":
            skipped.add(id(node))
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            skipped.add(id(node))

    def walk(node: ast.AST) -> Iterator[ast.AST]:
        if id(node) not in skipped:
            yield node
            # Within an f-string, where a part begins depends on the version of Python.
            children = () if isinstance(node, ast.JoinedStr) else ast.iter_child_nodes(node)
            for child in children:
                if not (_is_guard(node) and isinstance(child, ast.Raise)):
                    yield from walk(child)

    return walk(tree)


def _has_docstring(node: ast.AST) -> TypeGuard[ast.Module]:
    holder = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    return holder and ast.get_docstring(node, clean=False) is not None  # type: ignore[arg-type]


def _is_guard(node: ast.AST, ends: tuple[type[ast.stmt], ...] = (ast.Raise,)) -> bool:
    return isinstance(node, ast.If) and len(node.body) == 1 and isinstance(node.body[0], ends)


def _is_main(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and getattr(test.left, "id", "") == "__name__"


def _changes(source: Source, node: ast.AST) -> Iterator[tuple[str, int, int, str]]:
    """Give the changes of one node: operator, first byte, last byte, the new text."""
    if isinstance(node, ast.stmt):
        yield from _statement(source, node)
    elif isinstance(node, ast.expr):
        yield from _expression(source, node)
    elif isinstance(node, ast.ExceptHandler):
        body = node.body
        if not isinstance(body[0], ast.Raise):
            yield "re-raise", source.span(body[0])[0], source.span(body[-1])[1], "raise"
    elif isinstance(node, ast.comprehension):
        for test in node.ifs:
            yield "drop-filter", *source.span(test), "True"


def _statement(source: Source, node: ast.stmt) -> Iterator[tuple[str, int, int, str]]:
    if isinstance(node, ast.If | ast.While):
        if _is_guard(node, (ast.Raise, ast.Return)):
            yield "drop-guard", *source.span(node.test), "False"
        yield from _negated(source, node.test)
    elif isinstance(node, ast.Raise):
        yield "drop-raise", *source.span(node), "pass"
    elif isinstance(node, ast.Return) and node.value is not None:
        if not (isinstance(node.value, ast.Constant) and node.value.value in _FALSY):
            yield "return-none", *source.span(node), "return None"
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield "drop-call", *source.span(node), "pass"
    elif isinstance(node, ast.Continue):
        yield "break-continue", *source.span(node), "break"
    elif isinstance(node, ast.Break):
        yield "break-continue", *source.span(node), "continue"


def _negated(source: Source, test: ast.expr) -> Iterator[tuple[str, int, int, str]]:
    """Negate a condition, but one that another operator turns into its opposite."""
    swapped = isinstance(test, ast.Compare) and isinstance(
        test.ops[0], ast.Eq | ast.NotEq | ast.Is | ast.IsNot | ast.In | ast.NotIn
    )
    if not swapped and not (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)):
        yield "negate", *source.span(test), f"not ({source.of(test)})"


def _expression(source: Source, node: ast.expr) -> Iterator[tuple[str, int, int, str]]:
    start, end = source.span(node)
    if isinstance(node, ast.IfExp):
        yield from _negated(source, node.test)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        old, new = _SWAPS[type(node.ops[0])]
        left, right = source.span(node.left)[1], source.span(node.comparators[0])[0]
        between = source.text[left:right].decode()
        pattern = rf"\b{old}\b" if old[0].isalpha() else re.escape(old)
        yield "compare", left, right, re.sub(pattern, new, between, count=1)
    elif isinstance(node, ast.BoolOp):
        word, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        parts, at = [], start
        for one, two in zip(node.values, node.values[1:], strict=False):
            left, right = source.span(one)[1], source.span(two)[0]
            between = source.text[left:right].decode()
            parts += [
                source.text[at:left].decode(),
                re.sub(rf"\b{word}\b", other, between, count=1),
            ]
            at = right
        yield "and-or", start, end, f"({''.join(parts)}{source.text[at:end].decode()})"
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "drop-not", start, end, f"({source.of(node.operand)})"
    elif isinstance(node, ast.JoinedStr):
        yield from _words(source, node, source.of(node))
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield "true-false", start, end, str(not node.value)
        elif isinstance(node.value, int):
            yield "constant", start, end, str(node.value + 1)
            if node.value > 0:
                yield "constant", start, end, str(node.value - 1)
        elif isinstance(node.value, str) and node.value and start != end:
            yield from _words(source, node, node.value)


def _words(source: Source, node: ast.expr, words: str) -> Iterator[tuple[str, int, int, str]]:
    """Change a text: words for people have a space between letters, others are names that a program reads."""
    operator = TEXT if re.search(r"[A-Za-z,;:] [A-Za-z{]", words) else "string"
    if operator == TEXT or not isinstance(node, ast.JoinedStr):
        yield operator, *source.span(node), '"mutant"'
