"""Find the string literals of a source that are credentials."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from .credentials import SecretFinder, credential_kind
from .syntax_tree import string_literals, string_of


@dataclass(frozen=True, kw_only=True)
class CredentialString:
    """A literal that is a credential of some kind; `name` is that of what holds it, `texts` its parts."""

    node: ast.expr
    kind: str
    name: str
    texts: tuple[str, ...] = field(repr=False)


def credential_strings(
    nodes: Sequence[ast.AST], find_secret: SecretFinder, skipped: Collection[int] = ()
) -> Iterator[CredentialString]:
    """Yield each literal that is a credential by its form, or by the name that holds it.

    `nodes` are all of a tree, each before its parts; `skipped` are ids of some.
    """
    holders = dict(_holders(nodes))
    for node, texts in string_literals(nodes, skipped):
        name = holders.get(id(node), "")
        kinds = (credential_kind(text, name, find_secret) for text in texts)
        if kind := next(filter(None, kinds), None):
            yield CredentialString(node=node, kind=kind, name=name, texts=tuple(texts))


def _holders(nodes: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
    """Yield the names that hold values: of a variable, a key, an argument, or the string before it."""
    for node in nodes:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    for one, value in zip(target.elts, node.value.elts, strict=False):
                        yield id(value), _last_name(one)
                yield id(node.value), _last_name(target)
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
            yield id(node.value), _last_name(node.target)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if key is not None:
                    yield id(value), _last_name(key)
        elif isinstance(node, ast.Call):
            for argument, following in zip(node.args, node.args[1:], strict=False):
                if isinstance(argument, ast.Constant):
                    yield id(following), _last_name(argument)
            for word in node.keywords:
                first = node.args[0] if node.args and word.arg == "default" else None
                yield id(word.value), _last_name(first) if first is not None else word.arg or ""
        elif isinstance(node, ast.arguments):
            named = [*node.posonlyargs, *node.args]
            given = [*zip(reversed(named), reversed(node.defaults), strict=False)]
            given += [
                (one, default)
                for one, default in zip(node.kwonlyargs, node.kw_defaults, strict=True)
                if default is not None
            ]
            for parameter, default in given:
                yield id(default), parameter.arg


def _last_name(node: ast.AST) -> str:
    """Return a name, the last part of a dotted one, or the key of a subscript."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        return _last_name(node.slice)
    return string_of(node) or ""
