"""Take credentials out of strings and comments: the code reads variables instead."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from hermes_cli.domain.check_rules import ADOPTION_MARK

from .credentials import credential_kind, holds_credential
from .databricks_secrets import how_to_provide
from .findings import todo_comment
from .rewriting import Rewriting
from .syntax_tree import expression_statements, string_literals, string_of

_GONE = "(left out: it held a credential)"


def replace_credentials(code: Rewriting) -> None:
    """Read a variable in the place of each string that is a credential, and cut comments that hold one."""
    statements = expression_statements(code.tree)
    hints = dict(_hints(code.tree))
    for node, texts in string_literals(code.tree, code.handled):
        hint = hints.get(id(node), "")
        kind = next(
            (found for text in texts if (found := credential_kind(text, hint, code.find_secret))), None
        )
        if kind is None:
            continue
        if id(node) in statements:
            code.edits.replace(node, repr(_GONE))
            code.note(node.lineno, f"a text that holds {kind} is left out")
            continue
        hint = hint if re.search(r"[A-Za-z0-9]", hint) else kind.removeprefix("an ").removeprefix("a ")
        variable = code.secret_variable(hint, "\0".join(texts))
        code.read_variable(node, variable)
        todo = f"change it, because it was in a file; then {how_to_provide(variable)}"
        code.leave_to_do(node.lineno, f"{kind} in the code is replaced by the variable {variable}", todo)
    _cut_comments(code)


def _cut_comments(code: Rewriting) -> None:
    for token in tokenize.generate_tokens(io.StringIO(code.source.text).readline):
        if token.type == tokenize.COMMENT and holds_credential(token.string, code.find_secret):
            line, column = token.start
            start = len(token.line[:column].encode())
            gone = todo_comment(_GONE) if ADOPTION_MARK in token.string else f"# {_GONE}"
            code.edits.replace_between((line, start), (line, start + len(token.string.encode())), gone)
            code.note(line, "a comment that holds a credential is left out")


def _hints(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the names that hold values: of a variable, a key, an argument, or the string before it."""
    for node in ast.walk(tree):
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
