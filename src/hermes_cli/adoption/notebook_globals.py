"""Bind the names that a notebook has without defining them, such as `spark` and `dbutils`; report unknown ones."""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass

from .rewriting import Rewriting
from .side_effects import BUILTINS

# Names that Databricks binds, and the lines that bind them in a script, in this order.
_LINES = {
    "spark": ("from pyspark.sql import SparkSession", "spark = SparkSession.builder.getOrCreate()"),
    "sc": ("sc = spark.sparkContext",),
    "sqlContext": ("sqlContext = spark",),
    "sql": ("sql = spark.sql",),
    "table": ("table = spark.table",),
    "dbutils": ("from pyspark.dbutils import DBUtils", "dbutils = DBUtils(spark)"),
}
DISPLAYS = frozenset({"display", "displayHTML"})
# All names that a notebook may use without defining them.
NOTEBOOK_NAMES = DISPLAYS | _LINES.keys()
_IMPORTED = {"spark": "SparkSession", "dbutils": "DBUtils"}


@dataclass(frozen=True, kw_only=True)
class Prologue:
    """The first lines of main, and the names that they bind."""

    lines: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()


def bind_notebook_globals(code: Rewriting, undefined: Collection[str]) -> Prologue:
    """Bind the names of Databricks that a source uses, and report that they need its cluster."""
    wanted = [name for name in _LINES if name in undefined]
    if not wanted:
        return Prologue()
    if "dbutils" in wanted:
        todo = "take secrets from variables, and files from HERMES_INPUT"
        what = "dbutils is available on a Databricks cluster only"
        code.leave_to_do(_first_use(code, "dbutils"), what, todo)
    else:
        code.note(_first_use(code, wanted[-1]), f"{wanted[-1]} is available on a cluster with Spark only")
    wanted = list(dict.fromkeys(["spark", *wanted]))  # all others need it
    return Prologue(
        lines=tuple(line for name in wanted for line in _LINES[name]),
        names=frozenset(wanted) | {_IMPORTED[name] for name in wanted if name in _IMPORTED},
    )


def report_undefined(code: Rewriting, undefined: Collection[str]) -> None:
    """Report names that the notebook uses and never defines: they were left in its memory."""
    for name in sorted(set(undefined) - NOTEBOOK_NAMES - BUILTINS):
        what = f"{name} is used, but not defined here"
        code.leave_to_do(_first_use(code, name), what, "define it, or take out the code that uses it")


def _first_use(code: Rewriting, name: str) -> int:
    uses = (node for node in ast.walk(code.tree) if isinstance(node, ast.Name) and node.id == name)
    return next((node.lineno for node in uses), 1)
