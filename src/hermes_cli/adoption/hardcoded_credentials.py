"""Take credentials out of strings and comments: the code reads variables instead."""

from __future__ import annotations

import ast
import io
import re
import tokenize

from hermes_cli.domain.check_rules import ADOPTION_MARK
from hermes_cli.script_analysis.credential_strings import credential_strings
from hermes_cli.script_analysis.credentials import holds_credential
from hermes_cli.script_analysis.syntax_tree import expression_statements

from .databricks_secrets import how_to_provide
from .findings import todo_comment
from .rewriting import Rewriting

_GONE = "(left out: it held a credential)"


def replace_credentials(code: Rewriting) -> None:
    """Read a variable in the place of each string that is a credential, and cut comments that hold one."""
    nodes = tuple(ast.walk(code.tree))
    statements = expression_statements(nodes)
    for found in credential_strings(nodes, code.find_secret, code.handled):
        node, kind = found.node, found.kind
        if id(node) in statements:
            code.edits.replace(node, repr(_GONE))
            code.note(node.lineno, f"a text that holds {kind} is left out")
            continue
        hint = (
            found.name
            if re.search(r"[A-Za-z0-9]", found.name)
            else kind.removeprefix("an ").removeprefix("a ")
        )
        variable = code.secret_variable(hint, "\0".join(found.texts))
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
