"""Secrets that a notebook asks Databricks for, as variables of the script's run."""

from __future__ import annotations

import ast
import re

from .edits import Edits, stands
from .flatten import Flat
from .parameters import dotted
from .values import SourceText


def replace_secrets(tree: ast.Module, source: SourceText, flat: Flat, edits: Edits) -> set[int]:
    """Read variables where `dbutils.secrets` was asked for a key that is written there; nodes that are gone."""
    handled: set[int] = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not (dotted(node.func) or "").startswith("dbutils.secrets."):
            continue
        place = source.place(node.lineno)
        named = _scope_and_key(node)
        if named is None or not stands(source, node):
            what = f"{dotted(node.func)} is there on a Databricks cluster only"
            flat.ask(place, what, "name the secret in [tool.hermes] secrets, and read it from os.environ")
            continue
        scope, key = named
        name = flat.secret(key, f"{ast.dump(scope)} {key}")
        handled |= {id(part) for part in ast.walk(node)}
        edits.replace(node, f'os.environ["{name}"]')
        flat.imports.add("os")
        whose = f"the secret {key} of Databricks is the variable {name} now"
        flat.ask(place, whose, where_to_write(name))
    return handled


def where_to_write(name: str) -> str:
    """What to do for a secret to be there, on a laptop and on a cluster."""
    return f"write {name}=… into .env, which git ignores; for the cluster, tell your platform team its name"


def _scope_and_key(call: ast.Call) -> tuple[ast.expr, str] | None:
    given = dict(zip(("scope", "key"), call.args, strict=False))
    given |= {one.arg: one.value for one in call.keywords if one.arg}
    key = given.get("key")
    if dotted(call.func) != "dbutils.secrets.get" or len(call.args) + len(call.keywords) != 2:
        return None
    if "scope" not in given or not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
        return None
    return (given["scope"], key.value) if re.search(r"[A-Za-z0-9]", key.value) else None
