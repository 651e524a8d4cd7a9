"""Secrets that a notebook gets from `dbutils.secrets` become variables."""

from __future__ import annotations

import ast
import re

from hermes_cli.script_analysis.syntax_tree import dotted, has_right_position, string_of

from .rewriting import Rewriting


def replace_databricks_secrets(code: Rewriting) -> None:
    """Read a variable where `dbutils.secrets.get` gets a literal key; report every other use."""
    for node in ast.walk(code.tree):
        if not isinstance(node, ast.Call) or not (dotted(node.func) or "").startswith("dbutils.secrets."):
            continue
        found = _scope_and_key(node)
        if found is None or not has_right_position(code.source.text, node):
            what = f"{dotted(node.func)} is available on a Databricks cluster only"
            todo = "name the secret in [tool.hermes] secrets, and read it from os.environ"
            code.leave_to_do(node.lineno, what, todo)
            continue
        scope, key = found
        variable = code.secret_variable(key, f"{ast.dump(scope)} {key}")
        code.read_variable(node, variable)
        what = f"the Databricks secret {key} is the variable {variable} now"
        code.leave_to_do(node.lineno, what, how_to_provide(variable))


def how_to_provide(name: str) -> str:
    """Say how a secret gets its value, on a laptop and on a cluster."""
    return f"write {name}=… into .env, which git ignores; for the cluster, tell your platform team its name"


def _scope_and_key(call: ast.Call) -> tuple[ast.expr, str] | None:
    given = dict(zip(("scope", "key"), call.args, strict=False))
    given |= {one.arg: one.value for one in call.keywords if one.arg}
    if dotted(call.func) != "dbutils.secrets.get" or len(call.args) + len(call.keywords) != 2:
        return None
    key = string_of(given.get("key"))
    if "scope" not in given or key is None:
        return None
    return (given["scope"], key) if re.search(r"[A-Za-z0-9]", key) else None
